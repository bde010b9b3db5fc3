"""A library that was made before headings were part of the text: it answers, and can be brought up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from embeddings.library import Library
from embeddings.types import Article, Outcome, Paragraph
from tests.hashed import HashedEncoder

HOUSE = Article(
    "Rules of the house",
    (
        Paragraph("The door is open from seven.", "Doors"),
        Paragraph("No. It may only join the guest network.", "Visitors › May I bring my own phone?"),
        Paragraph("Guest: Ann · Room: 12", "Visitors", table=True, label="iv"),
    ),
    "rules",
    origin="file:///rules.md",
)
PLAIN = Article("Crane", (Paragraph("A crane was seen."),), "crane", origin="file:///crane.txt")


def made_before(folder: Path) -> None:
    """A library as the schema before this one left it."""
    with Library(folder, HashedEncoder()) as library:
        library.local.add(HOUSE)
        library.local.add(PLAIN)
    with sqlite3.connect(folder / "library.db") as connection:
        connection.execute("ALTER TABLE article DROP COLUMN encoding")
        connection.execute("ALTER TABLE paragraph DROP COLUMN is_table")
        connection.execute("ALTER TABLE paragraph DROP COLUMN label")
        connection.execute("ALTER TABLE source DROP COLUMN last_look")
        connection.execute("DROP TRIGGER paragraph_vocabulary_insert")
        connection.execute("DROP TRIGGER paragraph_vocabulary_update")
        connection.execute("DROP TABLE vocabulary")
        connection.execute("DROP INDEX article_team_title")
        connection.execute("DROP TABLE paragraph_checksum")
        for table in ("article", "link", "telling"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
        connection.execute("DELETE FROM setting WHERE name = 'articles'")
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
    connection.close()


def test_a_library_made_before_answers_and_asks_to_be_reindexed(tmp_path: Path) -> None:
    made_before(tmp_path)
    with Library(tmp_path, HashedEncoder()) as library:
        assert library.outdated == 2
        assert library.local.ask("may I bring my own phone").passages
        library.reindex()
        assert library.outdated == 0


def test_adding_again_brings_it_up_to_date(tmp_path: Path) -> None:
    made_before(tmp_path)
    with Library(tmp_path, HashedEncoder()) as library:
        assert library.local.add(PLAIN).outcome is Outcome.UPDATED
        assert library.local.add(HOUSE).outcome is Outcome.UPDATED
        assert library.outdated == 0
        assert library.local.add(HOUSE).outcome is Outcome.UNCHANGED


def test_path_table_and_label_are_kept_and_searched(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        added = library.local.add(HOUSE)
        assert library.local.article(added.article_id).paragraphs == HOUSE.paragraphs
        best = library.local.ask("phone visitors").passages[0]
        assert (best.heading, best.table) == ("Visitors › May I bring my own phone?", False)
        row = next(one for one in library.local.ask("guest Ann room").passages if one.paragraph == 2)
        assert (row.table, row.label) == (True, "iv")
