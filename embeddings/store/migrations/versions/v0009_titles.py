"""An index of titles, by which the papers of a series are found, and PostgreSQL's mark of who wrote last."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MARKING = ("article", "link", "paragraph", "paragraph_checksum", "setting", "telling")
"""The tables that an answer shows something of."""

# Once in a transaction: every further version of the row would make it slower to read until the commit. In the
# table's own schema, as a restored dump writes with another search path.
_MARK = """
    CREATE FUNCTION mark_written() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'UPDATE %I.keyword_total SET paragraphs = paragraphs WHERE xmin <> pg_current_xact_id()::xid',
            TG_TABLE_SCHEMA
        );
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    """Index the titles; in SQLite as its LIKE compares them, whatever their case.

    In PostgreSQL triggers write the row of `keyword_total`, so that processes of an earlier version mark it too.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE INDEX article_team_title ON article (team_id, title COLLATE NOCASE)")
    else:
        op.create_index("article_team_title", "article", ["team_id", "title"])
        op.execute(_MARK)
        for table in _MARKING:
            op.execute(
                f"CREATE TRIGGER {table}_written AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION mark_written()"
            )


def downgrade() -> None:
    """Drop them again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION mark_written CASCADE")
    op.drop_index("article_team_title", "article")
