"""Forgetting what is older than it is to be kept: daily in the running bot, or by `topicbot purge --expired`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.config import Settings
from bot.store import deliveries, ledger, questions
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


def forget_old(store: Database, sources: Sources, settings: Settings, now: datetime) -> Forgotten:
    """Forget what is too old at `now`, in whichever workspace it came in."""
    days = settings.keep_questions_days
    with store.writing() as connection:
        asked, seen = questions.forget(connection, now, days)
        slots = ledger.forget(connection, now, days)
        done = deliveries.forget(connection, now)
    return Forgotten(asked, seen, slots, done, sources.expire())
