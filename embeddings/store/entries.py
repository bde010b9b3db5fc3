"""What sources brought, entry by entry, in the library's database. Works inside the transaction handed in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, or_, select, update

from embeddings.dates import iso_seconds
from embeddings.ingest.feed import Entry
from embeddings.sources.source import Source
from embeddings.store.articles import id_at
from embeddings.store.tables import article as articles
from embeddings.store.tables import entry as entries
from embeddings.store.tables import source as sources


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that a source has told of before. `article_key` is `None` when it has no article now.

    `brought`: its article, whose origin is `origin`, came by it.
    """

    key: int
    guid: str | None
    url: str | None
    title: str
    published_at: str | None
    digest: str
    tries: int
    article_key: int | None
    origin: str | None
    brought: bool


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
    may = or_(entries.c.not_before.is_(None), entries.c.not_before <= iso_seconds(now))
    return and_(entries.c.waiting.is_not(None), may)


def note_import(connection: Connection, source: Source) -> None:
    """Note that the first import is done, when no entry waits any more that was not tried yet."""
    query = select(entries.c.key).where(
        entries.c.source_key == source.key, entries.c.waiting.is_not(None), entries.c.tries == 0
    )
    if connection.scalar(query.limit(1)) is None:
        connection.execute(update(sources).where(sources.c.key == source.key).values(imported=True))


def bring(connection: Connection, team: str, entry: Known, origin: str) -> str | None:
    """Note that the entry's article is to come in under this origin.

    Gives the id of an article that is there already and was not brought by this entry: then nothing is to come.
    Noted before the article is added, so that whose it is stays known when the process dies between the two.
    """
    held = id_at(connection, team, origin)
    if held is not None and not (entry.brought and entry.origin == origin):
        return held
    connection.execute(update(entries).where(entries.c.key == entry.key).values(origin=origin, brought=True))
    return None


def done(connection: Connection, team: str, entry: Known, article_id: str | None) -> None:
    """Note that the entry's article is in the library; `None`: that it is not to be."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    key = connection.scalar(own) if article_id is not None else None
    values = {"waiting": None, "error": None, "article_key": key}
    connection.execute(update(entries).where(entries.c.key == entry.key).values(**values))


def is_brought(connection: Connection, team: str, article_id: str) -> bool:
    """Whether the article belongs to a source."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    query = select(entries.c.key).where(entries.c.article_key == own.scalar_subquery(), entries.c.brought)
    return connection.scalar(query.limit(1)) is not None


def let_go(connection: Connection, team: str, article_id: str) -> None:
    """Note that an article belongs to no source any more: somebody has added it by hand."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    statement = update(entries).where(entries.c.article_key == own.scalar_subquery(), entries.c.brought)
    connection.execute(statement.values(brought=False))


def refused(connection: Connection, entry: Known, error: str, again_at: datetime | None) -> None:
    """Note why the entry's article can't be had, and when to try again; `None`: not until the entry changes."""
    values: dict[str, Any] = {"error": error, "tries": entry.tries + 1}
    values |= {"waiting": None} if again_at is None else {"not_before": iso_seconds(again_at)}
    connection.execute(update(entries).where(entries.c.key == entry.key).values(**values))


def errors(connection: Connection, source: Source) -> list[tuple[str, str]]:
    """Address or title, and reason, of the entries whose articles can't be had."""
    query = select(entries.c.url, entries.c.title, entries.c.error).where(
        entries.c.source_key == source.key, entries.c.error.is_not(None)
    )
    return [(url or title, error) for url, title, error in connection.execute(query.order_by(entries.c.key))]


def _known(row: RowMapping) -> Known:
    return Known(**{name: row[name] for name in Known.__slots__})
