"""Damage to a library in PostgreSQL: changed values, deleted rows, emptied and dropped tables, dropped indexes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import SecretStr

from bot.asking.service import ask
from bot.config import Settings
from bot.resources import open_store
from bot.store.lost import remember
from bot.workspace.registry import open_workspace
from bot.workspace.workspace import Place
from embeddings.library import Library
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.load.damaged import ARTICLES, LATER, QUESTIONS, USER, Damage, texts
from tests.postgres import PostgresServer

ROWS = (
    "article", "paragraph", "paragraph_checksum", "telling", "setting", "keyword", "keyword_term", "keyword_total",
    "paragraph_view",
)  # fmt: skip
"""The tables of the library that hold something here; every change of them must be noticed …"""

UNNOTICED = {"article": ("encoding",), "paragraph": ("revision",), "setting": ("name",)}
"""… but for columns that only say what is to be done again."""

_TEXT, _NUMBER = ("text", "character varying"), ("integer", "smallint", "bigint")
_EVERY = 1_000_000


@contextmanager
def sound_database(server: PostgresServer, folder: Path) -> Iterator[str]:
    """The name of a database that holds what `damaged.make_folder` makes, which the bot has worked with."""
    with server.fresh() as name:
        url = server.url(name)
        chosen = Settings(data_dir=folder, database_url=SecretStr(url))
        with (
            Library(folder, HashedEncoder(), database_url=url) as library,
            closing(open_store(folder, url)) as store,
        ):
            workspace = open_workspace("T1", chosen, library, store, lambda: datetime(2026, 6, 1, tzinfo=UTC))
            for number in range(ARTICLES + LATER):
                library.local.add(article(f"Crane {number}", *texts(number)))
            for number in range(QUESTIONS + LATER):
                ask(workspace, f"k{number}", f"where is crane number {number}?", Place(USER, "C1"))
            remember(store, library, datetime(2026, 6, 1, tzinfo=UTC))
        yield name


def damage(url: str, chance: random.Random) -> Damage:
    """Do one damage to the database, past its constraints; return what was done."""
    address = url.replace("postgresql+psycopg", "postgresql")
    while True:
        table = chance.choice(ROWS)
        way = chance.choice([_changed, _changed, _changed, _deleted, _deleted, _emptied, _index_dropped, _dropped])
        with psycopg.connect(address, row_factory=dict_row) as connection:
            connection.execute("SET session_replication_role = replica")  # no constraint, no trigger
            try:
                done = way(connection, table, chance)
            except (psycopg.errors.IntegrityError, psycopg.errors.DataError):
                continue  # this damage can't be
            if done:
                connection.commit()
                return Damage(table, done)


def _changed(connection: psycopg.Connection[Any], table: str, chance: random.Random) -> str | None:
    columns = connection.execute(
        "SELECT column_name, data_type, udt_name FROM information_schema.columns WHERE table_name = %s"
        " AND table_schema = current_schema() ORDER BY column_name",
        [table],
    ).fetchall()
    column = chance.choice([one for one in columns if one["column_name"] not in UNNOTICED.get(table, ())])
    name = sql.Identifier(column["column_name"])
    value, parameters = _other_value(name, column["data_type"], column["udt_name"], chance)
    statement = sql.SQL(
        "UPDATE {table} SET {column} = {value} WHERE ctid = ANY(ARRAY("
        "SELECT ctid FROM {table} WHERE {column} IS NOT NULL ORDER BY md5(ctid::text || %s) LIMIT %s)) RETURNING 1"
    ).format(table=sql.Identifier(table), column=name, value=value)
    count = chance.choice([1, 5, _EVERY])
    changed = connection.execute(statement, [*parameters, str(chance.random()), count]).rowcount
    return f"{column['column_name']} changed in {changed} rows" if changed else None


def _other_value(
    name: sql.Identifier, kind: str, udt: str, chance: random.Random
) -> tuple[sql.Composable, list[object]]:
    """Return an expression of another value than the column's, with its parameters."""
    if kind in _TEXT:
        return sql.SQL("overlay({} PLACING %s FROM 1 FOR 3)").format(name), ["zq" + chance.choice("xyj")]
    if kind == "bytea":
        place = sql.SQL("(length({0}) / 2)").format(name)
        noise = chance.randbytes(8)
        return sql.SQL("overlay({} PLACING %s FROM {} + 1)").format(name, place), [noise]
    if kind in _NUMBER:
        return sql.SQL("{} + %s").format(name), [chance.randint(1, 5)]
    if kind == "boolean":
        return sql.SQL("NOT {}").format(name), []
    if udt == "tsvector":
        return sql.SQL("to_tsvector('simple', %s)").format(), ["other words"]
    return sql.SQL("({0}::vector * array_fill(%s::real, ARRAY[vector_dims({0})])::vector)::halfvec").format(
        name
    ), [chance.choice([-1, 0.25, 3])]


def _deleted(connection: psycopg.Connection[Any], table: str, chance: random.Random) -> str | None:
    statement = sql.SQL(
        "DELETE FROM {table} WHERE ctid = ANY(ARRAY("
        "SELECT ctid FROM {table} ORDER BY md5(ctid::text || %s) LIMIT %s))"
    ).format(table=sql.Identifier(table))
    gone = connection.execute(statement, [str(chance.random()), chance.choice([1, 5, 40])]).rowcount
    return f"{gone} rows deleted" if gone else None


def _emptied(connection: psycopg.Connection[Any], table: str, _: random.Random) -> str:
    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
    return "emptied, with what refers to it"


def _dropped(connection: psycopg.Connection[Any], table: str, _: random.Random) -> str:
    connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(table)))
    return "dropped"


def _index_dropped(connection: psycopg.Connection[Any], table: str, chance: random.Random) -> str | None:
    found = connection.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname",
        [table],
    ).fetchall()
    if not found:
        return None
    name = chance.choice(found)["indexname"]
    connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return f"the index {name} dropped"
