from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from embeddings.errors import StoreError
from embeddings.library import open_database
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA, metadata
from tests.tables import differences


def test_migrations_make_the_tables_that_the_code_expects(tmp_path: Path, database_url: str | None) -> None:
    database = open_database(tmp_path, database_url)
    with database.reading() as connection:
        assert (
            differences(connection, metadata, "alembic_version" if database_url is None else "library_version")
            == []
        )
    database.close()


def test_a_library_of_a_newer_topicbot_is_refused(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "library.db", MIGRATIONS, SCHEMA)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer topicbot"):
        SqliteDatabase(tmp_path / "library.db", MIGRATIONS, SCHEMA)


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "library.db") as other:
        other.execute("CREATE TABLE something (x)")
    other.close()
    with pytest.raises(StoreError, match="another program"):
        SqliteDatabase(tmp_path / "library.db", MIGRATIONS, SCHEMA)
