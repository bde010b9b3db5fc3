"""What `topicbot bench --part encoding` measured, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

if TYPE_CHECKING:
    from bot.bench_encoding import Baseline, Figures


def figures(found: Figures) -> RenderableType:
    """Everything that was measured, a line a figure."""
    table = Table("Figure", "Value", box=None, pad_edge=False)
    for name, seconds in found.starts.items():
        table.add_row(f"a new process: {name}", f"{seconds:.2f} s")
    for one in found.questions:
        table.add_row(f"load, {one.backend}", f"{one.load_seconds:.2f} s")
        table.add_row("  a question, p50 / p95 / p99", f"{one.p50:.1f} / {one.p95:.1f} / {one.p99:.1f} ms")
    added = found.adding
    for stage in ("split", "terms", "encode", "write", "seconds"):
        table.add_row(f"adding: {stage if stage != 'seconds' else 'in all'}", f"{getattr(added, stage):.2f} s")
    table.add_row("paragraphs a second", f"{added.paragraphs / added.seconds:.1f} of {added.paragraphs:,}")
    table.add_row("distinct texts a second", f"{added.texts / added.seconds:.1f} of {added.texts:,}")
    table.add_row("peak memory", f"{found.peak_mb:,.0f} MB")
    for name, value in _compared(found.baseline) if found.baseline else ():
        table.add_row(name, value)
    return table


def _compared(given: Baseline) -> list[tuple[str, str]]:
    return [
        ("plain way: paragraphs a second", f"{given.paragraphs_per_second:.1f}"),
        ("adding, paragraphs: times the plain way", f"{given.paragraphs_ratio:.2f}"),
        ("adding, distinct texts: times the plain way", f"{given.texts_ratio:.2f}"),
        ("encoding the same paragraphs: times the plain way", f"{given.same_texts_ratio:.2f}"),
        ("asking: time by the plain way's", f"{given.ask_ratio:.2f}"),
        (
            "matrix product, float32 / bfloat16",
            f"{given.matrix_gflops_float32:.0f} / {given.matrix_gflops_bfloat16:.0f} GFLOP/s",
        ),
    ]
