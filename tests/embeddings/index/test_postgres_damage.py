"""Damage to what PostgreSQL searches in: it is noticed, and made anew by encoding again."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from embeddings.errors import StoreError
from embeddings.library import Library
from tests.conftest import article
from tests.hashed import HashedEncoder

pytestmark = pytest.mark.postgres

INDEX = {
    "words": "UPDATE keyword SET terms = to_tsvector('simple', 'other') WHERE paragraph_id = 2",
    "counted words": "UPDATE keyword_term SET own = own + 1",
    "no counted words": "DELETE FROM keyword_term",
    "no count": "DELETE FROM keyword_total",
    "words are gone": "DELETE FROM keyword WHERE paragraph_id = 2",
    "vectors": "UPDATE paragraph_view SET vector = (vector::vector * array_fill(0.5::real, "
    "ARRAY[vector_dims(vector)])::vector)::halfvec WHERE paragraph_id = 2",
    "another article's vectors": "UPDATE paragraph_view SET article_key = 3 WHERE paragraph_id = 2",
    "vectors are gone": "DELETE FROM paragraph_view WHERE paragraph_id = 2",
}


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute(statement.encode())


def filled(library: Library) -> None:
    for number in range(4):
        library.local.add(article(f"Crane {number}", f"The crane number {number} is in the harbour."))


@pytest.mark.parametrize("damage", INDEX.values(), ids=INDEX.keys())
def test_damage_to_the_index_is_noticed_and_made_anew(tmp_path: Path, postgres_url: str, damage: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        filled(library)
        assert library.check() == []
        execute(postgres_url, damage)
        (said,) = library.check()
        assert "Run `topicbot reindex`" in said
        library.reindex()
        assert library.check() == []
        found = library.local.ask("where is the crane number 1?", limit=1).passages
        assert [one.citation.article_id for one in found] == ["crane-1"]


def test_articles_that_nobody_removed_are_missed(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        filled(library)
        execute(postgres_url, "TRUNCATE article CASCADE")
        assert any("4 articles are missing that nobody removed" in one for one in library.check())


def test_a_table_that_is_gone_is_named_with_what_to_do(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        filled(library)
        execute(postgres_url, "ALTER TABLE paragraph_checksum RENAME TO elsewhere")
        try:
            with pytest.raises(StoreError, match=r"paragraph_checksum.*Restore it with pg_restore"):
                library.local.ask("where is the crane?")
        finally:
            execute(postgres_url, "ALTER TABLE elsewhere RENAME TO paragraph_checksum")


def test_what_is_kept_of_the_model_is_damaged(tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library:
        filled(library)
        execute(postgres_url, "UPDATE setting SET value = 'x' WHERE name = 'model.dim'")
        with pytest.raises(StoreError, match="topicbot reindex"):
            library.local.ask("where is the crane?")
        library.reindex()
        assert library.local.ask("where is the crane?").passages
