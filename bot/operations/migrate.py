"""`topicbot migrate` and `topicbot copy`: databases upgraded, and moved to PostgreSQL or back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.console.options import Json
from bot.console.session import print_json, progress, report_errors

if TYPE_CHECKING:
    from embeddings import transfer

FROM_SETTINGS = "env"
"""What means the address in the settings: on a command line, others of the machine can read the password."""


def migrate(as_json: Json = False) -> None:
    """Bring the databases to this version's tables. Several may do so at once: one does it, the others wait."""
    from bot.config import read_settings
    from bot.resources import open_store
    from bot.store.tables import SCHEMA as BOT_SCHEMA
    from embeddings import transfer
    from embeddings.library import LIBRARY_SCHEMA as SCHEMA

    with report_errors():
        settings = read_settings()
        names = {"library": transfer.migrate_library(settings.data_dir, settings.database)}
        with closing(open_store(settings.data_dir, settings.database)) as database:
            names["bot"] = database.name
    if as_json:
        print_json({"library": SCHEMA, "bot": BOT_SCHEMA})
        return
    for part, schema in (("library", SCHEMA), ("bot", BOT_SCHEMA)):
        typer.echo(f"{names[part]}: the tables of the {part} are those of migration {schema}.")


def copy(
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="The PostgreSQL database to copy the data folder to; env: that of the settings."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="The PostgreSQL database to copy to the data folder; env: as above."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy everything from the data folder to an empty PostgreSQL database, or back, and compare both sides.

    The library and what the bot remembers are one transaction each: all of it is there afterwards, or nothing.
    Interrupted between the two, the same command goes on with the second.
    """
    from bot.config import SettingsError, read_settings
    from bot.store.leases import lock_data_dir

    if (to is None) == (source is None):
        raise typer.BadParameter("give either --to or --from, with the address of a PostgreSQL database.")
    with report_errors():
        settings = read_settings()
        folder = settings.data_dir
        if FROM_SETTINGS in (to, source):
            if settings.database is None:
                raise SettingsError("TOPICBOT_DATABASE_URL is not set. Set it, or name the address.")
            to, source = (settings.database if one == FROM_SETTINGS else one for one in (to, source))
        folder.mkdir(parents=True, exist_ok=True)
        with lock_data_dir(folder):
            counts = {part: _copy_part(part, folder, source, to) for part in ("library", "bot")}
    if as_json:
        print_json(counts)
        return
    for part, found in counts.items():
        tables = ", ".join(f"{one['rows']:,} {name}" for name, one in found["tables"].items() if one["rows"])
        done = "copied and compared" if found["copied"] else "was there already"
        typer.echo(f"{part}: {done}: {tables or 'nothing'}.")


def _copy_part(part: str, folder: Path, source: str | None, to: str | None) -> dict[str, Any]:
    from embeddings import transfer

    with progress(f"Copying the {part}") as advance:
        if part == "library":
            copied = transfer.copy_library(folder, source, to, advance)
        else:
            copied = _copy_store(folder, source, to, advance)
    return {"copied": copied.is_new, "tables": {name: asdict(one) for name, one in copied.tables.items()}}


def _copy_store(folder: Path, source: str | None, to: str | None, advance: transfer.Progress) -> transfer.Copied:
    from bot.resources import open_store
    from bot.store.tables import metadata
    from embeddings import transfer

    with closing(open_store(folder, source)) as first, closing(open_store(folder, to)) as second:
        return transfer.copy(first, second, metadata, advance)
