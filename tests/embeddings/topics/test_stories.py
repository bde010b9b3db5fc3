"""Stories: articles of one event, found as they come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.evaluate.stories import read_events, score
from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA
from embeddings.team import EVERYTHING, TeamLibrary
from embeddings.types import Article
from tests.conftest import EXAMPLES, article
from tests.hashed import HashedEncoder
from tests.vectors import KeptVectors

FIRE = "A fire destroyed the Velora plant in Gdansk, and chief Marek Wolski spoke of 1,400 workers."


LATER = "The fire at the Velora plant in Gdansk began in a rack, chief Marek Wolski said of 1,400 workers."


def fire(name: str, text: str = FIRE, **fields: str) -> Article:
    return replace(article("Fire at the Velora plant", text, **fields), origin=name, id=name, source=name)


def grouped(library: TeamLibrary, scope: Scope = EVERYTHING) -> list[set[str]]:
    return [{cited.article_id for cited in one.articles} for one in library.stories(scope)]


@pytest.fixture(scope="session")
def kept(model: SentenceTransformerEncoder) -> KeptVectors:
    return KeptVectors(model)


@pytest.mark.parametrize(
    ("names", "least"), [(("held-out",), 0.9), (("fitted", "held-out"), 0.84), (("alike",), 0.87)]
)
def test_labelled_articles_are_grouped_by_their_events(
    kept: KeptVectors, tmp_path: Path, names: tuple[str, ...], least: float
) -> None:
    files = [EXAMPLES / "stories" / f"{name}.jsonl" for name in names]
    articles = [one for file in files for one in read(file) if isinstance(one, Article)]
    events = {one: event for file in files for one, event in read_events(file).items()}
    with Library(tmp_path, kept) as library:
        for one in sorted(articles, key=lambda one: one.published_at or ""):
            library.local.add(one)
        assert score(library.local.stories(), events).f1 >= least


def test_a_copy_joins_as_a_copy_and_a_follow_up_as_an_article(library: Library) -> None:
    for name, text in (("one", FIRE), ("copy", FIRE), ("later", LATER)):
        library.local.add(fire(name, text, published_at="2025-03-10"))
    library.local.add(article("Otters", "Otters swim in the river.", id="otters", published_at="2025-03-10"))
    (story,) = [one for one in library.local.stories() if len(one.articles) > 1]
    assert {one.article_id for one in story.articles} == {"one", "copy", "later"}
    assert story.copies == ("copy",)
    assert story.sources == 3
    assert (story.first_seen, story.last_seen) == ("2025-03-10", "2025-03-10")


def test_apart_when_switched_off_far_apart_or_of_another_team(library: Library) -> None:
    library.local.add(fire("one", published_at="2025-03-10"))
    library.local.add(fire("two", LATER, published_at="2025-03-11"))
    library.local.add(fire("year", LATER + " A year on.", published_at="2026-03-11"))
    library.of("T2").add(fire("theirs", published_at="2025-03-10"))
    assert sorted(map(sorted, grouped(library.local))) == [["one", "two"], ["year"]]
    assert len(library.local.stories(grouped=False)) == 3
    assert grouped(library.of("T2")) == [{"theirs"}]


def test_a_storys_articles_in_other_collections_are_not_shown(library: Library) -> None:
    library.local.add(fire("one", published_at="2025-03-10", collection="open"))
    library.local.add(fire("two", LATER, published_at="2025-03-11", collection="closed"))
    assert grouped(library.local, Scope(collections=("open",))) == [{"one"}]
    assert grouped(library.local) == [{"one", "two"}]


def test_the_id_stays_while_the_story_grows_and_its_article_changes(library: Library) -> None:
    library.local.add(fire("one", published_at="2025-03-10"))
    (before,) = library.local.stories()
    library.local.add(fire("one", FIRE + " It went on.", published_at="2025-03-10"))
    library.local.add(fire("two", LATER, published_at="2025-03-11"))
    (after,) = library.local.stories()
    assert after.story_id == before.story_id
    library.local.remove("one")
    (rest,) = library.local.stories()
    assert (rest.story_id, [one.article_id for one in rest.articles]) == (before.story_id, ["two"])


def test_articles_that_were_stored_before_stories_were_are_found(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(fire("one", published_at="2025-03-10"))
        library.local.add(fire("two", LATER, published_at="2025-03-11"))
    database = SqliteDatabase(tmp_path / "library.db", MIGRATIONS, SCHEMA)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM telling")
    database.close()
    with Library(tmp_path, HashedEncoder()) as library:
        assert grouped(library.local) == [{"one", "two"}]
        vectors = library.local.story_vectors([library.local.stories()[0].story_id])
        assert [vector.shape for vector in vectors.values()] == [(64,)]


def test_after_reindexing_with_another_model_stories_stay(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(fire("one", published_at="2025-03-10"))
        (before,) = library.local.stories()
    with Library(tmp_path, HashedEncoder("other", dim=32)) as library:
        library.reindex()
        library.local.add(fire("two", LATER, published_at="2025-03-11"))
        (after,) = library.local.stories()
        assert (after.story_id, len(after.articles)) == (before.story_id, 2)


def test_minutes_and_manuals_are_no_news(library: Library) -> None:
    library.local.add(
        replace(fire("minutes", published_at="2025-03-10"), source=None, origin="file:///minutes.md")
    )
    library.local.add(replace(fire("report", published_at="2025-03-10"), source="Courier"))
    library.local.add(replace(fire("paper", LATER), source=None, origin="file:///paper.pdf"))
    assert {"paper"} in grouped(library.local)
    assert all(
        "report" in {cited.article_id for cited in one.articles} for one in library.local.stories(news=True)
    )
