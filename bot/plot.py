"""Pictures: the coverage of a subject over time, and where the time of asking goes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.errors import TopicbotError
from embeddings.types import TopicSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bot.bench import Measurement

_LABELS = 12


class PlotError(TopicbotError):
    """A picture can't be written."""


def plot_coverage(summary: TopicSummary, path: Path) -> None:
    """Write a PNG with a bar for each stretch of time. Raises `PlotError` when that can't be done."""
    from matplotlib.ticker import MaxNLocator

    _check_name(path)
    if not summary.coverage:
        raise PlotError(f"There is no dated article on {summary.subject!r}, so there is nothing to draw.")
    figure, axes = _begin()
    axes.bar(range(len(summary.coverage)), [one.articles for one in summary.coverage], color="#1f4e5f")
    places = range(0, len(summary.coverage), -(-len(summary.coverage) // _LABELS))
    axes.set_xticks(list(places), [summary.coverage[place].start for place in places], rotation=30, ha="right")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("articles")
    axes.set_title(f"Coverage of {summary.subject}", parse_math=False)
    _write(figure, path)


def plot_stages(measured: Sequence[Measurement], path: Path) -> None:
    """Write a PNG with a bar for each size: the medians of the stages of asking, one behind the other.

    Where the plain way was asked too, its median is a bar below. Raises `PlotError` when that can't be done.
    """
    from matplotlib import colormaps

    _check_name(path)
    figure, axes = _begin()
    names: list[str] = []
    for number, one in enumerate(measured):
        start = 0.0
        for colour, (stage, times) in enumerate(one.stages.items()):
            label = stage if number == 0 else None
            axes.barh(len(names), times.p50, left=start, color=colormaps["tab10"](colour), label=label)
            start += times.p50
        names.append(f"{one.paragraphs:,}")
        if one.plain is not None:
            axes.barh(len(names), one.plain.p50, color="#bbbbbb", label="the plain way" if number == 0 else None)
            names.append("the plain way")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds, medians")
    axes.set_title("Asking, by the number of paragraphs")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    _write(figure, path)


def _check_name(path: Path) -> None:
    if path.suffix.lower() != ".png":
        raise PlotError(f"{path} does not end in .png. Name the picture like coverage.png.")


def _begin() -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _write(figure: Figure, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # a script that the font lacks shows as boxes
            figure.savefig(path, format="png")
    except OSError as error:
        raise PlotError(f"{path} can't be written: {error.strerror or error}. Choose another place.") from error
