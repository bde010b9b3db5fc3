"""Which sentences are about a subject that is a name, following what points back to it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from embeddings.text.terms import FUNCTION_WORDS, words
from embeddings.topics.lines import Line, before
from embeddings.topics.name_words import ORGANISATION
from embeddings.topics.references import Kind, reference, resolve

_EVENTS = frozenset(
    """
    conference summit forum congress cup festival games olympics championship championships tournament election
    elections referendum fair expo exhibition marathon race ceremony mission expedition telescope rover
    spacecraft ship bridge tunnel canal cathedral museum strike trial inquiry treaty accord agreement deal
    merger takeover project programme program plan policy meeting session hearing launch
    """.split()
)
"""Nouns that later replace a whole name: "the conference"."""

_HEADS = _EVENTS | ORGANISATION
_DEFINITE = r"\b(?:the|this|this year[’']s|last year[’']s|that)\s+(?:[\w’'-]+\s+){{0,2}}?(?:{heads})\b"
_EARLY, _LEAD, _OPENING = 0.4, 2, 40

BACKGROUND = 0.5
"""What a line is worth that has nothing of the subject, in an article about it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject that is a name: the words that must be named, and the nouns that replace it later on.

    `rest` are its other words ("fine" of "Alibaba fine"), which a sentence has to fit as well.
    """

    core: frozenset[str]
    heads: frozenset[str]
    rest: frozenset[str]

    @property
    def is_bare(self) -> bool:
        """Whether it is a name alone, or with a noun that belongs to it: "Wuzhen summit"."""
        return self.rest <= _HEADS


def read_subject(text: str, lines: Iterable[Line]) -> Subject | None:
    """Return the subject as a name, or `None` when the lines don't use its words as one."""
    wanted = {word for word in words(text) if word not in FUNCTION_WORDS and not word.isdigit()}
    named = dict.fromkeys(wanted, 0)
    plain = dict.fromkeys(wanted, 0)
    kept = []
    for line in lines:
        low = line.text.lower()
        present = {word for word in wanted if word in low}
        if not present:
            continue
        kept.append(line)
        own = {word for name in line.names for word in words(name.text)}
        for word in present:
            named[word] += word in own
            plain[word] += word not in own and re.search(rf"\b{re.escape(word)}\b", line.text) is not None
    core = frozenset(word for word in wanted if named[word] > plain[word])
    if len(wanted) > 1 and any(wanted <= set(words(name.text)) for line in kept for name in line.names):
        core = frozenset(wanted)
    # A noun such as "summit" is no name by itself, though some line may write it with a capital.
    core = (core - _HEADS) or core
    if not core:
        return None
    return Subject(core, _heads(core, wanted - core, kept), frozenset(wanted - core))


def about(subject: Subject, lines: Sequence[Line], title: str) -> list[float]:
    """Return how much each line of one article is about the subject, 0 to 1; 0: it is about something else.

    In an article with the subject in its title or its first sentences a line may be about it without a word of it:
    `BACKGROUND`.
    """
    found: list[float] = []
    heads = "|".join(sorted(subject.heads))
    standing = re.compile(_DEFINITE.format(heads=heads), re.IGNORECASE) if heads else None
    in_title = _is_whole(subject, title)
    in_lead = any(_is_whole(subject, line.text) for line in lines[:_LEAD])
    is_named = in_title or any(_is_whole(subject, line.text) for line in lines)
    is_event = bool(subject.heads & _EVENTS)
    for place, line in enumerate(lines):
        at = _mention(subject, line.text) if is_named else None
        if at is None and is_named and standing is not None and (match := standing.search(line.text)):
            at = match.start()
        if at is not None:
            found.append(1.0 if at <= _EARLY * len(line.text) else 0.8)
            continue
        previous = found[-1] if found and line.follows else 0.0
        central = in_title or (in_lead and not _is_of_another(line))
        goes_on = _goes_on(subject, lines, place, is_event=is_event) if previous or central else False
        weight = 0.8 * previous if goes_on else 0.0
        if central and weight < BACKGROUND and goes_on is not None:
            weight = BACKGROUND
        found.append(weight)
    return found


def _is_of_another(line: Line) -> bool:
    """Return whether the line begins with somebody else."""
    return any(name.kind != "place" and name.start < _OPENING for name in line.names)


def _is_whole(subject: Subject, text: str) -> bool:
    """Return whether the text names the subject with a noun that belongs to it: no Tokyo without Olympics."""
    if _mention(subject, text) is None:
        return False
    low = set(words(text))
    return not (subject.is_bare and subject.rest) or bool(low & (subject.rest | subject.heads))


def _mention(subject: Subject, text: str) -> int | None:
    """Return where the text names the subject, if it does: every word of its core."""
    low = text.lower()
    places = []
    for word in subject.core:
        match = re.search(rf"\b{re.escape(word)}\b", low)
        if match is None:
            return None
        places.append(match.start())
    return min(places)


def _goes_on(subject: Subject, lines: Sequence[Line], place: int, *, is_event: bool) -> bool | None:
    """Return whether a line without the name still means the subject, pointing back at it; `None`: at something
    else.
    """
    line = lines[place]
    mark = reference(line.text)
    if mark is None:
        if _THE.match(line.text) and not any(name.kind in ("person", "organisation") for name in line.names):
            return not is_event
        return not is_event and line.follows and _speaks_on(line, lines[place - 1])
    name = resolve(mark, [one.names for one in before(lines, place)])
    if name is None:
        return None if is_event and mark.kind is Kind.DESCRIBED else True
    own = set(words(name.text))
    if own & subject.core:
        return True
    # Its chief speaks for a firm, and whoever speaks at a conference is part of it; another firm is not.
    if mark.kind is Kind.PERSON and not (is_event and _ACTS.search(line.text) is None):
        return True
    return None


def _speaks_on(line: Line, previous: Line) -> bool:
    """Return whether a line quotes the person of the line before once more: "“…,” Dai said.\""""
    speaker = _SPEAKER.search(line.text)
    if speaker is None:
        return False
    people = [name.text for name in previous.names if name.kind == "person"]
    return any(speaker["who"].split(" ")[-1] == name.split(" ")[-1] or speaker["who"] in name for name in people)


_SPEAKER = re.compile(r"[,”\"]\s(?:said\s)?(?P<who>[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*)(?:\ssaid|\sadded|[.,])")
_THE = re.compile(r"\W*(?:The|That|This|Its|Their)\s[a-z]")
_ACTS = re.compile(r"\b(?:said|says|told|called|urged|added|argued|warned|announced|asked|suggested|spoke)\b")


def _heads(core: frozenset[str], rest: set[str], lines: Sequence[Line]) -> frozenset[str]:
    """Return the nouns in the subject's full names ("World Internet Conference Wuzhen Summit"), and its own."""
    found = set(rest & _HEADS)
    for line in lines:
        for name in line.names:
            own = set(words(name.text))
            if core <= own:
                found |= own & _HEADS
        if rest & _EVENTS and core <= set(words(line.text)):
            found |= {word for name in line.names for word in words(name.text)} & _EVENTS
    return frozenset(found - core)
