"""What the bot itself remembers, in one database beside the library: from deliveries to digests and alerts."""

from pathlib import Path

from bot.store.tables import MIGRATIONS, SCHEMA
from embeddings.store.database import Database
from embeddings.store.postgres import PostgresDatabase

DATABASE_FILE = "bot.db"
PART = "bot"
"""The name of the bot's tables in a PostgreSQL database."""


def open_store(data_dir: Path, database_url: str | None = None) -> Database:
    """The bot's own database: the file in the data folder, or its tables in the one at `database_url`.

    What is deleted from the file is overwritten: people wrote it.
    """
    if database_url is None:
        return Database(data_dir / DATABASE_FILE, MIGRATIONS, SCHEMA, overwrite=True)
    return PostgresDatabase(database_url, PART, MIGRATIONS, SCHEMA)
