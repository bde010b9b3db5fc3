"""Alembic's entry: runs the migrations on the connection that the store hands over."""

from alembic import context

from bot.store.tables import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=metadata,
    version_table=given.get("version_table", "alembic_version"),
    on_version_apply=given.get("on_version_apply", ()),
)
context.run_migrations()
