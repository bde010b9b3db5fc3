"""The parts of a benchmark, one after the other: each measured, shown, and written into the page at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from bot.bench import report
from bot.bench.encoding import bench_encoding, other_ways
from bot.bench.libraries import Measurement, bench
from bot.bench.memory import bench_memory
from bot.bench.page import Grid, check_page, conditions, markdown, rich_table, write_page
from bot.bench.web import bench_web
from bot.clock import now
from bot.config import Settings
from bot.console.plots import check_plot
from bot.console.session import progress, say
from bot.resources import open_encoder
from embeddings.errors import TopicbotError

_SMALL = 10_000
"""With all parts, a bot's memory and asking over HTTP are measured up to this size."""

_BYTES = 16_000
"""Disk that a paragraph takes while a library of it is measured."""

_LEAST = 1_000_000_000

Show = Callable[[RenderableType], None]
Progress = Callable[[str], AbstractContextManager[Callable[..., None]]]
Found = Iterator[tuple[dict[str, Any], Grid]]
"""The figures so far, as JSON and as a table: again after each size."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured. `page` is a page whose tables are written anew, `command` what it names for that."""

    questions: Path
    articles: tuple[Path, ...]
    sizes: tuple[int, ...]
    parts: tuple[str, ...]
    baseline: bool = False
    plot: Path | None = None
    page: Path | None = None
    command: str = "topicbot bench"


def run_parts(wanted: Wanted, settings: Settings, show: Show | None) -> dict[str, Any]:
    """Measure the parts in turn; each is shown, and written into the page, as soon as it is done.

    Return the figures as JSON. Raises `TopicbotError` before anything is measured when the page, the picture or
    the disk won't do.
    """
    if wanted.page is not None:
        check_page(wanted.page, wanted.parts)
        wanted = replace(wanted, plot=wanted.plot or wanted.page.with_name("asking.png"))
    if wanted.plot is not None and "libraries" in wanted.parts:
        check_plot(wanted.plot)  # now, not after minutes of measuring
    _check_disk(wanted.sizes)
    if wanted.baseline and find_spec("txtai") is None:
        say("txtai is not installed, so it is left out. Install it beside topicbot: pip install txtai", err=True)
    shape: dict[str, Any] = {}
    for part in wanted.parts:
        said = conditions(wanted.command, now())
        grid = Grid([], [])
        for found, grid in _PARTS[part](_sized(wanted, part), settings):
            shape |= found
            if wanted.page is not None:  # after each size: what was measured for an hour is not lost with the next
                write_page(wanted.page, {part: f"{said}\n\n{markdown(grid)}{_picture(wanted, part)}"})
        if show is not None:
            show(rich_table(grid))
    return shape


def _sized(wanted: Wanted, part: str) -> Wanted:
    """Return what is wanted of the part: with others, the last two in small libraries only."""
    if len(wanted.parts) == 1 or part not in ("memory", "web"):
        return wanted
    return replace(wanted, sizes=tuple(one for one in wanted.sizes if one <= _SMALL) or wanted.sizes[:1])


def _picture(wanted: Wanted, part: str) -> str:
    if part != "libraries" or wanted.plot is None or wanted.page is None:
        return ""
    place = wanted.plot.name if wanted.plot.parent == wanted.page.parent else wanted.plot
    return f"\n\n![Where the time of asking goes, by the number of paragraphs]({place})"


def _check_disk(sizes: Sequence[int]) -> None:
    needed, folder = max(sizes) * _BYTES + _LEAST, tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise TopicbotError(
            f"A library of {max(sizes):,} paragraphs takes up to {needed / 1e9:.0f} GB in {folder}, where "
            f"{free / 1e9:.0f} are free. Name smaller --sizes, or another folder in TMPDIR."
        )


@contextmanager
def _stated(title: str) -> Iterator[Callable[[int, int], None]]:
    """Say what begins, with the time, and show a bar in a terminal."""
    say(f"{now():%H:%M:%S} {title}", err=True)
    with progress(title) as advance:
        yield advance


def _progress(wanted: Wanted) -> Progress:
    """Return what shows progress: a page takes hours, which a log of it should tell; otherwise a bar is enough."""
    return _stated if wanted.page is not None else progress


def _encoding(wanted: Wanted, settings: Settings) -> Found:
    with _progress(wanted)("Starting, encoding and adding") as advance:
        found = bench_encoding(
            wanted.questions, wanted.articles, settings, baseline=wanted.baseline, advance=advance
        )
    yield {"encoding": asdict(found)}, report.figures(found)


def _libraries(wanted: Wanted, settings: Settings) -> Found:
    encoder = open_encoder(settings)
    others = other_ways(encoder.folder) if wanted.baseline else ()
    measured: list[Measurement] = []
    for one in bench(wanted.questions, wanted.articles, wanted.sizes, encoder, _progress(wanted), others=others):
        measured.append(one)
        if wanted.plot is not None:
            report.plot_stages(measured, wanted.plot)
        yield {"sizes": [asdict(one) for one in measured]}, report.measurements(measured)


def _memory(wanted: Wanted, settings: Settings) -> Found:
    measured = []
    given = wanted.questions, wanted.articles, wanted.sizes, settings, open_encoder(settings)
    for one in bench_memory(*given, _progress(wanted)):
        measured.append(one)
        yield {"memory": [asdict(one) for one in measured]}, report.memory_figures(measured)


def _web(wanted: Wanted, settings: Settings) -> Found:
    served = []
    for one in bench_web(
        wanted.questions, wanted.articles, wanted.sizes, open_encoder(settings), _progress(wanted)
    ):
        served.append(one)
        yield {"web": [asdict(one) for one in served]}, report.web_figures(served)


_PARTS: dict[str, Callable[[Wanted, Settings], Found]] = {
    "encoding": _encoding,
    "libraries": _libraries,
    "memory": _memory,
    "web": _web,
}
