"""Tables: each row put into words that explain themselves, whatever format the table came in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Row = tuple[str, ...]
_CELL = " · "
_FIGURE = re.compile(r"^\W*\d[\d.,'\s]*+[A-Za-zµ€£$%°]{0,4}\W*$")  # `*+` never backtracks: linear
MAX_CELLS = 2_000_000
"""The most cells of one table that are put into words."""

_LABEL, _NAME = 60, 40
_LONGEST_HEAD = 200
_PAIR = 2


def explained(rows: Sequence[Row], heads: int | None, *, row_heads: bool = False) -> Iterator[tuple[str, str]]:
    """Yield each row of the body as `(section, text)`: "Staff · 2024: 512 · 2023: 498", cells verbatim.

    The section is the row above that spans the table, if any. `heads` is the number of rows that name the columns,
    `None` to find out from the cells.
    """
    grid = _trimmed(rows)
    if not grid:
        return
    if heads in (None, 1) and (two := _two_heads(grid)) is not None:
        grid, heads = two, 2
    count = guessed_heads(grid) if heads is None else min(heads, len(grid) - 1)
    names = _names(grid[:count], len(grid[0]))
    body = grid[count:]
    pairs = not count and len(grid[0]) == _PAIR and (row_heads or _are_pairs(body))
    section = ""
    for row in body:
        filled = [cell for cell in row if cell]
        if not filled:
            continue
        if len(row) > 1 and _spans(row) and count:
            section = filled[0][:_LONGEST_HEAD]
            continue
        yield section, ": ".join(filled) if pairs else _in_words(row, names)


def guessed_heads(grid: Sequence[Row]) -> int:
    """Return how many rows at the top name the columns, judged by the cells: words above figures, each its own."""
    if len(grid) < _PAIR or len(grid[0]) < _PAIR:
        return 0
    first = [cell for cell in grid[0][1:] if cell]
    if not first or any(len(cell) > _LABEL for cell in grid[0]) or len(set(first)) < len(first):
        return 0
    below = [[row[place] for row in grid[1:] if row[place]] for place in range(len(grid[0]))]
    figures = [bool(column) and sum(map(is_figure, column)) * 2 > len(column) for column in below]
    over = [
        place
        for place, cell in enumerate(grid[0])
        if cell and figures[place] and (not is_figure(cell) or _year(cell))
    ]
    inside = [place for place, cell in enumerate(grid[0]) if cell and is_figure(cell) and not _year(cell)]
    if over and not inside:
        return 1
    words = grid[0][1:] if not grid[0][0] else grid[0]
    is_named = len(grid) > _PAIR and len(words) >= _PAIR and len(grid[0]) > _PAIR and all(words)
    return (
        1
        if is_named and not any(len(cell) > _NAME or (is_figure(cell) and not _year(cell)) for cell in words)
        else 0
    )


def _two_heads(grid: list[Row]) -> list[Row] | None:
    """Return the table with each cell of the first row over all columns that it spans, where two rows name the
    columns: the first leaves cells empty (or repeats itself) over words, and figures are below; else `None`.
    """
    if len(grid) <= _PAIR or len(grid[0]) <= _PAIR:
        return None
    over, under, *body = grid
    spread, last = [over[0]], ""
    for cell in over[1:]:
        last = cell or last
        spread.append(last)
    spans = [place for place in range(2, len(over)) if spread[place] and spread[place] == spread[place - 1]]
    inner = [cell for cell in under[1:] if cell]
    are_names = bool(inner) and not any(
        len(cell) > _NAME or (is_figure(cell) and not _year(cell)) for cell in inner
    )
    are_spanned = bool(spans) and all(under[place] and under[place - 1] for place in spans)
    if not (are_spanned and are_names):
        return None
    figures = sum(is_figure(row[place]) for row in body for place in spans)
    if figures * _PAIR < len(body) * len(spans):
        return None
    named = [cell if under[place] or over[place] else "" for place, cell in enumerate(spread)]
    return [tuple(named), under, *body]


def is_figure(cell: str) -> bool:
    """Return whether the cell holds a figure: a number, an amount, a share."""
    return bool(_FIGURE.fullmatch(cell.strip()[:_LABEL]))


def _year(cell: str) -> bool:
    """Return whether the cell is a year or an ordinal: figures that name a column as often as not."""
    return bool(re.fullmatch(r"(?:1[5-9]|20|21)\d\d(?:\s?[–/-]\s?\d{2,4})?|\d{1,2}(?:st|nd|rd|th)", cell.strip()))


def _trimmed(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, all as long as the longest, without rows and columns of nothing."""
    width = max((len(row) for row in rows), default=0)
    if width * len(rows) > MAX_CELLS:
        rows = rows[: MAX_CELLS // width]
    even = [tuple(" ".join(cell.split()) for cell in row) + ("",) * (width - len(row)) for row in rows]
    used = [place for place in range(width) if any(row[place] for row in even)]
    return [tuple(row[place] for place in used) for row in even if any(row)]


def _names(heads: Sequence[Row], width: int) -> list[str]:
    """Return the name of each column; of several rows of heads the words of each, outermost first."""
    names = []
    for place in range(width):
        words = dict.fromkeys(row[place] for row in heads if row[place])
        names.append(" ".join(words)[:_LONGEST_HEAD])
    return names


def _spans(row: Row) -> bool:
    """Return whether one text fills the row: it is above the rows that follow."""
    return len(set(row)) == 1 or (bool(row[0]) and not any(row[1:]) and len(row) > _PAIR)


def _are_pairs(body: Sequence[Row]) -> bool:
    return all(len(row[0]) <= _LABEL for row in body)


def _in_words(row: Row, names: Sequence[str]) -> str:
    parts: list[str] = []
    last: tuple[str, str] | None = None
    for cell, name in zip(row, names, strict=True):
        if not cell or (cell, name) == last:  # a cell that spans columns is taken once
            continue
        last = (cell, name)
        parts.append(f"{name.rstrip(':')}: {cell}" if name and name != cell else cell)
    return _CELL.join(parts)
