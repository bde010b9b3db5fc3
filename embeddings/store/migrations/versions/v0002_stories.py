"""Which story each article tells."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; articles that are there already are placed when the library is next used."""
    op.create_table(
        "telling",
        sa.Column("article_key", sa.Integer, sa.ForeignKey("article.key", ondelete="CASCADE"), primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("story_id", sa.String, nullable=False),
        sa.Column("moment", sa.String, nullable=False),
        sa.Column("copy_of", sa.Integer),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("marks", sa.LargeBinary, nullable=False),
    )
    op.create_index("telling_moment", "telling", ["team_id", "moment"])
    op.create_index("telling_story", "telling", ["team_id", "story_id"])


def downgrade() -> None:
    """Forget which story each article tells."""
    op.drop_table("telling")
