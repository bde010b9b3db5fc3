"""What one process at a time does for all of them. Every function works inside the transaction handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, or_
from sqlalchemy.dialects.postgresql import insert

from bot.store.tables import lease as leases


def hold(connection: Connection, name: str, holder: str, now: datetime, lease: timedelta) -> bool:
    """Take the lease, or keep it for another while; `False` when another process has it and it has not run out."""
    values = {"holder": holder, "until": text(now + lease)}
    free = or_(leases.c.holder == holder, leases.c.until <= text(now))
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


def text(moment: datetime) -> str:
    """The moment as text that sorts in order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
