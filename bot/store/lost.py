"""A library that was here and is gone is never taken for a new one."""

from __future__ import annotations

import json
from pathlib import Path

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


def _left(folder: Path) -> list[str]:
    names = [name for name in (STORE_FILE, BACKUP_FILE) if _size(folder / name)]
    return [*names, *([f"{INDEX_FOLDER}/"] if any((folder / INDEX_FOLDER).glob("*")) else [])]


def _known(folder: Path) -> str:
    """Return what the last backup's record says that the library held."""
    try:
        fields = json.loads((folder / BACKUP_FILE).read_text(encoding="utf-8"))
        return f", with {int(fields['articles']):,} articles in {fields['file']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
