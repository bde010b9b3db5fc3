"""Tokens for the pages, the API and MCP, and the log of who did what there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables; nobody has a token yet."""
    op.create_table(
        "api_token",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("collections", sa.String),
        sa.Column("may_write", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("expires_at", sa.String),
        sa.Column("revoked_at", sa.String),
    )
    op.create_index("api_token_digest", "api_token", ["digest"], unique=True)
    op.create_table(
        "audit",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("caller", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("status", sa.Integer, nullable=False),
    )
    op.create_index("audit_team", "audit", ["team_id", "at"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("audit")
    op.drop_table("api_token")
