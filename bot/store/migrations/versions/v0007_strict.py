"""Whether a question's period is a bound, or only comes first."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; every period before it was a bound."""
    op.add_column("question", sa.Column("strict", sa.Boolean, nullable=False, server_default="1"))


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("question", "strict")
