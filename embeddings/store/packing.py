"""Sources as an export holds them, and back. Works inside the transaction handed in."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from embeddings.dates import iso_seconds
from embeddings.errors import SourceError
from embeddings.ingest.addresses import checked_url
from embeddings.ingest.download import Validators
from embeddings.ingest.feed import Entry
from embeddings.ingest.split import storable
from embeddings.sources.source import LONGEST, MOST_DAYS, SHORTEST, Kind, Source
from embeddings.store.sources import TIMES, load, values_of
from embeddings.store.tables import article as articles
from embeddings.store.tables import entry as entries
from embeddings.store.tables import source as sources

_MOST_FAILURES = 1_000_000


def pack(connection: Connection, source: Source) -> dict[str, Any]:
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
    """The source that these fields of an export are. Raises what a field that can't be one raises."""
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
