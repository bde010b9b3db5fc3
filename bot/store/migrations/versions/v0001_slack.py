"""Deliveries, questions, bound channels and watched questions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "delivery",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("listener", sa.String, nullable=False),
        sa.Column("body", sa.String),
        sa.Column("received_at", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("done_at", sa.String),
    )
    op.create_index("delivery_open", "delivery", ["done_at", "received_at"])
    op.create_table(
        "question",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("channel_id", sa.String, nullable=False),
        sa.Column("thread_ts", sa.String),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("collections", sa.String),
        sa.Column("since", sa.String),
        sa.Column("until", sa.String),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("asked_at", sa.String, nullable=False),
        sa.Column("helpful", sa.Boolean),
        sa.Column("reason", sa.String),
    )
    op.create_index("question_thread", "question", ["team_id", "channel_id", "thread_ts", "asked_at"])
    op.create_index("question_asked", "question", ["asked_at"])
    op.create_table(
        "binding",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("channel_id", sa.String, primary_key=True),
        sa.Column("collection", sa.String, primary_key=True),
    )
    op.create_table(
        "watch",
        sa.Column("question_id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("told_at", sa.String),
    )


def downgrade() -> None:
    """Remove everything; what the bot remembered is lost."""
    for table in ("watch", "binding", "question", "delivery"):
        op.drop_table(table)
