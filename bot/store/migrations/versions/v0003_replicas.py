"""Who holds a delivery, and leases on what one process at a time does for all."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; what waits is held by nobody."""
    op.add_column("delivery", sa.Column("held_by", sa.String))
    op.add_column("delivery", sa.Column("held_until", sa.String))
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("lease")
    for column in ("held_until", "held_by"):
        op.drop_column("delivery", column)
