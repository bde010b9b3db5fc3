"""A backup's file: a tar whose first member, the manifest, says what the others must be.

`manifest.json` is `{"format", "topicbot", "made_at", "same_instant", "members": {name: {"sha256", "bytes",
"schema", "rows": {table: count}}}}`; the other members are databases of SQLite.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.resources import DATABASE_FILE as STORE_FILE
from bot.store.tables import SCHEMA as STORE_SCHEMA
from embeddings.errors import TopicbotError
from embeddings.library import DATABASE_FILE, LIBRARY_SCHEMA, check_copy

MANIFEST, FORMAT = "manifest.json", 1
SCHEMAS = {DATABASE_FILE: LIBRARY_SCHEMA, STORE_FILE: STORE_SCHEMA}
"""The databases that a backup may hold, with the newest schema of each that this topicbot knows."""

_BLOCK, _LARGEST_MANIFEST = 1 << 20, 1_000_000


class BackupError(TopicbotError):
    """A backup can't be made, read or put back."""


@dataclass(frozen=True, slots=True)
class Member:
    """One database of a backup: its bytes, and how many rows each table has."""

    sha256: str
    bytes: int
    schema: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `same_instant`: nothing was written to one database between the copies of the two."""

    topicbot: str
    made_at: datetime
    same_instant: bool
    members: Mapping[str, Member]

    def packed(self) -> bytes:
        """Return the manifest as JSON."""
        members = {name: asdict(one) for name, one in self.members.items()}
        shape = {"format": FORMAT, "topicbot": self.topicbot, "made_at": self.made_at.isoformat()}
        return json.dumps({**shape, "same_instant": self.same_instant, "members": members}, indent=1).encode()


def pack(file: IO[bytes], manifest: Manifest, folder: Path) -> None:
    """Write the manifest and the databases in the folder that it names, and flush them to the disk."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        body, moment = manifest.packed(), int(manifest.made_at.timestamp())
        tar.addfile(_header(MANIFEST, len(body), moment), io.BytesIO(body))
        for name, one in manifest.members.items():
            with (folder / name).open("rb") as database:
                tar.addfile(_header(name, one.bytes, moment), database)
    file.flush()
    os.fsync(file.fileno())


def unpack(path: Path, folder: Path | None) -> Manifest:
    """Read a backup whole, compare it with its manifest, and put its databases into the folder, if one is given.

    Raises `BackupError` when it is none, is damaged, or was made by a newer topicbot. Only files with the names
    of the databases are ever written.
    """
    try:
        with path.open("rb") as raw, _opened(path, raw) as tar:
            manifest = _manifest(path, tar)
            found = dict(_members(path, tar, manifest, folder))
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(path, f"the archive can't be read: {error}") from error
    except OSError as error:
        raise BackupError(
            f"{path} can't be read or unpacked: {error.strerror or error}. Name a file that `topicbot backup` "
            "wrote, and see that there is room to unpack it."
        ) from error
    for name, one in manifest.members.items():
        if found.get(name) != (one.sha256, one.bytes):
            what = "is missing" if name not in found else "differs from what was written"
            raise _damaged(path, f"{name} {what}")
    return manifest


def look_over(database: Path) -> tuple[str, dict[str, int]]:
    """Return the schema of a copy that nobody writes to, and how many rows each table has, after checking all of
    it.

    Raises `BackupError` when SQLite finds it damaged.
    """
    try:
        with closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as connection:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check")]
            if found != ["ok"]:
                raise BackupError(f"The copy of {database.name} is damaged: {found[0]}. Run `topicbot doctor`.")
            if database.name == DATABASE_FILE and schema_of(connection) == LIBRARY_SCHEMA:
                _check_articles(database)
            return schema_of(connection), rows_of(connection)
    except sqlite3.Error as error:
        raise BackupError(f"The copy of {database.name} can't be read: {error}. Run `topicbot doctor`.") from error


def _check_articles(database: Path) -> None:
    """Raise `BackupError` when an article is not what was added."""
    found = check_copy(database)
    if found:
        raise BackupError(f"{' '.join(found)} Nothing was written or replaced.")


def schema_of(connection: sqlite3.Connection) -> str:
    """Return the migration that the database is at."""
    return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def rows_of(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many rows each ordinary table has."""
    query = (
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    names = sorted(name for (name,) in connection.execute(query))
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - the names are the database's own


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(name: str, size: int, moment: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mtime, header.mode = size, moment, 0o600
    return header


def _opened(path: Path, raw: IO[bytes]) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=raw, mode="r:")
    except tarfile.TarError as error:
        raise _no_backup(path) from error


def _manifest(path: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise _no_backup(path)
    file = tar.extractfile(first)
    body = file.read() if file else b""
    try:
        fields = json.loads(body)
        number, made_by = int(fields["format"]), str(fields["topicbot"])
        if number > FORMAT:
            raise _newer(path, made_by)
        members = {name: Member(**one) for name, one in fields["members"].items()}
        manifest = Manifest(made_by, datetime.fromisoformat(fields["made_at"]), fields["same_instant"], members)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, "its manifest can't be read") from error
    for name, one in members.items():
        if name not in SCHEMAS:
            raise _damaged(path, f"it says that it holds {name!r}, which no backup does")
        if one.schema > SCHEMAS[name]:
            raise _newer(path, made_by)
    if DATABASE_FILE not in members:
        raise _damaged(path, f"it holds no {DATABASE_FILE}")
    return manifest


def _members(
    path: Path, tar: tarfile.TarFile, manifest: Manifest, folder: Path | None
) -> Iterator[tuple[str, tuple[str, int]]]:
    """Name, sha256 and size of every database in the archive, written to the folder if one is given."""
    seen = {MANIFEST}
    while (header := tar.next()) is not None:
        if header.name not in manifest.members or header.name in seen or not header.isreg():
            raise _damaged(path, f"it holds {header.name!r}, which is not in its manifest")
        if header.size != manifest.members[header.name].bytes:
            raise _damaged(path, f"{header.name} has another size than was written")
        seen.add(header.name)
        file = tar.extractfile(header)
        digest = hashlib.sha256()
        if file is not None:
            with open(os.devnull if folder is None else folder / header.name, "wb") as out:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
                if folder is not None:
                    out.flush()
                    os.fsync(out.fileno())
        yield header.name, (digest.hexdigest(), header.size)


def _no_backup(path: Path) -> BackupError:
    return BackupError(f"{path} is no backup of topicbot's. `topicbot backup FILE` makes one.")


def _damaged(path: Path, why: str) -> BackupError:
    return BackupError(f"{path} is damaged: {why}. Nothing was changed; take another backup.")


def _newer(path: Path, made_by: str) -> BackupError:
    return BackupError(
        f"{path} was made by a newer topicbot ({made_by}). Upgrade topicbot first; nothing was changed."
    )
