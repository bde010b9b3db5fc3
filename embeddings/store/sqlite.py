"""The SQLite file: opening it, bringing it up to date, transactions, and what its errors mean in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from embeddings.errors import StoreBusyError, StoreError

BUSY_SECONDS = 60.0
"""How long a writer waits for another process's transaction before it gives up."""

_WRITES = "topicbot_writes"
_MIGRATING = threading.Lock()  # Alembic does one thing at a time
_NEVER_REACHED = 1 << 40  # versions of two connections must not meet: each counts from the start


class Database:
    """One SQLite database in WAL mode: any number of readers beside one writer, from threads and processes.

    `store.postgres.PostgresDatabase` is the same in PostgreSQL.
    """

    version_table = "alembic_version"
    instead = "folder with TOPICBOT_DATA_DIR"
    after_migration: Callable[..., None] | tuple[()] = ()

    def __init__(
        self,
        path: Path,
        migrations: str,
        schema: str,
        *,
        busy_seconds: float = BUSY_SECONDS,
        overwrite: bool = False,
    ) -> None:
        """Open or create the database at `path` and bring it up to date.

        `migrations` is Alembic's script location, like "embeddings:store/migrations"; `schema` the newest of
        them: a database that stands there already opens without loading Alembic. With `overwrite` set, what is
        deleted is overwritten too. Raises `StoreError` when that
        can't be done.
        """
        self.path, self.name = path, str(path)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's to read
        except OSError as error:
            raise StoreError(
                f"The data folder {path.parent} can't be made: {error.strerror or error}. "
                "Choose another with TOPICBOT_DATA_DIR."
            ) from error
        self._begin(_engine(path, busy_seconds, overwrite), migrations, schema, busy_seconds)

    def _begin(self, engine: Engine, migrations: str, schema: str, busy_seconds: float) -> None:
        self._engine, self._migrations, self._schema = engine, migrations, schema
        self._writer, self._busy_seconds = threading.Lock(), busy_seconds
        self._watch = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._opened = 0
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of the database; never waits for a writer."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed as a whole on leaving, or not at all. Waits for other writers.

        Threads of this process take turns here: SQLite lets a writer that waits sleep ever longer between looks.
        """
        with (
            self._turn(),
            self._translated(),
            self._engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=self._busy_seconds):
            raise busy(self.name)
        try:
            yield
        finally:
            self._writer.release()

    def version(self) -> int:
        """A number that stays only as long as nobody, in whatever process, commits anything.

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
            connection.execute(text(f"SELECT version_num FROM {self.version_table}"))  # noqa: S608 a fixed name

    def sizes(self) -> dict[str, int]:
        """Bytes on the disk by file, the write-ahead log's with its database's."""
        files = [self.path, self.path.with_name(f"{self.path.name}-wal")]
        return {self.path.name: sum(file.stat().st_size for file in files if file.exists())}

    def empty_log(self) -> None:
        """Move the write-ahead log into the file and cut it off, unless somebody is reading just now."""
        with self._translated(), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections. Another use opens them again."""
        with self._watch:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
                self._opened += _NEVER_REACHED
        self._engine.dispose()

    def _migrate(self) -> None:
        with self.reading() as connection:
            tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
            if "alembic_version" in tables:
                versions = list(connection.scalars(text("SELECT version_num FROM alembic_version")))
                if versions == [self._schema]:
                    return
            elif tables:
                raise StoreError(
                    f"{self.path} is a database of another program. Choose another folder with TOPICBOT_DATA_DIR."
                )
        self._upgrade()

    def _upgrade(self) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", self._migrations)
        config.set_main_option("path_separator", "os")
        with _MIGRATING, self.writing() as connection:
            config.attributes.update(
                connection=connection, version_table=self.version_table, on_version_apply=self.after_migration
            )
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StoreError(
                    f"{self.name} was written by a newer topicbot. Upgrade topicbot, or choose another "
                    f"{self.instead}."
                ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise store_error(self.path, error.orig or error) from error
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error


def _engine(path: Path, busy_seconds: float, overwrite: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": busy_seconds, "check_same_thread": False, "isolation_level": None},
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
            f"secure_delete = {'ON' if overwrite else 'OFF'}",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # The driver's own transactions begin too late to keep a read and the write after it together.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def busy(name: str) -> StoreBusyError:
    """What is said when another process writes for too long."""
    return StoreBusyError(
        f"Another process has been writing to {name} for a long time. Try again when it has finished."
    )


def store_error(path: Path, error: BaseException) -> StoreError:
    """The driver's error in words: what is wrong with the database at `path`, and what to do."""
    reason = str(error)
    if "locked" in reason or "busy" in reason:
        return busy(str(path))
    if "full" in reason:
        return StoreError(f"The disk that holds {path} is full. Make room and run the same command again.")
    if "readonly" in reason or "unable to open" in reason:
        return StoreError(f"{path} can't be opened or written ({reason}). Check that you may write there.")
    if "malformed" in reason or "not a database" in reason:
        return StoreError(
            f"{path} is damaged or not a database ({reason}). Put a copy back, or move it away and add again."
        )
    return StoreError(f"The database {path} failed: {reason}. Check the disk's free space and its health.")
