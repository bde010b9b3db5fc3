"""What `topicbot bench` measured, as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

if TYPE_CHECKING:
    from bot.bench import Measurement
    from bot.bench_asking import Times

_MEGABYTE = 1e6
_SHARES = {"thousandth": 1000, "hundredth": 100, "tenth": 10}  # of the filled libraries' articles


def measurements(measured: Sequence[Measurement]) -> RenderableType:
    """A column a size. Of asking and its parts the median, 95th and 99th percentile."""
    table = Table(title="milliseconds: p50 / p95 / p99", title_justify="left", box=None, pad_edge=False)
    table.add_column("Paragraphs")
    for one in measured:
        table.add_column(f"{one.paragraphs:,}", justify="right")
    rows: list[tuple[str, Callable[[Measurement], str]]] = [
        ("encoding the question alone, p50", lambda one: f"{one.encode_p50:.1f}"),
        ("asking", lambda one: f"{one.ask_p50:.1f} / {one.ask_p95:.1f} / {one.ask_p99:.1f}"),
        ("asking / encoding", lambda one: f"{one.ratio:.2f}"),
        ("asking without encoding", lambda one: _times(one.retrieval)),
        *((f"  {stage}", _stage(stage)) for stage in measured[0].stages),
        ("asking it again", lambda one: _times(one.repeated, 2)),
        *(_plain_rows() if measured[0].plain else []),
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
    for name, cell in rows:
        table.add_row(name, *(cell(one) for one in measured))
    return table


def _plain_rows() -> list[tuple[str, Callable[[Measurement], str]]]:
    return [
        ("the plain way", lambda one: _times(one.plain) if one.plain else "-"),
        ("asking / the plain way", lambda one: f"{one.ask_p50 / one.plain.p50:.2f}" if one.plain else "-"),
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
