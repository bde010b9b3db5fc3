"""The lines of a page in reading order: column by column, however they are drawn."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from embeddings.ingest.layout.glyphs import Run

_SAME_LINE = 0.45
_GUTTER = 0.6
"""The narrowest gutter between columns, in letters' heights."""

_LEAST_LINES, _LEAST_FILLED, _LEAST_WORDS = 3, 0.45, 2.5
"""A column has at least this many lines, which fill so much of its width and have this many words in the middle.
"""

_LEAST_CELLS, _SPARSE, _LEVEL, _MOST_BESIDE = 5, 2.0, 0.15, 0.8
_DEPTH = 3
_MIDDLE = (0.12, 0.88)


@dataclass(frozen=True, slots=True)
class Line:
    """Runs of one height from left to right. `left` and `right` are its column's edges, `width` is the page's."""

    runs: tuple[Run, ...]
    page: int
    left: float
    right: float
    width: float

    @property
    def text(self) -> str:
        """The words of the line."""
        return " ".join(run.text for run in self.runs)

    @property
    def x0(self) -> float:
        """Where it begins."""
        return self.runs[0].x0

    @property
    def x1(self) -> float:
        """Where it ends."""
        return self.runs[-1].x1

    @property
    def y0(self) -> float:
        """The lower edge of its largest letters."""
        return max(self.runs, key=lambda run: (run.size, len(run.text))).y0

    @property
    def y1(self) -> float:
        """The upper edge of its highest letters."""
        return max(run.y1 for run in self.runs)

    @property
    def size(self) -> float:
        """The height of the letters that most of it is set in."""
        return max(self.runs, key=lambda run: len(run.text)).size

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(run.bold for run in self.runs)


def lines_of(runs: Sequence[Run], page: int, width: float) -> list[list[Line]]:
    """Return the page's columns in reading order, each with its lines from top to bottom."""
    return [_lines(region, page, width) for region in _regions(list(runs), _DEPTH) if region]


def _regions(runs: list[Run], depth: int) -> list[list[Run]]:
    """Return the runs parted into columns; what spans several of them parts the page from top to bottom."""
    gutter = _gutter(runs) if depth and len(runs) > 2 * _LEAST_LINES else None
    if gutter is None:
        return [runs]
    start, end = gutter
    middle = (start + end) / 2
    spanning = [run for run in runs if run.x0 < start and run.x1 > end]
    regions: list[list[Run]] = []
    top = float("inf")
    for over in [*_bands(spanning), None]:
        bottom = max(run.y1 for run in over) if over else float("-inf")
        band = [run for run in runs if bottom <= _center(run) < top and not (run.x0 < start and run.x1 > end)]
        if over:
            low, high = min(run.y0 for run in over), bottom
            beside = [
                run
                for run in runs
                if low <= _center(run) < high and run not in over and not (run.x0 < start and run.x1 > end)
            ]
        else:
            beside = []
        for side in ([run for run in band if run.x1 <= middle], [run for run in band if run.x1 > middle]):
            regions += _regions(side, depth - 1) if side else []
        if over:
            regions.append([*over, *beside])
            top = low
    return [region for region in regions if region]


def _bands(spanning: Sequence[Run]) -> list[list[Run]]:
    """Return runs that span the columns, those of neighbouring lines together, from top to bottom."""
    bands: list[list[Run]] = []
    for run in sorted(spanning, key=lambda one: -_center(one)):
        if bands and min(one.y0 for one in bands[-1]) - run.y1 < run.size:
            bands[-1].append(run)
        else:
            bands.append([run])
    return bands


def _gutter(runs: Sequence[Run]) -> tuple[float, float] | None:
    """Return the white stripe that parts these runs into two columns of text, if there is one."""
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    size = median(run.size for run in runs)
    edges = sorted(
        {
            round(run.x1)
            for run in runs
            if left + _MIDDLE[0] * (right - left) < run.x1 < left + _MIDDLE[1] * (right - left)
        }
    )
    best: tuple[float, tuple[float, float]] | None = None
    for start in _grouped(edges, size):
        nexts = [run.x0 for run in runs if run.x0 > start]
        if not nexts:
            continue
        over = [run for run in runs if run.x0 < start - size and run.x1 > start + size]
        end = min((x for x in nexts), default=start)
        if end - start < _GUTTER * size or len(over) > 0.3 * len(runs):
            continue
        if not _are_columns(runs, start, end):
            continue
        worth = (end - start) - 2 * size * len(over)
        if best is None or worth > best[0]:
            best = worth, (start, end)
    return best[1] if best else None


def _grouped(edges: Sequence[int], size: float) -> list[float]:
    """Return the right edges of runs that may be the left edge of a gutter: the last of each cluster."""
    kept = [
        float(edge)
        for place, edge in enumerate(edges)
        if place + 1 == len(edges) or edges[place + 1] - edge >= _GUTTER * size
    ]
    return [edge + 0.5 for edge in kept]


def _are_columns(runs: Sequence[Run], start: float, end: float) -> bool:
    """Return whether both sides of the stripe are columns of text, rather than cells of a table."""
    sides = ([run for run in runs if run.x1 <= start + 1], [run for run in runs if run.x0 >= end - 1])
    for side in sides:
        if len(side) < _LEAST_LINES:
            return False
        width = max(run.x1 for run in side) - min(run.x0 for run in side)
        lines = _heights(side)
        if len(lines) < _LEAST_LINES or median(len(run.text.split()) for run in side) < _LEAST_WORDS:
            return False
        filled = median(sum(run.x1 - run.x0 for run in line) for line in lines)
        if width <= 0 or filled < _LEAST_FILLED * width:
            return False
    if _are_cells(*sides) or _are_cells(*reversed(sides)):
        return False
    high, low = (
        min(max(run.y1 for run in side) for side in sides),
        max(min(run.y0 for run in side) for side in sides),
    )
    return high > low


def _are_cells(cells: Sequence[Run], others: Sequence[Run]) -> bool:
    """Return whether these runs are a table's column: far apart, each beside a line of the others."""
    lines = [line[0] for line in _heights(cells)]
    if len(lines) < _LEAST_CELLS:
        return False
    size = median(run.size for run in lines)
    if median(above.y0 - run.y0 for above, run in pairwise(lines)) < _SPARSE * size:
        return False
    levels = sorted(run.y0 for run in others)
    beside = 0
    for run in lines:
        near = bisect_left(levels, run.y0 - _LEVEL * size)
        beside += near < len(levels) and levels[near] <= run.y0 + _LEVEL * size
    return beside > _MOST_BESIDE * len(lines)


def _heights(runs: Iterable[Run]) -> list[list[Run]]:
    """Return the runs of each height, from top to bottom, each from left to right."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda one: (-_center(one), one.x0)):
        for line in lines[-3:]:
            main = max(line, key=lambda one: one.size)
            shared = min(main.y1, run.y1) - max(main.y0, run.y0)
            if shared > _SAME_LINE * min(main.size, run.y1 - run.y0):
                line.append(run)
                break
        else:
            lines.append([run])
    for line in lines:
        line.sort(key=lambda one: one.x0)
    return lines


def _lines(region: Sequence[Run], page: int, width: float) -> list[Line]:
    left, right = min(run.x0 for run in region), max(run.x1 for run in region)
    return [Line(tuple(line), page, left, right, width) for line in _heights(region)]


def _center(run: Run) -> float:
    return (run.y0 + run.y1) / 2
