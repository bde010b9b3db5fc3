"""What the benchmarks found, as tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.bench.page import Grid
from bot.console.plots import check_plot, new_figure, save_figure
from bot.console.tables import strip_control_chars
from embeddings.evaluate.calibration import SURE_RIGHT, Calibration
from embeddings.evaluate.own_fit import OwnFit
from embeddings.evaluate.stories import PairFigures
from embeddings.evaluate.summaries import SummaryFigures
from embeddings.search.decide import EVIDENCE

if TYPE_CHECKING:
    from bot.bench.encoding import Baseline, Figures, Txtai
    from bot.bench.libraries import Measurement
    from bot.bench.memory import MemoryFigures
    from bot.bench.timing import Times
    from bot.bench.web import WebFigures
    from embeddings.evaluate.ablation import Row
    from embeddings.evaluate.report import Report

_MEGABYTE = 1e6
_NO_FILE = "not backed by files, MB"
_SHADES = ("#bbbbbb", "#777777")
_SHARES = {"thousandth": 1000, "hundredth": 100, "tenth": 10}  # of the filled libraries' articles


def measurements(measured: Sequence[Measurement]) -> Grid:
    """Return a column a size. Of asking and its parts the median, 95th and 99th percentile."""
    rows: list[tuple[str, Callable[[Measurement], str]]] = [
        ("encoding the question alone, p50", lambda one: f"{one.encode_p50:.1f}"),
        ("asking", lambda one: f"{one.ask_p50:.1f} / {one.ask_p95:.1f} / {one.ask_p99:.1f}"),
        ("asking / encoding", lambda one: f"{one.ratio:.2f}"),
        ("asking without encoding", lambda one: _times(one.retrieval)),
        *((f"  {stage}", _stage(stage)) for stage in measured[0].stages),
        ("asking it again", lambda one: _times(one.repeated, 2)),
        *(
            row
            for name in dict.fromkeys(name for one in measured for name in one.others)
            for row in _other_rows(name)
        ),
        ("the first question within a collection", _first),
        *((f"without encoding, within 1 of {share}", _within(name)) for name, share in _SHARES.items()),
        ("index", lambda one: one.index),
        ("recall@10 of the index", lambda one: f"{one.recall_at_10:.4f}"),
        *((f"  within 1 of {share}", _recall(name)) for name, share in _SHARES.items()),
        ("adding an article, ms", lambda one: f"{one.add_ms:.0f}"),
        ("removing an article, ms", lambda one: f"{one.remove_ms:.0f}"),
        ("opening, ms", lambda one: f"{one.open_ms:.0f}"),
        ("building the index, s", lambda one: f"{one.build_seconds:.1f}"),
        ("filling the library, s", lambda one: f"{one.fill_seconds:.1f}"),
        ("index on disk, MB", lambda one: f"{one.index_bytes / _MEGABYTE:,.1f}"),
        ("index in memory, MB", lambda one: _megabytes(one.resident_bytes)),
        ("database, MB", lambda one: f"{one.database_bytes / _MEGABYTE:,.0f}"),
    ]
    header = ["Paragraphs", *(f"{one.paragraphs:,}" for one in measured)]
    return Grid(header, [[name, *map(cell, measured)] for name, cell in rows], "milliseconds: p50 / p95 / p99")


def _other_rows(name: str) -> list[tuple[str, Callable[[Measurement], str]]]:
    """Return the rows of another way, asked beside."""
    return [
        (name, lambda one: _times(one.others[name]) if name in one.others else "-"),
        (
            f"asking / {name}",
            lambda one: f"{one.ask_p50 / one.others[name].p50:.2f}" if name in one.others else "-",
        ),
    ]


def _within(name: str) -> Callable[[Measurement], str]:
    return lambda one: _times(one.filtered[name]) if name in one.filtered else "-"


def _first(one: Measurement) -> str:
    return f"{max(one.filtered_first.values()):.1f}"


def _recall(name: str) -> Callable[[Measurement], str]:
    return lambda one: f"{one.filtered_recall[name]:.4f}" if name in one.filtered_recall else "-"


def _stage(stage: str) -> Callable[[Measurement], str]:
    return lambda one: _times(one.stages[stage])


def _times(times: Times, digits: int = 1) -> str:
    return " / ".join(f"{time:.{digits}f}" for time in (times.p50, times.p95, times.p99))


def _megabytes(size: int | None) -> str:
    return "-" if size is None else f"{size / _MEGABYTE:,.1f}"


def figures(found: Figures) -> Grid:
    """Return everything that was measured of starting, encoding and adding, a line a figure."""
    rows = [(f"a new process: {name}", f"{seconds:.2f} s") for name, seconds in found.starts.items()]
    for one in found.questions:
        rows.append((f"load, {one.backend}", f"{one.load_seconds:.2f} s"))
        rows.append(("  a question, p50 / p95 / p99", f"{one.p50:.1f} / {one.p95:.1f} / {one.p99:.1f} ms"))
    added = found.adding
    for stage in ("split", "terms", "encode", "write", "seconds"):
        rows.append((f"adding: {stage if stage != 'seconds' else 'in all'}", f"{getattr(added, stage):.2f} s"))
    rows += [
        ("paragraphs a second", f"{added.paragraphs / added.seconds:.1f} of {added.paragraphs:,}"),
        ("distinct texts a second", f"{added.texts / added.seconds:.1f} of {added.texts:,}"),
        ("peak memory", f"{found.peak_mb:,.0f} MB"),
        *(_compared(found.baseline) if found.baseline else ()),
        *(_compared_to_txtai(found.txtai) if found.txtai else ()),
    ]
    return Grid(["Figure", "Value"], rows)


def web_figures(served: Sequence[WebFigures]) -> Grid:
    """Return asking the library and asking over HTTP, a line a size."""
    header = ["Paragraphs", "Library, ms", "/api/v1/ask, ms", "Ratio", "At once"]
    rows = []
    for one in served:
        at_once = f"{one.answered} answered in {one.concurrent_seconds:.1f} s"
        rows.append([f"{one.paragraphs:,}", _times(one.library), _times(one.web), f"{one.ratio:.2f}", at_once])
    return Grid(header, rows, "milliseconds: p50 / p95 / p99")


def memory_figures(measured: Sequence[MemoryFigures]) -> Grid:
    """Return the megabytes of a running bot, a line a size."""
    header = ["Paragraphs", "Serving, MB", _NO_FILE, "After questions, MB", _NO_FILE, "Peak, MB"]
    rows = []
    for one in measured:
        cells = (one.started, one.started_own, one.resident, one.own, one.peak)
        rows.append([f"{one.paragraphs:,}", *(f"{cell:,.0f}" for cell in cells)])
    return Grid(header, rows)


def _compared(given: Baseline) -> list[tuple[str, str]]:
    return [
        ("plain way: paragraphs a second", f"{given.paragraphs_per_second:.1f}"),
        ("adding, paragraphs: times the plain way", f"{given.paragraphs_ratio:.2f}"),
        ("  by CPU time", f"{given.paragraphs_cpu_ratio:.2f}"),
        ("adding, distinct texts: times the plain way", f"{given.texts_ratio:.2f}"),
        ("encoding the same paragraphs: times the plain way", f"{given.same_texts_ratio:.2f}"),
        ("  by CPU time", f"{given.same_texts_cpu_ratio:.2f}"),
        ("asking: time by the plain way's", f"{given.ask_ratio:.2f}"),
        (
            "matrix product, float32 / bfloat16",
            f"{given.matrix_gflops_float32:.0f} / {given.matrix_gflops_bfloat16:.0f} GFLOP/s",
        ),
    ]


def _compared_to_txtai(given: Txtai) -> list[tuple[str, str]]:
    return [
        ("txtai: paragraphs a second", f"{given.paragraphs_per_second:.1f}"),
        ("adding, paragraphs: times txtai", f"{given.paragraphs_ratio:.2f}"),
        ("  by CPU time", f"{given.paragraphs_cpu_ratio:.2f}"),
        ("asking: time by txtai's", f"{given.ask_ratio:.2f}"),
    ]


def plot_stages(measured: Sequence[Measurement], path: Path) -> None:
    """Write a PNG with a bar for each size: the medians of the stages of asking, one behind the other.

    Where other ways were asked too, the median of each is a bar below. Raises `PlotError` when that can't be done.
    """
    check_plot(path)
    from matplotlib import colormaps

    figure, axes = new_figure()
    names: list[str] = []
    for number, one in enumerate(measured):
        start = 0.0
        for colour, (stage, times) in enumerate(one.stages.items()):
            label = stage if number == 0 else None
            axes.barh(len(names), times.p50, left=start, color=colormaps["tab10"](colour), label=label)
            start += times.p50
        names.append(f"{one.paragraphs:,}")
        for shade, (name, theirs) in zip(_SHADES, one.others.items(), strict=False):
            axes.barh(len(names), theirs.p50, color=shade, label=name if number == 0 else None)
            names.append(name)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds, medians")
    axes.set_title("Asking, by the number of paragraphs")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    save_figure(figure, path)


def report_page(figures: Report) -> RenderableType:
    """Return the figures of an evaluation, a line each, those that don't apply left out."""
    table = Table("Figure", "Value", "Meaning", box=None, pad_edge=False)
    rows = (
        ("hit@1", figures.hit_at_1, f"right passage first, of {figures.answerable} answerable questions"),
        ("hit@5", figures.hit_at_5, "right passage among the first five"),
        ("MRR", figures.mrr, "mean reciprocal rank, first ten"),
        ("nDCG@10", figures.ndcg_at_10, "discounted gain, first ten"),
        ("answered", figures.answered, "answerable questions that were answered"),
        (
            "declined",
            figures.declined,
            f"of {figures.questions - figures.answerable} without an answer, declined",
        ),
        ("accuracy", figures.accuracy, "of the decision to answer or not"),
        ("AUROC", figures.auroc, "of the confidence, answerable against the rest"),
        ("sentence", figures.sentence, "first passage right and its marked sentence holds the answer"),
        ("AUROC, paragraph out", figures.near_auroc, "against the same without the answering paragraph"),
        ("answered, paragraph out", figures.near_answered, "of those still answered; lower is better"),
        ("right where sure", figures.sure, 'first passages that were right, of those called "Found"'),
        ("calibration error", figures.calibration_error, "all kinds of absence together; lower is better"),
    )
    ends = {"hit@1": "hit_at_1", "answered, paragraph out": "near_answered"}
    for name, value, meaning in rows:
        if not math.isnan(value):
            low, high = figures.intervals.get(ends.get(name, name), (math.nan, math.nan))
            spread = "" if math.isnan(low) else f" ({low:.3f} to {high:.3f})"
            table.add_row(name, f"{value:.4f}{spread}", meaning)
    return table


def ablation_table(rows: Sequence[Row]) -> RenderableType:
    """Return what each part of the score is worth, as a table."""
    table = Table("Method", "hit@1", "hit@5", "MRR", "nDCG@10", box=None, pad_edge=False)
    for row in rows:
        figures = (row.hit_at_1, row.hit_at_5, row.mrr, row.ndcg_at_10)
        table.add_row(row.method, *(f"{figure:.4f}" for figure in figures))
    return table


def fitted_page(fitted: Calibration) -> RenderableType:
    """Return a fit as it goes into the weights, and what it does on each kind of text."""
    model = asdict(fitted.confidence)
    weights = ", ".join(f"{name} {model[name]:.2f}" for name in (*EVIDENCE, "intercept", "sure"))
    lines = [
        weights,
        f"from {fitted.answerable} answerable, {fitted.unanswerable} unanswerable questions "
        f"and {fitted.near_misses} near misses",
    ]
    if not fitted.sure_holds:
        lines.append(f'No limit of "Found" was right in {SURE_RIGHT:.0%} on every kind; the highest one is used.')
    columns = (
        "Kind",
        "answered",
        "paragraph out",
        "unanswerable",
        "near AUROC",
        "calibration error",
        "right where sure",
    )
    table = Table(*columns, box=None, pad_edge=False)
    for one in fitted.kinds:
        shares = (
            one.answered,
            one.near_answered,
            one.unanswerable_answered,
            one.near_auroc,
            one.calibration_error,
        )
        cells = ("-" if math.isnan(share) else f"{share:.3f}" for share in shares)
        name = strip_control_chars(one.name) + (" (left out of the fit)" if one.left_out else "")
        table.add_row(Text(name), *cells, f"{one.found_right} of {one.found}")
    return Group(Text("\n".join(lines)), Text(""), table)


def own_fit_page(found: OwnFit, *, kept: bool) -> RenderableType:
    """Return a fit on the library's own sentences, and what it does on the questions made of them."""
    model = asdict(found.confidence)
    table = Table("Figure", "Value", "Meaning", box=None, pad_edge=False)
    table.add_row(
        "answered", _share(found.answered), f"of {found.questions} questions made of the library's sentences"
    )
    table.add_row("answered, paragraph out", _share(found.near_answered), "of the same; lower is better")
    table.add_row("answered, name swapped", _share(found.swapped_answered), "of the same; lower is better")
    table.add_row(
        "AUROC, paragraph out", _share(found.near_auroc), "against the same without the answering paragraph"
    )
    weights = ", ".join(f"{name} {model[name]:.2f}" for name in (*EVIDENCE, "intercept"))
    state = (
        "The library decides with it from now on."
        if kept
        else "Nothing was changed. --keep decides with it from now on."
    )
    return Group(Text(weights), Text(""), table, Text(""), Text(state))


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def pair_figures_table(found: PairFigures) -> RenderableType:
    """Return how well articles of the same event were found, and each event where they were not."""
    table = Table("Figure", "Value", "Meaning", box=None, pad_edge=False)
    table.add_row("precision", f"{found.precision:.4f}", "of the pairs put together, those that belong together")
    table.add_row("recall", f"{found.recall:.4f}", "of the pairs that belong together, those put together")
    table.add_row("F1", f"{found.f1:.4f}", f"over {found.articles} articles of {found.events} events")
    lines = [f"put together wrongly: {one} and {other}" for one, other in found.wrong]
    lines += [f"not put together: {one} and {other}" for one, other in found.missed]
    return Group(table, *(Text(strip_control_chars(line), style="dim") for line in lines))


def summary_figures_table(found: SummaryFigures) -> RenderableType:
    """Return how good summaries and chosen sentences are, and each fact that no point has."""
    table = Table("Figure", "Value", "Meaning", box=None, pad_edge=False)
    if found.questions:
        over = f"over {found.questions} questions"
        table.add_row("precision", f"{found.precision:.4f}", "of the chosen sentences, those that answer")
        table.add_row("recall", f"{found.recall:.4f}", "of the sentences that answer, those chosen")
        table.add_row("F1", f"{found.f1:.4f}", f"the mean {over}")
    if found.subjects:
        over = f"over {found.subjects} subjects"
        table.add_row(
            "coverage", f"{found.coverage:.4f}", f"of the labelled facts, those among the points, {over}"
        )
        table.add_row("dangling", f"{found.dangling:.4f}", "of the points, those that point back at nothing")
        table.add_row(
            "boilerplate", f"{found.boilerplate:.4f}", "of the points, those that any text could end with"
        )
    lines = [f"no point on {subject} has: {fact}" for subject, fact in found.missed]
    return Group(table, *(Text(strip_control_chars(line), style="dim") for line in lines))
