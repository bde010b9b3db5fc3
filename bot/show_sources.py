"""Sources for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.show import inert, noun
from embeddings.sources.refresh import Refreshed
from embeddings.sources.source import Health, Source
from embeddings.types import Outcome

_STYLES = {Health.OK: "green", Health.NEW: "", Health.FAILING: "yellow", Health.PAUSED: "red"}
_FAILED_SHOWN = 20


def listed(sources: Sequence[Source], counts: Mapping[int, int], now: datetime) -> RenderableType:
    """The sources as a table, with the error of each that fails below it."""
    if not sources:
        return Text("There is no source here. Add one with `topicbot sources add URL`.")
    table = Table("Id", "Title", "Health", box=None, pad_edge=False)
    table.add_column("Articles", justify="right")
    for name in ("Last new", "Next look", "Collection", "Kept"):
        table.add_column(name, no_wrap=name != "Collection")
    for one in sources:
        table.add_row(
            Text(one.id, overflow="fold"),
            Text(inert(one.title)),
            Text(one.health, style=_STYLES[one.health]),
            f"{counts.get(one.key, 0):,}",
            ago(one.changed_at, now),
            "-" if one.paused_at else ahead(one.next_at, now),
            Text(inert(one.collection or "default")),
            f"{one.keep_days} days" if one.keep_days else "always",
        )
    failing = [one for one in sources if one.error]
    lines = [Text(f"{one.id}: {inert(trouble(one, now))}", style="yellow") for one in failing]
    return Group(table, *([Text("")] if lines else []), *lines)


def one(source: Source, count: int, errors: Sequence[tuple[str, str]], now: datetime) -> RenderableType:
    """One source, and what it could not bring."""
    facts = [
        ("address", source.url),
        ("kind", source.kind),
        ("health", source.health),
        ("articles", f"{count:,}"),
        ("collection", source.collection or "default"),
        ("kept", f"{source.keep_days} days" if source.keep_days else "always"),
        ("last look", ago(source.checked_at, now)),
        ("last new", ago(source.changed_at, now)),
        ("next look", "when resumed" if source.paused_at else ahead(source.next_at, now)),
        ("added by", source.added_by or "command line"),
    ]
    table = Table.grid(padding=(0, 2))
    for name, value in facts:
        table.add_row(Text(name, style="dim"), Text(inert(str(value)), overflow="fold"))
    trouble_line = [Text(inert(trouble(source, now)), style="yellow")] if source.error else []
    return Group(Text(inert(source.title), style="bold"), table, *trouble_line, *_failures(errors))


def results(found: Sequence[Refreshed]) -> RenderableType:
    """What looks at sources brought, as a table, and what failed."""
    table = Table("Source", box=None, pad_edge=False)
    for name in ("New", "Updated", "Unchanged", "Failed"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one_ in sorted(found, key=lambda each: each.source.title.casefold()):
        counts = [one_.counts[outcome] for outcome in Outcome]
        state = "another process is at it" if one_.busy else one_.error or ""
        cells = [f"{count:,}" for count in (*counts, len(one_.failed))]
        table.add_row(Text(inert(one_.source.title)), *cells, Text(inert(state), style="yellow"))
    every = [failure for one_ in found for failure in one_.failed]
    new, updated = (sum(one_.counts[what] for one_ in found) for what in (Outcome.ADDED, Outcome.UPDATED))
    looked = f"{len(found):,} {noun('source', len(found))} looked at"
    line = f"{looked}: {new:,} new {noun('article', new)}, {updated:,} updated."
    return Group(table, *_failures(every), Text(line))


def shape(source: Source, count: int, errors: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A source as `sources list --json` has it."""
    times = ("added_at", "checked_at", "changed_at", "next_at", "failing_since", "paused_at")
    moments = {name: getattr(source, name) for name in times}
    return {
        "id": source.id,
        "url": source.url,
        "kind": str(source.kind),
        "title": source.title,
        "health": str(source.health),
        "articles": count,
        "collection": source.collection,
        "keep_days": source.keep_days,
        "error": source.error,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "failed": [{"source": one_, "error": error} for one_, error in errors],
    }


def result_shape(result: Refreshed) -> dict[str, Any]:
    """What a look at one source brought."""
    return {
        "id": result.source.id,
        "url": result.source.url,
        "title": result.source.title,
        **{str(outcome): count for outcome, count in result.counts.items()},
        "failed": [{"source": one_, "error": error} for one_, error in result.failed],
        "paragraphs": result.paragraphs,
        "error": "another process is at it" if result.busy else result.error,
    }


def refresh_shape(found: Sequence[Refreshed], expired: int) -> dict[str, Any]:
    """What `sources refresh --json` prints."""
    totals = {str(outcome): sum(one_.counts[outcome] for one_ in found) for outcome in Outcome}
    return {**totals, "expired": expired, "sources": [result_shape(one_) for one_ in found]}


def trouble(source: Source, now: datetime) -> str:
    """What is wrong with a source, and since when."""
    since = f" (for {span(now - source.failing_since)})" if source.failing_since else ""
    paused = " Paused; resume it when it is mended." if source.paused_at else ""
    return f"{source.error}{since}{paused}" if source.error else ""


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in words."""
    return f"{span(now - moment)} ago" if moment is not None else "never"


def ahead(moment: datetime, now: datetime) -> str:
    """How long until then, in words."""
    return f"in {span(moment - now)}" if moment > now else "now"


def span(length: timedelta) -> str:
    """A stretch of time in its largest unit."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return f"{seconds // size} {noun(unit, seconds // size)}"
    return f"{seconds} {noun('second', seconds)}"


def _failures(errors: Sequence[tuple[str, str]]) -> list[Text]:
    if not errors:
        return []
    lines = [
        Text(inert(f"Not had: {source}: {error}"), style="yellow") for source, error in errors[:_FAILED_SHOWN]
    ]
    more = len(errors) - _FAILED_SHOWN
    return [Text(""), *lines, *([Text(f"and {more:,} more", style="yellow")] if more > 0 else []), Text("")]
