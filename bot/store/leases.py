"""Leases: what one process at a time does, for as long as it shows that it lives.

A lease is held by one holder until a moment. `acquire` takes one that is free or has expired, `renew` moves the
moment, `release` frees it, `expired` finds those that anybody may take. Some leases have a name and a row of their
own; others are columns of the rows that they are on: of a delivery, or a digest's slot.

The lock on the data folder is another matter: the operating system frees it when the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Column, ColumnElement, Connection, Table, delete, or_, update
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.config import SettingsError
from bot.store.tables import lease as leases
from embeddings.errors import TopicbotError


class LeaseLostError(TopicbotError):
    """This process took too long: another one has the lease now, and does the work."""


def acquire(connection: Connection, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take the lease, or keep it for another while; `False` when another process has it and it has not expired."""
    values = {"holder": holder, "until": to_text(now + length)}
    free = or_(leases.c.holder == holder, leases.c.until <= to_text(now))
    taking = (
        insert(leases)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values, where=free)
    )
    return bool(connection.scalar(taking.returning(leases.c.holder)) == holder)


def release(connection: Connection, name: str, holder: str) -> None:
    """Let others have the lease at once."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def alerts(team: str) -> str:
    """Return the name of the lease on a workspace's alerts."""
    return f"alerts {team}"


def token(team: str) -> str:
    """Return the name of the lease on the renewal of a workspace's token."""
    return f"token {team}"


@dataclass(frozen=True, slots=True)
class RowLease:
    """The lease on each row of a table, in columns of that table; `which` are rows, as conditions.

    Without a `holder` column the caller tells holders apart in another way.
    """

    table: Table
    until: Column[Any]
    holder: Column[Any] | None = None

    def expired(self, now: datetime) -> ColumnElement[bool]:
        """Return the condition that nobody holds the row's lease."""
        return or_(self.until.is_(None), self.until <= to_text(now))

    def acquire(
        self,
        connection: Connection,
        *which: ColumnElement[bool],
        now: datetime,
        length: timedelta,
        holder: str | None = None,
        **values: Any,
    ) -> int:
        """Take the leases of these rows that have expired, and set `values` with them; return how many."""
        taken = self._held(holder, to_text(now + length))
        return connection.execute(
            update(self.table).where(*which, self.expired(now)).values({**taken, **values})
        ).rowcount

    def renew(
        self, connection: Connection, *which: ColumnElement[bool], holder: str, now: datetime, length: timedelta
    ) -> None:
        """Hold on to whatever the holder has of these rows."""
        mine = update(self.table).where(*which, self._column() == holder)
        connection.execute(mine.values({self.until.name: to_text(now + length)}))

    def release(self, connection: Connection, *which: ColumnElement[bool], at: datetime | None = None) -> None:
        """Free the leases of these rows, at once or at that moment."""
        freed = {self.until.name: to_text(at) if at else None}
        connection.execute(update(self.table).where(*which).values(freed))

    def _held(self, holder: str | None, until: str) -> dict[str, str | None]:
        return {self.until.name: until} | ({self.holder.name: holder} if self.holder is not None else {})

    def _column(self) -> Column[Any]:
        if self.holder is None:
            raise TypeError(f"the leases of {self.table.name} name no holder")
        return self.holder


LOCK_FILE = "run.lock"


@contextmanager
def lock_data_dir(folder: Path) -> Iterator[None]:
    """Keep a second `topicbot run` off the folder: both would handle the same deliveries.

    Raises `SettingsError` when there is one already.
    """
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise SettingsError(
            f"Another `topicbot run` works with {folder}. End it first, or set another TOPICBOT_DATA_DIR."
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_data_dir_locked(folder: Path) -> bool:
    """Return whether a `topicbot run` works with the folder."""
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        with FileLock(folder / LOCK_FILE, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that can't be written to has no bot
        return False
