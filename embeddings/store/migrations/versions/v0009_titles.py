"""An index of titles, by which the papers of a series are found."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the titles; in SQLite as its LIKE compares them, whatever their case."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE INDEX article_team_title ON article (team_id, title COLLATE NOCASE)")
    else:
        op.create_index("article_team_title", "article", ["team_id", "title"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("article_team_title", "article")
