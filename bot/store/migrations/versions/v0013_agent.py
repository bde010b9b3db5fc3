"""Visits of the Home tab, channels on screen, sessions that were stopped, and the workspaces of organisations."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "home_visit",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("opened_at", sa.String, nullable=False),
        sa.Column("new_since", sa.String, nullable=False),
    )
    op.create_table(
        "on_screen",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("channel_id", sa.String),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "stopped_session",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("channel_id", sa.String, primary_key=True),
        sa.Column("thread_ts", sa.String, primary_key=True),
        sa.Column("stopped_ts", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "org_workspace",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("enterprise_id", sa.String, nullable=False),
    )
    op.create_index("org_workspace_enterprise", "org_workspace", ["enterprise_id"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("org_workspace")
    op.drop_table("stopped_session")
    op.drop_table("on_screen")
    op.drop_table("home_visit")
