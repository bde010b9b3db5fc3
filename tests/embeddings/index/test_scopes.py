"""What a library remembers of questions and scopes holds no longer than the library stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.engine import make_url

from embeddings.errors import ModelMismatchError, NotFoundError
from embeddings.index.embedded import Scopes
from embeddings.library import Library
from embeddings.scope import Scope, TeamScope
from embeddings.store import paragraphs
from embeddings.types import LOCAL_TEAM, Answer
from embeddings.weights import DEFAULT_CONFIDENCE
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer

STORM = "What did the storm do to the harbour?"


def told(answer: Answer) -> Answer:
    return replace(answer, took_ms=0.0)


@pytest.fixture
def library(tmp_path: Path, database_url: str | None) -> Library:
    one = Library(tmp_path, HashedEncoder(), database_url=database_url)
    one.local.add(article("Storm", "The storm closed the harbour.", id="storm", collection="news"))
    one.local.add(article("Bread", "Bread is dear.", id="bread", collection="market"))
    return one


def searches(library: Library, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that are searched for from now on, rather than remembered."""
    seen: list[str] = []
    real = library.searcher.search

    def noted(question: str, *scope: Any, **how: Any) -> Any:
        seen.append(question)
        return real(question, *scope, **how)

    monkeypatch.setattr(library.searcher, "search", noted)
    return seen


def test_the_same_question_is_searched_for_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = searches(library, monkeypatch)
    first = library.local.ask(STORM)
    assert told(library.local.ask(STORM)) == told(first)
    assert seen == [STORM]
    assert len(library.local.ask(STORM, limit=1).passages) == 1
    assert {p.citation.collection for p in library.local.ask(STORM, Scope(collections=("market",))).passages} == {
        "market"
    }
    assert len(seen) == 3
    library.close()
    assert told(library.local.ask(STORM)) == told(first)
    library.close()


@pytest.mark.parametrize("beside", [False, True], ids=["this process", "another"])
def test_any_change_is_seen_at_once(
    library: Library, tmp_path: Path, database_url: str | None, beside: bool
) -> None:
    other = Library(tmp_path, HashedEncoder(), database_url=database_url) if beside else library
    news = Scope(collections=("news",))
    for scope in (None, news):
        library.local.ask(STORM, scope or Scope())
    other.local.add(article("Flood", "The storm flooded the harbour too.", id="flood", collection="news"))
    for scope in (None, news):
        assert {p.citation.article_id for p in library.local.ask(STORM, scope or Scope()).passages} >= {
            "storm",
            "flood",
        }
    other.local.remove("storm")
    for scope in (None, news):
        assert "storm" not in {p.citation.article_id for p in library.local.ask(STORM, scope or Scope()).passages}
    # the text stays, so the revision does; only what is said of it changes
    moved = article("Flood", "The storm flooded the harbour too.", id="flood", collection="floods")
    before = library.revision
    other.local.add(replace(moved, published_at="2026-03-01"))
    assert library.revision == before
    assert library.local.ask(STORM).passages[0].citation.published_at == "2026-03-01"
    with pytest.raises(NotFoundError):
        library.local.ask(STORM, news)
    since = Scope(since=datetime(2026, 2, 1, tzinfo=UTC))
    assert [p.citation.article_id for p in library.local.ask(STORM, since).passages] == ["flood"]
    library.close()
    other.close()


def test_a_change_of_no_text_is_seen_at_once(library: Library, tmp_path: Path, database_url: str | None) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=database_url) as other:
        first = library.local.ask(STORM)
        other.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, threshold=1.0))
        assert not library.local.ask(STORM).answered
        other.searcher.keep_confidence(None)
        assert told(library.local.ask(STORM)) == told(first)
        other.local.add(
            article("The storm", "The storm closed the harbour.", url="https://example.com/1", origin="a" * 8)
        )
        assert len(library.local.ask(STORM).passages[0].also_in) == 1
    library.close()


def test_words_that_another_process_adds_or_removes_are_known_at_once(
    library: Library, tmp_path: Path, database_url: str | None
) -> None:
    question = "What did the stomr do to the harbour?"
    with library, Library(tmp_path, HashedEncoder(), database_url=database_url) as other:
        assert library.local.ask(question).corrected == {"stomr": "storm"}
        other.local.add(article("Stomr", "Stomr painted the pier.", id="stomr"))
        assert library.local.ask(question).corrected == {}
        other.local.remove("stomr")
        assert library.local.ask(question).corrected == {"stomr": "storm"}
        other.local.remove("storm")
        assert library.local.ask(question).corrected == {}


def test_what_an_abbreviation_is_short_for_is_known_at_once_and_to_its_readers_alone(
    library: Library, tmp_path: Path, database_url: str | None
) -> None:
    own, others = Scope().of(LOCAL_TEAM, ("U1",)), Scope().of(LOCAL_TEAM, ("U2",))

    def is_known(scope: TeamScope) -> bool:
        with library.searcher.search("Who leads the QXV?", scope) as (_, measured):
            assert measured is not None
            return any("quiet xenon valley" in ways for ways in measured.question.forms)

    with library, Library(tmp_path, HashedEncoder(), database_url=database_url) as other:
        for _ in range(2):
            assert (is_known(own), is_known(others)) == (False, False)
        private = other.local.only_for("U1")
        private.add(article("Valley", "The Quiet Xenon Valley (QXV) has a new mayor.", id="valley"))
        for _ in range(2):
            assert (is_known(own), is_known(others)) == (True, False)
        private.remove_all()
        assert not is_known(own)


def test_the_model_that_another_process_changes_to_is_noticed_at_once(
    library: Library, tmp_path: Path, database_url: str | None
) -> None:
    with library, Library(tmp_path, HashedEncoder(dim=128), database_url=database_url) as other:
        assert library.local.ask(STORM).passages
        other.reindex()
        with pytest.raises(ModelMismatchError):
            library.local.ask(STORM)
        library.reindex()
        assert library.local.ask(STORM).passages


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE article SET collection = 'floods' WHERE id = 'storm'",
        "UPDATE setting SET value = value WHERE name = 'library'",
        "DELETE FROM link",
        "UPDATE paragraph SET heading = 'Weather'",
        "DELETE FROM paragraph_checksum",
        "UPDATE telling SET moment = '2026-03-01T00:00:00Z'",
        "TRUNCATE link",
    ],
)
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_what_a_process_of_an_earlier_version_writes_is_seen_at_once(
    library: Library, database_url: str, postgres: PostgresServer, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows nothing of remembered answers; neither does an administrator who writes by hand."""
    seen = searches(library, monkeypatch)
    for _ in range(2):
        library.local.ask(STORM)
    assert seen == [STORM]
    postgres.run(statement, str(make_url(database_url).database))
    library.local.ask(STORM)
    assert seen == [STORM, STORM]
    library.close()


def test_who_sees_more_gets_no_answer_of_those_who_see_less(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.local.only_for("U1").add(article("Diary", "The storm broke my window at the harbour.", id="diary"))
    seen = searches(library, monkeypatch)
    for _ in range(2):
        for audiences, wanted in (((), False), (("U1",), True), (("U2",), False)):
            found = library.of(LOCAL_TEAM, audiences).ask(STORM, limit=5).passages
            assert any(one.citation.private for one in found) is wanted
    assert len(seen) == 3
    library.close()


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_scopes_hold_what_sql_says(library: Library, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.index.embedded._FEW", few)
    scopes = Scopes()
    scope_of = {name: Scope(collections=(name,)).of(LOCAL_TEAM) for name in ("news", "market", "none")}

    def check() -> None:
        with library.database.reading() as connection:
            version = library.database.version()
            for name, scope in scope_of.items():
                expected = [
                    number
                    for number, found in paragraphs.passages(
                        connection, paragraphs.paragraph_ids(connection).tolist()
                    ).items()
                    if found.citation.collection == name
                ]
                for _ in range(2):
                    inside = scopes.within(connection, scope, version)
                    assert inside is not None
                    assert np.array_equal(inside, sorted(expected))
            assert scopes.within(connection, Scope().of(LOCAL_TEAM), version) is None

    check()
    for number in range(6):
        library.local.add(
            article("More", f"{number}.", "Same.", f"End {number}.", id=f"a{number % 3}", collection="news")
        )
        check()
    library.local.remove("a1")
    check()
    scopes = Scopes()  # begun late: articles whose paragraphs are not in one row
    check()
    library.of("T2").add(article("Ours", "Ours.", id="x"))
    with library.database.reading() as connection:
        assert scopes.within(connection, Scope().of(LOCAL_TEAM), library.database.version()) is not None
    library.close()
