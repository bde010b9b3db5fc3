"""The protocol of a database, and what its two implementations share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection

from embeddings.errors import StoreBusyError, StoreError
from embeddings.store.group import T

BUSY_SECONDS = 60.0
"""How long a writer waits for another process's transaction before it fails."""

_MIGRATING = threading.Lock()  # Alembic does one thing at a time


class Database(Protocol):
    """An open database: any number of readers beside one writer, from threads and processes."""

    name: str
    """What people know it by: its path, or its server and name."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a consistent view of the database; it never waits for a writer. Raises `StoreError`."""

    def writing(self) -> AbstractContextManager[Connection]:
        """Open one transaction: committed as a whole on leaving, or not at all. Waits for other writers."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once it is committed, in a transaction with what other threads write now.

        For short writes of many threads. See `GroupCommit.write`.
        """

    def version(self) -> int:
        """Return a number that stays only as long as nobody, in whatever process, commits anything."""

    def ask(self) -> None:
        """Raise `StoreError` unless the database answers now, with this version's tables."""

    def sizes(self) -> dict[str, int]:
        """Return the bytes on the disk, by name of what takes them."""

    def empty_log(self) -> bool:
        """Leave nothing of what was deleted in a log, as far as the database can.

        Return whether it could: `False` while somebody still reads what was there before.
        """

    def count_from(self, connection: Connection, table: str, column: str, last: int) -> None:
        """Have the next row of the table get a number above `last`, which a copied row has."""

    def close(self) -> None:
        """Close the connections. Another use opens them again."""


class Turns:
    """Threads of one process take turns at writing to one database."""

    def __init__(self, name: str, busy_seconds: float) -> None:
        self._name, self._seconds, self._lock = name, busy_seconds, threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for this thread's turn and keep it until the end. Raises `StoreBusyError`."""
        if not self._lock.acquire(timeout=self._seconds):
            raise busy(self._name)
        try:
            yield
        finally:
            self._lock.release()


def busy(name: str) -> StoreBusyError:
    """Return the error for another process that writes for too long."""
    return StoreBusyError(
        f"Another process has been writing to {name} for a long time. Try again when it has finished."
    )


def upgrade(
    writing: Callable[[], AbstractContextManager[Connection]],
    migrations: str,
    newer: StoreError,
    *,
    version_table: str = "alembic_version",
    after_each: Callable[..., Any] | None = None,
) -> None:
    """Bring a database to the newest of `migrations`, Alembic's script location, in one transaction.

    `after_each` is Alembic's `on_version_apply`. Raises `newer` when the database is of a later version.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", migrations)
    config.set_main_option("path_separator", "os")
    with _MIGRATING, writing() as connection:
        config.attributes.update(
            connection=connection, version_table=version_table, on_version_apply=after_each or ()
        )
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise newer from error
