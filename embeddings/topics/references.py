"""What a sentence points back to ("He said …", "The e-commerce giant …"), and which name an editor would put
there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from embeddings.topics.names import Name
from embeddings.types import Antecedent

_REACH = 4
"""How many sentences before are searched for a name."""

_EARLY = 40
"""A thing is only pointed back at when it is named so early in its sentence, in characters: as its subject."""

_PERSON = r"He|She|His|Her|he|she|his|her"
_THING = r"It|Its|They|Their|it|its|they|their"
_OPENS = r"[\s\"“‘'(\[]{0,9}"
_LEADING = re.compile(
    rf"{_OPENS}(?P<word>{_PERSON}|{_THING}|This|That|These|Those|Such|Both"
    r"|Neither)\b(?![’']s)(?!\s(?:year|week|month|morning|afternoon|evening|spring|summer|autumn|winter|time|quarter|season)\b)"
)

_AFTER_OPENING = re.compile(
    rf"{_OPENS}(?:In|At|On|After|Before|During|With|For|By|From|Of|Under|As|When|While|Since|Although|Though|If"
    rf"|Despite|Following|Until|Speaking|Instead|Then|Now)\b[^.,;]{{0,60}}?\b(?P<word>his|her|its|their|he|she|it|they"
    rf"|this|these|those)\b"
)

_SAID = re.compile(
    r"[,”\"]\s(?P<word>he|she|they|it)\s(?:said|says|added|adds|told|wrote|argued|explained|warned|noted|insisted)\b"
)

_EXPLETIVE = re.compile(
    rf"{_OPENS}(?:It|it)\s(?:is|was|has been|had been|will be|would be|seems|seemed|appears|appeared"
    rf"|remains|remained"
    r"|took|takes|may be|might be)\s(?!the\b|an?\b|one\b|its\b)(?:[\w’'-]+\s){0,4}?(?:that|to|who|when|if"
    r"|whether|for|how"
    r"|why|since|before|until)\b|\W*(?:It|it)\s(?:rained|snowed|is raining|is (?:not )?(?:clear|unclear|known))\b"
)

_DEFINITE = re.compile(
    rf"{_OPENS}(?:The|This|the)\s(?P<noun>(?:[\w'’-]+\s){{0,3}}?(?:company|firm|group|giant|maker|carmaker|bank|lender"
    r"|agency|charity|club|side|team|retailer|airline|start-up|startup|manufacturer|operator|regulator|watchdog|union"
    r"|university|ministry|publisher|developer|supplier|brand|chain|unicorn|conglomerate|chipmaker|drugmaker|insurer"
    r"|organisation|organization|duo|pair|trio|two|others?|latter|former|\d+-year-old|billionaire|tycoon"
    r"|businessman|businesswoman|politician|actor|actress|singer|striker|midfielder|defender|executive))\b"
    r"(?!\s(?:of|that|which said|in|at|behind|[A-Z][\w’'-]*)\b)(?!,\s[A-Z])(?:[’']s)?(?![’'\w])"
)

_WHAT_HAPPENED = re.compile(
    rf"{_OPENS}(?:The|This|That)\s(?P<word>success|failure|move|decision|change|announcement|ruling|verdict|promise"
    r"|pledge|penalty|fine|offer|bid|deal|proposal|result|step|attack|accident|crash|incident|vote|measures?|news"
    r"|increase|rise|fall|drop|comments?|remarks?|claims?|statement|warning|request|agreement|contract|appointment"
    r"|arrest|resignation|closure|delay|discovery|idea|problem|reason|difference|rest)\b"
    r"(?!\s(?:of|to|by|that|in|on|for|at|from|with|between|over|against)\b)"
)
_COUNT = r"One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Some|Several|Many|Few|A few"
_WHEN = re.compile(
    rf"{_OPENS}(?P<word>(?:(?:{_COUNT}|A|\d+|Only|Just)\s)(?:few\s)?(?:minutes?|hours?|days?|weeks?|months?|years?"
    r"|decades?)\s(?:on|later|earlier|before)|The (?:next|following|previous|same) (?:minute|hour|day|morning"
    r"|evening|night|week|month|year|season)|Later that|Earlier that|Soon after"
    r"|Shortly (?:after|before)(?:wards?)?)(?=,|\s(?!the\b|a\b|an\b|his\b|her\b|its\b|their\b|[A-Z\d]))"
)
_SOME_OF = re.compile(
    rf"{_OPENS}(?:{_COUNT}|Most|None|All|Both|Each|Half|Neither|Another)\sof\s(?P<word>them|those|these)\b"
)
_ACTED_ON = re.compile(
    r"\b(?:bought|sold|took|gave|made|put|fined|banned|barred|sued|accused|charged|arrested|hired|dismissed|sacked"
    r"|replaced|joined|rejected|approved|criticised|praised|allowed|ordered|asked|told|forced|called|named|missed"
    r"|won|lost|left|kept|paid|picked|chose|beat|helped|urged|backed|opposed|launched|cancelled|banned|delayed|cut)"
    r"\s(?P<word>it|him|them)\b"
)


_OF_SEVERAL = frozenset("duo pair trio two others other latter former".split())


class Kind(Enum):
    """What is meant by the word that points back."""

    PERSON = "person"
    THING = "thing"
    DESCRIBED = "described"
    SAID = "said"
    """What was said before, which no name can replace."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The word or description in a sentence that points back, `sentence[start:end]`."""

    start: int
    end: int
    kind: Kind
    plural: bool = False


def reference(sentence: str) -> Reference | None:
    """Return how the sentence points back at what was said before, or `None` when it does not."""
    if found := _DEFINITE.match(sentence):
        is_of_several = found["noun"].lower().split()[-1] in _OF_SEVERAL
        return Reference(*found.span("noun"), Kind.SAID if is_of_several else Kind.DESCRIBED)
    if _EXPLETIVE.match(sentence):
        return None
    if found := _WHAT_HAPPENED.match(sentence) or _WHEN.match(sentence) or _SOME_OF.match(sentence):
        return Reference(*found.span("word"), Kind.SAID)
    return _pronoun(sentence)


def _pronoun(sentence: str) -> Reference | None:
    """Return the pronoun with which the sentence points back, at its beginning or as what somebody acts on."""
    found = _LEADING.match(sentence) or _AFTER_OPENING.match(sentence) or _SAID.search(sentence)
    if found is None and (acted := _ACTED_ON.search(sentence)) and not _is_known_thing(sentence[: acted.start()]):
        return Reference(acted.start("word"), acted.end("word"), Kind.SAID)
    if found is None or _is_answered(sentence, found):
        return None
    word = found["word"].lower()
    if word in ("he", "she", "his", "her"):
        kind = Kind.PERSON
    else:
        kind = Kind.THING if word in ("it", "its", "they", "their") else Kind.SAID
    return Reference(found.start("word"), found.end("word"), kind, word in ("they", "their"))


def _is_known_thing(before: str) -> bool:
    """Return whether what comes before an object can be what it means: more than the subject of the sentence."""
    return re.search(r"[,;:]|\b(?:which|who|that|when|after|because|while|and|but|if|as)\b", before) is not None


def _is_answered(sentence: str, found: re.Match[str]) -> bool:
    """Return whether the sentence itself names what the word means before it says the word, or right after its
    opening.

    "In his speech, Vice Premier Liu suggested …" needs nobody else.
    """
    if found.re is _SAID:
        return False
    before = sentence[: found.start("word")]
    if re.search(r"(?:(?<=\s)|(?<=[“\"]))[A-Z][a-z]+", before.strip()[1:]) and found["word"][0].islower():
        return True
    if found.re is not _AFTER_OPENING:
        return False
    rest = sentence[found.end("word") :]
    return re.search(r",\s(?:the\s)?(?:[\w-]+\s){0,3}?[A-Z][\w’'-]+", rest[:90]) is not None


def resolve(mark: Reference, before: Sequence[Sequence[Name]], subject: Name | None = None) -> Name | None:
    """Return the name that the reference means, given the names of the sentences before, nearest last; `None`:
    unclear.

    `subject` is whom or what the sentence before is known to be about. A person is the first one named in the
    nearest sentence that names any; a thing an organisation, or a name that is no person's.
    """
    if mark.kind is Kind.SAID or mark.plural:
        return None
    for names in reversed(before[-_REACH:]):
        if mark.kind is Kind.PERSON:
            people = [name for name in names if name.kind == "person"]
            if people:
                return people[0] if len({name.text.split(" ")[-1] for name in people}) == 1 else None
            continue
        reach = _EARLY if mark.kind is Kind.THING else 2 * _EARLY
        early = [name for name in names if name.start <= reach]
        things = [name for name in early if name.kind == "organisation"]
        if subject is not None and subject.text in {name.text for name in names}:
            return subject
        if things:
            return things[0] if len({name.text for name in things}) == 1 else None
        if mark.kind is Kind.THING and names:
            return None
    return None


def bracketed(sentence: str, mark: Reference, name: str) -> Antecedent:
    """Return the name in brackets as an editor sets it: in place of a pronoun, after a description."""
    said = sentence[mark.start : mark.end]
    possessive = said.lower() in ("his", "its", "their") or (
        said.lower() == "her" and re.match(r"\s[a-z]", sentence[mark.end :]) is not None
    )
    if mark.kind is Kind.DESCRIBED:
        return Antecedent(mark.end, mark.end, f" [{name}]")
    return Antecedent(mark.start, mark.end, f"[{name}{'’s' if possessive else ''}]")
