"""What Slack delivered: stored before it is acknowledged, worked off once, known again when it comes again.

Every function works inside the transaction that it is handed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.store.leases import text
from bot.store.tables import delivery

LEASE = timedelta(minutes=1)
"""How long a delivery stays with a process that gives no sign of life."""
REMEMBERED = timedelta(days=2)
"""How long a delivery that is done is known again. Slack redelivers within minutes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to be worked off: the listener's name, Slack's JSON body, how often it was tried before.

    `team_id` is the workspace that it is for; an earlier version kept none.
    """

    key: str
    listener: str
    body: str
    received_at: str
    tries: int = 0
    team_id: str | None = None


def accept(connection: Connection, given: Delivery, holder: str | None = None) -> bool:
    """Store the delivery, which `holder` works off; `False` when it was delivered before."""
    until = text(datetime.fromisoformat(given.received_at) + LEASE) if holder else None
    return connection.scalar(_ACCEPT, {**asdict(given), "held_by": holder, "held_until": until}) is not None


def is_known(connection: Connection, key: str) -> bool:
    """Whether a delivery with this key came before."""
    return connection.scalar(select(delivery.c.key).where(delivery.c.key == key)) is not None


def take_over(connection: Connection, holder: str, now: datetime) -> list[Delivery]:
    """Deliveries that are not done and that no living process holds, oldest first; from now on `holder` does."""
    free = or_(delivery.c.held_until.is_(None), delivery.c.held_until <= text(now))
    left = unfinished(connection, free)
    values = {"held_by": holder, "held_until": text(now + LEASE)}
    connection.execute(update(delivery).where(delivery.c.done_at.is_(None), free).values(values))
    return left


def renew(connection: Connection, holder: str, now: datetime) -> None:
    """Keep hold of everything that `holder` has in hand."""
    mine = update(delivery).where(delivery.c.done_at.is_(None), delivery.c.held_by == holder)
    connection.execute(mine.values(held_until=text(now + LEASE)))


def holds(connection: Connection, key: str, holder: str) -> bool:
    """Whether the delivery is still `holder`'s, and not done."""
    query = select(delivery.c.held_by).where(delivery.c.key == key, delivery.c.done_at.is_(None))
    return connection.scalar(query) == holder


def let_go(connection: Connection, holder: str | None = None) -> None:
    """Let others have what `holder` has in hand at once; without one, what anybody has: none of them lives."""
    held = update(delivery).where(delivery.c.done_at.is_(None))
    connection.execute(
        (held if holder is None else held.where(delivery.c.held_by == holder)).values(held_until=None)
    )


def unfinished(connection: Connection, which: ColumnElement[bool] | None = None) -> list[Delivery]:
    """Deliveries that are not done, all or those of them that are meant, oldest first."""
    query = select(delivery).where(delivery.c.done_at.is_(None)).order_by(delivery.c.received_at)
    if which is not None:
        query = query.where(which)
    return [
        Delivery(row["key"], row["listener"], row["body"], row["received_at"], row["tries"], row["team_id"])
        for row in connection.execute(query).mappings()
    ]


def tried(connection: Connection, key: str, tries: int) -> None:
    """Keep how often the delivery was tried."""
    connection.execute(update(delivery).where(delivery.c.key == key).values(tries=tries))


def finish(connection: Connection, key: str, now: datetime) -> None:
    """The delivery is done; its content is forgotten."""
    connection.execute(_FINISH, {"done": key, "at": now.isoformat()})


def drop(connection: Connection, team: str, now: datetime) -> int:
    """Nothing of the team's is worked off any more, and its content is forgotten; gives how many waited."""
    waiting = update(delivery).where(delivery.c.team_id == team, delivery.c.done_at.is_(None))
    return connection.execute(waiting.values(done_at=now.isoformat(), body=None)).rowcount


# Built once: building a statement takes longer than running it.
_ACCEPT = (
    insert(delivery)
    .values({name: bindparam(name) for name in (*Delivery.__slots__, "held_by", "held_until")})
    .on_conflict_do_nothing()
    .returning(delivery.c.key)
)
_FINISH = update(delivery).where(delivery.c.key == bindparam("done")).values(done_at=bindparam("at"), body=None)


def forget(connection: Connection, now: datetime) -> int:
    """Forget deliveries that were done long ago; gives how many."""
    return connection.execute(delete(delivery).where(delivery.c.done_at < (now - REMEMBERED).isoformat())).rowcount
