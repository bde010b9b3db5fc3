"""Articles, paragraphs with their vectors, and the keyword index over their terms."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEYWORD_INDEX = """
    CREATE VIRTUAL TABLE keyword USING fts5(
        terms, context_terms, content='paragraph', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0 tokenchars '._'"
    )
"""
_VOCABULARY = "CREATE VIRTUAL TABLE keyword_vocabulary USING fts5vocab(keyword, col)"
_OLD = (
    "INSERT INTO keyword(keyword, rowid, terms, context_terms) "
    "VALUES ('delete', old.id, old.terms, old.context_terms);"
)
_NEW = "INSERT INTO keyword(rowid, terms, context_terms) VALUES (new.id, new.terms, new.context_terms);"
_TRIGGERS = (
    f"CREATE TRIGGER paragraph_keyword_insert AFTER INSERT ON paragraph BEGIN {_NEW} END",
    f"CREATE TRIGGER paragraph_keyword_delete AFTER DELETE ON paragraph BEGIN {_OLD} END",
    "CREATE TRIGGER paragraph_keyword_update AFTER UPDATE OF terms, context_terms ON paragraph "
    f"BEGIN {_OLD} {_NEW} END",
)


def upgrade() -> None:
    """Create every table and, in SQLite, the keyword index and the triggers that keep it in step."""
    op.create_table(
        "setting",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "article",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("id_given", sa.Boolean, nullable=False),
        sa.Column("origin", sa.String),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("url", sa.String),
        sa.Column("source", sa.String),
        sa.Column("author", sa.String),
        sa.Column("published_at", sa.String),
        sa.Column("published_utc", sa.String),
        sa.Column("collection", sa.String, nullable=False),
        sa.Column("added_at", sa.String, nullable=False),
        sa.UniqueConstraint("team_id", "id", name="article_team_id"),
    )
    op.create_index("article_team_origin", "article", ["team_id", "origin"])
    op.create_index("article_team_hash", "article", ["team_id", "content_hash"])
    op.create_index("article_team_published", "article", ["team_id", "published_utc"])
    op.create_table(
        "paragraph",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("article_key", sa.Integer, sa.ForeignKey("article.key", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("heading", sa.String),
        sa.Column("terms", sa.String, nullable=False),
        sa.Column("context_terms", sa.String, nullable=False),
        sa.Column("term_hashes", sa.LargeBinary, nullable=False),
        sa.Column("sentence_spans", sa.LargeBinary, nullable=False),
        sa.Column("sentence_kinds", sa.LargeBinary, nullable=False),
        sa.Column("views", sa.LargeBinary, nullable=False),
        sa.Column("sentence_vectors", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("paragraph_article", "paragraph", ["article_key", "position"])
    op.create_index("paragraph_revision", "paragraph", ["revision"])
    op.create_table(
        "change",
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("stamp", sa.String, nullable=False),
    )
    op.create_table(
        "removal",
        sa.Column("paragraph_id", sa.Integer, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("ix_removal_revision", "removal", ["revision"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in (_KEYWORD_INDEX, _VOCABULARY, *_TRIGGERS):
            op.execute(statement)


def downgrade() -> None:
    """Remove everything; the articles are lost."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE keyword_vocabulary")
        op.execute("DROP TABLE keyword")
    for table in ("removal", "change", "paragraph", "article", "setting"):
        op.drop_table(table)
