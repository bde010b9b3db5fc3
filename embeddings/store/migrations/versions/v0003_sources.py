"""Sources and their entries, other addresses of an article, languages and pages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; what is there already stays as it is."""
    op.add_column("article", sa.Column("language", sa.String))
    op.add_column("article", sa.Column("text_hash", sa.String))
    op.add_column("article", sa.Column("quiet", sa.Boolean, nullable=False, server_default="0"))
    op.create_index("article_team_text", "article", ["team_id", "text_hash"])
    op.add_column("paragraph", sa.Column("page", sa.Integer))
    op.create_table(
        "link",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("article_key", sa.Integer, sa.ForeignKey("article.key", ondelete="CASCADE"), nullable=False),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("source", sa.String),
        sa.UniqueConstraint("team_id", "origin", name="link_team_origin"),
    )
    op.create_index("ix_link_article_key", "link", ["article_key"])
    op.create_table(
        "source",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("collection", sa.String),
        sa.Column("keep_days", sa.Integer),
        sa.Column("added_by", sa.String),
        sa.Column("added_at", sa.String, nullable=False),
        sa.Column("checked_at", sa.String),
        sa.Column("changed_at", sa.String),
        sa.Column("next_at", sa.String, nullable=False),
        sa.Column("interval", sa.Integer, nullable=False),
        sa.Column("etag", sa.String),
        sa.Column("last_modified", sa.String),
        sa.Column("failing_since", sa.String),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.String),
        sa.Column("paused_at", sa.String),
        sa.Column("paused_by", sa.String),
        sa.Column("imported", sa.Boolean, nullable=False),
        sa.Column("claimed_by", sa.String),
        sa.Column("claimed_until", sa.String),
        sa.UniqueConstraint("team_id", "id", name="source_team_id"),
        sa.UniqueConstraint("team_id", "url", name="source_team_url"),
    )
    op.create_table(
        "entry",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("source_key", sa.Integer, sa.ForeignKey("source.key", ondelete="CASCADE"), nullable=False),
        sa.Column("guid", sa.String),
        sa.Column("url", sa.String),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("published_at", sa.String),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("waiting", sa.String),
        sa.Column("not_before", sa.String),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.String),
        sa.Column("article_key", sa.Integer, sa.ForeignKey("article.key", ondelete="SET NULL")),
        sa.Column("origin", sa.String),
        sa.Column("brought", sa.Boolean, nullable=False, server_default="0"),
    )
    op.create_index("entry_source", "entry", ["source_key", "guid"])
    op.create_index("ix_entry_article_key", "entry", ["article_key"])
    op.create_table(
        "robots",
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("fetched_at", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Forget the sources, not the articles."""
    for table in ("robots", "entry", "source", "link"):
        op.drop_table(table)
    op.drop_index("article_team_text", "article")
    for column in ("quiet", "text_hash", "language"):
        op.drop_column("article", column)
    op.drop_column("paragraph", "page")
