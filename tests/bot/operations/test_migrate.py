"""From files to PostgreSQL and back, with nothing lost; and databases brought up to date."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli import app
from bot.digests import store as digests
from bot.resources import open_store
from bot.store import deliveries
from bot.store.deliveries import Delivery
from embeddings import transfer
from embeddings.library import Library, open_database
from embeddings.scope import Scope
from embeddings.store.tables import metadata
from tests import kept
from tests.bot.digests.test_store import DIGEST
from tests.conftest import article
from tests.hashed import HashedEncoder

NOW = datetime(2024, 5, 1, tzinfo=UTC)


QUESTION = "where was the crane seen on the river?"


def run(*arguments: str, folder: Path) -> tuple[int, str]:
    found = CliRunner().invoke(app, list(arguments), env={"TOPICBOT_DATA_DIR": str(folder)})
    return found.exit_code, found.output


def fill(folder: Path) -> None:
    with Library(folder, HashedEncoder()) as library:
        library.local.add(
            article("Crane", "A crane was seen on the river bank.", "It flew off at dusk.", collection="birds")
        )
        library.of("T2").add(article("Dog", "A dog barked at the crane.", "It ran along the bank."))
        last = library.local.add(article("Late", "This one goes again."))
        library.local.remove(last.article_id)
    store = open_store(folder)
    with store.writing() as connection:
        digests.save(connection, "T1", DIGEST)
        deliveries.accept(connection, Delivery("k", "ask", '{"text": "Müller \\u0000 🙂"}', NOW.isoformat()))
    store.close()


def test_the_address_can_come_from_the_environment(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "here")
    code, output = run("copy", "--to", "env", folder=tmp_path / "here")
    assert (code, "TOPICBOT_DATABASE_URL is not set" in output) == (1, True)
    monkeypatch.setenv("TOPICBOT_DATABASE_URL", postgres_url)
    code, output = run("copy", "--to", "env", folder=tmp_path / "here")
    assert code == 0, output
    assert "4 paragraph" in output


def test_what_was_copied_there_and_back_is_the_same(tmp_path: Path, postgres_url: str) -> None:
    here, back = tmp_path / "here", tmp_path / "back"
    fill(here)
    code, output = run("copy", "--to", postgres_url, "--json", folder=here)
    assert code == 0, output
    copied = json.loads(output.splitlines()[-1])
    assert copied["library"]["tables"]["paragraph"]["rows"] == 4
    assert copied["bot"]["tables"]["digest"]["rows"] == 1
    code, output = run("copy", "--from", postgres_url, "--json", folder=back)
    assert code == 0, output
    assert json.loads(output.splitlines()[-1]) == copied
    with (
        Library(here, HashedEncoder()) as first,
        Library(here, HashedEncoder(), database_url=postgres_url) as second,
        Library(back, HashedEncoder()) as third,
    ):
        answers = [library.local.ask(QUESTION).passages for library in (first, second, third)]
        assert answers[0] == answers[1] == answers[2]
        assert [library.check() for library in (first, second, third)] == [[], [], []]
        added = [library.local.add(article("New", "Something new.")) for library in (first, second, third)]
        places = [sorted(library.places())[-1] for library in (first, second, third)]
        assert added[0] == added[1] == added[2]
        assert places[0] == places[1] == places[2]  # numbers of paragraphs that are gone never come again
        assert (
            second.local.ask("something new", Scope(collections=("default",))).passages[0].text == "Something new."
        )


def test_a_copy_that_is_there_already_is_left_alone(tmp_path: Path, postgres_url: str) -> None:
    fill(tmp_path)
    assert run("copy", "--to", postgres_url, folder=tmp_path)[0] == 0
    code, output = run("copy", "--to", postgres_url, folder=tmp_path)
    assert code == 0
    assert output.count("was there already") == 2


def test_a_database_that_holds_something_else_is_not_written_to(tmp_path: Path, postgres_url: str) -> None:
    fill(tmp_path / "here")
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(article("Other", "Something else."))
    code, output = run("copy", "--to", postgres_url, folder=tmp_path / "here")
    assert code == 1
    assert "is not empty" in output
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        assert [one.citation.title for one in library.local.articles()] == ["Other"]


def test_a_copy_that_breaks_off_leaves_nothing(tmp_path: Path, postgres_url: str) -> None:
    fill(tmp_path)

    def stop(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer.copy_library(tmp_path, None, postgres_url, stop)
    target = open_database(tmp_path, postgres_url)
    with target.reading() as connection:
        assert not any(one.rows for one in transfer.table_contents(connection, metadata).values())
        assert connection.scalar(text("SELECT count(*) FROM paragraph_view")) == 0
    target.close()


def test_one_way_has_to_be_named(tmp_path: Path) -> None:
    assert run("copy", folder=tmp_path)[0] == 2


def test_migrate_says_where_the_databases_stand(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "library.db" in run("migrate", folder=tmp_path)[1]
    monkeypatch.setenv("TOPICBOT_DATABASE_URL", postgres_url)
    code, output = run("migrate", folder=tmp_path)
    assert code == 0
    assert output.count("PostgreSQL") == 2


def test_a_library_in_postgres_is_measured_like_its_copy(
    tmp_path: Path, postgres_url: str, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        json.dumps({"question": "where is the crane?", "article": "crane", "paragraph": 0}) + "\n"
    )
    with Library(tmp_path, kept.encoder(tiny_model), database_url=postgres_url) as library:
        library.local.add(article("Crane", "A crane was seen on the river bank.", id="crane"))
    monkeypatch.setenv("TOPICBOT_DATABASE_URL", postgres_url)
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", str(tiny_model))
    code, output = run("eval", str(questions), "--json", folder=tmp_path)
    assert code == 0, output
    assert json.loads(output.splitlines()[-1])["report"]["hit_at_1"] == 1.0
