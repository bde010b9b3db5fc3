"""Copying all rows from one database to another, of whatever kind, and comparing the two."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Result, Table, func, insert, select, text

from embeddings.errors import StoreError
from embeddings.index import postgres_rows
from embeddings.store import metadata as settings
from embeddings.store.sqlite import Database
from embeddings.store.tables import paragraph, removal

_BATCH = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TableContents:
    """What a table holds: how many rows, and the sha256 over all of them in order of their keys."""

    rows: int
    sha256: str


def table_contents(connection: Connection, metadata: MetaData) -> dict[str, TableContents]:
    """What each table holds, by its name."""
    return {table.name: _held(connection, table) for table in metadata.sorted_tables}


def copy(
    source: Database,
    target: Database,
    metadata: MetaData,
    fill: Callable[[Connection], None],
    progress: Progress,
) -> dict[str, TableContents] | None:
    """Copy every row of these tables, in one transaction: all of it is there afterwards, or nothing.

    `fill` makes what the target keeps beside the tables, in the same transaction. Before it is committed, both
    sides are read again and compared by counts and hashes. `progress` is told rows done and in all. Gives what was
    copied, and `None` when the target held the very same already.

    Raises `StoreError` when the target holds something else, and when what has arrived differs from what was sent.
    """
    with source.reading() as reading, target.writing() as writing:
        sent = table_contents(reading, metadata)
        there = table_contents(writing, metadata)
        if there == sent and any(one.rows for one in sent.values()):
            return None
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
        _go_on_counting(writing, metadata)
        fill(writing)
        arrived = table_contents(writing, metadata)
        if arrived != sent:
            wrong = [name for name in sent if arrived[name] != sent[name]]
            raise StoreError(f"What arrived in {target.name} differs in {', '.join(wrong)}. Nothing was kept.")
    return sent


def fill_nothing(_connection: Connection) -> None:
    """For databases that keep nothing beside their tables."""


def fill_library(connection: Connection) -> None:
    """Make what PostgreSQL searches in, of the library's paragraphs; SQLite has made its own meanwhile."""
    model = settings.model(connection)
    if connection.dialect.name != "postgresql" or model is None:
        return
    postgres_rows.drop_index(connection, model.dim)
    query = select(
        paragraph.c.id, paragraph.c.article_key, paragraph.c.terms, paragraph.c.context_terms, paragraph.c.views
    )
    for batch in connection.execute(query, execution_options={"yield_per": _BATCH}).partitions():
        keys = [row.article_key for row in batch]
        postgres_rows.put(connection, keys, [row.id for row in batch], batch)
    postgres_rows.make_index(connection, model.dim)
    postgres_rows.analyze(connection)


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
    """Every row in order of its key, a few at a time."""
    query = select(table).order_by(*table.primary_key.columns)
    return connection.execute(query, execution_options={"yield_per": _BATCH})


def _go_on_counting(connection: Connection, metadata: MetaData) -> None:
    """Have new rows get numbers that no row has had: the rows that were copied brought theirs along."""
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
        given = {"table": table.name, "column": columns[0].name, "last": last}
        for statement in _COUNTERS[connection.dialect.name]:
            connection.execute(statement, given)


_COUNTERS = {
    "postgresql": [text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")],
    "sqlite": [
        text("UPDATE sqlite_sequence SET seq = :last WHERE name = :table"),
    ],
}
