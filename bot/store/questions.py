"""Questions that were asked in Slack, for buttons, follow-ups, feedback and the list of what found nothing.

Every function works inside the transaction that it is handed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import Insert, insert

from bot.store.tables import question as questions
from bot.store.tables import watch

LONGEST_WATCH = timedelta(days=365)
"""How long a question is watched at most."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as it was understood, who asked it where, and within which articles.

    `collections` is `None` for all of them; `since` and `until` are aware times. `answered` and `confidence` are
    those of the answer.
    """

    id: str
    user: str
    channel: str
    thread: str | None
    text: str
    subject: str
    collections: tuple[str, ...] | None
    since: datetime | None
    until: datetime | None
    answered: bool
    confidence: float


def keep(connection: Connection, team: str, asked: AskedQuestion, now: datetime) -> None:
    """Store the question, or what has changed of it."""
    values: dict[str, Any] = {
        "id": asked.id,
        "team_id": team,
        "user_id": asked.user,
        "channel_id": asked.channel,
        "thread_ts": asked.thread,
        "text": asked.text,
        "subject": asked.subject,
        "collections": None if asked.collections is None else json.dumps(asked.collections),
        "since": asked.since.isoformat() if asked.since else None,
        "until": asked.until.isoformat() if asked.until else None,
        "answered": asked.answered,
        "confidence": asked.confidence,
        "asked_at": now.isoformat(),
    }
    connection.execute(_KEEP, values)


def load(connection: Connection, team: str, question_id: str) -> AskedQuestion | None:
    """The team's question with this id."""
    query = select(questions).where(questions.c.team_id == team, questions.c.id == question_id)
    row = connection.execute(query).mappings().first()
    return _asked(row) if row else None


def last_in_thread(
    connection: Connection, team: str, channel: str, thread: str, *, user: str | None = None, but: str = ""
) -> AskedQuestion | None:
    """The last question that was answered in the thread, of this person or of anyone, `but` for the one itself."""
    query = select(questions).where(
        questions.c.team_id == team,
        questions.c.channel_id == channel,
        questions.c.thread_ts == thread,
        questions.c.id != but,
    )
    if user is not None:
        query = query.where(questions.c.user_id == user)
    row = connection.execute(query.order_by(questions.c.asked_at.desc()).limit(1)).mappings().first()
    return _asked(row) if row else None


def rate(connection: Connection, team: str, question_id: str, *, helpful: bool, reason: str | None = None) -> None:
    """Keep what a person thought of the answer."""
    own = update(questions).where(questions.c.team_id == team, questions.c.id == question_id)
    connection.execute(own.values(helpful=helpful, reason=reason))


def unanswered(connection: Connection, team: str, limit: int) -> list[str]:
    """The texts of the last questions that found nothing, newest first, each once."""
    query = (
        select(questions.c.text)
        .where(questions.c.team_id == team, questions.c.answered.is_(False))
        .group_by(questions.c.text)
        .order_by(func.max(questions.c.asked_at).desc())
        .limit(limit)
    )
    return list(connection.scalars(query))


def _keeping() -> Insert:
    """Stores a question, in place of what the team has stored under the same id."""
    names = [column.name for column in questions.c if column.name not in ("helpful", "reason")]
    insertion = insert(questions).values({name: bindparam(name) for name in names})
    new = {name: insertion.excluded[name] for name in names}
    same_team = questions.c.team_id == insertion.excluded.team_id
    return insertion.on_conflict_do_update(index_elements=["id"], set_=new, where=same_team)


_KEEP = _keeping()  # built once: building a statement takes longer than running it


def unhelpful(connection: Connection, team: str, limit: int) -> list[tuple[str, str | None]]:
    """The last questions whose answer did not help, newest first, with the reason that was given."""
    query = select(questions.c.text, questions.c.reason).where(
        questions.c.team_id == team, questions.c.helpful.is_(False)
    )
    rows = connection.execute(query.order_by(questions.c.asked_at.desc()).limit(limit))
    return [(text, reason) for text, reason in rows]


def watch_for(connection: Connection, team: str, question_id: str, user: str, now: datetime) -> None:
    """The person wants to be told when the question can be answered."""
    values = {"team_id": team, "question_id": question_id, "user_id": user, "created_at": now.isoformat()}
    again = {"created_at": values["created_at"], "told_at": None}
    statement = insert(watch).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["question_id", "user_id"], set_=again))


def watched(connection: Connection, team: str) -> list[tuple[str, AskedQuestion]]:
    """Who waits for which question, oldest first."""
    query = (
        select(watch.c.user_id.label("watcher"), questions)
        .join(questions, questions.c.id == watch.c.question_id)
        .where(watch.c.team_id == team, questions.c.team_id == team, watch.c.told_at.is_(None))
        .order_by(watch.c.created_at)
    )
    return [(row["watcher"], _asked(row)) for row in connection.execute(query).mappings()]


def told(connection: Connection, team: str, question_id: str, user: str, now: datetime) -> None:
    """The person was told."""
    own = update(watch).where(watch.c.team_id == team, watch.c.question_id == question_id, watch.c.user_id == user)
    connection.execute(own.values(told_at=now.isoformat()))


def forget(connection: Connection, now: datetime, days: int) -> None:
    """Forget questions older than `days`; those that somebody still waits for, after a year."""
    old, stale = (now - timedelta(days=days)).isoformat(), (now - LONGEST_WATCH).isoformat()
    connection.execute(delete(watch).where(or_(watch.c.told_at < old, watch.c.created_at < stale)))
    waiting = select(watch.c.question_id).where(watch.c.told_at.is_(None))
    connection.execute(delete(questions).where(questions.c.asked_at < old, questions.c.id.not_in(waiting)))


def _asked(row: RowMapping) -> AskedQuestion:
    def moment(value: str | None) -> datetime | None:
        return datetime.fromisoformat(value) if value else None

    return AskedQuestion(
        id=row["id"],
        user=row["user_id"],
        channel=row["channel_id"],
        thread=row["thread_ts"],
        text=row["text"],
        subject=row["subject"],
        collections=None if row["collections"] is None else tuple(json.loads(row["collections"])),
        since=moment(row["since"]),
        until=moment(row["until"]),
        answered=row["answered"],
        confidence=row["confidence"],
    )
