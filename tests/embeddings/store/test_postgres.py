"""PostgreSQL when things go wrong: each time a plain message, and nothing half done."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.config import explain
from bot.resources import open_store
from embeddings.errors import StoreBusyError, StoreError
from embeddings.library import PART, Library, open_database
from embeddings.store.base import Database
from embeddings.store.postgres import PostgresDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer

CRANE = article("The crane returns", "A crane was seen on the river bank.", "It flew off at dusk.")


@pytest.fixture
def bare(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database without tables or extension."""
    with postgres.fresh("template0") as name:
        yield name


def opened(url: str, *, seconds: float = 0.0) -> PostgresDatabase:
    return PostgresDatabase(url, PART, MIGRATIONS, SCHEMA, start_seconds=seconds)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("not an address", "is no address"),
        ("sqlite:///some.db", "is for sqlite"),
        ("postgresql://me:secret@host:port/none", "port must be a number"),
        ("postgresql://me:sec@ret@host/none", "several @"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "can't be reached"),
    ],
)
def test_an_address_that_can_t_be_used_is_told_with_what_to_do(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as raised:
        opened(url)
    assert raised.value.argument == "database_url"
    assert "TOPICBOT_DATABASE_URL" in explain(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value) + repr(raised.value.__cause__)
    assert "ret@" not in str(raised.value)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(StoreError) as raised:
        opened("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(raised.value)


def test_a_database_or_user_that_is_not_there_is_refused_at_once(postgres: PostgresServer, bare: str) -> None:
    for url in (postgres.url("no_such_database"), postgres.url(bare, user="no_such_user")):
        with pytest.raises(StoreError, match="does not exist"):
            opened(url, seconds=60)


def test_a_wrong_password_is_refused_at_once(postgres: PostgresServer, bare: str) -> None:
    rules = postgres.folder / "pg_hba.conf"
    before = rules.read_text()
    postgres.run("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    try:
        rules.write_text(f"local all guarded scram-sha-256\n{before}")
        postgres.run("SELECT pg_reload_conf()")
        for password in ("wrong", ""):
            with pytest.raises(StoreError, match="refuses the user or the password") as raised:
                opened(postgres.url(bare, "guarded", password), seconds=60)
            assert "wrong" not in str(raised.value)
    finally:
        rules.write_text(before)
        postgres.run("SELECT pg_reload_conf()")
        postgres.run("DROP ROLE guarded")


def test_who_may_not_make_the_extension_is_told_what_an_administrator_has_to_run(
    postgres: PostgresServer, bare: str
) -> None:
    postgres.run("CREATE ROLE plain LOGIN")
    postgres.run("GRANT ALL ON SCHEMA public TO plain", bare)
    try:
        with pytest.raises(StoreError, match="CREATE EXTENSION vector"):
            opened(postgres.url(bare, "plain"))
        postgres.run("CREATE EXTENSION vector", bare)
        opened(postgres.url(bare, "plain")).close()  # all else a plain user can do
    finally:
        postgres.run("REASSIGN OWNED BY plain TO postgres; DROP OWNED BY plain", bare)
        postgres.run("DROP ROLE plain")


def test_who_may_not_make_tables_is_told_to_let_the_owner_migrate(postgres: PostgresServer, bare: str) -> None:
    postgres.run("CREATE EXTENSION vector", bare)
    postgres.run("CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(StoreError, match="topicbot migrate"):
            opened(postgres.url(bare, "guest"))
    finally:
        postgres.run("DROP ROLE guest")


def test_an_old_pgvector_is_refused_with_the_way_out(postgres: PostgresServer) -> None:
    with postgres.fresh() as name:
        postgres.run("UPDATE pg_extension SET extversion = '0.8.1' WHERE extname = 'vector'", name)
        with pytest.raises(StoreError, match=r"pgvector 0\.8\.1; 0\.8\.4 or newer.*ALTER EXTENSION"):
            opened(postgres.url(name))


def test_a_database_of_a_newer_topicbot_is_refused(postgres: PostgresServer) -> None:
    with postgres.fresh() as name:
        postgres.run("UPDATE library_version SET version_num = '9999'", name)
        with pytest.raises(StoreError, match=r"newer topicbot.*another database.*pg_dump"):
            opened(postgres.url(name))
        postgres.run("UPDATE bot_version SET version_num = '9999'", name)
        with pytest.raises(StoreError, match=r"newer topicbot.*another database.*pg_dump"):
            open_store(Path(), postgres.url(name))


def test_tables_of_another_program_are_left_alone(postgres: PostgresServer, bare: str) -> None:
    postgres.run("CREATE TABLE article (x integer)", bare)
    with pytest.raises(StoreError, match="another program"):
        opened(postgres.url(bare))


OPENING = """
import sys
from pathlib import Path
from bot.resources import open_store
from embeddings.library import open_database
for opened in (open_database, open_store):
    opened(Path(), sys.argv[1]).close()
"""


def test_several_that_open_an_empty_database_at_once_make_one_set_of_tables(
    postgres: PostgresServer, bare: str
) -> None:
    rivals = [subprocess.Popen([sys.executable, "-c", OPENING, postgres.url(bare)]) for _ in range(3)]
    threads = [threading.Thread(target=lambda: opened(postgres.url(bare)).close()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [rival.wait(300) for rival in rivals] == [0, 0, 0]
    with Library(Path(), HashedEncoder(), database_url=postgres.url(bare)) as library:
        library.local.add(CRANE)
        assert library.check() == []


HALF_WAY = """
import os, sys
from pathlib import Path
from embeddings.library import open_database
from embeddings.store import postgres
step = postgres._compare_bytes
def stop(**given):
    step(**given)
    if given["step"].up_revision_id == "0002":
        os.kill(os.getpid(), 9)
postgres._compare_bytes = stop
open_database(Path(), sys.argv[1])
"""


def test_a_migration_that_was_killed_half_way_is_begun_again(postgres: PostgresServer, bare: str) -> None:
    killed = subprocess.run([sys.executable, "-c", HALF_WAY, postgres.url(bare)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with Library(Path(), HashedEncoder(), database_url=postgres.url(bare)) as library:
        library.local.add(CRANE)
        assert library.local.ask("crane").passages[0].citation.title == CRANE.title


def test_a_second_writer_waits_and_then_says_why(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), busy_seconds=0.2, database_url=postgres_url) as library:
        library.local.add(CRANE)
        other = open_database(tmp_path, postgres_url)
        with other.writing(), pytest.raises(StoreBusyError, match="Another process"):
            library.local.add(article("Dog", "A dog."))
        other.close()
        library.local.add(article("Dog", "A dog."))


def test_who_reads_sees_one_state_and_waits_for_nobody(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(CRANE)

        def count(connection: Connection) -> int:
            return int(connection.scalar(text("SELECT count(*) FROM paragraph")) or 0)

        with library.database.reading() as connection:
            assert count(connection) == 2
            library.local.add(article("Dog", "A dog."))
            assert count(connection) == 2
        with library.database.reading() as connection:
            assert count(connection) == 3


def test_a_text_that_postgres_can_t_keep_is_told_and_nothing_is_kept(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        with pytest.raises(StoreError, match="NUL"):
            library.local.add(article("Zero", "A text with \x00 in it."))
        assert library.local.articles() == []


def test_a_full_disk_is_told_and_nothing_is_kept(tmp_path: Path, postgres_url: str) -> None:
    """The server refuses as it does when it can't make a file longer."""
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(CRANE)
        with library.database.writing() as connection:
            connection.execute(text(FILLS_UP))
            connection.execute(text("CREATE TRIGGER fills_up BEFORE INSERT ON keyword EXECUTE FUNCTION fill_up()"))
        try:
            with pytest.raises(StoreError, match="disk of the database server is full"):
                library.local.add(article("Dog", "A dog."))
        finally:
            with library.database.writing() as connection:
                connection.execute(text("DROP FUNCTION fill_up CASCADE"))
        assert library.local.stats().articles == 1
        assert library.check() == []
        library.local.add(article("Dog", "A dog."))


FILLS_UP = """
    CREATE FUNCTION fill_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE disk_full USING MESSAGE = 'could not extend file'; END $$
"""


def test_a_copy_that_can_only_be_read_is_told(tmp_path: Path, postgres_url: str) -> None:
    database = open_database(tmp_path, postgres_url)
    with pytest.raises(StoreError, match="can only be read"):
        write_as_on_a_standby(database)
    database.close()


def write_as_on_a_standby(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("DELETE FROM article"))


def test_a_server_that_goes_away_is_waited_for(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(CRANE)
        with pytest.raises(StoreError, match="was lost"):
            crash_while_removing(library, postgres)
        with coming_back(postgres), caplog.at_level(logging.WARNING, "topicbot.store"):
            answer = library.local.ask("crane")
        assert answer.passages[0].citation.title == CRANE.title
        assert [record.message for record in caplog.records if "waiting for the database" in record.message]


def test_a_server_that_does_not_come_back_is_told(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str
) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(CRANE)
        postgres.stop()
        with coming_back(postgres):
            library.database._wait_seconds = 0.2  # type: ignore[attr-defined]  # so that the test need not wait
            for attempt in (lambda: library.local.ask("crane"), lambda: opened(postgres_url)):
                with pytest.raises(StoreError, match="can't be reached"):
                    attempt()
            opened(postgres_url, seconds=60).close()
        assert library.local.ask("crane").passages


def crash_while_removing(library: Library, server: PostgresServer) -> None:
    with library.database.writing() as connection:
        connection.execute(text("DELETE FROM article"))
        server.stop()
        connection.execute(text("SELECT 1"))


@contextmanager
def coming_back(server: PostgresServer) -> Iterator[None]:
    """The server starts again in a second."""
    back = threading.Timer(1.0, server.start)
    back.start()
    try:
        yield
    finally:
        back.join()
