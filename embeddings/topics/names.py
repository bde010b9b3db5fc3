"""Names in running English text: people, organisations and places, by their capitals and the words around them.

Well-kept recognisers (spaCy, Stanza, Flair) publish their models outside the package registries, so these are
rules.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import simplemma

from embeddings.text.terms import FUNCTION_WORDS
from embeddings.topics.name_words import (
    ACRONYMS,
    BEFORE_ORGANISATION,
    BEFORE_PLACE,
    CALENDAR,
    DEMONYMS,
    FAMILY_FIRST,
    OF_FIRM,
    ORGANISATION,
    PLACES,
    REPORTED,
    ROLES,
    TITLES,
)

_WORD = r"[^\W\d_a-zß-öø-ÿ][\w&’'.-]*(?<![’'.-])(?:(?<=\b[A-Z])\.(?=\s?[A-Z]))?"
_LINK = r"(?: of the| of| for| de la| de| del| van der| van| von| der| al| bin| da| and)?"
_NAME = re.compile(rf"(?<![\w@#/.-]){_WORD}(?:{_LINK} {_WORD})*")
_OWNER = re.compile(r"[’']s?(?=\s|$)")
_FOOTNOTE = re.compile(r"[a-z]\d+$")
_SYLLABLE = (
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ong|ing|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un"
    r"|ia|ie|iu|ua|uo|ui|ue|üe|a|o|e|i|u|ü)r?"
)
_PINYIN = re.compile(rf"{_SYLLABLE}(?:[’' -]?{_SYLLABLE})?")
"""A Chinese given name in Latin letters: one syllable or two."""

_ACRONYM, _LONGER, _PLACE = 3, 4, 4
"""The least letters of an acronym, of a word that a title sets with a capital, and the most words of a place."""

_TITLED = 0.6
"""A line is set like a title when this share of its longer words have capitals: there they prove nothing."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of a sentence that may be a name; `is_opening` when a capital of the first proves nothing."""

    start: int
    words: list[str]
    is_opening: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written in a text, `text[start:end]`.

    `kind` is "person", "organisation", "place", or "" where the words around it don't tell.
    """

    text: str
    start: int
    end: int
    kind: str


def names(sentence: str, known: Collection[str] = ()) -> list[str]:
    """Return the names in one sentence, as written, in order; see `find_names`."""
    return [name.text for name in find_names(sentence, known)]


def find_names(sentence: str, known: Collection[str] = ()) -> list[Name]:
    """Return the names in one sentence, in order, without titles, roles and possessives.

    A capital proves nothing in a sentence's first word, nor in a line that is set like a title. There a word
    of the dictionary is a name only if it is among the `known` ones: first words of names found elsewhere in
    the text.
    """
    return [found for run in _runs_of(sentence) if (found := _kept(run, sentence, known)) is not None]


def names_of(sentences: Sequence[str]) -> list[list[Name]]:
    """Return the names of each sentence of one text: what is a name inside a sentence is one where a sentence
    begins.
    """
    runs = [_runs_of(sentence) for sentence in sentences]
    plain = [[_kept(run, sentence, ()) for run in own] for sentence, own in zip(sentences, runs, strict=True)]
    known = {
        name.text.split(" ")[0]
        for sentence, found in zip(sentences, plain, strict=True)
        if not _is_title(sentence)
        for name in found
        if name is not None and any(character.isalnum() for character in sentence[: name.start])
    }
    found = [
        [
            # Only where a sentence begins does it matter what is known.
            _kept(run, sentence, known) if run.is_opening and run.words[0] in known else former
            for run, former in zip(own, before, strict=True)
        ]
        for sentence, own, before in zip(sentences, runs, plain, strict=True)
    ]
    every = [[name for name in own if name is not None] for own in found]
    last = {
        name.text.split(" ")[-1] for own in every for name in own if name.kind == "person" and " " in name.text
    }
    return [[_known_person(name, last) for name in own] for own in every]


def _known_person(name: Name, last: Collection[str]) -> Name:
    """Return a name as a person's when it is the last name of one that the text names in full."""
    return replace(name, kind="person") if name.kind == "" and name.text in last else name


def joined(counted: Counter[str]) -> dict[str, str]:
    """Return each name with the one that represents it: "Zhang" for "Daniel Zhang", "Alibaba" for "Alibaba Group",
    "WHO".

    A person is best known by the whole name, an organisation by the form that is used most.
    """
    longer: dict[str, str] = {}
    for name, _ in counted.most_common():
        words = name.split(" ")
        if len(words) == 1:
            continue
        longer.setdefault(words[-1], name)
        initials = "".join(word[0] for word in words if word[0].isupper())
        if len(initials) >= _ACRONYM:
            longer.setdefault(initials, name)
        if words[-1].lower() in ORGANISATION:
            longer.setdefault(" ".join(words[:-1]), name)
            longer.setdefault(words[0], name)
    for family, whole_names in _by_family(counted).items():
        if len(whole_names) == 1:
            longer.setdefault(family, whole_names[0])
    chosen: dict[str, str] = {}
    for name in counted:
        whole = longer.get(name, name)
        last = whole.rsplit(" ", 1)[-1].lower()
        short = whole != name and last in ORGANISATION and counted[name] >= counted[whole]
        if short:
            chosen[whole] = name
        chosen.setdefault(name, name if short else whole)
    return {name: chosen.get(other, other) for name, other in chosen.items()}


def _by_family(counted: Collection[str]) -> dict[str, list[str]]:
    """Return the Chinese names of people by the family name, which is first: "Liu He" under "Liu"."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in counted:
        family, _, given = name.partition(" ")
        if family.lower() in FAMILY_FIRST and _PINYIN.fullmatch(given.lower()):
            found[family].append(name)
    return found


def count_names(every: Sequence[Collection[str]], leave_out: Collection[str]) -> list[tuple[str, int]]:
    """Return names with the number of texts that hold them, most first, aliases joined.

    `every` has the names of each text. Those in `leave_out` (lower case) are left out.
    """
    alias = joined(Counter(name for found in every for name in found))
    merged = Counter(name for found in every for name in {alias[name] for name in found})
    return [
        (name, count)
        for name, count in sorted(merged.items(), key=lambda item: (-item[1], item[0]))
        if name.lower() not in leave_out
    ]


def _runs_of(sentence: str) -> list[_Run]:
    """Return what may be a name in the sentence, in order."""
    found = []
    is_title = _is_title(sentence)
    for match in _NAME.finditer(sentence):
        before = sentence[: match.start()]
        first = not any(character.isalnum() for character in before) or before.rstrip()[-1:] in '“"‘:•'
        for start, words in _runs(match[0], match.start()):
            found.append(_Run(start, words, (first and start == match.start()) or is_title))
    return found


def _runs(found: str, start: int) -> list[tuple[int, list[str]]]:
    """Return the parts of a run of capitals, each with its offset: owners and things, names joined by "and",
    roles.
    """
    parts: list[tuple[int, list[str]]] = []
    current: list[str] = []
    offset = begin = start
    for word in found.split(" "):
        bare = _OWNER.sub("", word)
        low = bare.lower()
        is_role = low in ROLES
        breaks = low == "and" or low in TITLES or low in CALENDAR or (low in ACRONYMS and word.isupper())
        if breaks or is_role or (low == "of" and _is_person(current)):
            if current:
                parts.append((begin, current))
            current = []
        else:
            if not current:
                begin = offset
            current.append(bare)
            if bare != word:
                parts.append((begin, current))
                current = []
        offset += len(word) + 1
    if current:
        parts.append((begin, current))
    return parts


def _is_person(words: Sequence[str]) -> bool:
    """Return whether what comes before "of" is whole by itself: "Ina Rost of the University", not "Bank of
    England".
    """
    return len(words) > 1 and not any(word.lower() in ORGANISATION or word.lower() in PLACES for word in words)


def _kept(run: _Run, sentence: str, known: Collection[str]) -> Name | None:
    """Return the name in these words, or `None`: what any sentence may begin with and what is no name's part left
    off.
    """
    words, start, opening = run.words, run.start, run.is_opening
    while words and (words[0].islower() or (opening and _is_plain(words, known)) or _is_adjective(words)):
        start += len(words[0]) + 1
        words, opening = words[1:], False
    while words and words[-1].islower():
        words = words[:-1]
    name = " ".join(words).rstrip(".")
    low = name.lower()
    if len(name) <= 1 or low in CALENDAR or low in ACRONYMS or low in FUNCTION_WORDS or _is_footnote(name):
        return None
    if len(words) == 1 and (low in DEMONYMS or low in ROLES or low in TITLES):
        return None
    end = start + len(name)
    return Name(name, start, end, _kind(name, sentence, start, end))


def _is_plain(words: Sequence[str], known: Collection[str]) -> bool:
    """Return whether the first word may have its capital only from standing first."""
    first = words[0]
    if first in known or (first.isupper() and len(first) >= _ACRONYM):
        return False
    low = first.lower()
    if low in FUNCTION_WORDS:
        return True
    if len(words) > 1 and words[1][0].isupper():
        return low.endswith(("ing", "ed", "ly", "’s", "'s")) and _is_in_dictionary(low)
    return _is_in_dictionary(low)


def _is_adjective(words: Sequence[str]) -> bool:
    """Return whether the first word is a nationality before another name: "Chinese" of "Chinese Didi"."""
    last = words[-1].lower()
    return len(words) > 1 and words[0].lower() in DEMONYMS and last not in ORGANISATION


def _is_footnote(name: str) -> bool:
    return _FOOTNOTE.search(name) is not None and _is_in_dictionary(name.rstrip("0123456789").lower())


def _is_title(sentence: str) -> bool:
    if sentence.rstrip("\"”’)' ").endswith((".", "!", "?")):
        return False
    longer = [word for word in re.findall(r"[^\W\d_]+", sentence) if len(word) >= _LONGER]
    return len(longer) >= _LONGER and sum(word[0].isupper() for word in longer) >= _TITLED * len(longer)


def _kind(name: str, sentence: str, start: int, end: int) -> str:
    words = [word.lower() for word in name.split(" ")]
    if any(word in ORGANISATION for word in words) or (name.isupper() and len(name) >= _ACRONYM):
        return "organisation"
    before = re.findall(r"[\w’'-]+", sentence[max(0, start - 40) : start])[-2:]
    after = sentence[end : end + 40]
    last = before[-1].lower().removesuffix("'s").removesuffix("’s") if before else ""
    if last in BEFORE_ORGANISATION:
        return "organisation"
    if last in TITLES or last in ROLES or re.match(r",? (?:who|aged|\d\d,)\b", after):
        return "person"
    if re.match(r"[’']s? ", after) and len(words) == 1:
        return "organisation" if OF_FIRM.match(after) else ""
    if words[-1] in PLACES or words[0] in PLACES or (last in BEFORE_PLACE and len(words) < _PLACE):
        return "place"
    whole = len(words) in (2, 3) and last not in ("the", "of") and not any(w in FUNCTION_WORDS for w in words)
    spoken = REPORTED.match(after) or REPORTED.search(sentence[:start][-12:])
    plain = all(word.isalpha() or "-" in word for word in words)
    return "person" if whole and (spoken or plain) else ""


@lru_cache(maxsize=50_000)
def _is_in_dictionary(word: str) -> bool:
    return simplemma.is_known(word, "en")
