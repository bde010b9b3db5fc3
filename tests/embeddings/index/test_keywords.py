"""Keyword search with words rare and common: counts near the truth, and the work bounded by ids, not by words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, text

from bot.bench.corpus import write_new
from embeddings.encoding.paragraphs import encode_paragraphs
from embeddings.index import keywords
from embeddings.index.keywords import Keywords, best_by_bm25, best_by_terms
from embeddings.library import DATABASE_FILE
from embeddings.store import metadata
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA
from embeddings.types import LOCAL_TEAM, Article, Paragraph
from tests.hashed import HashedEncoder

PARAGRAPHS = 600


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Every paragraph says "storm", each third "harbour", each 50th "crane", one in the middle "quagga"."""
    encoder, fresh = HashedEncoder(dim=8), []
    for number in range(1, PARAGRAPHS + 1):
        words = ["storm", *(["harbour"] * (number % 3 == 0)), *(["crane"] * (number % 50 == 0))]
        words = [*words, *(["quagga"] * (number == PARAGRAPHS // 2))]
        article = Article(f"Title {number}", (Paragraph(" ".join(words)),), name=f"a{number}")
        fresh.append((article, encode_paragraphs(article.title, article.paragraphs, encoder)))
    database = SqliteDatabase(tmp_path / DATABASE_FILE, MIGRATIONS, SCHEMA)
    with database.writing() as writing:
        metadata.claim(writing, metadata.Model(encoder.name, encoder.dim, encoder.fingerprint))
        write_new(writing, fresh, LOCAL_TEAM, "2026-01-01T00:00:00+00:00")
    with database.reading() as reading:
        yield reading
    database.close()


def test_words_are_counted_and_missing_ones_left_out(connection: Connection) -> None:
    found = Keywords().frequencies(connection, ["storm", "crane", 'no"where', "quagga"], PARAGRAPHS)
    assert found == {"storm": PARAGRAPHS, "crane": 12, "quagga": 1}
    assert Keywords().frequencies(connection, [], PARAGRAPHS) == {}


def test_common_words_are_estimated(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keywords, "COUNTED", 50)
    monkeypatch.setattr(keywords, "_WIDTH", 20)
    words = Keywords()
    for _ in range(2):  # the second time from memory
        found = words.frequencies(connection, ["storm", "harbour", "crane"], PARAGRAPHS)
        assert found["storm"] == PARAGRAPHS
        assert found["harbour"] == pytest.approx(PARAGRAPHS / 3, rel=0.1)
        assert found["crane"] == 12


def test_bm25_within_what_is_allowed(connection: Connection) -> None:
    every = best_by_bm25(connection, ["crane", "quagga"], None, 40)
    assert next(iter(every)) == PARAGRAPHS // 2
    assert sorted(every) == list(range(50, PARAGRAPHS + 1, 50))
    allowed = np.array([100, 101, 350])
    inside = best_by_bm25(connection, ["crane", "quagga"], allowed, 40)
    assert inside == {number: every[number] for number in every if number in (100, 350)}
    assert best_by_bm25(connection, [], None, 40) == {}


def test_of_common_words_the_newest_paragraphs_with_most_of_them_come_first(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keywords, "_ROWS", 30)
    frequencies = {"storm": PARAGRAPHS, "harbour": PARAGRAPHS // 3}
    weights = {"storm": 0.5, "harbour": 1.0}
    found = best_by_terms(connection, frequencies, weights, None, 10)
    assert list(found) == list(range(PARAGRAPHS, PARAGRAPHS - 30, -3))
    assert set(found.values()) == {1.5}
    rare = best_by_terms(connection, {**frequencies, "crane": 12}, {**weights, "crane": 2.0}, None, 40)
    assert list(rare)[:4] == [600, 450, 300, 150]
    assert set(list(rare)[4:]) == set(range(50, PARAGRAPHS, 50)) - {150, 300, 450}
    inside = best_by_terms(connection, frequencies, weights, np.array([9, 10, 12, 31]), 10)
    assert list(inside) == [12, 9]


def test_the_vocabulary_holds_the_words_of_every_paragraph(connection: Connection) -> None:
    kept = connection.scalars(text("SELECT term FROM vocabulary"))
    assert sorted(kept) == ["crane", "harbour", "quagga", "storm"]


def test_of_many_guesses_those_that_no_paragraph_holds_are_left_out(connection: Connection) -> None:
    guesses = [f"crane{number}" for number in range(100)]
    assert Keywords().frequencies(connection, [*guesses, "crane"], PARAGRAPHS) == {"crane": 12}


def test_among_many_words_those_of_scripts_that_the_keyword_index_cuts_are_counted(connection: Connection) -> None:
    hindi, thai = "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e43\u0e0a\u0e49"
    for number, term in ((9998, hindi), (9999, thai)):
        values = {"number": number, "terms": term}
        connection.execute(
            text("INSERT INTO keyword (rowid, terms, context_terms) VALUES (:number, :terms, '')"), values
        )
    asked = [*(f"crane{number}" for number in range(31)), hindi, thai]
    assert Keywords().frequencies(connection, asked, PARAGRAPHS) == {hindi: 1, thai: 1}


def test_a_word_that_the_keyword_index_holds_in_pieces_is_counted(connection: Connection) -> None:
    connection.execute(text("INSERT INTO keyword (rowid, terms, context_terms) VALUES (9999, 'ใช้iphone', '')"))
    assert Keywords().frequencies(connection, ["iphone"], PARAGRAPHS) == {"iphone": 1}


def test_common_words_that_were_counted_are_not_estimated(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keywords, "COUNTED", 50)
    monkeypatch.setattr(keywords, "_WIDTH", 2)  # an estimate would be far off
    counts = keywords.count_words(connection, lambda: None)
    assert sorted(counts) == [("harbour", PARAGRAPHS // 3), ("storm", PARAGRAPHS)]
    keywords.keep_counts(connection, counts, PARAGRAPHS)
    asked = ["harbour", "storm", "crane"]
    exact = {"harbour": PARAGRAPHS // 3, "storm": PARAGRAPHS, "crane": 12}
    assert Keywords().frequencies(connection, asked, PARAGRAPHS) == exact
    grown = Keywords().frequencies(connection, asked, PARAGRAPHS * 6 // 5)
    assert grown == {"harbour": PARAGRAPHS * 2 // 5, "storm": PARAGRAPHS * 6 // 5, "crane": 12}


def test_words_of_removed_paragraphs_leave_the_vocabulary(connection: Connection) -> None:
    connection.execute(text("DELETE FROM paragraph WHERE terms LIKE '%quagga%'"))
    keywords.forget_words(connection, PARAGRAPHS - 1)
    assert sorted(connection.scalars(text("SELECT term FROM vocabulary"))) == ["crane", "harbour", "storm"]


def common_words(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Keep the counts of all words but "quagga", as if they were common."""
    monkeypatch.setattr(keywords, "COUNTED", 10)
    counts = keywords.count_words(connection, lambda: None)
    keywords.keep_counts(connection, counts, PARAGRAPHS)
    return counts


def test_a_common_word_whose_paragraphs_are_removed_is_common_no_more(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    common_words(connection, monkeypatch)
    connection.execute(text("DELETE FROM paragraph WHERE terms LIKE '%crane%' AND id > 100"))
    left = {"storm": PARAGRAPHS - 10, "crane": 2}
    assert Keywords().frequencies(connection, ["storm", "crane"], PARAGRAPHS - 10) == left
    keywords.forget_words(connection, PARAGRAPHS - 10)
    kept = connection.execute(text("SELECT term, held FROM vocabulary WHERE term IN ('storm', 'crane')"))
    assert sorted(map(tuple, kept)) == [("crane", 0), ("storm", PARAGRAPHS - 10)]
    others = Keywords().frequencies(connection, ["storm", "crane"], PARAGRAPHS)  # others have come since
    assert others == {"storm": PARAGRAPHS, "crane": 2}


def test_counts_bring_back_no_word_that_has_left(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = common_words(connection, monkeypatch)
    connection.execute(text("DELETE FROM vocabulary WHERE term = 'crane'"))
    keywords.keep_counts(connection, counts, PARAGRAPHS)
    assert sorted(connection.scalars(text("SELECT term FROM vocabulary"))) == ["harbour", "quagga", "storm"]
    assert Keywords().frequencies(connection, ["crane"], PARAGRAPHS)["crane"] >= 10


def test_a_lost_vocabulary_is_made_anew_from_the_keyword_index(connection: Connection) -> None:
    connection.execute(text("DELETE FROM vocabulary WHERE term <> 'storm'"))
    keywords.collect_words(connection)
    kept = connection.scalars(text("SELECT term FROM vocabulary"))
    assert sorted(kept) == ["crane", "harbour", "quagga", "storm"]
