"""The audit log on PostgreSQL: new rows only, until a workspace that has uninstalled the app is removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from bot.resources import open_store
from bot.store.tables import audit, installation
from bot.web.access.audit import AuditLog
from bot.web.access.callers import Caller
from embeddings import Database
from embeddings.errors import StoreError
from tests.conftest import NOON


@pytest.fixture
def store(tmp_path: Path, postgres_url: str) -> Iterator[Database]:
    opened = open_store(tmp_path, postgres_url)
    log = AuditLog(opened)
    log.add(Caller("token", team="T1"), "DELETE /api/v1/articles", "harbour", 200, NOON)
    log.flush()
    yield opened
    opened.close()


def kept(store: Database) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(audit)) or 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET caller = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "UPDATE {} SET status = 200 WHERE false OR true",
    ],
)
def test_a_row_is_neither_changed_nor_deleted(store: Database, statement: str) -> None:
    with pytest.raises((StoreError, DBAPIError), match="new rows only"), store.writing() as connection:
        connection.exec_driver_sql(statement.format(table_in(store)))
    assert kept(store) == 1


def test_the_rows_of_a_workspace_go_after_it_has_uninstalled_the_app(store: Database) -> None:
    with store.writing() as connection:
        values = {one.name: "x" for one in installation.c if not one.nullable and one.default is None} | {
            "team_id": "T1",
            "removed_at": NOON.isoformat(),
        }
        connection.execute(insert(installation).values(values))
    with store.writing() as connection:
        connection.execute(audit.delete().where(audit.c.team_id == "T1"))
    assert kept(store) == 0


def table_in(store: Database) -> str:
    """The name of the table, as it is in this database's schema."""
    with store.reading() as connection:
        return connection.dialect.identifier_preparer.format_table(audit)
