"""`topicbot migrate` and `topicbot copy`: databases brought up to date, and moved to PostgreSQL or back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.console.options import Json
from bot.console.session import print_json, progress, report_errors


def migrate(as_json: Json = False) -> None:
    """Bring the databases to this version's tables. Several may do so at once: one does it, the others wait."""
    from bot.config import read_settings
    from bot.resources import open_store
    from bot.store.tables import SCHEMA as BOT_SCHEMA
    from embeddings.index import postgres
    from embeddings.opened import open_database
    from embeddings.store.tables import SCHEMA

    with report_errors():
        settings = read_settings()
        names = {}
        for part, opened in (("library", open_database), ("bot", open_store)):
            with closing(opened(settings.data_dir, settings.database)) as database:
                names[part] = database.name
                if part == "library" and settings.database is not None:
                    postgres.complete(database)
    if as_json:
        print_json({"library": SCHEMA, "bot": BOT_SCHEMA})
        return
    for part, schema in (("library", SCHEMA), ("bot", BOT_SCHEMA)):
        typer.echo(f"{names[part]}: the tables of the {part} are those of migration {schema}.")


def copy(
    to: Annotated[
        str | None, typer.Option("--to", help="The PostgreSQL database to copy the data folder to.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="The PostgreSQL database to copy to the data folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy everything from the data folder to an empty PostgreSQL database, or back, and compare both sides.

    The library and what the bot remembers are one transaction each: all of it is there afterwards, or nothing.
    Broken off between the two, the same command goes on with the second.
    """
    from bot.config import read_settings
    from bot.store.leases import lock_data_dir

    if (to is None) == (source is None):
        raise typer.BadParameter("give either --to or --from, with the address of a PostgreSQL database.")
    with report_errors():
        folder = read_settings().data_dir
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
    from bot.resources import open_store
    from bot.store.tables import metadata as bot_tables
    from embeddings import transfer
    from embeddings.opened import open_database
    from embeddings.store.tables import metadata as library_tables

    opened, tables = (open_database, library_tables) if part == "library" else (open_store, bot_tables)
    with (
        closing(opened(folder, source)) as first,
        closing(opened(folder, to)) as second,
        progress(f"Copying the {part}") as advance,
    ):
        fill = transfer.fill_library if part == "library" else transfer.fill_nothing
        sent = transfer.copy(first, second, tables, fill, advance)
        with first.reading() as connection:
            held = sent or transfer.table_contents(connection, tables)
    return {"copied": sent is not None, "tables": {name: asdict(one) for name, one in held.items()}}
