"""Digests in the bot's database, and the ledger that lets each be posted once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text as _text
from bot.digests.model import Digest, Schedule, Told
from bot.store.leases import RowLease
from bot.store.tables import digest as digests
from bot.store.tables import digest_run, digest_story
from bot.store.tables import digest_run as runs


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
    """Return the team's digest with this id."""
    row = connection.execute(select(digests).where(_own(team, digest_id))).mappings().first()
    return _digest(row) if row else None


def every(connection: Connection, team: str, owner: str | None = None) -> list[Digest]:
    """Return the team's digests, or those of one owner, oldest first."""
    query = select(digests).where(digests.c.team_id == team).order_by(digests.c.created_at, digests.c.id)
    if owner is not None:
        query = query.where(digests.c.owner_id == owner)
    return [_digest(row) for row in connection.execute(query).mappings()]


def teams(connection: Connection) -> list[str]:
    """Return every workspace that has a digest."""
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
    """Forget the digest, its runs and what it posted."""
    for table in (digest_run, digest_story):
        connection.execute(delete(table).where(table.c.team_id == team, table.c.digest_id == digest_id))
    connection.execute(delete(digests).where(_own(team, digest_id)))


def told(connection: Connection, team: str, digest_id: str) -> dict[str, Told]:
    """Return what the digest knows of each story, by the story's id."""
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
    """Keep that the digest has posted these stories; `stories` has the ids of each one's articles."""
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


def mute_similar(connection: Connection, team: str, digest_id: str, story_id: str) -> None:
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


_LEASES = RowLease(runs, runs.c.lease_until)
CLAIMED, POSTED, EMPTY, SKIPPED, FAILED = "claimed", "posted", "empty", "skipped", "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """A slot that this process has claimed. `tries` counts earlier claims; `plan` is what one of them left."""

    digest_id: str
    slot: datetime
    tries: int
    plan: str | None


def acquire(
    connection: Connection, team: str, digest_id: str, slot: datetime, now: datetime, lease: timedelta
) -> Run | None:
    """Claim the slot until the lease expires; `None` when another process has it, or it is finished."""
    until = _text(now + lease)
    fresh = insert(runs).values(
        digest_id=digest_id, slot=_text(slot), team_id=team, state=CLAIMED, tries=0, lease_until=until
    )
    if connection.scalar(fresh.on_conflict_do_nothing().returning(runs.c.slot)) is not None:
        return Run(digest_id, slot, 0, None)
    claimed = _own_run(team, digest_id, slot), runs.c.state == CLAIMED
    if not _LEASES.acquire(connection, *claimed, now=now, length=lease, tries=runs.c.tries + 1):
        return None
    taken = connection.execute(select(runs.c.tries, runs.c.plan).where(_own_run(team, digest_id, slot))).one()
    return Run(digest_id, slot, taken.tries, taken.plan)


def keep_plan(connection: Connection, team: str, run: Run, plan: str, until: datetime) -> bool:
    """Keep what is about to be posted, so that whoever takes over posts the same; `False` when somebody has.

    The claim holds until then: nobody takes it over between this and the post.
    """
    kept = {"plan": plan, "lease_until": _text(until)}
    return connection.execute(update(runs).where(_held(team, run)).values(kept)).rowcount == 1


def postpone(connection: Connection, team: str, run: Run, until: datetime) -> None:
    """Let the claim go at this moment, to be tried again."""
    _LEASES.release(connection, _held(team, run), at=until)


def finish(connection: Connection, team: str, run: Run, state: str, now: datetime, ts: str | None = None) -> None:
    """Close the slot: nobody claims it again. `ts` names the message."""
    done = {"state": state, "finished_at": _text(now), "ts": ts, "plan": None, "lease_until": None}
    connection.execute(update(runs).where(_held(team, run)).values(done))


def skip(connection: Connection, team: str, digest_id: str, slots: Iterable[datetime], now: datetime) -> None:
    """Note slots that are passed over, but for those that somebody has claimed."""
    for slot in slots:
        row = insert(runs).values(
            digest_id=digest_id, slot=_text(slot), team_id=team, state=SKIPPED, tries=0, finished_at=_text(now)
        )
        connection.execute(row.on_conflict_do_nothing())


def expired(connection: Connection, team: str, now: datetime) -> list[tuple[str, datetime]]:
    """Digest id and slot of claims that have run out, oldest first."""
    query = select(runs.c.digest_id, runs.c.slot).where(
        runs.c.team_id == team, runs.c.state == CLAIMED, _LEASES.expired(now)
    )
    rows = connection.execute(query.order_by(runs.c.slot, runs.c.digest_id))
    return [(digest_id, datetime.fromisoformat(slot)) for digest_id, slot in rows]


def unfinished(connection: Connection, team: str) -> list[tuple[str, datetime]]:
    """Digest id and slot of every claim, whether it has run out or not, oldest first."""
    query = select(runs.c.digest_id, runs.c.slot).where(runs.c.team_id == team, runs.c.state == CLAIMED)
    rows = connection.execute(query.order_by(runs.c.slot, runs.c.digest_id))
    return [(digest_id, datetime.fromisoformat(slot)) for digest_id, slot in rows]


def release(connection: Connection, team: str, now: datetime) -> None:
    """End every lease: for a process that starts and knows that it is alone."""
    _LEASES.release(
        connection, runs.c.team_id == team, runs.c.state == CLAIMED, runs.c.lease_until > _text(now), at=now
    )


def handled(connection: Connection, team: str, now: datetime) -> dict[str, datetime]:
    """Return the newest slot of each digest that was claimed or passed over.

    Slots after `now` are left aside: they are of a clock that was wrong, and would silence the digest until then.
    """
    query = select(runs.c.digest_id, func.max(runs.c.slot)).where(
        runs.c.team_id == team, runs.c.slot <= _text(now)
    )
    rows = connection.execute(query.group_by(runs.c.digest_id))
    return {digest_id: datetime.fromisoformat(slot) for digest_id, slot in rows}


def last_told(connection: Connection, team: str, digest_id: str, now: datetime) -> datetime | None:
    """Return the newest slot up to `now` that was posted, or was not because nothing was new; `None` before the
    first.
    """
    told = and_(runs.c.team_id == team, runs.c.digest_id == digest_id, runs.c.state.in_((POSTED, EMPTY)))
    slot = connection.scalar(select(func.max(runs.c.slot)).where(told, runs.c.slot <= _text(now)))
    return datetime.fromisoformat(slot) if slot else None


def history(connection: Connection, team: str, digest_id: str, limit: int) -> list[tuple[datetime, str]]:
    """Return the last slots with their states, newest first."""
    query = select(runs.c.slot, runs.c.state).where(runs.c.team_id == team, runs.c.digest_id == digest_id)
    rows = connection.execute(query.order_by(runs.c.slot.desc()).limit(limit))
    return [(datetime.fromisoformat(slot), state) for slot, state in rows]


def forget(connection: Connection, now: datetime, days: int) -> int:
    """Forget finished slots older than `days`, but for each digest's newest posted and newest seen one.

    Return how many.
    """
    other = runs.alias()
    newest = select(func.max(other.c.slot)).where(other.c.digest_id == runs.c.digest_id)
    keep = [newest, newest.where(other.c.state.in_((POSTED, EMPTY)))]
    others = (runs.c.slot != func.coalesce(one.correlate(runs).scalar_subquery(), "") for one in keep)
    is_old = runs.c.finished_at < _text(now - timedelta(days=days))
    return connection.execute(delete(runs).where(is_old, *others)).rowcount


def _own_run(team: str, digest_id: str, slot: datetime) -> ColumnElement[bool]:
    return and_(runs.c.team_id == team, runs.c.digest_id == digest_id, runs.c.slot == _text(slot))


def _held(team: str, run: Run) -> ColumnElement[bool]:
    """Return whether the claim is still this one: nobody has taken it over or finished it."""
    own = _own_run(team, run.digest_id, run.slot)
    return and_(own, runs.c.state == CLAIMED, runs.c.tries == run.tries)
