"""The command line: read the arguments, call the library, print. Heavy modules are loaded by the commands."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.asking.commands import articles_app, gaps
from bot.bench.commands import bench, evaluate
from bot.console.options import (
    Collection,
    Json,
    Ray,
    RayAddressCommand,
    Since,
    Tz,
    Until,
    Workers,
    encoders,
    scope_of,
    source,
    zone_of,
)
from bot.console.session import (
    FAILED,
    fit_confidence,
    is_styled,
    open_library,
    open_sources,
    print_json,
    print_rich,
    progress,
    report_errors,
    say,
)
from bot.digests.commands import digest_app
from bot.operations.commands import backup, doctor, export, purge, restore
from bot.operations.migrate import copy, migrate
from bot.question import summary_of, view_of
from bot.sources.commands import sources_app
from bot.topics.commands import show_summary, show_view, stories, topic
from bot.web.commands import mcp, tokens_app, web
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from datetime import tzinfo

    from embeddings.import_report import ImportReport
    from embeddings.library import Library
    from embeddings.scope import Scope

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers questions from your own articles, in their own words, with citations.",
)
app.add_typer(articles_app, name="articles")
app.add_typer(digest_app, name="digest")
app.add_typer(sources_app, name="sources")
app.add_typer(tokens_app, name="tokens")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"topicbot {version('topicbot')}")
        raise typer.Exit


@app.callback()
def _main(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(cls=RayAddressCommand)
def add(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Files (.txt .md .html .pdf .docx .xlsx .csv .eml .jsonl …), folders, addresses, OPML lists."
        ),
    ],
    collection: Annotated[
        str | None,
        typer.Option(help="Put the articles into this collection. Default: the article's own, or 'default'."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be added; nothing is changed.")
    ] = False,
    workers: Workers = None,
    ray: Ray = None,
    as_json: Json = False,
) -> None:
    """Add articles to the library. Adding the same article again changes nothing. Feeds become sources."""
    from embeddings.importer import add_sources

    wanted = [source(one) for one in sources]
    if dry_run:
        _list_only(wanted, as_json=as_json)
        return
    with open_sources() as (library, feeds):
        with encoders(library, workers, ray) as elsewhere, progress("Adding articles") as advance:
            added = add_sources(library.local, wanted, collection, advance, feeds, elsewhere)
            if added.kept and added.stopped is None:
                library.warm()  # a large index is built here rather than begun anew by each short command after it
        _print_added(added, as_json=as_json)
        if added.kept and added.stopped is None:
            fit_confidence(library)
    if added.stopped is not None or added.failed:
        raise typer.Exit(FAILED)


def _print_added(added: ImportReport, *, as_json: bool) -> None:
    from bot.console.tables import summary_line

    if as_json:
        print_json(added.to_json())
    else:
        typer.echo(summary_line(added))
        for title in added.subscribed:
            say(f"Subscribed to {title}. New articles will be added automatically.")
        for passed in added.skipped:
            say(f"Skipped: {passed.source}: {passed.reason}")
        for warned in added.warnings:
            say(f"Note: {warned.source} {warned.reason}", err=True)
        for failure in added.failed:
            say(f"Not added: {failure.source}: {failure.error}", err=True)
    if added.stopped is not None:
        say(f"Stopped: {added.stopped}", err=True)


def _list_only(wanted: list[Path | str], *, as_json: bool) -> None:
    from bot.console import tables as show
    from embeddings.importer import dry_run

    with open_sources() as (_, feeds), progress("Reading") as advance:
        found = dry_run(wanted, feeds, advance)
    if as_json:
        print_json(found.to_json())
    else:
        print_rich(show.dry_run_page(found))
    if found.failed:
        raise typer.Exit(FAILED)


@app.command()
def ask(
    words: Annotated[
        list[str],
        typer.Argument(metavar="QUESTION", help="The question, or - to read one a line from standard input."),
    ],
    limit: Annotated[
        int | None,
        typer.Option(
            "-k",
            min=1,
            max=50,
            help="How many passages, whether they answer or not. Default: those that belong to the answer.",
        ),
    ] = None,
    collection: Collection = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    literal: Annotated[
        bool, typer.Option("--literal", help="Take every word as it is typed; mend no typos.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask a question and print the best passages, the answering sentence in bold, each with its citation."""
    from bot.console import tables as show

    question, zone = " ".join(words), zone_of(tz)
    scope = scope_of(collection, since, until, zone)
    with open_library() as library:
        if question == "-":
            _ask_each_line(library, scope, limit, zone, as_json, literal=literal)
            return
        if not as_json and _shows_view(library, question, scope, zone):
            return
        answer = library.local.ask(question, scope, limit=limit, zone=zone, literal=literal)
        if as_json:
            print_json(answer.to_dict())
        else:
            print_rich(show.answer_page(answer, styled=is_styled()))


def _shows_view(library: Library, question: str, scope: Scope, zone: tzinfo) -> bool:
    """Show a summary, or what is new, where that is what was asked for; return whether it was."""
    from embeddings.search.reading import read_question

    wanted = read_question(question, library.now(), zone)
    if (view := view_of(question)) is not None:
        show_view(library, view, wanted, scope, zone)
        return True
    asked = summary_of(wanted.question)
    return asked is not None and show_summary(library, asked, wanted, scope, zone)


def _ask_each_line(
    library: Library, scope: Scope, limit: int | None, zone: tzinfo, as_json: bool, *, literal: bool
) -> None:
    from bot.console import tables as show
    from bot.console.shapes import failed_question_json

    if sys.stdin is None:
        raise typer.BadParameter("there is no standard input to read questions from.", param_hint="question")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    for line in sys.stdin:
        question = line.rstrip("\r\n")
        try:
            answer = library.local.ask(question, scope, limit=limit, zone=zone, literal=literal)
        except QuestionError as error:
            if as_json:
                print_json(failed_question_json(question, str(error)))
            else:
                say(str(error), err=True)
            continue
        if as_json:
            print_json(answer.to_dict())
        else:
            say(f"\n{question}")
            print_rich(show.answer_page(answer, styled=is_styled()))


@app.command()
def run(
    http: Annotated[
        bool, typer.Option("--http", help="Take Slack's requests over HTTP, not Socket Mode.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on, with --http.")] = 3000,
) -> None:
    """Run the Slack app until it is ended (Ctrl+C or SIGTERM). Deliveries in progress are finished first."""
    from bot.config import read_settings, unknown_settings
    from bot.log import set_up_log
    from bot.server.run import serve
    from bot.slack.credentials import check_settings

    with report_errors():
        settings = read_settings()
        for unknown in unknown_settings():
            say(str(unknown), err=True)
        check_settings(settings, http=http)
        set_up_log()
        with open_library(timed=True) as library:
            serve(settings, library, address=(host, port) if http else None)


@app.command()
def reindex(as_json: Json = False) -> None:
    """Encode every article again, after another embedding model was set. Interrupted, nothing is changed."""
    with open_library() as library:
        with progress("Encoding again") as advance:
            count = library.reindex(advance)
        if as_json:
            print_json({"paragraphs": count})
        else:
            typer.echo(f"Encoded {count} paragraphs again with {library.encoder.name}.")
        fit_confidence(library)


app.command()(topic)
app.command()(stories)
app.command()(gaps)
app.command()(web)
app.command()(mcp)
app.command("eval")(evaluate)
app.command("bench")(bench)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
app.command()(export)
app.command()(purge)
app.command()(migrate)
app.command()(copy)
