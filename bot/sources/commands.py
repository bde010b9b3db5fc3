"""`topicbot sources`: add, list, refresh, pause and remove what is polled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.console.options import Json
from bot.console.session import FAILED, open_sources, print_json, print_rich, progress, say
from bot.console.tables import strip_control_chars
from bot.wording import ago, ahead, look_line, noun, trouble
from embeddings.subscriptions.model import Source, SourceHealth
from embeddings.types import Outcome

if TYPE_CHECKING:
    from embeddings.subscriptions.refresh import Refreshed

sources_app = typer.Typer(no_args_is_help=True, help="The feeds and pages that keep the library fresh.")

Wanted = Annotated[
    str, typer.Argument(metavar="ID", help="The id that `topicbot sources list` shows, or the address.")
]

Into = Annotated[str | None, typer.Option("--collection", help="The collection that its articles go into.")]
_DAYS = 36_500  # `source.MOST_DAYS`, whose module would bring all of fetching along into `--help`

Keep = Annotated[
    int | None, typer.Option("--keep-days", min=1, max=_DAYS, help="Remove its articles after this many days.")
]


@sources_app.command("list")
def list_sources(
    failing: Annotated[bool, typer.Option("--failing", help="Only those that fail or are paused.")] = False,
    as_json: Json = False,
) -> None:
    """List the sources: how each is doing, how many articles it added, when it is checked next."""
    from embeddings.subscriptions.model import SourceHealth

    with open_sources() as (library, sources):
        found, counts = sources.every(), sources.counts()
        if failing:
            found = [one for one in found if one.health in (SourceHealth.FAILING, SourceHealth.PAUSED)]
        if as_json:
            shapes = [source_json(one, counts.get(one.key, 0), sources.errors(one)) for one in found]
            print_json({"sources": shapes})
        else:
            print_rich(sources_table(found, counts, library.now()))


@sources_app.command("show")
def show_source(wanted: Wanted, as_json: Json = False) -> None:
    """Show one source, and which of its entries have no article."""

    with open_sources() as (library, sources):
        found = sources.source(wanted)
        count, errors = sources.counts().get(found.key, 0), sources.errors(found)
        if as_json:
            print_json(source_json(found, count, errors))
        else:
            print_rich(source_page(found, count, errors, library.now()))


@sources_app.command("add")
def add_source(
    url: Annotated[str, typer.Argument(help="The address of a feed, of a page that names one, or of any page.")],
    collection: Into = None,
    keep_days: Keep = None,
    as_json: Json = False,
) -> None:
    """Add a feed, or a page that is polled for changes, and fetch its articles now."""

    with open_sources() as (_, sources), progress("Reading") as advance:
        address, fetched = sources.look_up(url)
        source, is_new = sources.add(address, collection=collection, keep_days=keep_days, fetched=fetched)
        result = sources.check(source, fetched=fetched, progress=advance)
    if as_json:
        print_json({"new": is_new, **result_json(result)})
    else:
        print_rich(results_table([result]))


@sources_app.command("remove")
def remove_sources(
    wanted: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids or addresses of sources.")],
    with_articles: Annotated[
        bool, typer.Option("--with-articles", help="Remove also the articles that came only from it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove sources; their articles stay unless you say otherwise."""
    removed = []
    with open_sources() as (_, sources):
        found = [sources.source(one) for one in dict.fromkeys(wanted)]  # all of them are there, or none is removed
        for one in found:
            gone = sources.remove(one.id, with_articles=with_articles)
            removed.append({"id": one.id, "articles": gone})
            if not as_json:
                after = f" and {gone:,} articles" if with_articles else "; its articles stay"
                say(f"Removed {one.id}{after}.")
    if as_json:
        print_json({"removed": removed})


@sources_app.command("refresh")
def refresh_sources(
    wanted: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", help="Ids or addresses. None: those that are due."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those whose time has not come.")] = False,
    as_json: Json = False,
) -> None:
    """Check sources now and add what is new. If interrupted, the next check goes on with the rest."""

    with open_sources() as (_, sources), progress("Refreshing") as advance:
        if wanted:
            found = [sources.source(one) for one in dict.fromkeys(wanted)]
        else:
            found = [one for one in sources.every() if one.paused_at is None] if every else sources.due()
        results = list(sources.refresh(found, progress=advance))
        expired = sources.expire()
        left = len(sources.every())
    if as_json:
        print_json(refresh_json(results, expired))
    elif not results:
        typer.echo(
            "No source is due yet; --all checks every one."
            if left
            else "There is no source yet. Add one with `topicbot sources add URL`."
        )
    else:
        print_rich(results_table(results))
        if expired:
            typer.echo(f"{expired:,} articles were older than their source keeps them, and are gone.")
    if results and all(one.error is not None for one in results):
        raise typer.Exit(FAILED)


@sources_app.command("pause")
def pause_source(wanted: Wanted, as_json: Json = False) -> None:
    """Stop checking a source until it is resumed."""
    with open_sources() as (_, sources):
        _told(sources.pause(wanted, "command line"), "Paused", as_json=as_json)


@sources_app.command("resume")
def resume_source(wanted: Wanted, as_json: Json = False) -> None:
    """Check a source again, also one that was paused because it failed."""
    with open_sources() as (_, sources):
        _told(sources.resume(wanted), "Resumed", as_json=as_json)


@sources_app.command("set")
def set_source(
    wanted: Wanted,
    collection: Into = None,
    keep_days: Annotated[
        int | None,
        typer.Option("--keep-days", min=0, max=_DAYS, help="Remove articles after this many days; 0: never."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    as_json: Json = False,
) -> None:
    """Change a source's collection (of articles to come), how long they are kept, or its title."""

    def changed(one: Source) -> Source:
        one = replace(one, collection=collection) if collection is not None else one
        one = replace(one, keep_days=keep_days or None) if keep_days is not None else one
        return replace(one, title=title) if title else one

    with open_sources() as (_, sources):
        _told(sources.change(wanted, changed), "Changed", as_json=as_json)


@sources_app.command("export")
def export_sources(file: Annotated[Path, typer.Argument(help="The OPML file to write.")]) -> None:
    """Write the feeds as OPML, for other feed readers; `topicbot add FILE.opml` takes one in."""
    from embeddings.ingest.opml import write_opml

    with open_sources() as (_, sources):
        found = sources.outlines()
        file.write_bytes(write_opml(found))
    typer.echo(f"Wrote {len(found):,} feeds to {file}.")


def _told(source: Source, done: str, *, as_json: bool) -> None:

    if as_json:
        print_json(source_json(source, 0, []))
    else:
        say(f"{done}: {source.title} ({source.id}).")


_STYLES = {
    SourceHealth.OK: "green",
    SourceHealth.NEW: "",
    SourceHealth.FAILING: "yellow",
    SourceHealth.PAUSED: "red",
}

_FAILED_SHOWN = 20


def sources_table(sources: Sequence[Source], counts: Mapping[int, int], now: datetime) -> RenderableType:
    """Return the sources as a table, with the error of each that fails below it."""
    if not sources:
        return Text("There is no source here. Add one with `topicbot sources add URL`.")
    table = Table("Id", "Title", "Health", box=None, pad_edge=False)
    table.add_column("Articles", justify="right")
    for name in ("Last new", "Next look", "Collection", "Kept"):
        table.add_column(name, no_wrap=name != "Collection")
    for one in sources:
        table.add_row(
            Text(one.id, overflow="fold"),
            Text(strip_control_chars(one.title)),
            Text(one.health, style=_STYLES[one.health]),
            f"{counts.get(one.key, 0):,}",
            ago(one.changed_at, now),
            "-" if one.paused_at else ahead(one.next_at, now),
            Text(strip_control_chars(one.collection or "default")),
            f"{one.keep_days} days" if one.keep_days else "always",
        )
    failing = [one for one in sources if one.error]
    lines = [Text(f"{one.id}: {strip_control_chars(trouble(one, now))}", style="yellow") for one in failing]
    return Group(table, *([Text("")] if lines else []), *lines)


def source_page(source: Source, count: int, errors: Sequence[tuple[str, str]], now: datetime) -> RenderableType:
    """Return one source, and what it could not bring."""
    facts = [
        ("address", source.url),
        ("kind", source.kind),
        ("health", source.health),
        ("articles", f"{count:,}"),
        ("collection", source.collection or "default"),
        ("kept", f"{source.keep_days} days" if source.keep_days else "always"),
        ("last check", ago(source.checked_at, now)),
        ("in the feed", look_line(source.last_look) or "-"),
        ("last new", ago(source.changed_at, now)),
        ("next check", "when resumed" if source.paused_at else ahead(source.next_at, now)),
        ("added by", source.added_by or "command line"),
    ]
    table = Table.grid(padding=(0, 2))
    for name, value in facts:
        table.add_row(Text(name, style="dim"), Text(strip_control_chars(str(value)), overflow="fold"))
    trouble_line = [Text(strip_control_chars(trouble(source, now)), style="yellow")] if source.error else []
    return Group(Text(strip_control_chars(source.title), style="bold"), table, *trouble_line, *_failures(errors))


def results_table(found: Sequence[Refreshed]) -> RenderableType:
    """Return what checks of sources added, as a table, and what failed."""
    table = Table("Source", box=None, pad_edge=False)
    for name in ("New", "Updated", "Unchanged", "Failed"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one_ in sorted(found, key=lambda each: each.source.title.casefold()):
        counts = [one_.counts[outcome] for outcome in Outcome]
        state = "another process is at it" if one_.busy else one_.error or ""
        cells = [f"{count:,}" for count in (*counts, len(one_.failed))]
        table.add_row(
            Text(strip_control_chars(one_.source.title)), *cells, Text(strip_control_chars(state), style="yellow")
        )
    every = [failure for one_ in found for failure in one_.failed]
    new, updated = (sum(one_.counts[what] for one_ in found) for what in (Outcome.ADDED, Outcome.UPDATED))
    looked = f"{len(found):,} {noun('source', len(found))} checked"
    line = f"{looked}: {new:,} new {noun('article', new)}, {updated:,} updated."
    return Group(table, *_failures(every), Text(line))


def source_json(source: Source, count: int, errors: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return a source as `sources list --json` has it."""
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
        "last_look": asdict(source.last_look) if source.last_look is not None else None,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "failed": [{"source": one_, "error": error} for one_, error in errors],
    }


def result_json(result: Refreshed) -> dict[str, Any]:
    """Return what a check of one source added."""
    return {
        "id": result.source.id,
        "url": result.source.url,
        "title": result.source.title,
        **{str(outcome): count for outcome, count in result.counts.items()},
        "failed": [{"source": one_, "error": error} for one_, error in result.failed],
        "paragraphs": result.paragraphs,
        "listed": result.listed,
        "known": result.known,
        "left_out": dict(result.left_out),
        "error": "another process is at it" if result.busy else result.error,
    }


def refresh_json(found: Sequence[Refreshed], expired: int) -> dict[str, Any]:
    """Return what `sources refresh --json` prints."""
    totals = {str(outcome): sum(one_.counts[outcome] for one_ in found) for outcome in Outcome}
    return {**totals, "expired": expired, "sources": [result_json(one_) for one_ in found]}


def _failures(errors: Sequence[tuple[str, str]]) -> list[Text]:
    if not errors:
        return []
    lines = [
        Text(strip_control_chars(f"Couldn't fetch {source}: {error}"), style="yellow")
        for source, error in errors[:_FAILED_SHOWN]
    ]
    more = len(errors) - _FAILED_SHOWN
    return [Text(""), *lines, *([Text(f"and {more:,} more", style="yellow")] if more > 0 else []), Text("")]
