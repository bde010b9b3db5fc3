"""Tables, printed page labels, and with which encoding an article was encoded: 1 left its headings out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is stored stays as it is and can be searched as before."""
    op.add_column("article", sa.Column("encoding", sa.Integer, nullable=False, server_default="1"))
    op.add_column("paragraph", sa.Column("is_table", sa.Boolean, nullable=False, server_default="0"))
    op.add_column("paragraph", sa.Column("label", sa.String))
    # What has neither headings nor rows of tables is encoded today as it was then.
    op.execute(
        "UPDATE article SET encoding = 2 WHERE NOT EXISTS (SELECT 1 FROM paragraph"
        " WHERE article_key = article.key AND (heading IS NOT NULL OR text LIKE '% | %'))"
    )
