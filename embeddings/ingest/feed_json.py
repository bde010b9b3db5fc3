"""Feeds that are written as JSON: JSON Feed 1.1, and RSS in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from embeddings.ingest.feed_entry import Entry, as_html, enclosed, guid, joined, text_of, title_of, whole
from embeddings.text.dates import read_date


def json_entries(items: object, url: str) -> Iterable[Entry | None]:
    """Return the entries of a JSON Feed, `None` for one that holds nothing."""
    listed = items if isinstance(items, list) else []
    return (_entry(one, url) for one in listed if isinstance(one, dict))


def rss_entries(items: object, url: str) -> Iterable[Entry | None]:
    """Return the entries of RSS in JSON; a single one may be there without a list around it."""
    listed = items if isinstance(items, list) else [items]
    return (_rss_entry(one, url) for one in listed if isinstance(one, dict))


def _entry(item: dict[str, Any], url: str) -> Entry | None:
    named = next(
        (one for one in (item.get("url"), item.get("external_url")) if isinstance(one, str) and one), None
    )
    content = text_of(item.get("content_html")) or as_html(
        text_of(item.get("content_text")) or text_of(item.get("summary"))
    )
    authors = item.get("authors") or [item.get("author")]
    names = (
        [text_of(one.get("name")) for one in authors if isinstance(one, dict)] if isinstance(authors, list) else []
    )
    attachments = item.get("attachments")
    files = [one for one in attachments if isinstance(one, dict)] if isinstance(attachments, list) else []
    return whole(
        guid=guid(item.get("id")),
        url=joined(url, named) if named else None,
        title=" ".join(text_of(item.get("title")).split()),
        content=content,
        published_at=read_date(text_of(item.get("date_published")))
        or read_date(text_of(item.get("date_modified"))),
        author=", ".join(name for name in names if name) or None,
        attached=enclosed((one.get("url"), one.get("mime_type")) for one in files),
    )


def _rss_entry(item: dict[str, Any], url: str) -> Entry | None:
    named = _plain(item.get("link"))
    enclosures = item.get("enclosure")
    files = [
        one for one in (enclosures if isinstance(enclosures, list) else [enclosures]) if isinstance(one, dict)
    ]
    return whole(
        guid=guid(_plain(item.get("guid"))),
        url=joined(url, named) if named else None,
        title=title_of(_plain(item.get("title"))),
        content=max(_plain(item.get("content:encoded")), _plain(item.get("description")), key=len),
        published_at=read_date(_plain(item.get("pubDate"))) or read_date(_plain(item.get("dc:date"))),
        author=re.sub(r"\s+", " ", _plain(item.get("author")) or _plain(item.get("dc:creator"))).strip() or None,
        attached=enclosed((one.get("url"), one.get("type")) for one in files),
    )


def _plain(value: object) -> str:
    """Return a value, or the text of an object that represents an element with attributes."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("#value", "#text", "_", "$t") if key in value), "")
    return text_of(value)
