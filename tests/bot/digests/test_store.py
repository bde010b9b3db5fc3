"""What is kept of digests and of the stories that they told, and how a database without them gets there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from bot.digests import store as digests
from bot.digests.model import LAST_DAY, Digest, Schedule
from bot.resources import open_store
from bot.store.tables import MIGRATIONS, SCHEMA, metadata
from embeddings.store.sqlite import SqliteDatabase

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


HOUR = timedelta(hours=1)


DIGEST = Digest(
    id="d1",
    owner="UANN",
    channel="CTAX",
    name="Tax, each morning",
    schedule=Schedule(time(9, 5), "Europe/Berlin", (1, 5)),
    created_at=NOON,
    starts_at=NOON + HOUR,
    topics=("tax", "Müller <&> 🙂", 'a, "b"'),
    collections=("law", "press"),
    most=7,
    say_empty=True,
    least=0.4,
)


@pytest.fixture
def writing(tmp_path: Path, database_url: str | None) -> Iterator[Connection]:
    """One transaction for the whole test."""
    database = open_store(tmp_path, database_url)
    with database.writing() as connection:
        yield connection
    database.close()


@pytest.mark.parametrize(
    "digest",
    [
        DIGEST,
        replace(DIGEST, topics=(), collections=None, say_empty=False),
        replace(DIGEST, collections=(), schedule=Schedule(time(0), "UTC", month_day=LAST_DAY)),
        replace(DIGEST, paused_at=NOON, paused_why="is_archived"),
    ],
)
def test_a_digest_comes_back_as_it_was_saved(writing: Connection, digest: Digest) -> None:
    digests.save(writing, "T1", digest)
    assert digests.load(writing, "T1", "d1") == digest
    assert digests.every(writing, "T1") == [digest]


def test_a_digest_saved_again_is_one_digest_as_it_is_now(writing: Connection) -> None:
    digests.save(writing, "T1", DIGEST)
    changed = replace(DIGEST, name="Other", schedule=Schedule(time(8), "UTC", month_day=3), collections=None)
    digests.save(writing, "T1", changed)
    assert digests.every(writing, "T1") == [changed]


def test_digests_come_oldest_first_of_all_or_of_one_owner(writing: Connection) -> None:
    for number, owner in enumerate(("UANN", "UBOB", "UANN")):
        digests.save(writing, "T1", replace(DIGEST, id=f"d{number}", owner=owner, created_at=NOON - number * HOUR))
    assert [one.id for one in digests.every(writing, "T1")] == ["d2", "d1", "d0"]
    assert [one.id for one in digests.every(writing, "T1", "UANN")] == ["d2", "d0"]
    assert digests.every(writing, "T1", "UZOE") == []
    assert digests.teams(writing) == ["T1"]


def test_a_resumed_digest_starts_from_now(writing: Connection) -> None:
    digests.save(writing, "T1", DIGEST)
    digests.pause(writing, "T1", "d1", NOON + HOUR, "is_archived")
    paused = replace(DIGEST, paused_at=NOON + HOUR, paused_why="is_archived")
    assert digests.load(writing, "T1", "d1") == paused
    digests.resume(writing, "T1", "d1", NOON + 9 * HOUR)
    assert digests.load(writing, "T1", "d1") == replace(DIGEST, starts_at=NOON + 9 * HOUR)


def test_a_removed_digest_leaves_nothing(writing: Connection) -> None:
    for name in ("d1", "d2"):
        digests.save(writing, "T1", replace(DIGEST, id=name))
        digests.remember(writing, "T1", name, {"s1": ["a1"]}, NOON)
        digests.skip(writing, "T1", name, [NOON], NOON)
    digests.remove(writing, "T1", "d1")
    assert [one.id for one in digests.every(writing, "T1")] == ["d2"]
    assert digests.told(writing, "T1", "d1") == {}
    assert digests.history(writing, "T1", "d1", 5) == []
    assert list(digests.told(writing, "T1", "d2")) == ["s1"]
    assert digests.history(writing, "T1", "d2", 5) == [(NOON, digests.SKIPPED)]


def test_the_articles_of_a_story_add_up(writing: Connection) -> None:
    digests.remember(writing, "T1", "d1", {"s1": ["a2", "a1"], "s2": ["a9"]}, NOON)
    digests.remember(writing, "T1", "d1", {"s1": ["a3", "a1"]}, NOON + HOUR)
    found = digests.told(writing, "T1", "d1")
    assert {name: one.article_ids for name, one in found.items()} == {"s1": {"a1", "a2", "a3"}, "s2": {"a9"}}
    assert digests.told(writing, "T1", "d2") == {}


def test_what_was_asked_of_a_story_stays_when_it_is_told_again(writing: Connection) -> None:
    digests.mute(writing, "T1", "d1", "never-told")
    digests.remember(writing, "T1", "d1", {"s1": ["a1"]}, NOON)
    digests.mute(writing, "T1", "d1", "s1")
    digests.mute_similar(writing, "T1", "d1", "s1")
    digests.remember(writing, "T1", "d1", {"s1": ["a2"], "s2": ["a3"]}, NOON)
    found = digests.told(writing, "T1", "d1")
    assert {name: (one.is_muted, one.is_unwanted) for name, one in found.items()} == {
        "never-told": (True, False),
        "s1": (True, True),
        "s2": (False, False),
    }
    assert found["s1"].article_ids == {"a1", "a2"}


def test_nothing_of_another_team_is_returned_or_changed(writing: Connection) -> None:
    digests.save(writing, "T2", DIGEST)
    digests.remember(writing, "T2", "d1", {"s1": ["a1"]}, NOON)
    before = digests.told(writing, "T2", "d1")
    assert digests.load(writing, "T1", "d1") is None
    assert digests.every(writing, "T1") == []
    assert digests.told(writing, "T1", "d1") == {}
    digests.save(writing, "T1", replace(DIGEST, name="ours", channel="COURS"))
    digests.pause(writing, "T1", "d1", NOON, "ours")
    digests.resume(writing, "T1", "d1", NOON)
    digests.remember(writing, "T1", "d1", {"s1": ["a7"]}, NOON)
    digests.mute(writing, "T1", "d1", "s1")
    digests.mute_similar(writing, "T1", "d1", "s1")
    digests.remove(writing, "T1", "d1")
    assert digests.load(writing, "T2", "d1") == DIGEST
    assert digests.told(writing, "T2", "d1") == before


def migrate(path: Path, to: Callable[[Config, str], None], revision: str, *statements: str) -> None:
    """Bring the database to this revision and run the statements."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        to(config, revision)
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


ASKED = (
    "INSERT INTO question (id, team_id, user_id, channel_id, text, subject, answered, confidence, asked_at)"
    " VALUES ('{id}', '{team}', 'UANN', 'CTAX', '{text}', '', 0, 0.0, '2024-05-01T12:00:00+00:00')"
)


WATCHED = (
    "INSERT INTO watch (question_id, team_id, user_id, created_at, told_at)"
    " VALUES ('{id}', '{team}', '{user}', '2024-05-01T12:00:00+00:00', {told})"
)


def test_a_database_of_before_digests_keeps_its_rows_and_gets_the_tables(tmp_path: Path) -> None:
    migrate(
        tmp_path / "bot.db",
        command.upgrade,
        "0001",
        ASKED.format(id="q1", team="T1", text="Who won?"),
        WATCHED.format(id="q1", team="T1", user="UBOB", told="NULL"),
        WATCHED.format(id="q1", team="T1", user="UTOLD", told="'2024-05-01T13:00:00+00:00'"),
        "INSERT INTO binding VALUES ('T1', 'CTAX', 'law')",
    )
    database = SqliteDatabase(tmp_path / "bot.db", MIGRATIONS, SCHEMA)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(text("SELECT id, text FROM question")).all() == [("q1", "Who won?")]
        assert connection.execute(text("SELECT collection FROM binding")).all() == [("law",)]
        waiting = connection.execute(text("SELECT team_id, user_id, text FROM alert")).all()
        assert waiting == [("T1", "UBOB", "Who won?")]
    database.close()


def test_nobody_is_alerted_of_another_team_s_question(tmp_path: Path) -> None:
    migrate(
        tmp_path / "bot.db",
        command.upgrade,
        "0001",
        ASKED.format(id="secret", team="T2", text="Whom do we buy?"),
        WATCHED.format(id="secret", team="T1", user="UANN", told="NULL"),
    )
    database = SqliteDatabase(tmp_path / "bot.db", MIGRATIONS, SCHEMA)
    with database.reading() as connection:
        found = connection.execute(text("SELECT text FROM alert")).all()
    database.close()
    assert found == []


def test_the_tables_can_be_taken_back_and_made_again(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    SqliteDatabase(path, MIGRATIONS, SCHEMA).close()
    migrate(path, command.downgrade, "0001")
    engine = create_engine(f"sqlite:///{path}")
    assert set(inspect(engine).get_table_names()) == {
        "alembic_version", "binding", "delivery", "question", "watch",
    }  # fmt: skip
    engine.dispose()
    database = SqliteDatabase(path, MIGRATIONS, SCHEMA)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()
