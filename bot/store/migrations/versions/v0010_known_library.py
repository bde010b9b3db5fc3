"""Which library the bot worked with, and how much was in it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the next start fills it."""
    op.create_table(
        "known_library",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("library_id", sa.String, nullable=False),
        sa.Column("articles", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("known_library")
