"""What PostgreSQL searches in. SQLite has its keyword index and FAISS in its place."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE keyword (
        paragraph_id integer PRIMARY KEY REFERENCES paragraph (id) ON DELETE CASCADE,
        article_key integer NOT NULL REFERENCES article (key) ON DELETE CASCADE,
        tokens integer NOT NULL,
        terms tsvector NOT NULL
    )
    """,
    # Without a list of entries that wait, which every search would have to read through.
    "CREATE INDEX keyword_terms ON keyword USING gin (terms) WITH (fastupdate = off)",
    "CREATE INDEX keyword_article ON keyword (article_key)",
    """
    CREATE TABLE keyword_term (
        term text COLLATE "C" PRIMARY KEY,
        anywhere integer NOT NULL,
        own integer NOT NULL
    ) WITH (fillfactor = 70)
    """,
    "CREATE TABLE keyword_total (paragraphs bigint NOT NULL, tokens bigint NOT NULL)",
    "INSERT INTO keyword_total VALUES (0, 0)",
    """
    CREATE TABLE paragraph_view (
        paragraph_id integer NOT NULL REFERENCES paragraph (id) ON DELETE CASCADE,
        view smallint NOT NULL,
        article_key integer NOT NULL REFERENCES article (key) ON DELETE CASCADE,
        vector halfvec NOT NULL,
        PRIMARY KEY (paragraph_id, view)
    )
    """,
    "CREATE INDEX paragraph_view_article ON paragraph_view (article_key)",
    # Half-precision numbers hardly shrink: packing them costs time and saves nothing.
    "ALTER TABLE paragraph ALTER COLUMN views SET STORAGE EXTERNAL",
    "ALTER TABLE paragraph ALTER COLUMN sentence_vectors SET STORAGE EXTERNAL",
    "ALTER TABLE paragraph ALTER COLUMN term_hashes SET STORAGE EXTERNAL",
)


def upgrade() -> None:
    """Create them; `store.postgres_rows` says what they hold."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in _TABLES:
            op.execute(statement)


def downgrade() -> None:
    """Remove them; `topicbot reindex` fills them again."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("paragraph_view", "keyword_total", "keyword_term", "keyword"):
            op.execute(f"DROP TABLE {table}")
