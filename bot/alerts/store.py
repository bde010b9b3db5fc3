"""Who wants to hear of new articles on something.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.store.tables import alert as alerts


@dataclass(frozen=True, slots=True)
class Alert:
    """A wish to hear of new articles about `text`, a subject or a question.

    It is posted in `channel`, or in direct messages when that is `None`; `asked_in` is the channel whose
    collections count. A passage counts that scores at least `threshold` (0 to 1). Nothing is sent between
    `quiet_from` and `quiet_until` (local times in `zone`), nor more than `daily_most` messages a day. Articles
    added from `checked_at` on are checked; `waiting` are the ids of those found and not sent yet, `told` of those
    sent. `sent` are the times of the last messages, `number` counts all of them.
    """

    id: str
    user: str
    channel: str | None
    asked_in: str
    text: str
    collections: tuple[str, ...] | None
    threshold: float
    quiet_from: time | None
    quiet_until: time | None
    zone: str
    daily_most: int
    checked_at: datetime
    created_at: datetime
    told: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    sent: tuple[datetime, ...] = ()
    number: int = 0


def save(connection: Connection, team: str, alert: Alert) -> None:
    """Store the alert, in place of what the team has stored under the same id."""
    values: dict[str, Any] = {
        "id": alert.id,
        "team_id": team,
        "user_id": alert.user,
        "channel_id": alert.channel,
        "asked_in": alert.asked_in,
        "text": alert.text,
        "collections": None if alert.collections is None else json.dumps(alert.collections),
        "threshold": alert.threshold,
        "quiet_from": f"{alert.quiet_from:%H:%M}" if alert.quiet_from else None,
        "quiet_until": f"{alert.quiet_until:%H:%M}" if alert.quiet_until else None,
        "zone": alert.zone,
        "daily_most": alert.daily_most,
        "checked_at": alert.checked_at.isoformat(),
        "told": json.dumps(alert.told),
        "waiting": json.dumps(alert.waiting),
        "sent": json.dumps([moment.isoformat() for moment in alert.sent]),
        "number": alert.number,
        "created_at": alert.created_at.isoformat(),
    }
    insertion = insert(alerts).values(values)
    same_team = alerts.c.team_id == insertion.excluded.team_id
    connection.execute(insertion.on_conflict_do_update(index_elements=["id"], set_=values, where=same_team))


def load(connection: Connection, team: str, alert_id: str) -> Alert | None:
    """Return the team's alert with this id."""
    query = select(alerts).where(alerts.c.team_id == team, alerts.c.id == alert_id)
    row = connection.execute(query).mappings().first()
    return _alert(row) if row else None


def every(connection: Connection, team: str, user: str | None = None) -> list[Alert]:
    """Return the team's alerts, or those of one person, oldest first."""
    query = select(alerts).where(alerts.c.team_id == team).order_by(alerts.c.created_at, alerts.c.id)
    if user is not None:
        query = query.where(alerts.c.user_id == user)
    return [_alert(row) for row in connection.execute(query).mappings()]


def remove(connection: Connection, team: str, alert_id: str) -> None:
    """Forget the alert."""
    connection.execute(delete(alerts).where(alerts.c.team_id == team, alerts.c.id == alert_id))


def _alert(row: RowMapping) -> Alert:
    return Alert(
        id=row["id"],
        user=row["user_id"],
        channel=row["channel_id"],
        asked_in=row["asked_in"],
        text=row["text"],
        collections=None if row["collections"] is None else tuple(json.loads(row["collections"])),
        threshold=row["threshold"],
        quiet_from=time.fromisoformat(row["quiet_from"]) if row["quiet_from"] else None,
        quiet_until=time.fromisoformat(row["quiet_until"]) if row["quiet_until"] else None,
        zone=row["zone"],
        daily_most=row["daily_most"],
        checked_at=datetime.fromisoformat(row["checked_at"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        told=tuple(json.loads(row["told"])),
        waiting=tuple(json.loads(row["waiting"])),
        sent=tuple(datetime.fromisoformat(moment) for moment in json.loads(row["sent"])),
        number=row["number"],
    )
