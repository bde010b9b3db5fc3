"""Deliveries count the tries in which the process ended, before each begins."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count; what waits has none yet."""
    op.add_column("delivery", sa.Column("broken_off", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("delivery", "broken_off")
