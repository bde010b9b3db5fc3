"""Questions that were asked in Slack, for buttons, follow-ups, feedback and the list of what found nothing.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from bot.store.tables import opt_out, topic_view
from bot.store.tables import question as questions
from embeddings import Prepared
from embeddings.text.periods import Period


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as it was understood, who asked it where, and within which articles.

    `collections` is `None` for all of them; `since` and `until` are aware times. `answered` and `confidence` are
    those of the answer; `shown` counts its passages that the person has seen, `reasons` the sentences that were
    given in answer to "why?". Not `strict`, `since` and `until`
    are a period that only comes first.
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
    asked_at: datetime
    strict: bool = True
    shown: int = 3
    reasons: int = 0

    @property
    def preferred(self) -> Period | None:
        """The period that comes first, where `since` and `until` are no bounds."""
        return None if self.strict else Period(self.since, self.until, strict=False)

    @property
    def bound_since(self) -> datetime | None:
        """From when on articles count."""
        return self.since if self.strict else None

    @property
    def bound_until(self) -> datetime | None:
        """Up to when articles count."""
        return self.until if self.strict else None


def keep(connection: Connection, team: str, asked: AskedQuestion) -> None:
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
        "strict": asked.strict,
        "answered": asked.answered,
        "confidence": asked.confidence,
        "asked_at": asked.asked_at.isoformat(),
        "shown": asked.shown,
        "reasons": asked.reasons,
    }
    _KEEP.run(connection, values)


def load(connection: Connection, team: str, question_id: str) -> AskedQuestion | None:
    """Return the team's question with this id."""
    query = select(questions).where(questions.c.team_id == team, questions.c.id == question_id)
    row = connection.execute(query).mappings().first()
    return _asked(row) if row else None


def last_in_thread(
    connection: Connection, team: str, channel: str, thread: str, *, user: str | None = None, but: str = ""
) -> AskedQuestion | None:
    """Return the last question that was answered in the thread, of this person or of anyone, `but` for the one
    itself.
    """
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


def last_in_channel(
    connection: Connection, team: str, channel: str, since: datetime, *, but: str = ""
) -> AskedQuestion | None:
    """Return the last question that was asked in the channel from `since` on, `but` for the one itself."""
    query = (
        select(questions)
        .where(
            questions.c.team_id == team,
            questions.c.channel_id == channel,
            questions.c.asked_at >= since.isoformat(),
            questions.c.id != but,
        )
        .order_by(questions.c.asked_at.desc())
    )
    row = connection.execute(query.limit(1)).mappings().first()
    return _asked(row) if row else None


def rate(connection: Connection, team: str, question_id: str, *, helpful: bool, reason: str | None = None) -> None:
    """Keep what a person thought of the answer."""
    own = update(questions).where(questions.c.team_id == team, questions.c.id == question_id)
    connection.execute(own.values(helpful=helpful, reason=reason))


@dataclass(frozen=True, slots=True)
class Vote:
    """Whether an answer helped, and the confidence that it was given with."""

    confidence: float
    helpful: bool


def votes(connection: Connection, team: str, limit: int) -> list[Vote]:
    """Return the votes on the last questions that have one, newest first."""
    query = select(questions.c.confidence, questions.c.helpful).where(
        questions.c.team_id == team, questions.c.helpful.is_not(None)
    )
    rows = connection.execute(query.order_by(questions.c.asked_at.desc()).limit(limit))
    return [Vote(confidence, helpful) for confidence, helpful in rows]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that found nothing, how often it was asked in these words, and when last (aware)."""

    text: str
    times: int
    asked_at: datetime


def unanswered(connection: Connection, team: str, limit: int) -> list[Unanswered]:
    """Return the last questions that found nothing, newest first, but for those of people who opted out."""
    last = func.max(questions.c.asked_at)
    query = (
        select(questions.c.text, func.count(), last)
        .where(questions.c.team_id == team, questions.c.answered.is_(False), questions.c.user_id.not_in(_PRIVATE))
        .group_by(questions.c.text)
        .order_by(last.desc())
        .limit(limit)
    )
    found = connection.execute(query, {"team": team})
    return [Unanswered(text, times, datetime.fromisoformat(at)) for text, times, at in found]


_PRIVATE = select(opt_out.c.user_id).where(opt_out.c.team_id == bindparam("team"))


def teams(connection: Connection) -> list[str]:
    """Return every workspace in which something was asked."""
    return list(connection.scalars(select(questions.c.team_id).distinct().order_by(questions.c.team_id)))


def set_private(connection: Connection, team: str, user: str, *, private: bool) -> None:
    """Whether this person's questions stay out of the list of gaps."""
    if private:
        connection.execute(insert(opt_out).values(team_id=team, user_id=user).on_conflict_do_nothing())
    else:
        connection.execute(delete(opt_out).where(opt_out.c.team_id == team, opt_out.c.user_id == user))


def _keeping() -> Insert:
    """Store a question, in place of what the team has stored under the same id."""
    names = [column.name for column in questions.c if column.name not in ("helpful", "reason")]
    insertion = insert(questions).values({name: bindparam(name) for name in names})
    new = {name: insertion.excluded[name] for name in names}
    same_team = questions.c.team_id == insertion.excluded.team_id
    return insertion.on_conflict_do_update(index_elements=["id"], set_=new, where=same_team)


_KEEP = Prepared(_keeping())


def unhelpful(connection: Connection, team: str, limit: int) -> list[tuple[str, str | None]]:
    """Return the last questions whose answer did not help, newest first, with the reason that was given.

    Those of people who opted out are left out.
    """
    query = select(questions.c.text, questions.c.reason).where(
        questions.c.team_id == team, questions.c.helpful.is_(False), questions.c.user_id.not_in(_PRIVATE)
    )
    rows = connection.execute(query.order_by(questions.c.asked_at.desc()).limit(limit), {"team": team})
    return [(text, reason) for text, reason in rows]


def lately(connection: Connection, team: str, user: str, limit: int) -> list[tuple[str, bool]]:
    """Return the person's last questions, newest first and each once, with whether it was answered last time."""
    last = func.max(questions.c.asked_at).label("last")
    mine = (questions.c.team_id == team, questions.c.user_id == user)
    newest = select(questions.c.text, last).where(*mine).group_by(questions.c.text).subquery()
    query = (
        select(questions.c.text, questions.c.answered)
        .join(newest, (newest.c.text == questions.c.text) & (newest.c.last == questions.c.asked_at))
        .where(*mine)
        .order_by(questions.c.asked_at.desc())
        .limit(limit)
    )
    return [(text, answered) for text, answered in connection.execute(query)]


def forget(connection: Connection, now: datetime, days: int) -> tuple[int, int]:
    """Forget questions, and summaries that were asked for, older than `days`; return how many of each."""
    old = (now - timedelta(days=days)).isoformat()
    gone = connection.execute(delete(questions).where(questions.c.asked_at < old)).rowcount
    return gone, connection.execute(delete(topic_view).where(topic_view.c.seen_at < old)).rowcount


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
        strict=row["strict"],
        answered=row["answered"],
        confidence=row["confidence"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        shown=row["shown"],
        reasons=row["reasons"],
    )
