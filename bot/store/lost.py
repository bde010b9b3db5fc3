"""A library or a bot's memory that was here and is gone is never taken for a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from embeddings.errors import StoreError
from embeddings.library import DATABASE_FILE, INDEX_FOLDER

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
