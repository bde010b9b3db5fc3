"""Checksums of rows: the same in both databases, and given to libraries that were made before."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from embeddings.library import Library
from embeddings.store.checksums import checksum
from embeddings.store.roll import Roll, of_keys
from tests.conftest import article
from tests.hashed import HashedEncoder

VALUES = ("Größe", b"\x00\xff", 7, True, None)


def test_a_checksum_stays_what_it_is() -> None:
    assert checksum(*VALUES) == 2_116_874_716  # stored in libraries: another way of counting needs a migration


@pytest.mark.parametrize("place", range(len(VALUES)))
def test_every_value_counts(place: int) -> None:
    other: list[object] = [*VALUES]
    other[place] = "" if VALUES[place] is None else None
    assert checksum(*other) != checksum(*VALUES)


def test_truth_values_are_the_numbers_that_sqlite_keeps() -> None:
    assert checksum(True, False) == checksum(1, 0)


def test_a_roll_misses_and_finds_any_key() -> None:
    assert of_keys(range(9)) == of_keys(reversed(range(9)))
    assert len({of_keys({*range(9)} - {gone}) for gone in range(9)}) == 9
    assert Roll.unpack(of_keys([3, 4]).packed()) == of_keys([4, 3])
    assert Roll.unpack("rubbish") is None


OLDER = (
    "DROP INDEX article_team_title",
    "DROP TABLE paragraph_checksum",
    *(f"ALTER TABLE {table} DROP COLUMN checksum" for table in ("article", "link", "telling")),
    "DELETE FROM setting WHERE name = 'articles'",
)
NEWER_POSTGRES = ("DROP FUNCTION mark_written CASCADE",)
NEWER_SQLITE = (
    "DROP TRIGGER paragraph_vocabulary_insert",
    "DROP TRIGGER paragraph_vocabulary_update",
    "DROP TABLE vocabulary",
)


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_library_made_before_gets_its_checksums(
    tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    if store == "sqlite":
        _is_brought_up(tmp_path, None)
        return
    server = request.getfixturevalue("postgres")
    with server.fresh() as name:
        _is_brought_up(tmp_path, server.url(name))


def _is_brought_up(tmp_path: Path, url: str | None) -> None:
    version = "library_version" if url else "alembic_version"
    with Library(tmp_path, HashedEncoder(), database_url=url) as library:
        for number in range(3):
            library.local.add(article(f"Crane {number}", "A crane was seen.", f"It lifts {number} tonnes."))
        with library.database.writing() as connection:
            for statement in (
                *(NEWER_POSTGRES if url else NEWER_SQLITE),
                *OLDER,
                f"UPDATE {version} SET version_num = '0007'",  # noqa: S608 a fixed name
            ):
                connection.execute(text(statement))
    with Library(tmp_path, HashedEncoder(), database_url=url) as library:
        assert library.check() == []
        assert len(library.local.articles()) == 3
        assert library.local.ask("what lifts the crnae?").corrected == {"crnae": "crane"}
        assert library.local.ask("what was seen?").passages
        library.local.remove("crane-1")
        library.local.add(article("Crane 3", "A crane was seen."))
        assert library.check() == []


def test_a_library_with_a_damaged_keyword_index_is_brought_up_and_mended(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Crane", "A crane was seen.", "It lifts four tonnes."))
        with library.database.writing() as connection:
            for statement in (
                *NEWER_SQLITE,
                "UPDATE keyword_data SET block = x'00' WHERE id > 10",
                "UPDATE alembic_version SET version_num = '0009'",
            ):
                connection.execute(text(statement))
    with Library(tmp_path, HashedEncoder()) as library:
        assert any("keyword index" in fault for fault in library.check())
        library.reindex()
        assert library.check() == []
        assert library.local.ask("what lifts the crnae?").corrected == {"crnae": "crane"}
        with library.database.writing() as connection:
            connection.execute(text("DELETE FROM vocabulary"))
        assert library.local.ask("what lifts four tonnes?").passages
        assert library.local.ask("what lifts the crnae?") is not None
        library.reindex()
        assert library.local.ask("what lifts the crnae?").corrected == {"crnae": "crane"}
