"""Open what the settings name, the encoder and the bot's own database; return memory that was freed."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Settings
    from embeddings import Database
    from embeddings.encoding.encoder import SentenceTransformerEncoder
    from embeddings.search.rerank import Reranker


def trim_heap() -> None:
    """Return to the system what was freed, where it is Linux with glibc."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def open_encoder(settings: Settings) -> SentenceTransformerEncoder:
    """Return the model of the settings; nothing is loaded yet. A converted model is kept for the next start."""
    from embeddings.encoding.encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(
        settings.embedding_model, backend=settings.encoder_backend, cache=settings.models_folder
    )


def open_reranker(settings: Settings) -> Reranker | None:
    """Return the reranker of the settings, if they name one; nothing is loaded yet."""
    from embeddings.search.rerank import CrossEncoder

    return CrossEncoder(settings.reranker) if settings.reranker else None


@contextmanager
def opened_store(settings: Settings) -> Iterator[Database]:
    """Open what the bot remembers, beside the library. Raises `StoreError`, also when it was lost."""
    from bot.store.lost import check_store

    if settings.database is None:
        check_store(settings.data_dir)
    store = open_store(settings.data_dir, settings.database)
    try:
        yield store
    finally:
        store.close()


DATABASE_FILE = "bot.db"
PART = "bot"
"""The name of the bot's tables in a PostgreSQL database."""


def open_store(data_dir: Path, database_url: str | None = None) -> Database:
    """Return the bot's own database: the file in the data folder, or its tables in the one at `database_url`.

    What is deleted from the file is overwritten: people wrote it.
    """
    from bot.store.tables import MIGRATIONS, SCHEMA
    from embeddings import PostgresDatabase, SqliteDatabase

    if database_url is None:
        return SqliteDatabase(data_dir / DATABASE_FILE, MIGRATIONS, SCHEMA)
    return PostgresDatabase(database_url, PART, MIGRATIONS, SCHEMA)
