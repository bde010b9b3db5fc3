"""What kind of answer a question asks for, and what a sentence states and leans on.

A coarse cut of the answer types of Li and Roth, "Learning Question Classifiers" (COLING 2002): only numbers and
times, which a pattern tells surely. In a news report every paragraph is about the same subject, and "when" or
"how much" is what singles one out.
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


def in_sentence(sentence: str) -> AnswerType:
    """What `sentence` holds."""
    kinds = AnswerType.NUMBER if _STATES_NUMBER.search(sentence) else AnswerType.NONE
    kinds |= AnswerType.TIME if _STATES_TIME.search(sentence) else AnswerType.NONE
    return kinds | AnswerType.REFERS_BACK if _REFERS_BACK.match(sentence) else kinds


def of_question(question: str) -> AnswerType:
    """The kind of answer that `question` asks for, or `Kind.NONE` when its words don't tell."""
    if _ASKS_TIME.search(question):
        return AnswerType.TIME
    return AnswerType.NUMBER if _ASKS_NUMBER.search(question) else AnswerType.NONE
