"""Stories: articles of one event, found as they come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.evaluate.stories import read_events, score
from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.store.sqlite import Database
from embeddings.store.tables import MIGRATIONS, SCHEMA
from embeddings.types import Article, Scope
from tests.conftest import EXAMPLES, article
from tests.hashed import HashedEncoder
from tests.vectors import KeptVectors

FIRE = "A fire destroyed the Velora plant in Gdansk, and chief Marek Wolski spoke of 1,400 workers."


LATER = "The fire at the Velora plant in Gdansk began in a rack, chief Marek Wolski said of 1,400 workers."


def fire(name: str, text: str = FIRE, **fields: str) -> Article:
    return replace(article("Fire at the Velora plant", text, **fields), origin=name, id=name, source=name)


def grouped(library: Library, **scope: object) -> list[set[str]]:
    return [{cited.article_id for cited in one.articles} for one in library.stories(Scope(**scope))]  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def kept(model: SentenceTransformerEncoder) -> KeptVectors:
    return KeptVectors(model)


@pytest.mark.parametrize(("names", "least"), [(("held-out",), 0.9), (("fitted", "held-out"), 0.9)])
def test_labelled_articles_are_grouped_by_their_events(
    kept: KeptVectors, tmp_path: Path, names: tuple[str, ...], least: float
) -> None:
    files = [EXAMPLES / "stories" / f"{name}.jsonl" for name in names]
    articles = [one for file in files for one in read(file) if isinstance(one, Article)]
    events = {one: event for file in files for one, event in read_events(file).items()}
    with Library(tmp_path, kept) as library:
        for one in sorted(articles, key=lambda one: one.published_at or ""):
            library.add(one)
        assert score(library.stories(), events).f1 >= least


def test_a_copy_joins_as_a_copy_and_a_follow_up_as_an_article(library: Library) -> None:
    for name, text in (("one", FIRE), ("copy", FIRE), ("later", LATER)):
        library.add(fire(name, text, published_at="2025-03-10"))
    library.add(article("Otters", "Otters swim in the river.", id="otters", published_at="2025-03-10"))
    (story,) = [one for one in library.stories() if len(one.articles) > 1]
    assert {one.article_id for one in story.articles} == {"one", "copy", "later"}
    assert story.copies == ("copy",)
    assert story.sources == 3
    assert (story.first_seen, story.last_seen) == ("2025-03-10", "2025-03-10")


def test_apart_when_switched_off_far_apart_or_of_another_team(library: Library) -> None:
    library.add(fire("one", published_at="2025-03-10"))
    library.add(fire("two", LATER, published_at="2025-03-11"))
    library.add(fire("year", LATER + " A year on.", published_at="2026-03-11"))
    library.add(fire("theirs", published_at="2025-03-10"), team="T2")
    assert sorted(map(sorted, grouped(library))) == [["one", "two"], ["year"]]
    assert len(library.stories(grouped=False)) == 3
    assert grouped(library, team="T2") == [{"theirs"}]


def test_a_storys_articles_in_other_collections_are_not_shown(library: Library) -> None:
    library.add(fire("one", published_at="2025-03-10", collection="open"))
    library.add(fire("two", LATER, published_at="2025-03-11", collection="closed"))
    assert grouped(library, collections=("open",)) == [{"one"}]
    assert grouped(library) == [{"one", "two"}]


def test_the_id_stays_while_the_story_grows_and_its_article_changes(library: Library) -> None:
    library.add(fire("one", published_at="2025-03-10"))
    (before,) = library.stories()
    library.add(fire("one", FIRE + " It went on.", published_at="2025-03-10"))
    library.add(fire("two", LATER, published_at="2025-03-11"))
    (after,) = library.stories()
    assert after.story_id == before.story_id
    library.remove("one")
    (rest,) = library.stories()
    assert (rest.story_id, [one.article_id for one in rest.articles]) == (before.story_id, ["two"])


def test_articles_that_were_stored_before_stories_were_are_found(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.add(fire("one", published_at="2025-03-10"))
        library.add(fire("two", LATER, published_at="2025-03-11"))
    database = Database(tmp_path / "library.db", MIGRATIONS, SCHEMA)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM telling")
    database.close()
    with Library(tmp_path, HashedEncoder()) as library:
        assert grouped(library) == [{"one", "two"}]
        vectors = library.story_vectors([library.stories()[0].story_id])
        assert [vector.shape for vector in vectors.values()] == [(64,)]


def test_after_reindexing_with_another_model_stories_stay(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.add(fire("one", published_at="2025-03-10"))
        (before,) = library.stories()
    with Library(tmp_path, HashedEncoder("other", dim=32)) as library:
        library.reindex()
        library.add(fire("two", LATER, published_at="2025-03-11"))
        (after,) = library.stories()
        assert (after.story_id, len(after.articles)) == (before.story_id, 2)
