"""What the last look at each source found."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is filled at the next look."""
    op.add_column("source", sa.Column("last_look", sa.String))


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("source", "last_look")
