"""Digests that people subscribed to, and what each has told. Every function works inside the transaction that it
is handed, and on the team's rows alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.digests.schedule import Schedule
from bot.store.tables import digest as digests
from bot.store.tables import digest_run, digest_story


@dataclass(frozen=True, slots=True)
class Digest:
    """A subscription. Without `topics` it tells everything new; `collections` is `None` for all of them.

    `most` stories are told in full, those that score at least `least` (0 to 1) on a topic. Nothing is due before
    `starts_at`. Times are aware.
    """

    id: str
    owner: str
    channel: str
    name: str
    schedule: Schedule
    created_at: datetime
    starts_at: datetime
    topics: tuple[str, ...] = ()
    collections: tuple[str, ...] | None = None
    most: int = 10
    say_empty: bool = False
    least: float = 0.28
    paused_at: datetime | None = None
    paused_why: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a digest knows of a story: the articles that it had when it was told, and what was asked of it."""

    story_id: str
    article_ids: frozenset[str]
    is_muted: bool
    is_unwanted: bool


def save(connection: Connection, team: str, digest: Digest) -> None:
    """Store the digest, in place of what the team has stored under the same id."""
    schedule = digest.schedule
    values: dict[str, Any] = {
        "id": digest.id,
        "team_id": team,
        "owner_id": digest.owner,
        "channel_id": digest.channel,
        "name": digest.name,
        "topics": json.dumps(digest.topics),
        "collections": None if digest.collections is None else json.dumps(digest.collections),
        "at": f"{schedule.at:%H:%M}",
        "zone": schedule.zone,
        "days": ",".join(map(str, schedule.days)) or None,
        "month_day": schedule.month_day,
        "most": digest.most,
        "say_empty": digest.say_empty,
        "least": digest.least,
        "starts_at": digest.starts_at.isoformat(),
        "paused_at": digest.paused_at.isoformat() if digest.paused_at else None,
        "paused_why": digest.paused_why,
        "created_at": digest.created_at.isoformat(),
    }
    insertion = insert(digests).values(values)
    same_team = digests.c.team_id == insertion.excluded.team_id
    connection.execute(insertion.on_conflict_do_update(index_elements=["id"], set_=values, where=same_team))


def load(connection: Connection, team: str, digest_id: str) -> Digest | None:
    """The team's digest with this id."""
    row = connection.execute(select(digests).where(_own(team, digest_id))).mappings().first()
    return _digest(row) if row else None


def every(connection: Connection, team: str, owner: str | None = None) -> list[Digest]:
    """The team's digests, or those of one owner, oldest first."""
    query = select(digests).where(digests.c.team_id == team).order_by(digests.c.created_at, digests.c.id)
    if owner is not None:
        query = query.where(digests.c.owner_id == owner)
    return [_digest(row) for row in connection.execute(query).mappings()]


def teams(connection: Connection) -> list[str]:
    """Every workspace that has a digest."""
    return list(connection.scalars(select(digests.c.team_id).distinct().order_by(digests.c.team_id)))


def pause(connection: Connection, team: str, digest_id: str, now: datetime, why: str | None = None) -> None:
    """Post nothing until the digest is resumed."""
    paused = update(digests).where(_own(team, digest_id))
    connection.execute(paused.values(paused_at=now.isoformat(), paused_why=why))


def resume(connection: Connection, team: str, digest_id: str, now: datetime) -> None:
    """Post again, from the next slot on: what was missed in the pause stays missed."""
    resumed = update(digests).where(_own(team, digest_id))
    connection.execute(resumed.values(paused_at=None, paused_why=None, starts_at=now.isoformat()))


def remove(connection: Connection, team: str, digest_id: str) -> None:
    """Forget the digest, its runs and what it told."""
    for table in (digest_run, digest_story):
        connection.execute(delete(table).where(table.c.team_id == team, table.c.digest_id == digest_id))
    connection.execute(delete(digests).where(_own(team, digest_id)))


def told(connection: Connection, team: str, digest_id: str) -> dict[str, Told]:
    """What the digest knows of each story, by the story's id."""
    query = select(digest_story).where(digest_story.c.team_id == team, digest_story.c.digest_id == digest_id)
    return {
        row["story_id"]: Told(
            row["story_id"], frozenset(json.loads(row["article_ids"])), row["is_muted"], row["is_unwanted"]
        )
        for row in connection.execute(query).mappings()
    }


def remember(
    connection: Connection, team: str, digest_id: str, stories: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """The digest has told these stories; `stories` has the ids of each one's articles."""
    before = told(connection, team, digest_id)
    for story_id, article_ids in stories.items():
        known = before[story_id].article_ids if story_id in before else frozenset()
        _note(
            connection, team, digest_id, story_id, told_at=now.isoformat(),
            article_ids=json.dumps(sorted(known | set(article_ids))),
        )  # fmt: skip


def mute(connection: Connection, team: str, digest_id: str, story_id: str) -> None:
    """Never tell this story again, whatever becomes of it."""
    _note(connection, team, digest_id, story_id, is_muted=True)


def unwant(connection: Connection, team: str, digest_id: str, story_id: str) -> None:
    """Tell fewer stories that are like this one."""
    _note(connection, team, digest_id, story_id, is_unwanted=True)


def _note(connection: Connection, team: str, digest_id: str, story_id: str, **values: Any) -> None:
    first = {"article_ids": "[]", "is_muted": False, "is_unwanted": False, **values}
    insertion = insert(digest_story).values(team_id=team, digest_id=digest_id, story_id=story_id, **first)
    same_team = digest_story.c.team_id == insertion.excluded.team_id
    keys = ["digest_id", "story_id"]
    connection.execute(insertion.on_conflict_do_update(index_elements=keys, set_=values, where=same_team))


def _own(team: str, digest_id: str) -> ColumnElement[bool]:
    return (digests.c.team_id == team) & (digests.c.id == digest_id)


def _digest(row: RowMapping) -> Digest:
    return Digest(
        id=row["id"],
        owner=row["owner_id"],
        channel=row["channel_id"],
        name=row["name"],
        schedule=Schedule(
            time.fromisoformat(row["at"]),
            row["zone"],
            tuple(map(int, row["days"].split(","))) if row["days"] else (),
            row["month_day"],
        ),
        created_at=datetime.fromisoformat(row["created_at"]),
        starts_at=datetime.fromisoformat(row["starts_at"]),
        topics=tuple(json.loads(row["topics"])),
        collections=None if row["collections"] is None else tuple(json.loads(row["collections"])),
        most=row["most"],
        say_empty=row["say_empty"],
        least=row["least"],
        paused_at=datetime.fromisoformat(row["paused_at"]) if row["paused_at"] else None,
        paused_why=row["paused_why"],
    )
