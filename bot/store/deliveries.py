"""Deliveries in the bot's database: stored before they are acknowledged, kept until they are done.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.store.leases import RowLease
from bot.store.tables import delivery
from embeddings import Prepared

_OPEN = delivery.c.done_at.is_(None)
_LEASES = RowLease(delivery, delivery.c.held_until, delivery.c.held_by)
LEASE = timedelta(minutes=1)
"""How long a delivery stays with a process that shows no sign of life."""

REMEMBERED = timedelta(days=2)
"""How long a delivery that is done is known again. Slack redelivers within minutes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to be handled: its listener's route key, Slack's JSON body, how often it was tried before.

    `team_id` is the workspace that it is for; an earlier version kept none.
    """

    key: str
    listener: str
    body: str
    received_at: str
    tries: int = 0
    team_id: str | None = None
    broken_off: int = 0


def accept(connection: Connection, given: Delivery, holder: str | None = None) -> bool:
    """Store the delivery, which `holder` works off; `False` when it was delivered before."""
    until = to_text(datetime.fromisoformat(given.received_at) + LEASE) if holder else None
    return _ACCEPT.scalar(connection, {**asdict(given), "held_by": holder, "held_until": until}) is not None


def is_known(connection: Connection, key: str) -> bool:
    """Return whether a delivery with this key came before."""
    return connection.scalar(select(delivery.c.key).where(delivery.c.key == key)) is not None


def acquire(connection: Connection, holder: str, now: datetime) -> list[Delivery]:
    """Take the deliveries that are not done and that no living process holds; return them, oldest first."""
    left = unfinished(connection, _LEASES.expired(now))
    _LEASES.acquire(connection, _OPEN, holder=holder, now=now, length=LEASE)
    return left


def renew(connection: Connection, holder: str, now: datetime) -> None:
    """Hold on to everything that `holder` has and that is not done."""
    _LEASES.renew(connection, _OPEN, holder=holder, now=now, length=LEASE)


def holds(connection: Connection, key: str, holder: str) -> bool:
    """Return whether the delivery is still `holder`'s, and not done."""
    query = select(delivery.c.held_by).where(delivery.c.key == key, delivery.c.done_at.is_(None))
    return connection.scalar(query) == holder


def hold_on(connection: Connection, key: str, holder: str, now: datetime) -> bool:
    """Hold the delivery for another `LEASE` from now; `False` when it is not `holder`'s any more, or is done."""
    mine = update(delivery).where(delivery.c.key == key, delivery.c.held_by == holder, _OPEN)
    return connection.execute(mine.values(held_until=to_text(now + LEASE))).rowcount == 1


def release(connection: Connection, holder: str | None = None) -> None:
    """Let others have what `holder` has at once; without one, what anybody has: none of them lives."""
    _LEASES.release(connection, _OPEN, *([] if holder is None else [delivery.c.held_by == holder]))


def unfinished(connection: Connection, which: ColumnElement[bool] | None = None) -> list[Delivery]:
    """Deliveries that are not done, all or those of them that are meant, oldest first."""
    query = select(delivery).where(delivery.c.done_at.is_(None)).order_by(delivery.c.received_at, delivery.c.key)
    if which is not None:
        query = query.where(which)
    return [
        Delivery(**{name: row[name] for name in Delivery.__slots__})
        for row in connection.execute(query).mappings()
    ]


def begin(connection: Connection, key: str, broken_off: int) -> None:
    """Count a try before it begins, as one that is broken off; `tried` and `finish` know better."""
    _BEGIN.run(connection, {"begun": key, "count": broken_off})


def tried(connection: Connection, key: str, tries: int) -> None:
    """Keep how often the delivery was tried; the process has lived through it."""
    connection.execute(update(delivery).where(delivery.c.key == key).values(tries=tries, broken_off=0))


def finish(connection: Connection, key: str, now: datetime) -> None:
    """Close the delivery, and forget its content."""
    _FINISH.run(connection, {"done": key, "at": now.isoformat()})


def drop(connection: Connection, team: str, now: datetime) -> int:
    """Drop what waits of the team's and forget its content; return how many waited."""
    waiting = update(delivery).where(delivery.c.team_id == team, delivery.c.done_at.is_(None))
    return connection.execute(waiting.values(done_at=now.isoformat(), body=None)).rowcount


_ACCEPT = Prepared(
    insert(delivery)
    .values({name: bindparam(name) for name in (*Delivery.__slots__, "held_by", "held_until")})
    .on_conflict_do_nothing()
    .returning(delivery.c.key)
)

_BEGIN = Prepared(
    update(delivery).where(delivery.c.key == bindparam("begun")).values(broken_off=bindparam("count"))
)
_FINISH = Prepared(
    update(delivery).where(delivery.c.key == bindparam("done")).values(done_at=bindparam("at"), body=None)
)


def forget(connection: Connection, now: datetime) -> int:
    """Forget deliveries that were done long ago; return how many."""
    return connection.execute(delete(delivery).where(delivery.c.done_at < (now - REMEMBERED).isoformat())).rowcount
