"""Which entries of feeds are known, and their rows in short form."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, or_, select, update

from embeddings.errors import SourceError
from embeddings.ingest.feed import Entry
from embeddings.store import copies
from embeddings.store.articles import id_at
from embeddings.store.tables import article as articles
from embeddings.store.tables import entry as entries
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import source as sources
from embeddings.subscriptions.model import LONGEST, MOST_DAYS, SHORTEST, Kind, Source
from embeddings.subscriptions.store import TIMES, load, values_of
from embeddings.text.dates import iso_seconds
from embeddings.text.sentences import storable
from embeddings.types import Article
from embeddings.web.addresses import checked_url
from embeddings.web.downloader import Validators


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry that a source listed before. `article_key` is `None` when it has no article now.

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
    """Return how many articles of each source are in the library, by its key."""
    query = (
        select(entries.c.source_key, func.count(func.distinct(entries.c.article_key)))
        .join(sources, sources.c.key == entries.c.source_key)
        .where(sources.c.team_id == team)
        .group_by(entries.c.source_key)
    )
    return dict(connection.execute(query).all())


def known(connection: Connection, source: Source) -> list[KnownEntry]:
    """Return every entry that the source has listed."""
    rows = connection.execute(select(entries).where(entries.c.source_key == source.key)).mappings()
    return [_known(row) for row in rows]


def article_text(connection: Connection, entry: KnownEntry) -> str:
    """Return the text of the article that the entry has, or "" when it has none."""
    if entry.article_key is None:
        return ""
    query = select(paragraphs.c.text).where(paragraphs.c.article_key == entry.article_key)
    return " ".join(connection.scalars(query.order_by(paragraphs.c.position)))


def shares_address(connection: Connection, source: Source, entry: KnownEntry) -> bool:
    """Return whether another entry of the source, which says something else, leads to the same page or a part of
    it.
    """
    if entry.url is None:
        return False
    page, words = entry.url.partition("#")[0], entry.digest.partition(":")[0]
    query = select(entries.c.key).where(
        entries.c.source_key == source.key,
        entries.c.key != entry.key,
        or_(entries.c.url == page, entries.c.url.startswith(f"{page}#", autoescape=True)),
        ~entries.c.digest.startswith(words, autoescape=True),
    )
    return connection.scalar(query.limit(1)) is not None


def is_of_other(connection: Connection, source: Source, entry: KnownEntry, article_id: str) -> bool:
    """Return whether the article is that of another entry of this source, which says something else."""
    words = entry.digest.partition(":")[0]
    query = (
        select(entries.c.key)
        .join(articles, articles.c.key == entries.c.article_key)
        .where(
            entries.c.source_key == source.key,
            entries.c.key != entry.key,
            articles.c.id == article_id,
            ~entries.c.digest.startswith(words, autoescape=True),
        )
    )
    return connection.scalar(query.limit(1)) is not None


def is_page_of_other(connection: Connection, team: str, source: Source, entry: KnownEntry, page: Article) -> bool:
    """Return whether a page is the article of another entry of the source: by its address, or word for word."""
    same = copies.original_of(connection, copies.text_hash(page), page.origin, team)
    held = [id_at(connection, team, page.origin or ""), same[1] if same is not None else None]
    return any(one is not None and is_of_other(connection, source, entry, one) for one in held)


def put(connection: Connection, source: Source, entry: Entry, before: KnownEntry | None) -> None:
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


def rename(connection: Connection, entry: KnownEntry, guid: str | None) -> None:
    """Note that the feed calls an entry by another id now."""
    connection.execute(update(entries).where(entries.c.key == entry.key).values(guid=guid))


def waiting(connection: Connection, source: Source, now: datetime) -> list[tuple[KnownEntry, Entry]]:
    """Return the entries whose articles are to be fetched now, oldest first."""
    query = select(entries).where(entries.c.source_key == source.key, _waits(now))
    rows = connection.execute(query.order_by(entries.c.published_at, entries.c.key.desc())).mappings()
    return [(_known(row), Entry(**json.loads(row["waiting"]))) for row in rows]


def unfinished(connection: Connection, now: datetime) -> set[int]:
    """Keys of the sources with entries whose articles are to be fetched now: a check was interrupted,
    or failed.
    """
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


def claim_article(connection: Connection, team: str, entry: KnownEntry, origin: str) -> str | None:
    """Note that the entry's article is to come in under this origin.

    Return the id of an article that is there already and doesn't come from this entry: then nothing is to come.
    Noted before the article is added, so that whose it is stays known when the process dies between the two.
    """
    held = id_at(connection, team, origin)
    if held is not None and not (entry.brought and entry.origin == origin):
        return held
    connection.execute(update(entries).where(entries.c.key == entry.key).values(origin=origin, brought=True))
    return None


def done(connection: Connection, team: str, entry: KnownEntry, article_id: str | None) -> None:
    """Note that the entry's article is in the library; `None`: that it is not to be."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    key = connection.scalar(own) if article_id is not None else None
    values = {"waiting": None, "error": None, "article_key": key}
    connection.execute(update(entries).where(entries.c.key == entry.key).values(**values))


def is_brought(connection: Connection, team: str, article_id: str) -> bool:
    """Return whether the article belongs to a source."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    query = select(entries.c.key).where(entries.c.article_key == own.scalar_subquery(), entries.c.brought)
    return connection.scalar(query.limit(1)) is not None


def detach(connection: Connection, team: str, article_id: str) -> None:
    """Note that an article belongs to no source any more: somebody has added it by hand."""
    own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == article_id)
    statement = update(entries).where(entries.c.article_key == own.scalar_subquery(), entries.c.brought)
    connection.execute(statement.values(brought=False))


def refused(connection: Connection, entry: KnownEntry, error: str, again_at: datetime | None) -> None:
    """Note why the entry's article can't be fetched, and when to try again; `None`: not until the
    entry changes.
    """
    values: dict[str, Any] = {"error": error, "tries": entry.tries + 1}
    values |= {"waiting": None} if again_at is None else {"not_before": iso_seconds(again_at)}
    connection.execute(update(entries).where(entries.c.key == entry.key).values(**values))


def errors(connection: Connection, source: Source) -> list[tuple[str, str]]:
    """Address or title, and reason, of the entries whose articles can't be fetched."""
    query = select(entries.c.url, entries.c.title, entries.c.error).where(
        entries.c.source_key == source.key, entries.c.error.is_not(None)
    )
    return [(url or title, error) for url, title, error in connection.execute(query.order_by(entries.c.key))]


def _known(row: RowMapping) -> KnownEntry:
    return KnownEntry(**{name: row[name] for name in KnownEntry.__slots__})


_MOST_FAILURES = 1_000_000


def pack(connection: Connection, source: Source) -> dict[str, Any]:
    """Return the source with its entries, for an export."""
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
    values = values_of(source)
    return {**values, "kind": str(source.kind), "entries": listed}


def unpack(connection: Connection, team: str, fields: Mapping[str, Any], added: Collection[str]) -> bool:
    """Keep an exported source, unless there is one of its address; whether it is new. Raises `SourceError`.

    Of the articles that its entries name only those `added` just now, by their ids, are its own: a file must not
    make others expire.
    """
    if load(connection, team, str(fields.get("url"))) is not None:
        return False
    try:
        values = values_of(_checked(fields))
        statement = insert(sources).values(team_id=team, **values).returning(sources.c.key)
        key = connection.scalars(statement).one()
        for one in fields["entries"]:
            own = select(articles.c.key).where(articles.c.team_id == team, articles.c.id == str(one["article_id"]))
            kept = _checked_entry(one) | {"brought": bool(one["brought"]) and one["article_id"] in added}
            connection.execute(insert(entries).values(source_key=key, article_key=connection.scalar(own), **kept))
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        reason = f"is a source that can't be read ({type(error).__name__}: {error}). Export it anew."
        raise SourceError(str(fields.get("url")), reason) from error
    return True


def _checked(fields: Mapping[str, Any]) -> Source:
    """Return the source that these fields of an export are. Raises what a field that can't be one raises."""
    times: dict[str, Any] = {name: _moment(fields[name]) for name in TIMES}
    texts: dict[str, Any] = {
        name: _text(fields[name]) for name in ("collection", "added_by", "error", "paused_by")
    }
    checked_url(fields["url"], fields["url"])
    days = fields["keep_days"]
    found = Source(
        **times,
        **texts,
        id=storable(fields["id"]),
        url=fields["url"],
        kind=Kind(fields["kind"]),
        title=storable(fields["title"]),
        interval=timedelta(seconds=int(fields["interval"])),
        keep_days=min(max(int(days), 1), MOST_DAYS) if days is not None else None,
        validators=Validators(_text(fields["etag"]), _text(fields["last_modified"])),
        failures=min(max(int(fields["failures"]), 0), _MOST_FAILURES),
        imported=bool(fields["imported"]),
    )
    return replace(found, interval=min(max(found.interval, SHORTEST), LONGEST))


def _checked_entry(one: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: _text(one[name]) for name in ("guid", "url", "published_at", "error", "origin", "waiting")}
    if texts["waiting"] is not None:
        Entry(**json.loads(texts["waiting"]))
    again = _moment(one["not_before"])
    return {
        **texts,
        "title": storable(one["title"]),
        "digest": storable(one["digest"]),
        "not_before": iso_seconds(again) if again is not None else None,
        "tries": min(max(int(one["tries"]), 0), _MOST_FAILURES),
    }


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _text(value: str | None) -> str | None:
    return storable(value) if value is not None else None
