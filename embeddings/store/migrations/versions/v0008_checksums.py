"""A checksum of every row that is shown, cited or scored, and which articles there are in all."""

import sqlalchemy as sa
from alembic import op

from embeddings.store.checksums import checksum
from embeddings.store.roll import of_keys

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BATCH = 500
_PARTS = (
    ("article_key", "position", "text", "heading", "page", "is_table", "label", "sentence_spans"),
    ("article_key", "term_hashes", "views", "sentence_vectors", "sentence_kinds"),
    ("terms", "context_terms"),
)
_ROWS = {
    "article": (
        "key", "team_id", "id", "id_given", "origin", "content_hash", "title", "url", "source", "author",
        "published_at", "published_utc", "collection", "added_at", "language", "text_hash", "quiet",
    ),
    "link": ("article_key", "team_id", "origin", "url", "title", "source"),
    "telling": ("article_key", "team_id", "story_id", "moment", "copy_of", "vector", "marks"),
}  # fmt: skip
_KEYS = {"article": "key", "link": "key", "telling": "article_key"}


def upgrade() -> None:
    """Add the checksums and fill them from the rows as they are: each is read once, no paragraph is written."""
    connection = op.get_bind()
    op.create_table(
        "paragraph_checksum",
        sa.Column("paragraph_id", sa.Integer, sa.ForeignKey("paragraph.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("shown", sa.BigInteger, nullable=False),
        sa.Column("scored", sa.BigInteger, nullable=False),
        sa.Column("indexed", sa.BigInteger, nullable=False),
    )
    for table in _ROWS:
        op.add_column(table, sa.Column("checksum", sa.BigInteger))
        _seal(connection, table)
    _seal_paragraphs(connection)
    roll = of_keys(connection.scalars(sa.text("SELECT key FROM article")))
    if roll.count:
        statement = sa.text("INSERT INTO setting (name, value) VALUES ('articles', :roll)")
        connection.execute(statement, {"roll": roll.packed()})


def downgrade() -> None:
    """Drop them again."""
    for table in _ROWS:
        op.drop_column(table, "checksum")
    op.drop_table("paragraph_checksum")
    op.execute("DELETE FROM setting WHERE name = 'articles'")


def _seal(connection: sa.Connection, table: str) -> None:
    key, columns = _KEYS[table], _ROWS[table]
    found = connection.execute(sa.text(f"SELECT {', '.join((key, *columns))} FROM {table}")).all()  # noqa: S608
    statement = sa.text(f"UPDATE {table} SET checksum = :sum WHERE {key} = :one")  # noqa: S608
    for start in range(0, len(found), _BATCH):
        some = found[start : start + _BATCH]
        connection.execute(statement, [{"one": row[0], "sum": checksum(*row[1:])} for row in some])


def _seal_paragraphs(connection: sa.Connection) -> None:
    columns = [name for part in _PARTS for name in part]
    query = sa.text(
        f"SELECT id, {', '.join(columns)} FROM paragraph WHERE id > :last ORDER BY id LIMIT {_BATCH}"  # noqa: S608
    )
    statement = sa.text("INSERT INTO paragraph_checksum VALUES (:one, :shown, :scored, :indexed)")
    first, second = len(_PARTS[0]), len(_PARTS[0]) + len(_PARTS[1])
    last = 0
    while rows := connection.execute(query, {"last": last}).all():
        last = rows[-1][0]
        values = [(row[0], row[1:]) for row in rows]
        connection.execute(
            statement,
            [
                {
                    "one": number,
                    "shown": checksum(*of[:first]),
                    "scored": checksum(*of[first:second]),
                    "indexed": checksum(*of[second:]),
                }
                for number, of in values
            ],
        )
