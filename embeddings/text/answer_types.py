"""What kind of answer a question asks for, and what a sentence states and leans on.

A coarse cut of the answer types of Li and Roth, "Learning Question Classifiers" (COLING 2002): numbers and times,
which a pattern tells surely, and persons, places, reasons and speech, which it tells often. In a news report every
paragraph is about the same subject, and "when" or "how much" is what singles one out.
"""

from __future__ import annotations

import re
from enum import IntFlag


class AnswerType(IntFlag):
    """What a sentence holds, as flags: kinds of answers that it states, and whether it refers back."""

    NONE = 0
    NUMBER = 1
    TIME = 2
    REFERS_BACK = 4
    """It begins with a pronoun or a definite noun ("The e-commerce giant …"): its subject was named before."""
    PERSON = 8
    PLACE = 16
    REASON = 32
    SPEECH = 64


SURE = AnswerType.NUMBER | AnswerType.TIME
"""The types that a pattern tells surely."""


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"

_STATES_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million"
    r"|billion|trillion|half|third|quarter|once|twice)\b",
    re.IGNORECASE,
)

_STATES_TIME = re.compile(rf"\b(?:1\d{{3}}|20\d\d|\d+s|{_MONTHS}|{_DAYS}|[Cc]entury)\b")
_ASKS_TIME = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade)\b", re.IGNORECASE)

_ASKS_NUMBER = re.compile(
    r"\bhow (?:much|many|long|far|large|big|old|high|tall|often|fast|deep|wide)\b"
    r"|\bwhat (?:percentage|number|share|proportion|amount)\b",
    re.IGNORECASE,
)

_REFERS_BACK = re.compile(
    r"(?<!\W)\W*+(?i:the|this|that|these|those|he|she|it|they|his|her|its|their)\b(?!\s+[A-Z])"
)


_STATES_PERSON = re.compile(
    r"\b[A-Z][\w'’-]*[a-z]\s+(?:[A-Z]\.\s+|(?:van|von|de|al|bin)\s+)?[A-Z][\w'’-]*[a-z]"
    r"|\b(?:Mr|Mrs|Ms|Dr|Sir|Prof)\b|\b(?:president|minister|chairman|chief|director|manager|founder|king|queen)\b"
)
_STATES_PLACE = re.compile(
    rf"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Ff]rom|[Tt]o|[Oo]utside|[Oo]ff)\s+(?:the\s+)?(?!{_MONTHS}|{_DAYS})[A-Z][a-z]"
    r"|\b(?:room|floor|street|north|south|east|west|behind|beside|in front of|located|cellar)\b"
)
_STATES_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|so that|in order to|as a result|therefore|thus|caus\w+|reasons?|led to"
    r"|resulting|results?|thanks to|out of|for fear|hence|enabl\w+|prevent\w*)\b",
    re.IGNORECASE,
)
_STATES_SPEECH = re.compile(r"\b(?:said|says|added|according to|called|warned|argued|stated|urged)\b|[“\"]")

_OTHERS = (
    (AnswerType.PERSON, re.compile(r"\bwho(?:se|m)?\b", re.IGNORECASE), _STATES_PERSON),
    (
        AnswerType.PLACE,
        re.compile(r"\bwhere\b|\b(?:what|which) (?:city|country|place|state)\b", re.I),
        _STATES_PLACE,
    ),
    (
        AnswerType.REASON,
        re.compile(r"\bwhy\b|\bwhat (?:caused|was the reason|is the reason)\b", re.I),
        _STATES_REASON,
    ),
    (
        AnswerType.SPEECH,
        re.compile(r"\b(?:did|do|does)\b.*\b(?:say|think|call for|argue)\b", re.I),
        _STATES_SPEECH,
    ),
)
"""Each type with how a question asks for it and how a sentence states it."""


# As numbers: combining flags takes longer than all of the patterns.
_STATED = tuple(
    (kind.value, pattern)
    for kind, pattern in (
        (AnswerType.NUMBER, _STATES_NUMBER),
        (AnswerType.TIME, _STATES_TIME),
        *((kind, stated) for kind, _, stated in _OTHERS),
    )
)
_BACK = AnswerType.REFERS_BACK.value


def in_sentence(sentence: str) -> AnswerType:
    """Return what `sentence` holds."""
    kinds = _BACK if _REFERS_BACK.match(sentence) else 0
    return AnswerType(kinds + sum(kind for kind, stated in _STATED if stated.search(sentence)))


def of_question(question: str) -> AnswerType:
    """Return the kind of answer that `question` asks for, or `AnswerType.NONE` when its words don't tell."""
    if _ASKS_TIME.search(question):
        return AnswerType.TIME
    if _ASKS_NUMBER.search(question):
        return AnswerType.NUMBER
    return next((kind for kind, asked, _ in _OTHERS if asked.search(question)), AnswerType.NONE)
