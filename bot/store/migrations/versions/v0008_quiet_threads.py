"""Threads without unasked answers, the answer to each message, and how many passages a question has shown."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; every question before them has shown one page."""
    op.create_table(
        "quiet_thread",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("channel_id", sa.String, primary_key=True),
        sa.Column("thread_ts", sa.String, primary_key=True),
        sa.Column("since", sa.String, nullable=False),
    )
    op.create_table(
        "answer_message",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("channel_id", sa.String, primary_key=True),
        sa.Column("message_ts", sa.String, primary_key=True),
        sa.Column("reply_ts", sa.String, nullable=False),
        sa.Column("posted_at", sa.String, nullable=False),
    )
    op.create_index("answer_message_posted", "answer_message", ["posted_at"])
    op.add_column("question", sa.Column("shown", sa.Integer, nullable=False, server_default="3"))


def downgrade() -> None:
    """Drop them again."""
    op.drop_column("question", "shown")
    op.drop_table("answer_message")
    op.drop_table("quiet_thread")
