"""`topicbot backup`, `restore`, `export` and `purge`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.console.options import Json
from bot.console.session import (
    FAILED,
    open_library,
    open_sources,
    print_json,
    print_rich,
    progress,
    report_errors,
    say,
    written_whole,
)
from bot.resources import DATABASE_FILE, opened_store
from embeddings.text.controls import escape_json

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.operations.archive import Member
    from bot.operations.checks import Check


def checks_table(found: Sequence[Check]) -> RenderableType:
    """Return the doctor's findings: a mark, what was checked, what was found, and what to do."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for check in found:
        mark = Text("ok", style="green") if check.ok else Text("!!", style="bold red")
        finding = Text(check.finding)
        if not check.ok:
            finding.append(f"\n→ {check.advice}", style="yellow")
        table.add_row(mark, Text(check.name), finding)
    return table


_USER = re.compile(r"[UW][A-Z0-9]+")

Users = Annotated[
    list[str] | None,
    typer.Option("--user", metavar="ID", help="A Slack user's id, like U012AB3CD. May be repeated."),
]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, or a folder to write one into.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")] = False,
    as_json: Json = False,
) -> None:
    """Write all that the data folder holds into one checked file. The bot may keep running."""
    from bot.config import read_settings
    from bot.operations.backup import back_up

    with report_errors():
        settings = read_settings()
        _check_has_files(settings)
    with report_errors(), progress("Copying") as advance:
        written, manifest = back_up(settings.data_dir, file, replace=force, progress=advance)
    if as_json:
        print_json({"file": str(written), "bytes": written.stat().st_size, **json.loads(manifest.packed())})
    else:
        size = written.stat().st_size / 1e6
        typer.echo(f"Wrote {written} ({size:,.1f} MB), and checked it: {_held(manifest.members)}.")
        typer.echo("It holds what people asked and your articles: keep it where only you can read it.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `topicbot backup` wrote.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also where there is a library already; that one is set aside.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in place of the data folder, checked first, all of it or nothing. End `topicbot run` before."""
    from bot.config import read_settings
    from bot.operations.restore import restore as put_back

    with report_errors():
        settings = read_settings()
        _check_has_files(settings)
        folder = settings.data_dir
        restored = put_back(file, folder, replace=force)
    before = str(restored.before) if restored.before else None
    if as_json:
        print_json({"folder": str(folder), "before": before, **json.loads(restored.manifest.packed())})
        return
    made = f"{restored.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"{folder} is again as it was at {made}: {_held(restored.manifest.members)}.")
    if before:
        typer.echo(f"The previous data folder was moved to {before}. Remove it when you no longer need it.")
    typer.echo(
        "Now run `topicbot doctor`, then start `topicbot run`: the index is built at its start, and sources bring "
        "what has come since. Whoever was purged since then is back: purge them again."
    )


def export(
    file: Annotated[
        Path | None, typer.Argument(help="The file to write; - for standard output. With --user it may stay out.")
    ] = None,
    users: Users = None,
) -> None:
    """Write all articles and sources as JSON Lines, for `topicbot add`; with --user what is kept of people."""
    if users:
        _export_people(_checked(users), file)
    elif file is None:
        raise typer.BadParameter("name the .jsonl file to write, or - for standard output.", param_hint="FILE")
    else:
        _export_articles(file)


def _check_has_files(settings: Settings) -> None:
    """Raise `SettingsError` when everything is in PostgreSQL: its own tools back it up."""
    from bot.config import SettingsError

    if settings.database is not None:
        raise SettingsError(
            "Everything is in PostgreSQL (TOPICBOT_DATABASE_URL): back it up and restore it with pg_dump and "
            "pg_restore. For a file of topicbot's own, run `topicbot copy --from URL` without that setting, which "
            "fills the data folder, then `topicbot backup FILE`."
        )


def _export_articles(file: Path) -> None:
    from embeddings.errors import DamagedError
    from embeddings.exporter import lines

    count, damaged = 0, None
    with open_library() as library:
        if str(file) == "-":
            for line in lines(library.local):
                typer.echo(line)
            return
        with written_whole(file) as out, progress("Writing") as advance:
            try:
                for count, line in enumerate(lines(library.local), start=1):
                    out.write(f"{line}\n")
                    advance(count, 0)
            except DamagedError as error:  # all others are written
                damaged = error
        typer.echo(f"Wrote {count:,} lines to {file}: a line for each article and each source.")
        if damaged is not None:
            raise damaged


def _export_people(users: list[str], file: Path | None) -> None:
    from bot.config import read_settings
    from bot.operations import privacy
    from bot.workspace.registry import stored_sources

    settings = read_settings()
    with open_library() as library, opened_store(settings) as store:
        now, sources = datetime.now(UTC), stored_sources(settings, library, store)
        shape = {"users": [privacy.export(store, sources, user, now) for user in users]}
        if file is None or str(file) == "-":
            print_json(shape)
            return
        with written_whole(file) as out:
            out.write(escape_json(json.dumps(shape, ensure_ascii=False, indent=1)) + "\n")
    typer.echo(f"Wrote what is kept of {', '.join(users)} to {file}.")


def purge(
    source_id: Annotated[
        str | None,
        typer.Option(
            "--source", help="A source's id or address: it is removed with the articles that came only from it."
        ),
    ] = None,
    users: Users = None,
    heir: Annotated[
        str | None,
        typer.Option(
            "--hand-over-to", metavar="ID", help="Who gets those people's digests. Else they are stopped."
        ),
    ] = None,
    expired: Annotated[
        bool,
        typer.Option("--expired", help="What is older than the settings keep it, as the running bot does daily."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Forget a source with its articles, all that is kept of people, or what is older than it is to be kept."""
    if [source_id is not None, bool(users), expired].count(True) != 1:
        raise typer.BadParameter("say one of --source ID, --user ID and --expired.")
    if heir is not None and not users:
        raise typer.BadParameter("goes with --user.", param_hint="--hand-over-to")
    if users:
        _purge_people(_checked(users), heir and _checked([heir])[0], as_json=as_json)
    elif source_id is not None:
        _purge_source(source_id, as_json=as_json)
    else:
        _purge_expired(as_json=as_json)


def _purge_source(source_id: str, *, as_json: bool) -> None:
    with open_sources() as (library, feeds):
        gone = feeds.remove(source_id, with_articles=True)
        overwritten = library.overwrite_removed()
        name = library.database.name
    if as_json:
        print_json({"source": source_id, "articles": gone, "overwritten": overwritten})
        return
    say(f"Removed the source {source_id} and {gone:,} articles.")
    if not overwritten:
        say(_still_in_log(name))


def _purge_people(users: list[str], heir: str | None, *, as_json: bool) -> None:
    from bot.config import read_settings
    from bot.operations import privacy
    from bot.workspace.registry import stored_sources

    settings = read_settings()
    with open_library() as library, opened_store(settings) as store:
        now, sources = datetime.now(UTC), stored_sources(settings, library, store)
        purged = [privacy.purge(store, sources, user, now, heir=heir) for user in users]
        library.overwrite_removed()
    if as_json:
        print_json({"users": [asdict(one) for one in purged]})
        return
    for one in purged:
        typer.echo(
            f"{one.user}: removed {one.questions:,} questions, {one.summaries:,} summaries, {one.alerts:,} alerts "
            f"and {one.waiting:,} waiting deliveries; {one.sources:,} sources no longer say who added them."
        )
        if one.digests:
            typer.echo(f"Stopped for good: {', '.join(one.digests)}.")
        if one.handed_over:
            typer.echo(f"Now {heir}'s: {', '.join(one.handed_over)}.")
        if one.user in settings.admins:
            typer.echo(f"TOPICBOT_ADMINS still names {one.user}. Remove it there.")
    if not all(one.overwritten for one in purged):
        typer.echo(_still_in_log(str(settings.data_dir / DATABASE_FILE)))
    typer.echo("Backups made before still hold them, and so does Slack itself.")


def _still_in_log(database: str) -> str:
    return (
        f"Another process is reading {database}, so the removed text is still in its write-ahead log, "
        f"{database}-wal. Run the same command again when that process is done; the running bot also clears the "
        "log once a day."
    )


def _purge_expired(*, as_json: bool) -> None:
    from bot.config import read_settings
    from bot.operations.privacy import forget_old, purge_uninstalled
    from bot.workspace.registry import stored_sources

    settings = read_settings()
    with open_library() as library, opened_store(settings) as store:
        now, sources = datetime.now(UTC), stored_sources(settings, library, store)
        gone = forget_old(store, sources, settings, now)
        purged = purge_uninstalled(store, library, settings, now)
        library.overwrite_removed()
    if as_json:
        print_json({**asdict(gone), "workspaces": purged})
    else:
        typer.echo(
            f"Removed {gone.questions:,} questions, {gone.topics:,} summaries, {gone.slots:,} slots of digests, "
            f"{gone.deliveries:,} deliveries and {gone.articles:,} articles."
        )
        if purged:
            typer.echo(f"Purged the workspaces that uninstalled the app: {', '.join(purged)}.")


def _checked(users: list[str]) -> list[str]:
    for user in users:
        if not _USER.fullmatch(user):
            raise typer.BadParameter(
                f"{user!r} is not a Slack user's id. It is like U012AB3CD: in Slack, in the person's profile, "
                "*Copy member ID*.",
                param_hint="--user",
            )
    return list(dict.fromkeys(users))


def _held(members: Mapping[str, Member]) -> str:
    """Return what is in a backup, in words."""
    kinds = (("article", "articles"), ("source", "sources"), ("question", "questions"), ("digest", "digests"))
    rows = {table: count for one in members.values() for table, count in one.rows.items()}
    return ", ".join(f"{rows[table]:,} {words}" for table, words in kinds if table in rows)


def doctor(
    slack: Annotated[bool, typer.Option("--slack", help="Also ask Slack whether it takes the token.")] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-library",
            help="First take the library that is there for the bot's own, though it was another.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check settings, permissions, library, sources, digests and backups, and say what to do about each."""
    from dataclasses import asdict

    from bot.config import read_settings
    from bot.operations.doctor import accept_library, examine_all

    with report_errors():
        if accept:
            accept_library(read_settings())
        checks = list(examine_all(read_settings(), slack=slack))
    if as_json:
        print_json({"ok": all(check.ok for check in checks), "checks": [asdict(check) for check in checks]})
    else:
        print_rich(checks_table(checks))
    if not all(check.ok for check in checks):
        raise typer.Exit(FAILED)
