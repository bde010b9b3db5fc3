"""What kind of answer a question asks for, and what a sentence states and leans on.

A coarse cut of the answer types of Li and Roth, "Learning Question Classifiers" (COLING 2002): numbers and times,
which a pattern tells surely, and persons, places, reasons and speech, which it tells often. In a news report every
paragraph is about the same subject, and "when" or "how much" is what singles one out.
"""

from __future__ import annotations

import re
from enum import IntFlag

from embeddings.text.question_words import HOW_MANY, WHEN, WHERE, WHO, WHY


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
_SHORT_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_GERMAN_TIMES = (
    "Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember"
    "|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag"
)
_OTHER_MONTHS = (
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
"""Months in French and Spanish, which are months only after a day: "mars" and "mayo" are English words."""

_NUMBER_WORDS = frozenset(
    """
    one two three four five six seven eight nine ten eleven twelve dozen hundred thousand million billion trillion
    half third quarter once twice zwei drei vier fünf sechs sieben acht neun zehn zwölf hundert tausend millionen
    hälfte drittel deux trois quatre cinq sept huit neuf dix douze mille moitié tres cuatro cinco siete ocho nueve
    diez doce mitad
    """.split()
)
_DIGIT, _WORD = re.compile(r"\d"), re.compile(r"\w+")

_STATES_TIME = re.compile(
    rf"\b(?:1\d{{3}}|20\d\d|\d+s|{_MONTHS}|{_DAYS}|{_GERMAN_TIMES}|[Cc]entury)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:{_SHORT_MONTHS})\b|\b(?:{_SHORT_MONTHS})\.?\s\d{{1,2}}\b"
    rf"|\b\d{{1,2}}(?:er)?\s(?:de\s)?(?:{_OTHER_MONTHS})\b"
    r"|\b\d{1,2}:\d{2}\b|\b\d{1,2}\s?(?:[ap]m\b|[ap]\.m\.|o['’]clock\b|Uhr\b)"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
    r"|\b(?:on|by|until|before|after|from) the \d{1,2}(?:st|nd|rd|th)\b(?! (?!of\b)\w)"
)
_ASKS_TIME = re.compile(
    rf"\b(?:{WHEN})\b|\b(?:what|which) (?:year|date|day|month|century|decade)\b"
    r"|^(?:what (?:is|are) )?(?:the )?(?:\w+ )?(?:deadline|opening (?:hours|times?))\b",
    re.IGNORECASE,
)

_ASKS_NUMBER = re.compile(
    r"\bhow (?:much|many|long|far|large|big|old|high|tall|often|fast|deep|wide|heavy)\b"
    r"|\bwhat (?:percentage|number|share|proportion|amount)\b"
    r"|\bwie ?(?:viele?|hoch|lange|schwer|groß|gross|oft|weit|alt|teuer)\b|\bwas kostet\b"
    rf"|\b(?:{HOW_MANY})\b",
    re.IGNORECASE,
)
_NAMES_AMOUNT = re.compile(
    r"^(?:what(?:['’]s| is| are| was| were) )?(?:the |our |my )?(?:\w+ ){0,2}"
    r"(?:price|cost|fee|salary|rent|deposit|surcharge|discount|(?:mileage|hourly) rate"
    r"|phone number|extension)s?\b(?=\s*(?:[?.!]*\s*$|(?:of|for|per|in)\b))(?!\s+of\s+living)",
    re.IGNORECASE,
)
"""An amount that is asked for by its name: "price of the blue chair"."""

_REFERS_BACK = re.compile(
    r"(?<!\W)\W*+(?i:the|this|that|these|those|he|she|it|they|his|her|its|their)\b(?!\s+[A-Z])"
)


_STATES_PERSON = re.compile(
    r"\b[A-Z][\w'’-]*[a-z]\s+(?:[A-Z]\.\s+|(?:van|von|de|al|bin)\s+)?[A-Z][\w'’-]*[a-z]"
    r"|\b(?:Mr|Mrs|Ms|Dr|Sir|Prof)\b|\b(?:president|minister|chairman|chief|director|manager|founder|king|queen)\b"
    r"|\b(?:Herrn?|Frau|M\.|Mme|Monsieur|Madame|Sra?\.)\s+[A-Z]"
)
_STATES_PLACE = re.compile(
    rf"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Ff]rom|[Tt]o|[Oo]utside|[Oo]ff)\s+(?:the\s+)?(?!{_MONTHS}|{_DAYS})[A-Z][a-z]"
    r"|\b(?:room|floor|street|north|south|east|west|behind|beside|in front of|located|cellar)\b"
)
_STATES_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|so that|in order to|as a result|therefore|thus|caus\w+|reasons?|led to"
    r"|resulting|results?|thanks to|out of|for fear|hence|enabl\w+|prevent\w*|weil|wegen|aufgrund|deshalb"
    r"|parce que|en raison|à cause|porque|debido)\b",
    re.IGNORECASE,
)
_STATES_SPEECH = re.compile(r"\b(?:said|says|added|according to|called|warned|argued|stated|urged)\b|[“\"]")

_OTHERS = (
    (
        AnswerType.PERSON,
        re.compile(rf"\b(?:{WHO})\b|^(?:(?:à|de|avec) )?qui\b", re.IGNORECASE),
        _STATES_PERSON,
    ),
    (
        AnswerType.PLACE,
        re.compile(rf"\b(?:{WHERE})\b|\b(?:what|which) (?:city|country|place|state)\b", re.I),
        _STATES_PLACE,
    ),
    (
        AnswerType.REASON,
        re.compile(
            rf"\b(?:{WHY})\b|\bwhat (?:caused|was the reason|is the reason)\b",
            re.I,
        ),
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
    for kind, pattern in ((AnswerType.TIME, _STATES_TIME), *((kind, stated) for kind, _, stated in _OTHERS))
)
_BACK, _NUMBER = AnswerType.REFERS_BACK.value, AnswerType.NUMBER.value


def in_sentence(sentence: str) -> AnswerType:
    """Return what `sentence` holds."""
    kinds = _BACK if _REFERS_BACK.match(sentence) else 0
    kinds += _NUMBER if _states_number(sentence) else 0
    return AnswerType(kinds + sum(kind for kind, stated in _STATED if stated.search(sentence)))


def _states_number(sentence: str) -> bool:
    return bool(_DIGIT.search(sentence)) or not _NUMBER_WORDS.isdisjoint(_WORD.findall(sentence.lower()))


def of_question(question: str) -> AnswerType:
    """Return the kind of answer that `question` asks for, or `AnswerType.NONE` when its words don't tell."""
    if _ASKS_TIME.search(question):
        return AnswerType.TIME
    if _ASKS_NUMBER.search(question):
        return AnswerType.NUMBER
    found = next((kind for kind, asked, _ in _OTHERS if asked.search(question)), AnswerType.NONE)
    return found or (AnswerType.NUMBER if _NAMES_AMOUNT.match(question) else AnswerType.NONE)
