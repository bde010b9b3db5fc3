"""A load over several processes leaves the library as adding one by one does, whatever becomes of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from embeddings.encoding.processes import MakeEncoder, Workers
from embeddings.errors import ModelError, ModelMismatchError, SourceError, TopicbotError
from embeddings.importer import load
from embeddings.index import postgres_rows
from embeddings.library import Library
from embeddings.sandbox import Worker
from embeddings.topics import stories as topics_stories
from embeddings.types import Added, Article, Outcome
from tests.conftest import NOON, article
from tests.deadly import DEADLY, DeadlyEncoder, DeadlyOnce, another_encoder, fail, no_encoder
from tests.embeddings.store.test_copies import COPY, MAIN
from tests.hashed import HashedEncoder
from tests.test_project import ROOT

Becomes = Added | SourceError | None

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _tests_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers' encoders are those of the tests."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def loaded(
    library: Library, given: Sequence[Article], make: MakeEncoder = HashedEncoder, workers: int = 2
) -> list[Becomes]:
    """What became of each article."""
    with Workers(workers, make, library.encoder.fingerprint) as processes:
        return [added for _, added in load(library.local, given, processes)]


def many(count: int, *, deadly: int | None = None) -> list[Article]:
    """Articles of three paragraphs; one of them may be deadly."""
    ends = ["" if number != deadly else f" {DEADLY}" for number in range(count)]
    return [
        article(f"Title {n}", *(f"Part {part} of matter {n * 7 + part}{end}" for part in range(3)), id=f"a{n}")
        for n, end in enumerate(ends)
    ]


def test_the_library_is_the_same_as_after_adding_one_by_one(library: Library, tmp_path: Path) -> None:
    edited = article("Title 5", "Part 0 of matter 35", "Another part.", id="a5")
    given = [
        *many(40),
        MAIN,
        COPY,
        edited,
        many(6)[5],  # as it was before the edit
        edited,
        article("News in brief", "One.", origin="file:///x#News"),
        article("News in brief", "Two.", origin="file:///x#News#2"),
        replace(many(8)[7], source="A paper"),
        many(9)[8],
    ]
    for one in (*many(3), article("Title 4", "An old text.", id="a4")):
        library.local.add(one)
    with Library(tmp_path / "plain", HashedEncoder(), now=lambda: NOON) as plain:
        for one in (*many(3), article("Title 4", "An old text.", id="a4")):
            plain.local.add(one)
        expected = [plain.local.add(one) for one in given]
        assert loaded(library, given) == expected
        assert {one.outcome for one in expected} == set(Outcome)
        assert library.local.articles() == plain.local.articles()
        for summary in plain.local.articles():
            found = summary.citation.article_id
            assert library.local.article(found) == plain.local.article(found)
        assert library.local.stories() == plain.local.stories()
        assert library.check() == []
        question = "what is part 2 of matter 37?"
        assert replace(library.local.ask(question), took_ms=0) == replace(plain.local.ask(question), took_ms=0)


def test_what_is_there_is_not_encoded_again(library: Library) -> None:
    given = many(30)
    loaded(library, given)
    again = loaded(library, given, no_encoder)
    assert {one.outcome for one in again if isinstance(one, Added)} == {Outcome.UNCHANGED}
    assert len(again) == 30


def test_what_is_no_article_keeps_its_place(library: Library) -> None:
    first, second = many(2)
    error = SourceError("line 3", "is not JSON.")
    given = [first, error, second]
    with Workers(1, HashedEncoder, library.encoder.fingerprint) as processes:
        found = list(load(library.local, given, processes))
    assert [one for one, _ in found] == given
    assert found[1][1] is None


def test_a_worker_that_is_killed_is_told_and_its_articles_are_encoded_again(
    library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "topicbot.bulk"):
        found = loaded(library, many(60, deadly=31), DeadlyOnce(tmp_path / "once"))
    assert [one.outcome for one in found if isinstance(one, Added)] == [Outcome.ADDED] * 60
    assert "a worker ended (killed by signal 9)" in caplog.text
    assert len(library.local.articles()) == 60


def test_an_article_that_ends_every_worker_is_named_and_the_others_are_added(library: Library) -> None:
    found = loaded(library, many(60, deadly=31), DeadlyEncoder)
    (failed,) = (one for one in found if isinstance(one, SourceError))
    assert (failed.source, found.index(failed)) == ("Title 31", 31)
    assert "2 workers ended" in failed.reason
    assert {one.citation.article_id for one in library.local.articles()} == {f"a{n}" for n in range(60) if n != 31}


def test_workers_that_always_end_are_not_started_for_ever(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.encoding.processes._LOST", 3)
    deadly = [article(f"Title {number}", DEADLY, id=f"a{number}") for number in range(40)]
    with pytest.raises(TopicbotError, match="end again and again"):
        loaded(library, deadly, DeadlyEncoder, workers=1)
    assert library.local.articles() == []


def test_a_model_that_can_t_be_loaded_or_is_another_ends_the_load(library: Library) -> None:
    with pytest.raises(ModelError, match="neither a folder nor a model"):
        loaded(library, many(3), no_encoder)
    with pytest.raises(ModelMismatchError, match="has the model another"):
        loaded(library, many(3), another_encoder)
    assert library.local.articles() == []


def test_broken_off_the_workers_end_and_what_is_done_is_kept(library: Library) -> None:
    with Workers(2, HashedEncoder, library.encoder.fingerprint) as processes:
        for number, _ in enumerate(load(library.local, many(200), processes)):
            if number == 20:
                break
        children = list(processes._children)
    assert children
    assert not any(child.lives for child in children)
    assert 20 <= len(library.local.articles()) < 200
    assert library.check() == []


def test_a_failing_store_keeps_whole_groups(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    written, place = 0, topics_stories.place

    def full(*given: object) -> str:
        nonlocal written
        written += 1
        if written == 40:
            raise TopicbotError("The disk is full.")
        return place(*given)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr("embeddings.adding.place", full)
    with pytest.raises(TopicbotError, match="full"):
        loaded(library, many(80))
    kept = len(library.local.articles())
    assert kept < 40
    assert library.local.stats().paragraphs == 3 * kept


def test_a_child_gives_results_errors_and_its_end() -> None:
    child = Worker()
    assert child.call(len, "abc") == 3
    with pytest.raises(TopicbotError, match="a b"):
        child.call(fail, "a b")
    assert child.lives
    child.end()
    assert not child.lives


def test_in_postgresql_an_empty_library_is_indexed_after_the_load(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.begin_loading()
        loaded(library, many(30))
        assert not is_indexed(library)
        question = "what is part 2 of matter 37?"
        before = library.local.ask(question).passages
        assert before
        assert library.warm(wait=False) is False
        assert not is_indexed(library)
        assert library.warm()
        assert is_indexed(library)
        assert library.local.ask(question).passages == before
        library.begin_loading()
        assert is_indexed(library), "one that holds articles keeps its index"
        assert library.warm() is False


def test_a_load_that_was_broken_off_is_indexed_by_the_next_migrate(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOPICBOT_DATABASE_URL", postgres_url)
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.begin_loading()
        loaded(library, many(3))
        assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
        assert is_indexed(library)


def is_indexed(library: Library) -> bool:
    with library.database.reading() as connection:
        return postgres_rows.has_index(connection, library.encoder.dim)
