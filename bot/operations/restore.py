"""`topicbot restore`: puts a backup in place of the data folder, all of it or nothing."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.operations.archive import BackupError, Manifest, look_over, unpack
from bot.operations.backup import LAST_FILE, leftovers, staging_folder, sync
from bot.resources import DATABASE_FILE as STORE_FILE
from bot.store.leases import LOCK_FILE, lock_data_dir
from bot.store.tables import MIGRATIONS as STORE_MIGRATIONS
from bot.store.tables import SCHEMA as STORE_SCHEMA
from embeddings import SqliteDatabase
from embeddings.library import DATABASE_FILE, LIBRARY_MIGRATIONS, LIBRARY_SCHEMA

_MIGRATIONS = {DATABASE_FILE: (LIBRARY_MIGRATIONS, LIBRARY_SCHEMA), STORE_FILE: (STORE_MIGRATIONS, STORE_SCHEMA)}
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where the folder that was there before is now, if it held anything."""

    manifest: Manifest
    before: Path | None


def restore(
    file: Path, folder: Path, *, replace: bool = False, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Restored:
    """Put the backup in place of the data folder. What was there is kept beside it.

    Everything is unpacked beside the folder, compared with the manifest, checked by SQLite and upgraded to today's
    schema first; then the two folders change places. Raises `BackupError`, and `SettingsError` while `topicbot
    run` works with the folder; then nothing was changed.
    """
    folder = folder.resolve()
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if held.isdisjoint(_MIGRATIONS) and held - {LOCK_FILE, LAST_FILE} and not replace:
        raise BackupError(
            f"{folder} holds other files. Set TOPICBOT_DATA_DIR to a folder of its own, or say --force: then "
            "they are set aside, not deleted."
        )
    if not held.isdisjoint(_MIGRATIONS) and not replace:
        raise BackupError(
            f"{folder} holds a library already. Set TOPICBOT_DATA_DIR to another folder, or say --force: then "
            "that library is set aside, not deleted."
        )
    if folder.is_mount():
        raise BackupError(
            f"{folder} is the root of a mounted disk, which can't change places with another folder. Set "
            "TOPICBOT_DATA_DIR to a folder inside it."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as locked:
            if folder.is_dir():
                locked.enter_context(lock_data_dir(folder))
            prefix = f".{folder.name}-restoring-"
            for left in leftovers(folder.parent, prefix):
                shutil.rmtree(left)
            with staging_folder(folder.parent, prefix) as beside:
                staging = beside / folder.name
                staging.mkdir(0o700)
                manifest = unpack(file, staging)
                for name in manifest.members:
                    _check(staging / name, manifest)
                _own_like(staging, folder)
                sync(staging)
                before = _change_places(staging, folder, now())
        sync(folder.parent)
    except OSError as error:
        raise BackupError(
            f"The backup can't be put into {folder}: {error.strerror or error}. Nothing was changed."
        ) from error
    return Restored(manifest, before)


def _check(database: Path, manifest: Manifest) -> None:
    """Check that the database is what the manifest says, sound and topicbot's own; then of today's schema."""
    said = manifest.members[database.name]
    if look_over(database) != (said.schema, said.rows):
        raise BackupError(f"{database.name} holds other rows than its manifest says. Take another backup.")
    migrations, schema = _MIGRATIONS[database.name]
    SqliteDatabase(database, migrations, schema).close()
    with tempfile.TemporaryDirectory(dir=database.parent.parent) as elsewhere:
        SqliteDatabase(Path(elsewhere) / database.name, migrations, schema).close()
        strange = _things(database) - _things(Path(elsewhere) / database.name)
    if strange:
        named = ", ".join(sorted(f"{kind} {name}" for kind, name, _ in strange))
        raise BackupError(f"{database.name} holds what topicbot never makes: {named}. Take another backup.")


def _things(database: Path) -> set[tuple[str, str, str]]:
    """Return the tables by name, and whatever else acts when they are used: triggers and views, word for word."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")
        return {
            (kind, name, sql if kind in ("trigger", "view") else "") for kind, name, sql in rows if kind != "index"
        }


def _own_like(staging: Path, folder: Path) -> None:
    """Give the new folder the owner of the old one, or of the place where it is put, when root restores."""
    if os.geteuid() != 0:
        return
    model = (folder if folder.exists() else folder.parent).stat()
    for path in (staging, *staging.iterdir()):
        os.chown(path, model.st_uid, model.st_gid)


def _change_places(staging: Path, folder: Path, moment: datetime) -> Path | None:
    """Put the staging folder in place of the other; return where that one is now, if it holds anything."""
    if not folder.exists():
        staging.rename(folder)
        return None
    aside = folder.with_name(f"{folder.name}.before-restore-{moment:%Y%m%dT%H%M%SZ}")
    if aside.exists():
        raise FileExistsError(errno.EEXIST, f"{aside} is there already")
    ready = staging.rename(aside)
    if not _exchange(ready, folder):
        ready.rename(staging)
        folder.rename(aside)
        try:
            staging.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
    if any(path.name != LOCK_FILE for path in aside.iterdir()):
        return aside
    shutil.rmtree(aside)
    return None


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step, so that there is always one; `False` where the system can't."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
