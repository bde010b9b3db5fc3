"""How many reasons were shown in answer to "why?"."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of questions asked before it, no reason counts as shown."""
    op.add_column("question", sa.Column("reasons", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("question", "reasons")
