"""The ledger of digests: what makes each slot post once.

A slot is claimed with a lease, its plan is kept, it is posted, and it is finished. A process that dies between two
of these steps leaves a claim whose lease runs out; whoever claims the slot then knows by `tries` that the message
may be in the channel already, and by the plan what it says. Every function works inside the transaction that it is
handed, and on the team's rows alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.store.tables import digest_run as runs

CLAIMED, POSTED, EMPTY, SKIPPED, FAILED = "claimed", "posted", "empty", "skipped", "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """A slot that this process has claimed. `tries` counts earlier claims; `plan` is what one of them left."""

    digest_id: str
    slot: datetime
    tries: int
    plan: str | None


def claim(
    connection: Connection, team: str, digest_id: str, slot: datetime, now: datetime, lease: timedelta
) -> Run | None:
    """Claim the slot until the lease runs out; `None` when another process has it, or it is finished."""
    until = _text(now + lease)
    fresh = insert(runs).values(
        digest_id=digest_id, slot=_text(slot), team_id=team, state=CLAIMED, tries=0, lease_until=until
    )
    if connection.scalar(fresh.on_conflict_do_nothing().returning(runs.c.slot)) is not None:
        return Run(digest_id, slot, 0, None)
    left = update(runs).where(
        _own(team, digest_id, slot), runs.c.state == CLAIMED, runs.c.lease_until <= _text(now)
    )
    if connection.execute(left.values(tries=runs.c.tries + 1, lease_until=until)).rowcount == 0:
        return None
    taken = connection.execute(select(runs.c.tries, runs.c.plan).where(_own(team, digest_id, slot))).one()
    return Run(digest_id, slot, taken.tries, taken.plan)


def keep_plan(connection: Connection, team: str, run: Run, plan: str) -> bool:
    """Keep what is about to be posted, so that whoever takes over posts the same; `False` when somebody has."""
    return connection.execute(update(runs).where(_held(team, run)).values(plan=plan)).rowcount == 1


def put_off(connection: Connection, team: str, run: Run, until: datetime) -> None:
    """Let the claim go at this moment, to be tried again."""
    connection.execute(update(runs).where(_held(team, run)).values(lease_until=_text(until)))


def finish(connection: Connection, team: str, run: Run, state: str, now: datetime, ts: str | None = None) -> None:
    """The slot is seen to: nobody claims it again. `ts` names the message."""
    done = {"state": state, "finished_at": _text(now), "ts": ts, "plan": None, "lease_until": None}
    connection.execute(update(runs).where(_held(team, run)).values(done))


def skip(connection: Connection, team: str, digest_id: str, slots: Iterable[datetime], now: datetime) -> None:
    """Note slots that are passed over, but for those that somebody has claimed."""
    for slot in slots:
        row = insert(runs).values(
            digest_id=digest_id, slot=_text(slot), team_id=team, state=SKIPPED, tries=0, finished_at=_text(now)
        )
        connection.execute(row.on_conflict_do_nothing())


def open_runs(connection: Connection, team: str, now: datetime) -> list[tuple[str, datetime]]:
    """Digest id and slot of claims that have run out, oldest first."""
    query = select(runs.c.digest_id, runs.c.slot).where(
        runs.c.team_id == team, runs.c.state == CLAIMED, runs.c.lease_until <= _text(now)
    )
    rows = connection.execute(query.order_by(runs.c.slot, runs.c.digest_id))
    return [(digest_id, datetime.fromisoformat(slot)) for digest_id, slot in rows]


def unfinished(connection: Connection, team: str) -> list[tuple[str, datetime]]:
    """Digest id and slot of every claim, whether it has run out or not, oldest first."""
    query = select(runs.c.digest_id, runs.c.slot).where(runs.c.team_id == team, runs.c.state == CLAIMED)
    rows = connection.execute(query.order_by(runs.c.slot, runs.c.digest_id))
    return [(digest_id, datetime.fromisoformat(slot)) for digest_id, slot in rows]


def let_go(connection: Connection, team: str, now: datetime) -> None:
    """End every lease: for a process that starts and knows that it is alone."""
    held = update(runs).where(runs.c.team_id == team, runs.c.state == CLAIMED, runs.c.lease_until > _text(now))
    connection.execute(held.values(lease_until=_text(now)))


def handled(connection: Connection, team: str) -> dict[str, datetime]:
    """The newest slot of each digest that was claimed or passed over."""
    query = select(runs.c.digest_id, func.max(runs.c.slot)).where(runs.c.team_id == team)
    rows = connection.execute(query.group_by(runs.c.digest_id))
    return {digest_id: datetime.fromisoformat(slot) for digest_id, slot in rows}


def last_told(connection: Connection, team: str, digest_id: str) -> datetime | None:
    """The newest slot that was posted, or was not because nothing was new; `None` before the first."""
    told = and_(runs.c.team_id == team, runs.c.digest_id == digest_id, runs.c.state.in_((POSTED, EMPTY)))
    slot = connection.scalar(select(func.max(runs.c.slot)).where(told))
    return datetime.fromisoformat(slot) if slot else None


def history(connection: Connection, team: str, digest_id: str, limit: int) -> list[tuple[datetime, str]]:
    """The last slots with their states, newest first."""
    query = select(runs.c.slot, runs.c.state).where(runs.c.team_id == team, runs.c.digest_id == digest_id)
    rows = connection.execute(query.order_by(runs.c.slot.desc()).limit(limit))
    return [(datetime.fromisoformat(slot), state) for slot, state in rows]


def forget(connection: Connection, now: datetime, days: int) -> int:
    """Forget finished slots older than so many days, but for each digest's newest told and newest seen one.

    Gives how many.
    """
    other = runs.alias()
    newest = select(func.max(other.c.slot)).where(other.c.digest_id == runs.c.digest_id)
    keep = [newest, newest.where(other.c.state.in_((POSTED, EMPTY)))]
    others = (runs.c.slot != func.coalesce(one.correlate(runs).scalar_subquery(), "") for one in keep)
    is_old = runs.c.finished_at < _text(now - timedelta(days=days))
    return connection.execute(delete(runs).where(is_old, *others)).rowcount


def _own(team: str, digest_id: str, slot: datetime) -> ColumnElement[bool]:
    return and_(runs.c.team_id == team, runs.c.digest_id == digest_id, runs.c.slot == _text(slot))


def _held(team: str, run: Run) -> ColumnElement[bool]:
    """Whether the claim is still this one: nobody has taken it over or finished it."""
    own = _own(team, run.digest_id, run.slot)
    return and_(own, runs.c.state == CLAIMED, runs.c.tries == run.tries)


def _text(moment: datetime) -> str:
    """The moment as text that sorts in order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
