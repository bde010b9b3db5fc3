"""Tables by geometry: lines that follow each other with gaps in the same places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from embeddings.ingest.layout.glyphs import Run
from embeddings.ingest.layout.reading import Line
from embeddings.ingest.tables import Row, is_figure

_CELL_GAP = 0.9
_LEADER = re.compile(r"(?:\.\s*){4,}|…{2,}|_{4,}")
_MARK = re.compile(r"[•▪‣◦●○■□➢➤✓✔·*–—-]|\(?\d{1,2}[.)]|[a-z]\)")
"""What comes before a point of a list, however far."""

_LEAST_ROWS = 2
_FAR = 3.5
_CONTINUED, _NEARER = 1.35, 1.2


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a line, with where it begins and ends."""

    text: str
    x0: float
    x1: float


def cells_of(line: Line) -> list[Cell]:
    """Return the parts of a line that wide gaps part."""
    if _LEADER.search(line.text):  # a line of a table of contents
        return [Cell(line.text, line.x0, line.x1)]
    cells: list[Cell] = []
    last: Run | None = None
    for run in line.runs:
        is_near = last is not None and run.x0 - last.x1 < _CELL_GAP * max(run.size, last.size)
        if is_near or (len(cells) == 1 and _MARK.fullmatch(cells[0].text)):
            cells[-1] = Cell(f"{cells[-1].text} {run.text}", cells[-1].x0, run.x1)
        else:
            cells.append(Cell(run.text, run.x0, run.x1))
        last = run
    return cells


def table_at(lines: Sequence[Line], start: int) -> tuple[int, tuple[Row, ...]] | None:
    """Return how many lines from `start` on are a table, and its rows; `None` when there is none."""
    if len(cells_of(lines[start])) < 2:  # noqa: PLR2004  # a row has two cells
        return None
    end, columns = start, _columns([cells_of(lines[start])])
    for place in range(start + 1, len(lines)):
        above, line = lines[place - 1], lines[place]
        if line.page != above.page or above.y0 - line.y0 > _FAR * max(line.size, above.size) or line.y0 > above.y0:
            break
        cells = cells_of(line)
        if len(cells) == 1 and not _continues(above, line, columns):
            break
        wider = _columns([cells_of(one) for one in lines[start : place + 1]])
        if len(wider) < max(2, len(columns) if len(cells) > 1 else 2):
            break
        end, columns = place, wider
    taken = lines[start : end + 1]
    full = [line for line in taken if len(cells_of(line)) > 1]
    if len(full) < _LEAST_ROWS or not _is_table(full):
        return None
    return len(taken), _rows(taken, columns)


def _is_table(lines: Sequence[Line]) -> bool:
    """Return whether the cells are those of a table: short, or figures; two columns of sentences are none."""
    texts = [cell.text for line in lines for cell in cells_of(line)]
    figures = sum(map(is_figure, texts))
    long = sum(len(text) > 90 for text in texts)  # noqa: PLR2004  # a cell of more is a paragraph
    return bool(figures) or long * 4 <= len(texts)


def _columns(rows: Sequence[Sequence[Cell]]) -> list[tuple[float, float]]:
    """Return the stripes that the cells fill, from left to right; cells that touch are in one."""
    spans = sorted((cell.x0, cell.x1) for row in rows for cell in row)
    merged: list[tuple[float, float]] = []
    for x0, x1 in spans:
        if merged and x0 < merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x1))
        else:
            merged.append((x0, x1))
    return merged


def _continues(above: Line, line: Line, columns: Sequence[tuple[float, float]]) -> bool:
    """Return whether a line with one cell goes on with a cell of the row above. With the first one only where it
    begins in lower case: otherwise it may be a row, or text below the table.
    """
    near = above.y0 - line.y0 < _CONTINUED * max(line.size, above.size)
    inside = [place for place, (x0, x1) in enumerate(columns) if line.x0 >= x0 - 1 and line.x1 <= x1 + line.size]
    return near and bool(inside) and (inside[0] > 0 or line.text[:1].islower())


def _rows(lines: Sequence[Line], columns: Sequence[tuple[float, float]]) -> tuple[Row, ...]:
    rows: list[list[str]] = []
    widest = max((above.y0 - line.y0 for above, line in pairwise(lines)), default=0.0)
    for number, line in enumerate(lines):
        cells = cells_of(line)
        row = [""] * len(columns)
        for cell in cells:
            place = next((p for p, (x0, x1) in enumerate(columns) if x0 - 1 <= cell.x0 <= x1), len(columns) - 1)
            row[place] = f"{row[place]} {cell.text}".strip()
        above = lines[number - 1] if number else None
        goes_on = (
            above is not None
            and (
                not row[0]
                or (widest > _NEARER * (above.y0 - line.y0) and all(one[:1].islower() for one in row if one))
            )
            and above.y0 - line.y0 < _CONTINUED * max(line.size, above.size)
            and not any(is_figure(one) for one in row if one)
        )
        if goes_on and rows:
            rows[-1] = [f"{a} {b}".strip() for a, b in zip(rows[-1], row, strict=True)]
        else:
            rows.append(row)
    return tuple(tuple(row) for row in rows)
