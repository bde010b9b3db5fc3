"""A library or a bot's memory that was here and is gone is never taken for a new one."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.store.tables import known_library
from embeddings.errors import StoreError
from embeddings.library import DATABASE_FILE, INDEX_FOLDER

if TYPE_CHECKING:
    from embeddings import Database
    from embeddings.library import Library

STORE_FILE, BACKUP_FILE = "bot.db", "last-backup.json"


class LibraryLostError(StoreError):
    """The library's file is missing or empty, but what belonged to it is there."""


def check_library(folder: Path) -> None:
    """Raise `LibraryLostError` when the folder holds what belongs to a library, and no library.

    Opening it would begin an empty one, which answers "nothing" to everything and is backed up over good ones.
    """
    library = folder / DATABASE_FILE
    if _size(library) or not (left := _left(folder)):
        return
    state = "is empty (0 bytes)" if library.exists() else "is missing"
    raise LibraryLostError(
        f"{library} {state}, but {' and '.join(left)} belong to a library that was there{_known(folder)}. Restore "
        f"a backup with `topicbot restore FILE --force`; to begin an empty library, move {folder} away first."
    )


class MemoryLostError(StoreError):
    """The file with what the bot remembers is missing or empty, but the last backup held it."""


def check_store(folder: Path) -> None:
    """Raise `MemoryLostError` when the bot's file is gone that the last backup held.

    Opening it would begin an empty one: digests and alerts would end without a word, and the next backup
    would hold none of them.
    """
    store, record = folder / STORE_FILE, _record(folder)
    if _size(store) or not record.get("has_memory"):
        return
    state = "is empty (0 bytes)" if store.exists() else "is missing"
    raise MemoryLostError(
        f"{store} {state}, but the last backup, {record.get('file')}, holds what the bot remembered: "
        "digests, alerts, questions. Restore it with `topicbot restore FILE --force`; to begin without it, remove "
        f"{folder / BACKUP_FILE}."
    )


def _record(folder: Path) -> dict[str, Any]:
    """Return what is kept about the last backup; nothing when that can't be read."""
    try:
        fields = json.loads((folder / BACKUP_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}


_NAME = "library"


def check_known(store: Database, library: Library) -> None:
    """Raise `LibraryLostError` when this isn't the library that the bot worked with, but another or an empty one.

    In PostgreSQL no file tells that a library was there.
    """
    known, (own_id, count) = _known_library(store), library.identity()
    if known is None or known.library_id == own_id:
        return
    raise LibraryLostError(
        f"{library.database.name} holds another library, with {count:,} articles, than the bot worked with until "
        f"{known.seen_at[:16].replace('T', ' ')} UTC, which held {known.articles:,}. Restore that one from a "
        "backup (in PostgreSQL, with pg_restore). If the change is meant, run `topicbot doctor --accept-library`."
    )


def shrunk(store: Database, library: Library) -> str | None:
    """Return a warning when the library has lost more than half of the articles that the bot saw in it last."""
    known, (_, count) = _known_library(store), library.identity()
    if known is None or count >= known.articles / 2:
        return None
    return (
        f"the library holds {count:,} articles, and held {known.articles:,} at "
        f"{known.seen_at[:16].replace('T', ' ')} UTC"
    )


def remember(store: Database, library: Library, now: datetime) -> None:
    """Keep which library the bot works with, and how many articles it holds; one without an id holds none yet."""
    own_id, count = library.identity()
    if own_id is None:
        return
    values = {"library_id": own_id, "articles": count, "seen_at": to_text(now)}
    kept = insert(known_library).values(name=_NAME, **values)
    with store.writing() as connection:
        connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_=values))


def forget(store: Database) -> None:
    """Take whatever library is there from now on."""
    with store.writing() as connection:
        connection.execute(delete(known_library))


def _known_library(store: Database) -> Row[Any] | None:
    with store.reading() as connection:
        return connection.execute(select(known_library)).first()


def _left(folder: Path) -> list[str]:
    names = [name for name in (STORE_FILE, BACKUP_FILE) if _size(folder / name)]
    return [*names, *([f"{INDEX_FOLDER}/"] if any((folder / INDEX_FOLDER).glob("*")) else [])]


def _known(folder: Path) -> str:
    """Return what the last backup's record says that the library held."""
    try:
        fields = _record(folder)
        return f", with {int(fields['articles']):,} articles in {fields['file']}"
    except (ValueError, KeyError, TypeError):
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
