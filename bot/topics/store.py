"""Summaries that were asked for, for their buttons and for what is new since. Every function works inside the
transaction that it is passed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from bot.store.tables import topic_view as views


@dataclass(frozen=True, slots=True)
class TopicView:
    """A summary that somebody asked for; `user` as in questions, `asked_before` when they last did."""

    id: str
    user: str
    channel: str
    subject: str
    collections: tuple[str, ...] | None
    since: datetime | None
    until: datetime | None
    seen_at: datetime
    asked_before: datetime | None


def keep(connection: Connection, team: str, view: TopicView) -> None:
    """Store the view; the same id again changes nothing."""
    values = {
        "id": view.id,
        "team_id": team,
        "user_id": view.user,
        "channel_id": view.channel,
        "subject": view.subject,
        "collections": None if view.collections is None else json.dumps(view.collections),
        "since": view.since.isoformat() if view.since else None,
        "until": view.until.isoformat() if view.until else None,
        "seen_at": view.seen_at.isoformat(),
        "asked_before": view.asked_before.isoformat() if view.asked_before else None,
    }
    connection.execute(insert(views).values(values).on_conflict_do_nothing())


def load(connection: Connection, team: str, view_id: str) -> TopicView | None:
    """Return the team's view with this id."""
    query = select(views).where(views.c.team_id == team, views.c.id == view_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return TopicView(
        id=row["id"],
        user=row["user_id"],
        channel=row["channel_id"],
        subject=row["subject"],
        collections=None if row["collections"] is None else tuple(json.loads(row["collections"])),
        since=datetime.fromisoformat(row["since"]) if row["since"] else None,
        until=datetime.fromisoformat(row["until"]) if row["until"] else None,
        seen_at=datetime.fromisoformat(row["seen_at"]),
        asked_before=datetime.fromisoformat(row["asked_before"]) if row["asked_before"] else None,
    )


def last_seen(connection: Connection, team: str, user: str, subject: str, *, but: str = "") -> datetime | None:
    """Return when the person last asked for this subject, upper or lower case alike, `but` for the view with this
    id.
    """
    query = select(func.max(views.c.seen_at)).where(
        views.c.team_id == team,
        views.c.user_id == user,
        func.lower(views.c.subject) == subject.lower(),
        views.c.id != but,
    )
    found = connection.scalar(query)
    return datetime.fromisoformat(found) if found else None
