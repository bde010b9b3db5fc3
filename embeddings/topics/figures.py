"""Figures with what they count ("$15 billion", "14 people", "38.6 per cent"), and statements whose figures
differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from embeddings.encoding.backends.base import Vectors
from embeddings.text.terms import FUNCTION_WORDS, terms
from embeddings.topics.measures import COUNTED_PEOPLE, measures_in
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
_CORRECTED = re.compile(
    r"\b(?:correct(?:ed|ion|s)|revis(?:ed|es|ion)|(?:not|instead of|rather than|up from|down from"
    r"|earlier (?:figure|estimate"
    r"|report)s?|previously (?:said|reported|estimated|stated|put)|restated|amended)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that may hold figures, the article that it is from, and the day or moment of that (ISO 8601)."""

    text: str
    source: str
    published_at: str | None = None


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


def differ(one: Figures, other: Figures) -> bool:
    """Return whether two statements give different figures of one unit, and agree on none of that unit."""
    return any(not any(_same(a, b) for a in one[unit] for b in other[unit]) for unit in one.keys() & other.keys())


def agree(one: Figures, other: Figures, least: float) -> bool:
    """Return whether two statements share a figure of at least this value and of one unit."""
    return any(
        a >= least and _same(a, b) for unit in one.keys() & other.keys() for a in one[unit] for b in other[unit]
    )


def differing(claims: Sequence[Claim], vectors: Vectors | None = None) -> list[list[int]]:
    """Groups of claims, as their numbers, that give different figures on the same thing; oldest first in each.

    The same thing is the same measured quantity (unit and kind), of the same subject, in the same period.
    `vectors`, a unit row a claim, let sentences with few words in common count as alike in meaning. Claims of
    one source differ only when it contradicts itself.
    """
    every = [quantities(claim.text) for claim in claims]
    groups: list[list[int]] = []
    for other in range(len(claims)):
        for one in range(other):
            if not every[one] or not every[other] or claims[one].text == claims[other].text:
                continue
            cosine = None if vectors is None else float(vectors[one] @ vectors[other])
            stricter = _ITSELF if claims[one].source == claims[other].source else 0.0
            if not contradict(every[one], every[other], cosine, stricter):
                continue
            homes = [group for group in groups if one in group or other in group]
            merged = sorted({one, other, *(number for group in homes for number in group)})
            groups = [group for group in groups if group not in homes] + [merged]
    return [sorted(group, key=lambda number: _moment(claims[number])) for group in groups]


def is_correction(text: str) -> bool:
    """Return whether a sentence says that it replaces an earlier figure."""
    return _CORRECTED.search(text) is not None


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


def contradict(
    one: Sequence[Quantity], other: Sequence[Quantity], cosine: float | None, stricter: float = 0.0
) -> bool:
    """Return whether two sentences give different figures for one thing, and nowhere the same for it."""
    pairs = [(a, b) for a in one for b in other if is_same_thing(a, b, cosine, stricter)]
    return any(
        not _same(a.value, b.value)
        and not any(_same(a.value, d.value) for c, d in pairs if c is a)
        and not any(_same(c.value, b.value) for c, d in pairs if d is b)
        for a, b in pairs
    )


def is_same_thing(one: Quantity, other: Quantity, cosine: float | None, stricter: float = 0.0) -> bool:
    """Return whether two figures measure the same quantity of the same subject in the same period.

    `stricter` is how much more alike than usual their sentences must be, 0 to 1.
    """
    if not _is_same_quantity(one, other) or not _is_same_subject(one, other):
        return False
    shared = len(one.words & other.words) / max(1, min(len(one.words), len(other.words)))
    alike = shared if cosine is None else 0.5 * shared + 0.5 * max(cosine, 0.0)
    needed = _NEEDED - _BY_NAME * bool(one.names & other.names)
    if one.measures & other.measures:
        needed -= _BY_MEASURE
    elif one.measures or other.measures:
        needed += _ONE_SIDED
    return alike >= needed + stricter


def _is_same_quantity(one: Quantity, other: Quantity) -> bool:
    people = one.unit in COUNTED_PEOPLE and other.unit in COUNTED_PEOPLE
    measures = one.measures & other.measures
    if (one.unit != other.unit and not (people and measures)) or one.per != other.per:
        return False
    if one.unit == "%" and one.is_change != other.is_change and not measures:
        return False
    return bool(measures) or not (one.measures and other.measures)


def _is_same_subject(one: Quantity, other: Quantity) -> bool:
    """Return whether neither figure is of other names, places or times than the other."""
    pairs = ((one.periods, other.periods), (one.names, other.names), (one.places, other.places))
    return all(not a or not b or a & b for a, b in pairs)


_NEEDED, _BY_MEASURE, _BY_NAME, _ONE_SIDED = 0.62, 0.2, 0.12, 0.2
_ITSELF = 0.2
"""An article contradicts itself only in sentences that are so much more alike."""


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


def _moment(claim: Claim) -> str:
    try:
        return datetime.fromisoformat(claim.published_at or "").isoformat()
    except ValueError:
        return ""


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _ALIKE * max(one, other)


def _unit(word: str) -> str:
    if word == "%" or word.lower().startswith(("per cent", "percent")):
        return "%"
    if word.lower() in _NO_UNIT or word.lower() in FUNCTION_WORDS:
        return ""
    found = terms(word)
    return found[0] if found else ""
