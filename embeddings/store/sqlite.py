"""The SQLite file: opening it, bringing it up to date, transactions, and what its errors mean in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from embeddings.errors import StoreError
from embeddings.store import log
from embeddings.store.base import BUSY_SECONDS, Turns, busy, upgrade
from embeddings.store.group import GroupCommit, T
from embeddings.store.prepared import DIRECT

_CONNECTIONS = 32
"""How many are kept for the next use: opening one takes as long as ten short statements. As many are open as were
ever in use at once; SQLAlchemy would open and close the sixth for each use.
"""

_WRITES = "topicbot_writes"
_LOG_WAIT_MS = 2000  # writers wait for as long
_NEVER_REACHED = 1 << 40  # versions of two connections must not meet: each counts from the start


class SqliteDatabase:
    """One SQLite database in WAL mode: any number of readers beside one writer, from threads and processes."""

    def __init__(
        self,
        path: Path,
        migrations: str,
        schema: str,
        *,
        busy_seconds: float = BUSY_SECONDS,
        are_texts_checked: bool = False,
    ) -> None:
        """Open or create the database at `path` and bring it up to date.

        `migrations` is Alembic's script location, like "embeddings:store/migrations"; `schema` the newest of
        them: a database of that version opens without loading Alembic. What is deleted is overwritten. With
        `are_texts_checked` its rows have checksums: a damaged text is read with replacement characters, and the
        others can be read beside it. Raises `StoreError` when that can't be done.
        """
        self.path, self.name = path, str(path)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's to read
        except OSError as error:
            raise StoreError(
                f"The data folder {path.parent} can't be made: {error.strerror or error}. Choose another folder.",
                argument="folder",
            ) from error
        log.report(path)
        self._engine = _engine(path, busy_seconds, are_texts_checked)
        self._turns, self._busy_seconds = Turns(self.name, busy_seconds), busy_seconds
        self._group = GroupCommit(self.writing)
        self._watch = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._opened = 0
        try:
            self._migrate(migrations, schema)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a consistent view of the database; never waits for a writer."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield one transaction: committed as a whole on leaving, or not at all. Waits for other writers.

        Threads of this process take turns here: SQLite lets a writer that waits sleep ever longer between looks.
        """
        with (
            self._turns.one(),
            self._translated(),
            self._engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once it is committed together with what other threads write now."""
        return self._group.write(work)

    def version(self) -> int:
        """Return a number that stays only as long as nobody, in whatever process, commits anything.

        https://www.sqlite.org/pragma.html#pragma_data_version: on a connection that never writes itself.
        """
        with self._watch, self._translated():
            if self._watcher is None:
                self._watcher = sqlite3.connect(self.path, timeout=self._busy_seconds, check_same_thread=False)
            ((number,),) = self._watcher.execute("PRAGMA data_version").fetchall()
        return self._opened + int(number)

    def ask(self) -> None:
        """Raise `StoreError` unless the database answers now, with this version's tables."""
        with self.reading() as connection:
            connection.execute(text("SELECT version_num FROM alembic_version"))

    def sizes(self) -> dict[str, int]:
        """Bytes on the disk by file, the write-ahead log's with its database's."""
        files = [self.path, self.path.with_name(f"{self.path.name}-wal")]
        return {self.path.name: sum(file.stat().st_size for file in files if file.exists())}

    def empty_log(self) -> bool:
        """Move the write-ahead log into the file and truncate it; return whether that was possible.

        It isn't while somebody reads what was there before. Waits two seconds for them to end.
        https://www.sqlite.org/pragma.html#pragma_wal_checkpoint: the first column is 1 when it was blocked.
        """
        with self._translated(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {_LOG_WAIT_MS}")
            try:
                ((is_blocked, _, _),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {round(self._busy_seconds * 1000)}")
        return not is_blocked

    def count_from(self, connection: Connection, table: str, column: str, last: int) -> None:
        """Set the counter of a table that never uses a number twice; others count on by themselves."""
        statement = text("UPDATE sqlite_sequence SET seq = :last WHERE name = :table")
        connection.execute(statement, {"last": last, "table": table})

    def close(self) -> None:
        """Close the connections. Another use opens them again."""
        with self._watch:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
                self._opened += _NEVER_REACHED
        self._engine.dispose()

    def _migrate(self, migrations: str, schema: str) -> None:
        with self.reading() as connection:
            tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
            if "alembic_version" in tables:
                versions = list(connection.scalars(text("SELECT version_num FROM alembic_version")))
                if versions == [schema]:
                    return
            elif tables:
                raise StoreError(
                    f"{self.path} is a database of another program. Choose another folder.", argument="folder"
                )
        newer = f"{self.name} was written by a newer topicbot. Upgrade topicbot, or choose another folder."
        upgrade(self.writing, migrations, StoreError(newer, argument="folder"))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise store_error(self.path, error.orig or error) from error
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error


def _engine(path: Path, busy_seconds: float, are_texts_checked: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": busy_seconds, "check_same_thread": False, "isolation_level": None},
        execution_options={DIRECT: True},
        pool_size=_CONNECTIONS,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(raw: sqlite3.Connection, _record: object) -> None:
        # Pages of 16 KiB hold a whole paragraph with its vectors; the size takes effect in a new file only.
        for pragma in (
            "page_size = 16384",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "mmap_size = 1073741824",
            # KiB, of what is beyond the mapped part: large libraries' alone. Each of the connections that are kept
            # has its own: with 16 MB they could take 500 MB together.
            "cache_size = -4000",
            "secure_delete = ON",
        ):
            raw.execute(f"PRAGMA {pragma}")
        if are_texts_checked:
            read_any_text(raw)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # The driver's own transactions begin too late to keep a read and the write after it together.
        writes = connection.get_execution_options().get(_WRITES)
        raw: Any = connection.connection.dbapi_connection
        raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def read_any_text(raw: sqlite3.Connection, _record: object = None) -> None:
    """Read texts that are no UTF-8 with replacement characters: their checksums tell that they are damaged."""
    raw.text_factory = partial(str, encoding="utf-8", errors="replace")


def store_error(path: Path, error: BaseException) -> StoreError:
    """Return the driver's error in words: what is wrong with the database at `path`, and what to do."""
    reason = str(error)
    if "locked" in reason or "busy" in reason:
        return busy(str(path))
    if "full" in reason:
        return StoreError(f"The disk that holds {path} is full. Make room and run the same command again.")
    if "readonly" in reason or "unable to open" in reason:
        return StoreError(f"{path} can't be opened or written ({reason}). Check that you may write there.")
    if "decode" in reason:  # without the text, which the driver quotes
        reason = "a text that is none"
    if "malformed" in reason or "not a database" in reason or "text that is none" in reason:
        return StoreError(
            f"{path} is damaged or not a database ({reason}). Restore a backup with `topicbot restore FILE "
            "--force`, or move it away and add again."
        )
    return StoreError(f"The database {path} failed: {reason}. Check the disk's free space and its health.")
