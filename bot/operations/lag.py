"""How late the bot is with what it does by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.digests.due import due
from bot.store import digests, ledger
from embeddings.sources.source import Source
from embeddings.store.database import Database

NONE = timedelta(0)


def feed_lag(sources: Iterable[Source], now: datetime) -> timedelta:
    """How long ago the most overdue source should have been looked at; nothing is late by less than nothing."""
    waiting = [one.next_at for one in sources if one.paused_at is None]
    return max(NONE, now - min(waiting, default=now))


def digest_lag(store: Database, team: str, now: datetime, latest: timedelta) -> timedelta:
    """How long ago the most overdue slot of a digest was that is still to be posted.

    Paused digests have none, and slots that are more than `latest` late won't be posted any more.
    """
    with store.reading() as connection:
        active = [one for one in digests.every(connection, team) if one.paused_at is None]
        begun = ledger.unfinished(connection, team)
        coming = due(active, ledger.handled(connection, team), now, latest)
    names = {one.id for one in active}
    moments = [slot for name, slot in begun if name in names]
    moments += [one.slot for one in coming if one.slot is not None]
    return max(NONE, now - min(moments, default=now))
