"""Workspaces that install the app, installations that were begun, and whose a delivery is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; no workspace has installed the app yet."""
    op.add_column("delivery", sa.Column("team_id", sa.String))
    op.create_table(
        "installation",
        sa.Column("team_id", sa.String, primary_key=True),
        sa.Column("enterprise_id", sa.String),
        sa.Column("bot_id", sa.String, nullable=False),
        sa.Column("bot_user_id", sa.String, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("sealed", sa.String),
        sa.Column("expires_at", sa.String),
        sa.Column("installed_at", sa.String, nullable=False),
        sa.Column("removed_at", sa.String),
    )
    op.create_table(
        "install_state",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("expires_at", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Remove them; every workspace has to install the app again."""
    for table in ("install_state", "installation"):
        op.drop_table(table)
    op.drop_column("delivery", "team_id")
