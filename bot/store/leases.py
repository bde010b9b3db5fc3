"""Leases and locks: what one process at a time does for all of them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, or_
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.config import SettingsError
from bot.store.tables import lease as leases


def acquire(connection: Connection, name: str, holder: str, now: datetime, lease: timedelta) -> bool:
    """Take the lease, or keep it for another while; `False` when another process has it and it has not run out."""
    values = {"holder": holder, "until": to_text(now + lease)}
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


def names(team: str) -> tuple[str, str]:
    """The leases of one workspace: its alerts, and the renewal of its token."""
    return f"alerts {team}", f"token {team}"


LOCK_FILE = "run.lock"


@contextmanager
def lock_data_dir(folder: Path) -> Iterator[None]:
    """Keep a second `topicbot run` off the folder: both would work off the same deliveries.

    Raises `SettingsError` when there is one already.
    """
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"Another `topicbot run` works with {folder}. End it first, or set another TOPICBOT_DATA_DIR."
            ) from error
        yield


def is_data_dir_locked(folder: Path) -> bool:
    """Whether a `topicbot run` works with the folder."""
    try:
        with (folder / LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
