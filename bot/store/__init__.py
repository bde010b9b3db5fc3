"""What the bot itself remembers, in one database beside the library: from deliveries to digests and alerts."""

from pathlib import Path

from bot.store.tables import MIGRATIONS, SCHEMA
from embeddings.store.database import Database

DATABASE_FILE = "bot.db"


def open_store(data_dir: Path) -> Database:
    """The bot's own database in the data folder. What is deleted from it is overwritten: people wrote it."""
    return Database(data_dir / DATABASE_FILE, MIGRATIONS, SCHEMA, overwrite=True)
