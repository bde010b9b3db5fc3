"""Digests with their ledger, alerts in place of watched questions, summaries asked for, who opted out."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WATCHED = """
    INSERT INTO alert
    SELECT w.question_id || '-' || w.user_id, w.team_id, w.user_id, NULL, q.channel_id, q.text, q.collections,
           0.42, NULL, NULL, 'UTC', 5, w.created_at, '[]', '[]', '[]', 0, w.created_at
    FROM watch w JOIN question q ON q.id = w.question_id AND q.team_id = w.team_id
    WHERE w.told_at IS NULL
"""


def upgrade() -> None:
    """Create the tables; whoever waited for an answer now has an alert."""
    op.create_table(
        "opt_out",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, primary_key=True),
    )
    op.create_table(
        "topic_view",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("channel_id", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("collections", sa.String),
        sa.Column("since", sa.String),
        sa.Column("until", sa.String),
        sa.Column("seen_at", sa.String, nullable=False),
        sa.Column("asked_before", sa.String),
    )
    op.create_index("topic_view_subject", "topic_view", ["team_id", "user_id", "subject", "seen_at"])
    op.create_table(
        "digest",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("owner_id", sa.String, nullable=False),
        sa.Column("channel_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("topics", sa.String, nullable=False),
        sa.Column("collections", sa.String),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("days", sa.String),
        sa.Column("month_day", sa.Integer),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("say_empty", sa.Boolean, nullable=False),
        sa.Column("least", sa.Float, nullable=False),
        sa.Column("starts_at", sa.String, nullable=False),
        sa.Column("paused_at", sa.String),
        sa.Column("paused_why", sa.String),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_index("ix_digest_team_id", "digest", ["team_id"])
    op.create_table(
        "digest_run",
        sa.Column("digest_id", sa.String, primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.String),
        sa.Column("plan", sa.String),
        sa.Column("ts", sa.String),
        sa.Column("finished_at", sa.String),
    )
    op.create_index("digest_run_state", "digest_run", ["team_id", "state"])
    op.create_table(
        "digest_story",
        sa.Column("digest_id", sa.String, primary_key=True),
        sa.Column("story_id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("article_ids", sa.String, nullable=False),
        sa.Column("told_at", sa.String),
        sa.Column("is_muted", sa.Boolean, nullable=False),
        sa.Column("is_unwanted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("channel_id", sa.String),
        sa.Column("asked_in", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("collections", sa.String),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("quiet_from", sa.String),
        sa.Column("quiet_until", sa.String),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("daily_most", sa.Integer, nullable=False),
        sa.Column("checked_at", sa.String, nullable=False),
        sa.Column("told", sa.String, nullable=False),
        sa.Column("waiting", sa.String, nullable=False),
        sa.Column("sent", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_index("alert_team", "alert", ["team_id", "created_at"])
    op.execute(_WATCHED)
    op.drop_table("watch")


def downgrade() -> None:
    """Remove them; digests and alerts are lost."""
    op.create_table(
        "watch",
        sa.Column("question_id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("told_at", sa.String),
    )
    for table in ("alert", "digest_story", "digest_run", "digest", "topic_view", "opt_out"):
        op.drop_table(table)
