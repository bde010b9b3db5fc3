"""Searching in PostgreSQL: the scores of SQLite's FTS5, and as many neighbours as there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from cachetools import TTLCache
from sqlalchemy import Connection, select, text

from embeddings.encoding.paragraphs import from_blob
from embeddings.index import postgres, postgres_rows
from embeddings.index.base import Reach
from embeddings.index.embedded import Scopes
from embeddings.index.keywords import Keywords, best_by_bm25
from embeddings.index.postgres import PostgresIndex
from embeddings.library import Library
from embeddings.scope import Scope, TeamScope
from embeddings.search.pipeline import own_model
from embeddings.store import paragraphs
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import paragraph
from embeddings.types import LOCAL_TEAM
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer

MODEL = own_model(HashedEncoder())

WORDS = "river bank crane dog harbour ship pier storm light night summer market price bread wine".split()


RARE = ["o'neill's", "3.5", "naïve", "東京", "x_y", "Größe"]


DAY = timedelta(days=1)


FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def fill(library: Library, articles: int = 40) -> None:
    """Articles of few words, some of them rare, in two teams; some are changed and some removed again."""
    chance = np.random.default_rng(3)
    for number in range(articles):
        texts = [" ".join(chance.choice(WORDS, chance.integers(1, 30))) for _ in range(3)]
        texts[0] += f" {RARE[number % len(RARE)]}" * (number % 4)
        library.of("T1" if number % 5 else "T2").add(
            article(
                f"Article {number} {chance.choice(WORDS)}",
                *texts,
                id=f"a{number}",
                collection="even" if number % 2 == 0 else "odd",
                published_at=(FIRST + number * DAY).date().isoformat(),
            ),
        )
    library.of("T1").add(article("Article 1", "crane crane crane", "storm", id="a1"))
    library.of("T1").remove("a2")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[list[Connection]]:
    """The same articles in SQLite and in PostgreSQL, open for reading. Tests must not change them."""
    with postgres.fresh() as name:
        folder = tmp_path_factory.mktemp("pair")
        with (
            Library(folder, HashedEncoder()) as embedded,
            Library(folder, HashedEncoder(), database_url=postgres.url(name)) as shared,
        ):
            for library in (embedded, shared):
                fill(library)
            with embedded.database.reading() as one, shared.database.reading() as other:
                yield [one, other]


def inside(embedded: Connection, scope: TeamScope) -> Ids:
    found = Scopes().within(embedded, scope, 0)
    assert found is not None
    return found


def within(shared: Connection, scope: TeamScope) -> tuple[PostgresIndex, Reach]:
    """The index, and the scope in it. It needs no database of its own for reading."""
    index = PostgresIndex(None)  # type: ignore[arg-type]
    return index, index.within(shared, MODEL, scope, 0)


SCOPES = [
    Scope().of("T1"),
    Scope().of("T2"),
    Scope(collections=("even",)).of("T1"),
    Scope(since=FIRST + 10 * DAY, until=FIRST + 14 * DAY).of("T1"),
    Scope(collections=("odd", "even"), since=FIRST + 30 * DAY).of("T1"),
    Scope().of("T3"),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
@pytest.mark.parametrize(
    "terms",
    [
        ["crane"],
        ["crane", "storm"],
        ["harbour", "wine", "article", "bread"],
        ["3.5"],
        ["東", "京"],
        ["x_y", "naive"],
    ],
    ids=str,
)
def test_keywords_score_as_in_fts5(pair: list[Connection], scope: TeamScope, terms: list[str]) -> None:
    allowed = inside(pair[0], scope)
    expected = best_by_bm25(pair[0], terms, allowed, 1000) if len(allowed) else {}
    index, reach = within(pair[1], scope)
    alike = dict.fromkeys(terms, 1)  # as rare: all of them are searched for
    found = index.keywords(reach, alike, {}, 1000)
    assert found == pytest.approx(expected, rel=1e-9)
    in_order = list(found.values())  # where sums differ in their last digit alone, either may be first
    assert in_order == pytest.approx(list(expected.values()), rel=1e-9)
    first = index.keywords(reach, alike, {}, 5)
    assert first == pytest.approx({number: found[number] for number in first}, rel=1e-9)
    assert list(first.values()) == pytest.approx(in_order[:5], rel=1e-9)


def test_frequencies_are_those_of_fts5(pair: list[Connection]) -> None:
    terms = [*WORDS, "3.5", "東", "article", "nowhere"]
    count = len(paragraphs.paragraph_ids(pair[0]))
    expected = Keywords().frequencies(pair[0], terms, count)
    index, reach = within(pair[1], Scope().of("T1"))
    assert index.frequencies(reach, terms) == expected
    assert reach.paragraphs == count


@pytest.mark.parametrize("indexed", [False, True], ids=["exact", "hnsw"])
@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_the_nearest_are_as_many_as_there_are(
    pair: list[Connection], scope: TeamScope, indexed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the planner reckons: also where the index is asked for rows of a small part of the library."""
    monkeypatch.setattr(postgres, "EXACT_ROWS", -1 if indexed else 10**9)
    if indexed:
        pair[1].execute(text("SET LOCAL enable_seqscan = off"))
        pair[1].execute(text("SET LOCAL hnsw.max_scan_tuples = 20"))
    question = HashedEncoder().encode(["storm over the harbour at night"])[0]
    ids = inside(pair[0], scope).tolist()
    rows = pair[0].execute(select(paragraph.c.id, paragraph.c.views).where(paragraph.c.id.in_(ids)))
    cosines = {number: float((from_blob(views, 64) @ question).max()) for number, views in rows}
    for limit in (1, 7, 1000):
        index, reach = within(pair[1], scope)
        found = index.nearest(reach, question, limit)
        assert len(found) == min(limit, len(ids))
        best = sorted(cosines.values(), reverse=True)[: len(found)]
        assert [cosines[number] for number in found] == pytest.approx(best, abs=2e-3)
        beside = index.candidates(reach, question, limit, found[:2])
        assert beside == paragraphs.candidates(pair[1], sorted(found[2:]), scope)


def test_neighbours_that_are_all_known_are_not_looked_for_again(
    pair: list[Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "EXACT_ROWS", -1)
    pair[1].execute(text("SET LOCAL enable_seqscan = off"))
    question = HashedEncoder().encode(["storm over the harbour at night"])[0]
    index, reach = within(pair[1], Scope().of("T1"))
    found, asked, real = index.nearest(reach, question, 7), [], postgres._candidate_query

    def noted(*given: Any, exact: bool) -> Any:
        asked.append(exact)
        return real(*given, exact=exact)

    monkeypatch.setattr(postgres, "_candidate_query", noted)
    assert index.candidates(reach, question, 7, found) == []
    assert asked == [False]


def test_questions_that_come_at_once_take_turns_at_the_estimates(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "EXACT_ROWS", 0)
    one_at_a_time, overlaps = threading.Lock(), []

    def clock() -> float:
        if one_at_a_time.acquire(blocking=False):
            sleep(0.005)  # within the cache, where another thread would break in
            one_at_a_time.release()
        else:
            overlaps.append(True)
        return 0.0

    question = HashedEncoder().encode(["storm"])[0]
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(article("Storm", "The storm closed the harbour."))
        index = library.index
        assert isinstance(index, PostgresIndex)
        index._estimates = TTLCache(2, 60, timer=clock)

        def ask(number: int) -> list[int]:
            with library.database.reading() as connection:
                scope = Scope(since=FIRST + number % 3 * DAY).of(LOCAL_TEAM)
                return index.nearest(index.within(connection, MODEL, scope, 0), question, 1)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, range(24)))
    assert not overlaps


def test_terms_that_postgres_could_read_as_signs_are_searched_as_they_are(library: Library) -> None:
    assert postgres_rows.quoted("a'b\\c") == "'a''b\\\\c'"
    library.local.add(
        article("Signs", "A back\\slash, an O'Neill, a & b | c ! <-> d:* (e)", "x" * 5000 + " crane")
    )
    assert library.local.ask("O'Neill back slash").passages[0].citation.title == "Signs"
    assert library.local.ask("crane").passages
    assert library.check() == []


def test_what_differs_from_the_paragraphs_is_told(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        library.local.add(article("Crane", "A crane was seen.", "It flew off."))
        assert library.check() == []
        with library.database.writing() as connection:
            connection.execute(text("UPDATE keyword_term SET own = own + 1 WHERE term = 'crane'"))
            connection.execute(text("DELETE FROM paragraph_view WHERE view = 1"))
        assert len(library.check()) == 2
        library.reindex()
        assert library.check() == []
