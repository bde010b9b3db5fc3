"""Who is logged in to the pages; the audit log takes new rows only."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REFUSAL = "the audit log takes new rows only"
_UNINSTALLED = "SELECT 1 FROM installation WHERE team_id = OLD.team_id AND removed_at IS NOT NULL"

_SQLITE = (
    f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"CREATE TRIGGER audit_kept BEFORE DELETE ON audit WHEN NOT EXISTS ({_UNINSTALLED})"
    f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)
_POSTGRES = (
    "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF TG_OP = 'DELETE' AND EXISTS ({_UNINSTALLED}) THEN RETURN OLD; END IF;"
    f" RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE FUNCTION audit_never_emptied() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit EXECUTE FUNCTION audit_never_emptied()",
)


def upgrade() -> None:
    """Add both tables and the triggers; nobody is logged in yet."""
    op.create_table(
        "web_login",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("browser", sa.String, nullable=False),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("next_path", sa.String, nullable=False),
        sa.Column("expires_at", sa.String, nullable=False),
    )
    op.create_table(
        "web_session",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("team_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String),
        sa.Column("token_id", sa.String),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("expires_at", sa.String, nullable=False),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them again."""
    names = ("audit_unchanged", "audit_kept")
    if op.get_bind().dialect.name == "sqlite":
        for name in names:
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP FUNCTION audit_append_only CASCADE")
        op.execute("DROP FUNCTION audit_never_emptied CASCADE")
    op.drop_table("web_session")
    op.drop_table("web_login")
