"""Statements that are compiled once: the same rows as by SQLAlchemy, in the same transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, select, text, update
from sqlalchemy.exc import StatementError

from embeddings.errors import StoreError
from embeddings.library import Library
from embeddings.store.prepared import Prepared
from embeddings.store.tables import article as articles
from tests.conftest import article
from tests.hashed import HashedEncoder

NAMED = (
    select(articles.c.id, articles.c.title, articles.c.collection.label("kept_in"))
    .where(articles.c.id.in_(bindparam("ids", expanding=True)), articles.c.title != bindparam("but"))
    .order_by(articles.c.id)
    .limit(2)
)
STATEMENT = Prepared(NAMED)


@pytest.fixture
def filled(library: Library) -> Library:
    for number in range(4):
        library.local.add(article(f"It's “{number}”", "A text.", id=f"a{number}"))
    return library


@pytest.mark.parametrize("ids", [[], ["a1"], ["a3", "a1", "a0", "nowhere"], ["a'", '"]']])
def test_a_statement_gives_what_sqlalchemy_gives(filled: Library, ids: list[str]) -> None:
    values = {"ids": ids, "but": "It's “0”"}
    with filled.database.reading() as connection:
        expected = connection.execute(NAMED, values).all()
        assert STATEMENT.rows(connection, values) == [tuple(row) for row in expected]
        assert STATEMENT.mappings(connection, values) == [dict(row._mapping) for row in expected]
        assert STATEMENT.scalar(connection, values) == (expected[0][0] if expected else None)


def test_all_statements_of_a_reading_see_one_state(filled: Library) -> None:
    values = {"ids": ["a0", "a1"], "but": ""}
    with filled.database.reading() as connection:
        before = STATEMENT.rows(connection, values)
        filled.local.remove("a0")
        assert STATEMENT.rows(connection, values) == before
        assert connection.scalar(select(articles.c.id).where(articles.c.id == "a0")) == "a0"
    with filled.database.reading() as connection:
        assert len(STATEMENT.rows(connection, values)) == 1


def test_what_is_written_in_the_same_transaction_is_seen(filled: Library) -> None:
    with filled.database.writing() as connection:
        connection.execute(articles.update().values(collection="moved"))
        assert STATEMENT.mappings(connection, {"ids": ["a1"], "but": ""})[0]["kept_in"] == "moved"


VALUES: dict[str, Any] = {
    name: bindparam(name) for name in ("team_id", "id", "id_given", "content_hash", "title", "collection")
}
INSERT = Prepared(
    insert(articles).values(**VALUES, added_at="now").returning(articles.c.key, sort_by_parameter_order=True)
)
RENAME = Prepared(update(articles).where(articles.c.key == bindparam("of")).values(title=bindparam("title")))


def test_many_rows_are_written_in_their_order(library: Library) -> None:
    given = [
        {"team_id": "t", "id": f"a{9 - n}", "id_given": True, "content_hash": "", "title": "", "collection": "c"}
        for n in range(9)
    ]
    with library.database.writing() as connection:
        keys = INSERT.scalar_each(connection, given)
        assert INSERT.scalar_each(connection, []) == []
        RENAME.run_each(connection, [])
        RENAME.run_each(connection, [{"of": key, "title": f"No. {key}"} for key in keys[:2]])
        rows = connection.execute(select(articles.c.key, articles.c.id, articles.c.title))
        found = {key: (name, title) for key, name, title in rows}
    assert [found[key][0] for key in keys] == [one["id"] for one in given]
    assert [found[key][1] for key in keys] == [f"No. {keys[0]}", f"No. {keys[1]}", *[""] * 7]


def test_a_value_that_is_not_given_is_an_error_not_an_empty_one(filled: Library) -> None:
    with filled.database.reading() as connection, pytest.raises((KeyError, StatementError)):
        STATEMENT.rows(connection, {"ids": ["a1"]})


def test_a_failure_is_said_in_words(tmp_path: Path) -> None:
    with (
        Library(tmp_path, HashedEncoder()) as library,
        pytest.raises(StoreError, match="failed: no such table"),
        library.database.reading() as connection,
    ):
        Prepared(text("SELECT 1 FROM nowhere")).rows(connection)


def test_sqlite_is_spoken_to_without_sqlalchemy(tmp_path: Path) -> None:
    """Which is what the statements are for: it must not be lost without anybody's noticing."""
    with Library(tmp_path, HashedEncoder()) as library, library.database.reading() as connection:
        seen: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        STATEMENT.rows(connection, {"ids": ["a0"], "but": ""})
        assert not any("article" in one for one in seen)
        connection.execute(NAMED, {"ids": ["a0"], "but": ""})
        assert any("article" in one for one in seen)
