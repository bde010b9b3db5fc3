"""Figures with what they count and measure: "$15 billion" of revenue, "14 people" who died, "38.6 per cent"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from embeddings.text.terms import FUNCTION_WORDS, terms
from embeddings.topics.measures import measures_in
from embeddings.topics.names import Name, find_names

Figures = Mapping[str, frozenset[float]]

_SCALES: Mapping[str, float] = {
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}

_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SCALE = r"(?:[ -]?(?P<scale>thousand|million|billion|trillion|bn|mn|tn|[kmb]))?\b"

_FIGURE = re.compile(
    rf"(?P<sign>[$€£¥])\s?{_NUMBER}{_SCALE}|(?<![\w.,$€£¥-]){_NUMBER.replace('number', 'plain')}"
    rf"{_SCALE.replace('scale', 'size')}[\s-]?(?P<unit>%|per cent\b|percent(?:age points?)?\b|[a-z]+)",
    re.IGNORECASE,
)

_NO_UNIT = frozenset(
    "january february march april may june july august september october november december "
    "to and or in on of the a an by at for from with until as am pm gmt utc".split()
)

_YEAR = re.compile(r"(?:19|20)\d\d")
_ALIKE = 0.05
"""Two values are the same figure, rounded, up to this share apart."""

_CLAUSE = re.compile(
    r"[;:–—]|,\s(?=(?:and|but|while|whereas|which|after|when|as|with|up|down|compared|against)\b)|\s(?:while|whereas|but)\s"
)
_PERIOD = re.compile(
    r"\b(?:(?:19|20)\d\d|(?:first|second|third|fourth) (?:quarter|half)|Q[1-4]|January|February|March|April"
    r"|May|June"
    r"|July|August|September|October|November|December|last (?:year|month|week|quarter)|this (?:year|month"
    r"|week|quarter)"
    r"|next (?:year|month|week|quarter)|a year (?:earlier|ago|before))\b"
)
# `*+` never backtracks, which keeps this linear.
_RATE = re.compile(
    r"\W*+(?:per cent|percent)?\s*+(?:\w+\s){0,2}?(?:a|an|per|each|every)\s(?P<per>share|year|month|week"
    r"|day|hour|tonne|barrel"
    r"|person|head|night|unit|square metre|litre|kilo|kilogram|mile)\b|\W*+(?:\w+\s+)?annually\b"
)
_TOLL = re.compile(
    r"\bdeath toll\b[^.;]*?\b(?:to|at|is|was|of|stood at|reached|passed)\s(?P<toll>\d[\d,]*)(?!\s?[\w%])(?![,.]\d)"
)
_CHANGE = re.compile(r"\b(?:by|up|down|of)\s(?:about |around |nearly |almost |more than |some |roughly )?\W?$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure of a sentence and what is measured by it: its unit, and the words of its clause."""

    unit: str
    value: float
    per: str
    is_change: bool
    measures: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]
    places: frozenset[str]
    periods: frozenset[str]


def figures(text: str) -> Figures:
    """Return every figure in `text` by its unit: "dollar", "yuan", "%", or the counted noun's dictionary form.

    Bare numbers, days and years have no unit and are left out.
    """
    found: dict[str, set[float]] = {}
    for unit, value, _ in _found(text):
        found.setdefault(unit, set()).add(value)
    return {unit: frozenset(values) for unit, values in found.items()}


def agree(one: Figures, other: Figures, least: float) -> bool:
    """Return whether two statements share a figure of at least this value and of one unit."""
    return any(
        a >= least and is_rounded(a, b)
        for unit in one.keys() & other.keys()
        for a in one[unit]
        for b in other[unit]
    )


@lru_cache(maxsize=4000)
def quantities(sentence: str) -> tuple[Quantity, ...]:
    """Return the figures of a sentence with what each measures."""
    found = list(_found(sentence))
    if not found:
        return ()
    every = find_names(sentence)
    places = frozenset(name.text.casefold() for name in every if _is_place(name, sentence))
    names = frozenset(
        word.casefold()
        for name in every
        if name.text.casefold() not in places
        for word in {*name.text.split(" ")[:1], *name.text.split(" ")[-1:]}
    )
    periods = frozenset(match[0].casefold() for match in _PERIOD.finditer(sentence))
    cuts = [0, *(match.start() for match in _CLAUSE.finditer(sentence)), len(sentence)]
    result = []
    for unit, value, match in found:
        first = max(cut for cut in cuts if cut <= match.start())
        last = min(cut for cut in cuts if cut >= match.end() - 1)
        clause = _PERIOD.sub(" ", sentence[first:last])
        own = measures_in(clause) or measures_in(sentence)
        words = frozenset(
            term
            for term in terms(clause)
            if not term[0].isdigit() and term != unit and term not in _SCALES and term != "cent"
        )
        rate = _RATE.match(sentence[match.end() :])
        per = (rate["per"] or "year") if rate else ""
        change = unit == "%" and _CHANGE.search(sentence[: match.start()]) is not None
        result.append(Quantity(unit, value, per, change, own, words, names, places, periods))
    return tuple(result)


def _found(text: str) -> list[tuple[str, float, re.Match[str]]]:
    found = []
    for match in _FIGURE.finditer(text):
        if match["sign"]:
            unit, number, scale = _SIGNS[match["sign"]], match["number"], match["scale"]
        else:
            unit, number, scale = _unit(match["unit"]), match["plain"], match["size"]
            unit = "" if _YEAR.fullmatch(number) and not scale else unit
        if unit:
            value = float(number.replace(",", "")) * _SCALES.get((scale or "").lower(), 1.0)
            found.append((unit, value, match))
    if toll := _TOLL.search(text):
        found.append((terms("people")[0], float(toll["toll"].replace(",", "")), toll))
    return found


def _is_place(name: Name, sentence: str) -> bool:
    if name.kind == "organisation":
        return False
    before = sentence[: name.start].rstrip().rpartition(" ")[2].lower()
    return name.kind == "place" or (
        before in ("in", "at", "near", "from", "to", "through", "of") and name.kind == ""
    )


def is_rounded(one: float, other: float) -> bool:
    """Return whether two values are one figure, rounded."""
    return abs(one - other) <= _ALIKE * max(one, other)


def _unit(word: str) -> str:
    if word == "%" or word.lower().startswith(("per cent", "percent")):
        return "%"
    if word.lower() in _NO_UNIT or word.lower() in FUNCTION_WORDS:
        return ""
    found = terms(word)
    return found[0] if found else ""
