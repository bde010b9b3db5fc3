"""The words of the texts in a table of their own, with how many paragraphs hold the common ones."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LARGE, _COMMON = 15_000, 1000
_VOCABULARY = """
    CREATE TABLE vocabulary (
        term TEXT PRIMARY KEY, held INTEGER NOT NULL DEFAULT 0, paragraphs INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
"""
# JSON's own quoting first: whatever characters the terms have, what is split is an array.
_WORDS = (
    "SELECT value FROM json_each('[' || "
    "replace(json_quote(replace(new.terms, char(10), ' ')), ' ', '\",\"') || ']') WHERE value <> ''"
)
_TRIGGERS = (
    "CREATE TRIGGER paragraph_vocabulary_insert AFTER INSERT ON paragraph "
    f"BEGIN INSERT OR IGNORE INTO vocabulary (term) {_WORDS}; END",
    "CREATE TRIGGER paragraph_vocabulary_update AFTER UPDATE OF terms ON paragraph "
    f"BEGIN INSERT OR IGNORE INTO vocabulary (term) {_WORDS}; END",
)
_FILL = """
    INSERT INTO vocabulary
    SELECT term, CASE WHEN doc > :common AND :count > :large THEN doc ELSE 0 END, :count
    FROM keyword_vocabulary WHERE col = 'terms'
"""


def upgrade() -> None:
    """Add the table in SQLite, filled from the keyword index alone: seconds for a million paragraphs.

    When that is damaged the table stays empty: `reindex`, which has to open the library first, makes both anew.
    PostgreSQL keeps the same in `keyword_term`.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for statement in (_VOCABULARY, *_TRIGGERS):
        op.execute(statement)
    count = connection.scalar(sa.text("SELECT count(*) FROM paragraph"))
    try:
        connection.execute(sa.text(_FILL), {"common": _COMMON, "large": _LARGE, "count": count})
    except sa.exc.OperationalError:  # a full disk, say, which ends the transaction
        raise
    except sa.exc.DatabaseError:
        return


def downgrade() -> None:
    """Drop it again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "update"):
            op.execute(f"DROP TRIGGER paragraph_vocabulary_{name}")
        op.execute("DROP TABLE vocabulary")
