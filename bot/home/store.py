"""When somebody opened the Home tab. Every function works inside the transaction that it is passed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.store.tables import home_visit


def visit(connection: Connection, team: str, user: str, now: datetime, apart: timedelta, first: datetime) -> None:
    """Keep that the tab was opened now. Openings that are less than `apart` from each other are one visit; of the
    first visit what is new counts from `first` on.
    """
    query = select(home_visit.c.opened_at, home_visit.c.new_since).where(
        home_visit.c.team_id == team, home_visit.c.user_id == user
    )
    before = connection.execute(query).first()
    since = before.new_since if before else to_text(first)
    if before and datetime.fromisoformat(before.opened_at) + apart < now:
        since = before.opened_at
    values = {"opened_at": to_text(now), "new_since": since}
    adding = insert(home_visit).values(team_id=team, user_id=user, **values)
    connection.execute(adding.on_conflict_do_update(index_elements=["team_id", "user_id"], set_=values))


def new_since(connection: Connection, team: str, user: str) -> datetime | None:
    """Return when the visit before this one was; `None` for who was never there."""
    query = select(home_visit.c.new_since).where(home_visit.c.team_id == team, home_visit.c.user_id == user)
    found = connection.scalar(query)
    return datetime.fromisoformat(found) if found else None
