"""Correction beside a million words: as quick and as small as beside a few, and right."""

from __future__ import annotations

import random
import sqlite3
import tracemalloc
from collections.abc import Iterator
from time import process_time

import pytest

from embeddings.library import DATABASE_FILE, Library
from tests.conftest import article
from tests.hashed import HashedEncoder

WORDS, IN_A_ROW = 1_000_000, 250
TYPED, MEANT = "where did the craen cross the Kessenich canal?", "crane"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library whose keyword index holds a million words beside those of one article."""
    folder = tmp_path_factory.mktemp("words")
    with Library(folder, HashedEncoder()) as library:
        library.local.add(article("The crane", "The crane crossed the Kessenich canal at dusk.", id="crane"))
    chance = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(5, 12))) for _ in range(WORDS)]
    rows = ((1_000 + start, " ".join(words[start : start + IN_A_ROW]), "") for start in range(0, WORDS, IN_A_ROW))
    with sqlite3.connect(folder / DATABASE_FILE) as database:
        database.executemany("INSERT INTO keyword (rowid, terms, context_terms) VALUES (?, ?, ?)", rows)
    with Library(folder, HashedEncoder()) as library:
        yield library


@pytest.mark.slow
def test_a_word_is_read_as_the_librarys_among_a_million(large: Library) -> None:
    found = large.local.ask(TYPED)
    assert found.corrected == {"craen": MEANT}
    assert found.passages[0].citation.article_id == "crane"


@pytest.mark.slow
def test_correction_beside_a_million_words_takes_no_more_than_a_moment(large: Library) -> None:
    worst = " ".join("".join(random.Random(n).choices("qxzkwv", k=20)) for n in range(40))
    for question in (TYPED, worst):
        large.local.measure(question, literal=False)  # dictionaries are loaded
        tracemalloc.start()
        began = process_time()
        large.local.measure(question, literal=False)
        took, (_, peak) = process_time() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took < 5
        assert peak < 50_000_000
