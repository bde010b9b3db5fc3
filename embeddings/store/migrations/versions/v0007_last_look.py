"""What the last check of each source found; a bare day is compared by its noon."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, which is filled at the next look, and move the bare days."""
    op.add_column("source", sa.Column("last_look", sa.String))
    op.execute("UPDATE article SET published_utc = published_at || 'T12:00:00' WHERE length(published_at) = 10")


def downgrade() -> None:
    """Drop it again."""
    op.execute("UPDATE article SET published_utc = published_at || 'T00:00:00' WHERE length(published_at) = 10")
    op.drop_column("source", "last_look")
