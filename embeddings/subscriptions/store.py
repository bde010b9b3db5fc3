"""Sources in the database, and what robots.txt said."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, or_, select, update

from embeddings.store.metadata import free_id
from embeddings.store.tables import article as articles
from embeddings.store.tables import entry as entries
from embeddings.store.tables import robots as sites
from embeddings.store.tables import source as sources
from embeddings.subscriptions.model import Kind, LookSummary, Source
from embeddings.text.dates import iso_seconds
from embeddings.web.downloader import Robots, Validators

LEASE = timedelta(minutes=5)
"""How long a process may take over one entry before another one may take its source over."""

TIMES = ("added_at", "checked_at", "changed_at", "next_at", "failing_since", "paused_at")


def every(connection: Connection, team: str) -> list[Source]:
    """Return the team's sources, in order of title."""
    query = select(sources).where(sources.c.team_id == team).order_by(func.lower(sources.c.title), sources.c.key)
    return [_source(row) for row in connection.execute(query).mappings()]


def load(connection: Connection, team: str, source_id: str) -> Source | None:
    """Return the source with this id or this address."""
    query = select(sources).where(
        sources.c.team_id == team, or_(sources.c.id == source_id, sources.c.url == source_id)
    )
    row = connection.execute(query).mappings().first()
    return _source(row) if row is not None else None


def add(connection: Connection, team: str, source: Source) -> Source:
    """Keep a new source; return it with its key and, made of its title, its id."""
    taken = select(sources.c.id).where(sources.c.team_id == team)
    free = free_id(
        source.title or source.url,
        lambda one: connection.scalar(taken.where(sources.c.id == one)) is not None,
        lambda base: connection.scalars(taken.where(sources.c.id.startswith(base, autoescape=True))),
    )
    values = {**values_of(source), "id": free}
    statement = insert(sources).values(team_id=team, **values).returning(sources)
    return _source(connection.execute(statement).mappings().one())


def save(connection: Connection, source: Source) -> None:
    """Write what is known of a source now."""
    connection.execute(update(sources).where(sources.c.key == source.key).values(**values_of(source)))


def keep_summary(connection: Connection, source: Source, found: LookSummary) -> None:
    """Keep what the last check of the source found."""
    own = update(sources).where(sources.c.key == source.key)
    connection.execute(own.values(last_look=json.dumps(asdict(found))))


def remove(connection: Connection, source: Source) -> None:
    """Forget a source and its entries, not the articles."""
    connection.execute(delete(sources).where(sources.c.key == source.key))


def remove_all(connection: Connection, team: str) -> None:
    """Forget every source of the team and its entries, not the articles."""
    connection.execute(delete(sources).where(sources.c.team_id == team))


def by_user(connection: Connection, team: str, person: str) -> list[Source]:
    """Return the sources that this person added or paused."""
    return [one for one in every(connection, team) if person in (one.added_by, one.paused_by)]


def forget_person(connection: Connection, team: str, person: str) -> int:
    """Keep the sources that this person added or paused, not who did; return how many there were."""
    count = len(by_user(connection, team, person))
    for column in (sources.c.added_by, sources.c.paused_by):
        own = update(sources).where(sources.c.team_id == team, column == person)
        connection.execute(own.values({column: None}))
    return count


def claim(connection: Connection, source: Source, now: datetime) -> bool:
    """Take the source for this process, unless another one that lives has it."""
    row = connection.execute(
        select(sources.c.claimed_by, sources.c.claimed_until).where(sources.c.key == source.key)
    ).first()
    if row is None or (row.claimed_by and row.claimed_until > iso_seconds(now) and _lives(row.claimed_by)):
        return False
    renew(connection, source, now)
    return True


def renew(connection: Connection, source: Source, now: datetime) -> None:
    """Keep the source for another while."""
    values = {"claimed_by": _owner(os.getpid()), "claimed_until": iso_seconds(now + LEASE)}
    connection.execute(update(sources).where(sources.c.key == source.key).values(**values))


def release(connection: Connection, source: Source) -> None:
    """Let others have the source."""
    mine = (sources.c.key == source.key) & (sources.c.claimed_by == _owner(os.getpid()))
    connection.execute(update(sources).where(mine).values(claimed_by=None, claimed_until=None))


def own_articles(connection: Connection, source: Source, before: str | None = None) -> list[str]:
    """Ids of the articles that came only from this source; with `before`, an ISO time in UTC, of those older."""
    query = _own(source).with_only_columns(articles.c.id).group_by(articles.c.key, articles.c.id)
    if before is not None:
        query = query.where(or_(articles.c.published_utc < before, articles.c.added_at < before))
    return list(connection.scalars(query.order_by(articles.c.key)))


def _own(source: Source) -> Select[Any]:
    others = select(entries.c.article_key).where(
        entries.c.source_key != source.key, entries.c.article_key.is_not(None)
    )
    return (
        select(articles)
        .join(entries, entries.c.article_key == articles.c.key)
        .where(entries.c.source_key == source.key, entries.c.brought, articles.c.key.not_in(others))
    )


@cache
def _owner(pid: int) -> str:
    """Return how this process, whose number that is, signs its claims; a fork of it signs otherwise."""
    return f"{socket.gethostname()} {pid} {uuid.uuid4().hex[:8]}"


def _lives(owner: str) -> bool:
    """Return whether the process that claimed lives; of one on another machine nobody knows, so it does."""
    host, pid, _ = owner.split(" ")
    if owner == _owner(os.getpid()) or host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        return False  # an earlier process with this one's number
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def values_of(source: Source) -> dict[str, Any]:
    """Return a source as the columns of its row."""
    apart = ("key", "validators", "last_look")
    values = {name: getattr(source, name) for name in Source.__slots__ if name not in apart}
    values |= {name: iso_seconds(values[name]) if values[name] is not None else None for name in TIMES}
    return {**values, **asdict(source.validators), "interval": int(source.interval.total_seconds())}


def _source(row: RowMapping) -> Source:
    values = {name: row[name] for name in Source.__slots__ if name not in ("validators", "last_look")}
    values |= {name: datetime.fromisoformat(row[name]) if row[name] is not None else None for name in TIMES}
    values |= {"interval": timedelta(seconds=row["interval"]), "kind": Kind(row["kind"])}
    last_look = LookSummary(**json.loads(row["last_look"])) if row["last_look"] else None
    return Source(**values, validators=Validators(row["etag"], row["last_modified"]), last_look=last_look)


def read(connection: Connection) -> dict[str, Robots]:
    """Return every site's robots.txt that is kept."""
    rows = connection.execute(select(sites)).all()
    return {row.site: Robots(row.text, datetime.fromisoformat(row.fetched_at)) for row in rows}


def keep(connection: Connection, known_robots: Mapping[str, Robots]) -> None:
    """Keep these, and no others."""
    connection.execute(delete(sites))
    for site, one in known_robots.items():
        connection.execute(insert(sites).values(site=site, text=one.text, fetched_at=iso_seconds(one.fetched_at)))
