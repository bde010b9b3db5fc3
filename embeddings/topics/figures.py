"""Figures with what they count: "$15 billion", "18.2 billion yuan", "14 people", "38.6 per cent"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from embeddings.text.terms import terms

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
    rf"{_SCALE.replace('scale', 'size')}\s?(?P<unit>%|per cent\b|percent\b|[a-z]+)",
    re.IGNORECASE,
)

_NO_UNIT = frozenset(
    "january february march april may june july august september october november december "
    "to and or in on of the a an by at for from with until as am pm gmt utc".split()
)

_YEAR = re.compile(r"(?:19|20)\d\d")
_ALIKE = 0.05
"""Two values are the same figure, rounded, up to this share apart."""


def figures(text: str) -> Figures:
    """Every figure in `text` by its unit: "dollar", "yuan", "%", or the counted noun's dictionary form.

    Bare numbers, days and years have no unit and are left out.
    """
    found: dict[str, set[float]] = {}
    for match in _FIGURE.finditer(text):
        if match["sign"]:
            unit, number, scale = _SIGNS[match["sign"]], match["number"], match["scale"]
        else:
            unit, number, scale = _unit(match["unit"]), match["plain"], match["size"]
            unit = "" if _YEAR.fullmatch(number) and not scale else unit
        if unit:
            value = float(number.replace(",", "")) * _SCALES.get((scale or "").lower(), 1.0)
            found.setdefault(unit, set()).add(value)
    return {unit: frozenset(values) for unit, values in found.items()}


def differ(one: Figures, other: Figures) -> bool:
    """Whether two statements give different figures of one unit, and agree on none of that unit."""
    return any(not any(_same(a, b) for a in one[unit] for b in other[unit]) for unit in one.keys() & other.keys())


def agree(one: Figures, other: Figures, least: float) -> bool:
    """Whether two statements share a figure of at least this value and of one unit."""
    return any(
        a >= least and _same(a, b) for unit in one.keys() & other.keys() for a in one[unit] for b in other[unit]
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _ALIKE * max(one, other)


def _unit(word: str) -> str:
    if word == "%" or word.lower() in ("per cent", "percent"):
        return "%"
    if word.lower() in _NO_UNIT:
        return ""
    found = terms(word)
    return found[0] if found else ""
