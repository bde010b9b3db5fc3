"""Pictures: the coverage of a subject over time, and where the time of asking goes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.errors import TopicbotError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from embeddings.types import TopicSummary

_LABELS = 12


class PlotError(TopicbotError):
    """A picture can't be written."""


def plot_coverage(summary: TopicSummary, path: Path) -> None:
    """Write a PNG with a bar for each stretch of time. Raises `PlotError` when that can't be done."""
    check_plot(path)
    if not summary.coverage:
        raise PlotError(f"There is no dated article on {summary.subject!r}, so there is nothing to draw.")
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure()
    axes.bar(range(len(summary.coverage)), [one.articles for one in summary.coverage], color="#1f4e5f")
    places = range(0, len(summary.coverage), -(-len(summary.coverage) // _LABELS))
    axes.set_xticks(list(places), [summary.coverage[place].start for place in places], rotation=30, ha="right")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("articles")
    axes.set_title(f"Coverage of {summary.subject}", parse_math=False)
    save_figure(figure, path)


def check_plot(path: Path) -> None:
    """Raise `PlotError` unless the path ends in .png and matplotlib, which is an extra, is installed."""
    if path.suffix.lower() != ".png":
        raise PlotError(f"{path} does not end in .png. Name the picture like coverage.png.")
    try:
        import matplotlib as _  # noqa: F401
    except ImportError as error:
        raise PlotError("Pictures need matplotlib. Install it: pip install 'topicbot[bench]'") from error


def new_figure() -> tuple[Figure, Axes]:
    """Return an empty figure of 9 by 4 inches with its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as PNG. Raises `PlotError` when the file can't be written."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # a script that the font lacks shows as boxes
            figure.savefig(path, format="png")
    except OSError as error:
        raise PlotError(f"{path} can't be written: {error.strerror or error}. Choose another place.") from error
