"""What Slack delivered: stored before it is acknowledged, worked off once, known again when it comes again.

Every function works inside the transaction that it is handed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.store.tables import delivery

REMEMBERED = timedelta(days=2)
"""How long a delivery that is done is known again. Slack redelivers within minutes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to be worked off: the listener's name, Slack's JSON body, and how often it was tried before."""

    key: str
    listener: str
    body: str
    received_at: str
    tries: int = 0


def accept(connection: Connection, given: Delivery) -> bool:
    """Store the delivery; `False` when it was delivered before."""
    return connection.scalar(_ACCEPT, asdict(given)) is not None


def is_known(connection: Connection, key: str) -> bool:
    """Whether a delivery with this key came before."""
    return connection.scalar(select(delivery.c.key).where(delivery.c.key == key)) is not None


def unfinished(connection: Connection) -> list[Delivery]:
    """Deliveries that are not done, oldest first."""
    query = select(delivery).where(delivery.c.done_at.is_(None)).order_by(delivery.c.received_at)
    return [
        Delivery(row["key"], row["listener"], row["body"], row["received_at"], row["tries"])
        for row in connection.execute(query).mappings()
    ]


def tried(connection: Connection, key: str, tries: int) -> None:
    """Keep how often the delivery was tried."""
    connection.execute(update(delivery).where(delivery.c.key == key).values(tries=tries))


def finish(connection: Connection, key: str, now: datetime) -> None:
    """The delivery is done; its content is forgotten."""
    connection.execute(_FINISH, {"done": key, "at": now.isoformat()})


# Built once: building a statement takes longer than running it.
_ACCEPT = (
    insert(delivery)
    .values({name: bindparam(name) for name in Delivery.__slots__})
    .on_conflict_do_nothing()
    .returning(delivery.c.key)
)
_FINISH = update(delivery).where(delivery.c.key == bindparam("done")).values(done_at=bindparam("at"), body=None)


def forget(connection: Connection, now: datetime) -> None:
    """Forget deliveries that were done long ago."""
    connection.execute(delete(delivery).where(delivery.c.done_at < (now - REMEMBERED).isoformat()))
