"""Copying all rows from one database to another, of whatever kind, and comparing the two."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Result, Table, func, insert, select

from embeddings.errors import StoreError
from embeddings.library import open_database, open_parts
from embeddings.store import metadata as settings
from embeddings.store import tables
from embeddings.store.base import Database
from embeddings.store.tables import removal

_BATCH = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TableContents:
    """What a table holds: how many rows, and the sha256 over all of them in order of their keys."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Copied:
    """What both sides hold after copying, by table. Unless it `is_new`, the target held the very same before."""

    is_new: bool
    tables: dict[str, TableContents]


def table_contents(connection: Connection, metadata: MetaData) -> dict[str, TableContents]:
    """Return what each table holds, by its name."""
    return {table.name: _held(connection, table) for table in metadata.sorted_tables}


def copy(
    source: Database,
    target: Database,
    metadata: MetaData,
    progress: Progress,
    fill: Callable[[Connection], None] = lambda connection: None,
) -> Copied:
    """Copy every row of these tables, in one transaction: all of it is there afterwards, or nothing.

    `fill` makes what the target keeps beside the tables, in the same transaction. Before it is committed, both
    sides are read again and compared by counts and hashes. `progress` gets rows done and in all.

    Raises `StoreError` when the target holds something else, and when what has arrived differs from what was sent.
    """
    with source.reading() as reading, target.writing() as writing:
        sent = table_contents(reading, metadata)
        there = table_contents(writing, metadata)
        if there == sent and any(one.rows for one in sent.values()):
            return Copied(is_new=False, tables=there)
        taken = [f"{name} ({one.rows:,} rows)" for name, one in there.items() if one.rows]
        if taken:
            raise StoreError(
                f"{target.name} is not empty: it holds {', '.join(taken)}. Copy into an empty database; nothing "
                "was changed."
            )
        done, total = 0, sum(one.rows for one in sent.values())
        for table in metadata.sorted_tables:
            for batch in _rows(reading, table).mappings().partitions():
                writing.execute(insert(table), [dict(row) for row in batch])
                done += len(batch)
                progress(done, total)
        _go_on_counting(target, writing, metadata)
        fill(writing)
        arrived = table_contents(writing, metadata)
        if arrived != sent:
            wrong = [name for name in sent if arrived[name] != sent[name]]
            raise StoreError(f"What arrived in {target.name} differs in {', '.join(wrong)}. Nothing was kept.")
    return Copied(is_new=True, tables=sent)


def migrate_library(folder: Path, database_url: str | None) -> str:
    """Bring a library to this version's tables, and its index with it; returns the database's name.

    Raises `StoreError`.
    """
    database, index = open_parts(folder, database_url)
    with closing(database):
        with database.reading() as connection:
            model = settings.model(connection)
        if model is not None and database_url is not None:
            index.warm(model, wait=True, scopes=False)
        return database.name


def copy_library(folder: Path, source: str | None, target: str | None, progress: Progress) -> Copied:
    """Copy a library from the PostgreSQL database `source` to `target`; `None` is the file in `folder`.

    Raises what `copy` raises.
    """
    with closing(open_database(folder, source)) as first:
        second, index = open_parts(folder, target)
        with closing(second):

            def fill(connection: Connection) -> None:
                model = settings.model(connection)
                if model is not None:
                    index.refill(connection, model.dim)

            return copy(first, second, tables.metadata, progress, fill)


def _held(connection: Connection, table: Table) -> TableContents:
    digest, count = hashlib.sha256(), 0
    for row in _rows(connection, table):
        for value in row:
            packed = value if isinstance(value, bytes) else repr(value).encode()
            digest.update(b"%s %d " % (type(value).__name__.encode(), len(packed)))
            digest.update(packed)
        count += 1
    return TableContents(count, digest.hexdigest())


def _rows(connection: Connection, table: Table) -> Result[Any]:
    """Return every row in order of its key, a few at a time."""
    query = select(table).order_by(*table.primary_key.columns)
    return connection.execute(query, execution_options={"yield_per": _BATCH})


def _go_on_counting(target: Database, connection: Connection, metadata: MetaData) -> None:
    """Have new rows get numbers that no row ever used: the rows that were copied keep theirs."""
    removed = connection.scalar(select(func.max(removal.c.paragraph_id))) if "removal" in metadata.tables else None
    for table in metadata.sorted_tables:
        columns = list(table.primary_key.columns)
        if len(columns) > 1 or not isinstance(columns[0].type, Integer):
            continue
        last = max(
            connection.scalar(select(func.max(columns[0]))) or 0, removed or 0 if table.name == "paragraph" else 0
        )
        if not last:
            continue
        target.count_from(connection, table.name, columns[0].name, last)
