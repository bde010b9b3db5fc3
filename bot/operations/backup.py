"""`topicbot backup`: one checked file with all that the data folder holds, made while the bot runs.

Both databases are read as they stood at one instant, or the moment between the two is noted: then the bot's own is
the later one, so that it may know of an article that the library lacks, and never tells one twice.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bot.operations.archive import (
    SCHEMAS,
    BackupError,
    Manifest,
    Member,
    look_over,
    pack,
    rows_of,
    schema_of,
    sha256_of,
    unpack,
)
from bot.store.lost import STORE_FILE, check_library, check_store
from embeddings.library import DATABASE_FILE

LAST_FILE = "last-backup.json"
STAGING = ".topicbot-backup-"
_UNLOCKED_SECONDS = 60  # a folder that is being made is not locked yet
"""How the hidden folders begin in which a backup is put together, before the process's number."""

_BUSY_SECONDS = 60.0
_TRIES, _PAGES = 20, 1000


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When the folder was last backed up, to which file, how many articles it held (older records: 0), and whether
    the bot's memory was there.
    """

    made_at: datetime
    file: str
    articles: int = 0
    has_memory: bool = False


def last_backup(folder: Path) -> LastBackup | None:
    """Return the last backup of the folder; `None` when none is known of."""
    try:
        fields = json.loads((folder / LAST_FILE).read_text(encoding="utf-8"))
        made_at, articles = datetime.fromisoformat(fields["made_at"]), int(fields.get("articles", 0))
        return LastBackup(made_at, str(fields["file"]), articles, bool(fields.get("has_memory")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def back_up(
    folder: Path,
    file: Path,
    *,
    replace: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Path, Manifest]:
    """Write a backup of the data folder to the file, or into a folder under a name made of the time.

    It is checked before it gets its name: every database with SQLite's own check, rows against those of the
    original, every article against what was added, and the file against its manifest. Without `replace` nothing is
    overwritten, and a library that has lost more than half of its articles since the last backup is refused.
    `progress` is called with pages copied and in all. Raises `BackupError`, and `LibraryLostError`.
    """
    moment = now()
    if file.is_dir():
        file = file / f"topicbot-{moment:%Y%m%dT%H%M%SZ}.tar"
    check_library(folder)
    check_store(folder)
    if not (folder / DATABASE_FILE).exists():
        raise BackupError(f"There is no library in {folder}. Set TOPICBOT_DATA_DIR to the folder that holds it.")
    if file.exists() and not replace:
        raise BackupError(f"{file} is there already. Choose another name, or say --force to replace it.")
    try:
        for left in leftovers(file.absolute().parent, STAGING):
            shutil.rmtree(left)
        with staging_folder(file.absolute().parent, STAGING) as staging:
            manifest = _copied(folder, staging, moment, progress)
            if not replace:
                _check_size(folder, manifest)
            written = staging / "backup.tar"
            with written.open("wb") as out:
                pack(out, manifest, staging)
            unpack(written, None)
            written.chmod(0o600)
            written.replace(file)
        sync(file.absolute().parent)
        _note(
            folder, LastBackup(moment, str(file.absolute()), _articles(manifest), STORE_FILE in manifest.members)
        )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(file) from error
        raise BackupError(
            f"The backup can't be written to {file}: {error.strerror or error}. While it is made it needs "
            "twice the databases' room there."
        ) from error
    return file, manifest


def leftovers(folder: Path, prefix: str) -> list[Path]:
    """Return the hidden folders that killed backups or restores left there; those of living processes stay."""
    found = [path for path in folder.glob(f"{glob.escape(prefix)}*") if path.is_dir() and not path.is_symlink()]
    return [
        path for path in found if not (_lives(path.name.removeprefix(prefix).partition("-")[0]) and _is_used(path))
    ]


@contextmanager
def staging_folder(folder: Path, prefix: str) -> Iterator[Path]:
    """Make a hidden folder for as long as this lasts, locked, so that `leftovers` knows that it is in use."""
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-", dir=folder) as made:
        descriptor = os.open(made, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            os.close(descriptor)


def _is_used(folder: Path) -> bool:
    """Return whether a process works in the folder: the number in its name may be another process's by now."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return time.time() - folder.stat().st_mtime < _UNLOCKED_SECONDS
    finally:
        os.close(descriptor)


def _lives(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def _articles(manifest: Manifest) -> int:
    return manifest.members[DATABASE_FILE].rows.get("article", 0)


def _check_size(folder: Path, manifest: Manifest) -> None:
    last, now = last_backup(folder), _articles(manifest)
    if last is not None and now < last.articles / 2:
        raise BackupError(
            f"The library holds {now:,} articles; the last backup, {last.file}, held {last.articles:,}. If they "
            "were removed on purpose, say --force. Otherwise keep that backup and run `topicbot doctor`."
        )


def _full(file: Path) -> BackupError:
    return BackupError(
        f"The disk that holds {file.absolute().parent} is full. Make room there, twice what the databases take, "
        "or name a file on another disk. Earlier backups are untouched."
    )


def sync(folder: Path) -> None:
    """Flush to the disk which names the folder holds."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copied(folder: Path, staging: Path, moment: datetime, progress: Callable[[int, int], None]) -> Manifest:
    """Yield copies of the databases in the staging folder, checked, and what they hold."""
    names = [name for name in SCHEMAS if (folder / name).exists()]
    members = {}
    try:
        with _held(folder, names) as (held, same_instant):
            pages = {name: int(one.execute("PRAGMA page_count").fetchone()[0]) for name, one in held.items()}
            done, total = 0, sum(pages.values())
            for name, source in held.items():
                schema, rows = schema_of(source), rows_of(source)
                _copy(source, staging / name, partial(_tell, progress, done, total))
                done += pages[name]
                if look_over(staging / name) != (schema, rows):
                    raise BackupError(
                        f"The copy of {name} differs from it. Run `topicbot doctor`, then try again."
                    )
                size = (staging / name).stat().st_size
                members[name] = Member(sha256_of(staging / name), size, schema, rows)
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_FULL":  # it is the copy that has no room
            raise _full(staging.parent / "backup.tar") from error
        raise BackupError(f"The databases in {folder} can't be copied: {error}. Run `topicbot doctor`.") from error
    return Manifest(version("topicbot"), moment, same_instant, members)


def _tell(progress: Callable[[int, int], None], done: int, total: int, left: int, own: int) -> None:
    progress(done + own - left, total)


@contextmanager
def _held(folder: Path, names: list[str]) -> Iterator[tuple[Mapping[str, sqlite3.Connection], bool]]:
    """Yield the databases, each held at a view that no writer changes, and whether they are of the same instant.

    They are when no other process or thread has committed to the library while the bot's own was taken hold of.
    """
    with ExitStack() as opened:
        watcher = opened.enter_context(_opened(folder / DATABASE_FILE))
        held = {name: opened.enter_context(_opened(folder / name)) for name in names}
        for _ in range(_TRIES):
            for one in held.values():
                if one.in_transaction:
                    one.execute("ROLLBACK")
            before = watcher.execute("PRAGMA data_version").fetchone()
            for one in held.values():
                one.execute("BEGIN")
                one.execute("SELECT count(*) FROM alembic_version").fetchone()
            if watcher.execute("PRAGMA data_version").fetchone() == before:
                break
        else:
            yield held, False
            return
        yield held, True


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _copy(source: sqlite3.Connection, to: Path, told: Callable[[int, int], None]) -> None:
    with _opened(to) as target:
        source.backup(target, pages=_PAGES, progress=lambda _status, left, total: told(left, total), sleep=0)
    with to.open("rb+") as file:
        os.fsync(file.fileno())


def _note(folder: Path, made: LastBackup) -> None:
    fresh = folder / f"{LAST_FILE}.part"
    fresh.write_text(json.dumps({**asdict(made), "made_at": made.made_at.isoformat()}), encoding="utf-8")
    fresh.replace(folder / LAST_FILE)
