"""Statements that every question or every article runs: compiled once, and in SQLite run by the driver itself."""

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

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the statement's parameters in order; those that it brings itself may be among `values`."""
        given = {**self.own, **values} if self.own else values
        return [_value(given[name]) for name in self.names]


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

    def run_each(self, connection: Connection, every: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that writes and returns nothing once with each of these values."""
        if not every:
            return
        if not _is_direct(connection):
            connection.execute(self._statement, every)
            return
        compiled, raw = self._begun(connection)
        raw.executemany(compiled.sql, [compiled.parameters(values) for values in every])

    def scalar_each(self, connection: Connection, every: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the column that each of these values' one row returns, in their order.

        For an `INSERT`, which must return it with `sort_by_parameter_order`: PostgreSQL gets all rows at once.
        """
        if not every:
            return []
        if not _is_direct(connection):
            return list(connection.scalars(self._statement, every))
        return [self.scalar(connection, values) for values in every]

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        compiled, raw = self._begun(connection)
        return raw.execute(compiled.sql, compiled.parameters(values))

    def _begun(self, connection: Connection) -> tuple[_Compiled, sqlite3.Connection]:
        """Return the statement in SQLite's words, and the driver's connection, in a transaction."""
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _compile(self._statement, connection)
        if not connection.in_transaction():
            connection.begin()
        raw: Any = connection.connection.dbapi_connection
        return compiled, raw


def _compile(statement: Executable, connection: Connection) -> _Compiled:
    assert isinstance(statement, ClauseElement)  # noqa: S101  # as every statement is
    assert isinstance(connection.dialect, DefaultDialect)  # noqa: S101
    compiled: Any = statement.compile(dialect=connection.dialect)
    sql = _LIST.sub("(SELECT value FROM json_each(?))", str(compiled))
    own = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
    return _Compiled(sql, compiled.positiontup or (), own)


def _is_direct(connection: Connection) -> bool:
    return DIRECT in connection.get_execution_options()


def _value(given: Any) -> Any:
    return json.dumps(given) if isinstance(given, list | tuple) else given
