"""Channels that are bound to collections. Every function works inside the transaction that it is handed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from bot.store.tables import binding


def bound(connection: Connection, team: str, channel: str) -> tuple[str, ...] | None:
    """The collections that the channel's questions may see; `None` when it isn't bound."""
    return tuple(connection.scalars(_BOUND, {"team": team, "channel": channel})) or None


_BOUND = (  # built once: building a statement takes longer than running it
    select(binding.c.collection)
    .where(binding.c.team_id == bindparam("team"), binding.c.channel_id == bindparam("channel"))
    .order_by(binding.c.collection)
)


def bind(connection: Connection, team: str, channel: str, collections: Sequence[str]) -> None:
    """Bind the channel to these collections in place of what it was bound to; to none: unbind it."""
    connection.execute(delete(binding).where(binding.c.team_id == team, binding.c.channel_id == channel))
    for name in dict.fromkeys(collections):
        connection.execute(insert(binding).values(team_id=team, channel_id=channel, collection=name))
