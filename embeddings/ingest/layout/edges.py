"""Running heads, feet and page numbers: known by their place on the page and by coming again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from embeddings.ingest.layout.reading import Line

_BAND, _NEAR = 0.14, 4.0
"""How much of a page's height is its edge, and how many points apart the same place may be."""

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(r"^\W*(?:page\s*)?([ivxlcdm]{1,7}|\d{1,5})\W*$", re.IGNORECASE)
_PAGE_OF = re.compile(
    r"(?:page|seite|página|pagina|side|sida|strona)\s*\d{1,4}(?:\s*(?:/|of|von|de|di|van|z)\s*\d{1,4})?", re.I
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_TWO, _OFTEN = 2, 0.3
_OUTERMOST = 2


def without_edges(pages: Sequence[tuple[float, list[list[Line]]]], body_size: float) -> list[list[list[Line]]]:
    """Return the columns of each page, given with the pages' heights, without running heads, feet and page
    numbers.
    """
    outer = [_outermost(height, [line for column in columns for line in column]) for height, columns in pages]
    again: dict[tuple[str, bool], list[tuple[int, float]]] = defaultdict(list)
    numbered: dict[tuple[int, bool], list[tuple[int, float]]] = defaultdict(list)
    for place, lines in enumerate(outer):
        for line, at_top in lines:
            key = _key(line)
            if _WORD.search(key):
                again[key, at_top].append((place, line.y0))
            if (number := _number(line.text)) is not None:
                numbered[number - place, at_top].append((place, line.y0))
    found: list[list[list[Line]]] = []
    for place, (_, columns) in enumerate(pages):
        drop = {
            id(line)
            for line, at_top in outer[place]
            if _comes_again(again[_key(line), at_top], place, line, body_size, at_top)
            or _counts_on(numbered, line, place, at_top)
            or _PAGE_OF.fullmatch(line.text.strip())
        }
        found.append([[line for line in column if id(line) not in drop] for column in columns])
    return found


def _outermost(height: float, lines: Sequence[Line]) -> list[tuple[Line, bool]]:
    """Return the first and last lines of a page that are in its edges, and whether at the top."""
    high = sorted((line for line in lines if line.y0 > (1 - _BAND) * height), key=lambda line: -line.y0)
    low = sorted((line for line in lines if line.y1 < _BAND * height), key=lambda line: line.y0)
    return [*((line, True) for line in _levels(high)), *((line, False) for line in _levels(low))]


def _levels(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of the outermost heights."""
    heights: list[float] = []
    kept = []
    for line in lines:
        if not any(abs(line.y0 - height) < _NEAR for height in heights):
            heights.append(line.y0)
        if len(heights) > _OUTERMOST:
            break
        kept.append(line)
    return kept


def _comes_again(
    places: Sequence[tuple[int, float]], place: int, line: Line, body_size: float, at_top: bool
) -> bool:
    same = {page for page, y in places if abs(y - line.y0) < _NEAR}
    if len(same) < _TWO:
        return False
    near = any(0 < abs(page - place) <= _TWO for page in same)
    large = line.size > 1.25 * body_size and at_top
    return near and (not large or (len(same) > _TWO and len(same) >= _OFTEN * (max(same) + 1)))


def _counts_on(
    numbered: dict[tuple[int, bool], list[tuple[int, float]]], line: Line, place: int, at_top: bool
) -> bool:
    """Return whether the line is the page's number: those of other pages are in the same place and count on."""
    number = _number(line.text)
    if number is None:
        return False
    return len({page for page, y in numbered[number - place, at_top] if abs(y - line.y0) < 3 * _NEAR}) >= _TWO


def _key(line: Line) -> str:
    return _DIGITS.sub("0", " ".join(line.text.casefold().split()))


def _number(text: str) -> int | None:
    found = _NUMBER.match(text.strip())
    if not found:
        return None
    said = found[1].lower()
    if said.isdigit():
        return int(said)
    values = [_ROMAN[sign] for sign in said]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))
