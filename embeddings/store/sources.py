"""Sources and what they brought, in the library's database. Works inside the transaction handed in."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from embeddings.errors import SourceError
from embeddings.ingest.download import Robots, Validators
from embeddings.ingest.feed import Entry
from embeddings.sources.source import Kind, Source
from embeddings.store.ids import free_id
from embeddings.store.tables import article as articles
from embeddings.store.tables import entry as entries
from embeddings.store.tables import robots as sites
from embeddings.store.tables import source as sources

LEASE = timedelta(minutes=5)
"""How long a process may take over one entry before another one may take its source over."""

_OWNER = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
_ENTRY = [one.name for one in entries.c if one.name not in ("key", "source_key", "article_key")]
_TIMES = ("added_at", "checked_at", "changed_at", "next_at", "failing_since", "paused_at")


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that a source has brought before. `article_key` is `None` when it has no article now."""

    key: int
    guid: str | None
    url: str | None
    title: str
    published_at: str | None
    digest: str
    tries: int
    article_key: int | None
    origin: str | None


def every(connection: Connection, team: str) -> list[Source]:
    """The team's sources, in order of title."""
    query = select(sources).where(sources.c.team_id == team).order_by(func.lower(sources.c.title), sources.c.key)
    return [_source(row) for row in connection.execute(query).mappings()]


def load(connection: Connection, team: str, source_id: str) -> Source | None:
    """The source with this id or this address."""
    query = select(sources).where(
        sources.c.team_id == team, or_(sources.c.id == source_id, sources.c.url == source_id)
    )
    row = connection.execute(query).mappings().first()
    return _source(row) if row is not None else None


def add(connection: Connection, team: str, source: Source) -> Source:
    """Keep a new source; gives it with its key and, made of its title, its id."""
    taken = select(sources.c.id).where(sources.c.team_id == team)
    values = {**_values(source), "id": free_id(connection, taken, sources.c.id, source.title or source.url)}
    statement = insert(sources).values(team_id=team, **values).returning(sources)
    return _source(connection.execute(statement).mappings().one())


def save(connection: Connection, source: Source) -> None:
    """Write what is known of a source now."""
    connection.execute(update(sources).where(sources.c.key == source.key).values(**_values(source)))


def remove(connection: Connection, source: Source) -> None:
    """Forget a source and what it brought, not the articles."""
    connection.execute(delete(sources).where(sources.c.key == source.key))


def claim(connection: Connection, source: Source, now: datetime) -> bool:
    """Take the source for this process, unless another one that lives has it."""
    row = connection.execute(
        select(sources.c.claimed_by, sources.c.claimed_until).where(sources.c.key == source.key)
    ).first()
    if row is None or (row.claimed_by and row.claimed_until > _iso(now) and _lives(row.claimed_by)):
        return False
    renew(connection, source, now)
    return True


def renew(connection: Connection, source: Source, now: datetime) -> None:
    """Keep the source for another while."""
    values = {"claimed_by": _OWNER, "claimed_until": _iso(now + LEASE)}
    connection.execute(update(sources).where(sources.c.key == source.key).values(**values))


def release(connection: Connection, source: Source) -> None:
    """Let others have the source."""
    mine = (sources.c.key == source.key) & (sources.c.claimed_by == _OWNER)
    connection.execute(update(sources).where(mine).values(claimed_by=None, claimed_until=None))


def article_counts(connection: Connection, team: str) -> dict[int, int]:
    """How many articles of each source are in the library, by its key."""
    query = (
        select(entries.c.source_key, func.count(func.distinct(entries.c.article_key)))
        .join(sources, sources.c.key == entries.c.source_key)
        .where(sources.c.team_id == team)
        .group_by(entries.c.source_key)
    )
    return dict(connection.execute(query).all())


def known(connection: Connection, source: Source) -> list[Known]:
    """Every entry that the source has brought."""
    rows = connection.execute(select(entries).where(entries.c.source_key == source.key)).mappings()
    return [_known(row) for row in rows]


def put(connection: Connection, source: Source, entry: Entry, before: Known | None) -> None:
    """Note an entry that is new, or changed since `before`, as one that waits for its article."""
    values = {
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "published_at": entry.published_at,
        "digest": entry.digest,
        "waiting": json.dumps(asdict(entry)),
        "not_before": None,
        "tries": 0,
        "error": None,
    }
    if before is None:
        connection.execute(insert(entries).values(source_key=source.key, **values))
    else:
        connection.execute(update(entries).where(entries.c.key == before.key).values(**values))


def waiting(connection: Connection, source: Source, now: datetime) -> list[tuple[Known, Entry]]:
    """The entries whose articles are to be had now, oldest first."""
    query = select(entries).where(entries.c.source_key == source.key, _waits(now))
    rows = connection.execute(query.order_by(entries.c.published_at, entries.c.key.desc())).mappings()
    return [(_known(row), Entry(**json.loads(row["waiting"]))) for row in rows]


def unfinished(connection: Connection, now: datetime) -> set[int]:
    """Keys of the sources with entries whose articles are to be had now: a look was broken off, or failed."""
    return set(connection.scalars(select(entries.c.source_key).where(_waits(now)).distinct()))


def _waits(now: datetime) -> ColumnElement[bool]:
    may = or_(entries.c.not_before.is_(None), entries.c.not_before <= _iso(now))
    return and_(entries.c.waiting.is_not(None), may)


def note_import(connection: Connection, source: Source) -> None:
    """Note that the first import is done, when no entry waits any more that was not tried yet."""
    query = select(entries.c.key).where(
        entries.c.source_key == source.key, entries.c.waiting.is_not(None), entries.c.tries == 0
    )
    if connection.scalar(query.limit(1)) is None:
        connection.execute(update(sources).where(sources.c.key == source.key).values(imported=True))


def done(
    connection: Connection,
    team: str,
    entry: Known,
    article_id: str | None,
    origin: str | None = None,
) -> None:
    """Note that the entry's article is in the library; `None`: that it is not to be."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    values = {
        "waiting": None,
        "error": None,
        "article_key": connection.scalar(own) if article_id is not None else None,
        "origin": origin,
    }
    connection.execute(update(entries).where(entries.c.key == entry.key).values(**values))


def refused(connection: Connection, entry: Known, error: str, again_at: datetime | None) -> None:
    """Note why the entry's article can't be had, and when to try again; `None`: not until the entry changes."""
    values: dict[str, Any] = {"error": error, "tries": entry.tries + 1}
    values |= {"waiting": None} if again_at is None else {"not_before": _iso(again_at)}
    connection.execute(update(entries).where(entries.c.key == entry.key).values(**values))


def errors(connection: Connection, source: Source) -> list[tuple[str, str]]:
    """Address or title, and reason, of the entries whose articles can't be had."""
    query = select(entries.c.url, entries.c.title, entries.c.error).where(
        entries.c.source_key == source.key, entries.c.error.is_not(None)
    )
    return [(url or title, error) for url, title, error in connection.execute(query.order_by(entries.c.key))]


def article_id_at(connection: Connection, team: str, origin: str) -> str | None:
    """The id of the article from this address."""
    return connection.scalar(select(articles.c.id).where(articles.c.team_id == team, articles.c.origin == origin))


def own_articles(connection: Connection, source: Source, before: str | None = None) -> list[str]:
    """Ids of the articles that this source alone brought; with `before`, an ISO time in UTC, of those older."""
    query = _own(source).with_only_columns(articles.c.id).distinct()
    if before is not None:
        moment = func.min(func.coalesce(articles.c.published_utc, articles.c.added_at), articles.c.added_at)
        query = query.where(moment < before)
    return list(connection.scalars(query.order_by(articles.c.key)))


def _own(source: Source) -> Select[Any]:
    others = select(entries.c.article_key).where(
        entries.c.source_key != source.key, entries.c.article_key.is_not(None)
    )
    return (
        select(articles)
        .join(entries, entries.c.article_key == articles.c.key)
        .where(entries.c.source_key == source.key, articles.c.key.not_in(others))
    )


def packed(connection: Connection, source: Source) -> dict[str, Any]:
    """The source with its entries, for an export."""
    query = (
        select(entries, articles.c.id.label("article_id"))
        .outerjoin(articles, articles.c.key == entries.c.article_key)
        .where(entries.c.source_key == source.key)
        .order_by(entries.c.key)
    )
    left_out = ("key", "source_key", "article_key")
    listed = [
        {name: value for name, value in row.items() if name not in left_out}
        for row in connection.execute(query).mappings()
    ]
    values = _values(source)
    return {**values, "kind": str(source.kind), "entries": listed}


def unpack(connection: Connection, team: str, fields: Mapping[str, Any]) -> bool:
    """Keep an exported source, unless there is one of its address; whether it is new. Raises `SourceError`."""
    if load(connection, team, str(fields.get("url"))) is not None:
        return False
    try:
        values = {name: fields[name] for name in _values_names()}
        key = connection.scalars(insert(sources).values(team_id=team, **values).returning(sources.c.key)).one()
        for one in fields["entries"]:
            own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == one["article_id"])
            kept = {name: one[name] for name in _ENTRY}
            connection.execute(insert(entries).values(source_key=key, article_key=connection.scalar(own), **kept))
    except (KeyError, TypeError) as error:
        raise SourceError(
            str(fields.get("url")), f"is a source whose {error} can't be read. Export it anew."
        ) from error
    return True


def read_robots(connection: Connection) -> dict[str, Robots]:
    """Every site's robots.txt that is kept."""
    rows = connection.execute(select(sites)).all()
    return {row.site: Robots(row.text, datetime.fromisoformat(row.fetched_at)) for row in rows}


def keep_robots(connection: Connection, known_robots: Mapping[str, Robots]) -> None:
    """Keep these, and no others."""
    connection.execute(delete(sites))
    for site, one in known_robots.items():
        connection.execute(insert(sites).values(site=site, text=one.text, fetched_at=_iso(one.fetched_at)))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _lives(owner: str) -> bool:
    """Whether the process that claimed lives; of one on another machine nobody knows, so it does."""
    host, pid, _ = owner.split(" ")
    if owner == _OWNER or host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        return False  # an earlier process that had this one's number
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _values_names() -> list[str]:
    left_out = ("key", "team_id", "claimed_by", "claimed_until")
    return [column.name for column in sources.c if column.name not in left_out]


def _values(source: Source) -> dict[str, Any]:
    values = {name: getattr(source, name) for name in Source.__slots__ if name not in ("key", "validators")}
    values |= {name: _iso(values[name]) if values[name] is not None else None for name in _TIMES}
    return {**values, **asdict(source.validators), "interval": int(source.interval.total_seconds())}


def _source(row: RowMapping) -> Source:
    values = {name: row[name] for name in Source.__slots__ if name != "validators"}
    values |= {name: datetime.fromisoformat(row[name]) if row[name] is not None else None for name in _TIMES}
    values |= {"interval": timedelta(seconds=row["interval"]), "kind": Kind(row["kind"])}
    return Source(**values, validators=Validators(row["etag"], row["last_modified"]))


def _known(row: RowMapping) -> Known:
    return Known(**{name: row[name] for name in Known.__slots__})
