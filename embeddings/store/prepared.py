"""Statements that every question runs: compiled once, and in SQLite run by the driver itself."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.elements import ClauseElement

_LIST = re.compile(r"\(__\[POSTCOMPILE_\w+\]\)")
"""How SQLAlchemy writes a list whose length it knows only when the statement runs."""

_NOTHING: Mapping[str, Any] = {}

DIRECT = "topicbot_direct"
"""The execution option of an engine whose statements the driver, that of SQLite, runs itself."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in SQLite's words, the names of its parameters in order, and the values of those it brings."""

    sql: str
    names: Sequence[str]
    own: Mapping[str, Any]


class Prepared:
    """A statement that is compiled once. Any number of threads may run it.

    SQLAlchemy's work on a short statement takes longer than SQLite's. So there the driver runs it on the
    connection's own transaction, and columns come as they are stored: 0 and 1 for booleans. In PostgreSQL, where
    a statement is a round trip, SQLAlchemy runs it.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def rows(self, connection: Connection, values: Mapping[str, Any] = _NOTHING) -> Sequence[tuple[Any, ...]]:
        """Return every row. A list among the values is the parameter of an `IN`."""
        if not _is_direct(connection):
            return [tuple(row) for row in connection.execute(self._statement, values)]
        return self._run(connection, values).fetchall()

    def mappings(
        self, connection: Connection, values: Mapping[str, Any] = _NOTHING
    ) -> Sequence[Mapping[str, Any]]:
        """Return every row as its values by the names of its columns."""
        if not _is_direct(connection):
            return [dict(row) for row in connection.execute(self._statement, values).mappings()]
        cursor = self._run(connection, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def scalar(self, connection: Connection, values: Mapping[str, Any] = _NOTHING) -> Any:
        """Return the first column of the first row; `None` without one."""
        rows = self.rows(connection, values)
        return rows[0][0] if rows else None

    def run(self, connection: Connection, values: Mapping[str, Any] = _NOTHING) -> None:
        """Run a statement that writes and returns nothing."""
        if not _is_direct(connection):
            connection.execute(self._statement, values)
        else:
            self._run(connection, values)

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _compile(self._statement, connection)
        if not connection.in_transaction():
            connection.begin()
        given = {**compiled.own, **values}
        raw: Any = connection.connection.dbapi_connection
        cursor: sqlite3.Cursor = raw.execute(compiled.sql, [_value(given[name]) for name in compiled.names])
        return cursor


def _compile(statement: Executable, connection: Connection) -> _Compiled:
    assert isinstance(statement, ClauseElement)  # noqa: S101  # as every statement is
    assert isinstance(connection.dialect, DefaultDialect)  # noqa: S101
    compiled: Any = statement.compile(dialect=connection.dialect)
    sql = _LIST.sub("(SELECT value FROM json_each(?))", str(compiled))
    return _Compiled(sql, compiled.positiontup or (), compiled.params)


def _is_direct(connection: Connection) -> bool:
    return DIRECT in connection.get_execution_options()


def _value(given: Any) -> Any:
    return json.dumps(given) if isinstance(given, list | tuple) else given
