"""Forgetting what is older than it is to be kept: daily in the running bot, or by `topicbot purge --expired`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from bot.config import Settings
from bot.store import deliveries, installations, leases, ledger, questions
from bot.store.tables import installation, lease, metadata
from embeddings.library import Library
from embeddings.sources.sources import Sources
from embeddings.store.database import Database


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each are gone: questions and summaries that were asked for, digests' slots and deliveries that
    are done, and articles that their source keeps for a while only."""

    questions: int
    topics: int
    slots: int
    deliveries: int
    articles: int


def forget_old(store: Database, sources: Iterable[Sources], settings: Settings, now: datetime) -> Forgotten:
    """Forget what is too old at `now`, in whichever workspace it came in; articles those of these `sources`."""
    days = settings.keep_questions_days
    with store.writing() as connection:
        asked, seen = questions.forget(connection, now, days)
        slots = ledger.forget(connection, now, days)
        done = deliveries.forget(connection, now)
    return Forgotten(asked, seen, slots, done, sum(one.expire() for one in sources))


def purge_uninstalled(store: Database, library: Library, settings: Settings, now: datetime) -> list[str]:
    """Forget everything of the workspaces that uninstalled the app so many days ago; gives their ids.

    What the bot remembers goes in one step with the note that the app was there, and last: broken off before, the
    next time goes on. Whoever installs it again meanwhile keeps what is still there.
    """
    if not settings.many_workspaces:
        return []
    before = now - timedelta(days=settings.purge_uninstalled_days)
    with store.reading() as connection:
        gone = installations.removed(connection, before)
    purged = []
    for team in gone:
        library.remove_all(team)
        with store.writing() as connection:
            if not installations.forget(connection, team, before):
                continue
            connection.execute(delete(lease).where(lease.c.name.in_(leases.names(team))))
            for table in metadata.sorted_tables:
                if "team_id" in table.c and table is not installation:
                    connection.execute(delete(table).where(table.c.team_id == team))
        purged.append(team)
    if purged:
        store.empty_log()
    return purged
