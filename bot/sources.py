"""`topicbot sources`: the feeds and pages that keep the library fresh."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.arguments import Json
from bot.terminal import FAILED, open_sources, print_json, print_rich, progress, say

if TYPE_CHECKING:
    from embeddings.sources.source import Source

sources_app = typer.Typer(no_args_is_help=True, help="The feeds and pages that keep the library fresh.")

Wanted = Annotated[
    str, typer.Argument(metavar="ID", help="The id that `topicbot sources list` shows, or the address.")
]
Into = Annotated[str | None, typer.Option("--collection", help="The collection that its articles go into.")]
_DAYS = 36_500  # `source.MOST_DAYS`, whose module would bring all of fetching along into `--help`
Keep = Annotated[
    int | None, typer.Option("--keep-days", min=1, max=_DAYS, help="Remove its articles after so many days.")
]


@sources_app.command("list")
def list_sources(
    failing: Annotated[bool, typer.Option("--failing", help="Only those that fail or are paused.")] = False,
    as_json: Json = False,
) -> None:
    """List the sources: how each is doing, how many articles it brought, when it is looked at next."""
    from bot import show_sources
    from embeddings.sources.source import Health

    with open_sources() as (library, sources):
        found, counts = sources.every(), sources.counts()
        if failing:
            found = [one for one in found if one.health in (Health.FAILING, Health.PAUSED)]
        if as_json:
            shapes = [show_sources.shape(one, counts.get(one.key, 0), sources.errors(one)) for one in found]
            print_json({"sources": shapes})
        else:
            print_rich(show_sources.listed(found, counts, library.now()))


@sources_app.command("show")
def show_source(wanted: Wanted, as_json: Json = False) -> None:
    """Show one source, and which of its entries have no article."""
    from bot import show_sources

    with open_sources() as (library, sources):
        found = sources.source(wanted)
        count, errors = sources.counts().get(found.key, 0), sources.errors(found)
        if as_json:
            print_json(show_sources.shape(found, count, errors))
        else:
            print_rich(show_sources.one(found, count, errors, library.now()))


@sources_app.command("add")
def add_source(
    url: Annotated[str, typer.Argument(help="The address of a feed, of a page that names one, or of any page.")],
    collection: Into = None,
    keep_days: Keep = None,
    as_json: Json = False,
) -> None:
    """Add a feed, or a page that is looked at for changes, and have its articles now."""
    from bot import show_sources

    with open_sources() as (_, sources), progress("Reading") as advance:
        address, fetched = sources.look_up(url)
        source, is_new = sources.add(address, collection=collection, keep_days=keep_days, fetched=fetched)
        result = sources.look(source, fetched=fetched, progress=advance)
    if as_json:
        print_json({"new": is_new, **show_sources.result_shape(result)})
    else:
        print_rich(show_sources.results([result]))


@sources_app.command("remove")
def remove_sources(
    wanted: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids or addresses of sources.")],
    with_articles: Annotated[
        bool, typer.Option("--with-articles", help="Remove also the articles that it alone has brought.")
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
                typer.echo(f"Removed {one.id}{after}.")
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
    """Look at sources now and add what is new. Broken off, the next look takes up what is left."""
    from bot import show_sources

    with open_sources() as (_, sources), progress("Refreshing") as advance:
        if wanted:
            found = [sources.source(one) for one in dict.fromkeys(wanted)]
        else:
            found = [one for one in sources.every() if one.paused_at is None] if every else sources.due()
        results = list(sources.refresh(found, progress=advance))
        expired = sources.expire()
        left = len(sources.every())
    if as_json:
        print_json(show_sources.refresh_shape(results, expired))
    elif not results:
        typer.echo(
            "No source's time has come yet; --all looks at every one."
            if left
            else "There is no source yet. Add one with `topicbot sources add URL`."
        )
    else:
        print_rich(show_sources.results(results))
        if expired:
            typer.echo(f"{expired:,} articles were older than their source keeps them, and are gone.")
    if results and all(one.error is not None for one in results):
        raise typer.Exit(FAILED)


@sources_app.command("pause")
def pause_source(wanted: Wanted, as_json: Json = False) -> None:
    """Look at a source no more until it is resumed."""
    with open_sources() as (_, sources):
        _told(sources.pause(wanted, "command line"), "Paused", as_json=as_json)


@sources_app.command("resume")
def resume_source(wanted: Wanted, as_json: Json = False) -> None:
    """Look at a source again, also one that was paused because it failed."""
    with open_sources() as (_, sources):
        _told(sources.resume(wanted), "Resumed", as_json=as_json)


@sources_app.command("set")
def set_source(
    wanted: Wanted,
    collection: Into = None,
    keep_days: Annotated[
        int | None,
        typer.Option("--keep-days", min=0, max=_DAYS, help="Remove articles after so many days; 0: never."),
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
    from bot import show_sources

    if as_json:
        print_json(show_sources.shape(source, 0, []))
    else:
        say(f"{done}: {source.title} ({source.id}).")
