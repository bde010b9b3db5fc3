"""The coverage of a subject over time as a picture."""

from __future__ import annotations

import warnings
from pathlib import Path

from embeddings.errors import TopicbotError
from embeddings.types import TopicSummary

_LABELS = 12


class PlotError(TopicbotError):
    """A picture can't be written."""


def plot_coverage(summary: TopicSummary, path: Path) -> None:
    """Write a PNG with a bar for each stretch of time. Raises `PlotError` when that can't be done."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    if path.suffix.lower() != ".png":
        raise PlotError(f"{path} does not end in .png. Name the picture like coverage.png.")
    if not summary.coverage:
        raise PlotError(f"There is no dated article on {summary.subject!r}, so there is nothing to draw.")
    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.bar(range(len(summary.coverage)), [one.articles for one in summary.coverage], color="#1f4e5f")
    places = range(0, len(summary.coverage), -(-len(summary.coverage) // _LABELS))
    axes.set_xticks(list(places), [summary.coverage[place].start for place in places], rotation=30, ha="right")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("articles")
    axes.set_title(f"Coverage of {summary.subject}", parse_math=False)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # a script that the font lacks shows as boxes
            figure.savefig(path, format="png")
    except OSError as error:
        raise PlotError(f"{path} can't be written: {error.strerror or error}. Choose another place.") from error
