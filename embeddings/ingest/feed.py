"""Feeds: RSS and Atom (feedparser), JSON Feed 1.1, and the feeds that a page names."""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser

from embeddings.errors import SourceError
from embeddings.ingest.html import plain_words, root_of
from embeddings.sandbox import run_sandboxed
from embeddings.text.dates import iso_date
from embeddings.text.sentences import storable
from embeddings.text.urls import is_web_address

_MAX_ENTRIES, _MOST_NAMED = 2000, 5

_HALVES = re.compile(
    rb"&#(?:[xX][dD][89a-fA-F][0-9a-fA-F]{2}|5(?:5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));"
)
"""Halves of characters, written as numbers: feedparser fails over them."""

_LONGEST = 7 * 24 * 60
_XML_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_HEAD = 2048
_JSON_FEED = b"jsonfeed.org/version"
_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_COMMENTS = re.compile(r"comment", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed. `guid` is what the feed calls it by, if anything; `content` is its own text as HTML."""

    guid: str | None
    url: str | None
    title: str
    content: str
    published_at: str | None = None
    author: str | None = None

    @property
    def digest(self) -> str:
        """A digest of all that the entry says: it changes when the entry does."""
        said = json.dumps([self.guid, self.url, self.title, self.content, self.published_at, self.author])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, entries in its own order. `every` is how often it wants to be asked, in seconds."""

    title: str
    url: str | None
    entries: tuple[Entry, ...]
    language: str | None = None
    every: int | None = None


def is_feed(body: bytes) -> bool:
    """Whether these bytes are a feed of any kind."""
    head = body[:_HEAD]
    return (bool(_XML_FEED.search(head)) and b"<html" not in head.lower()) or _JSON_FEED in head


def read_feed(body: bytes, url: str) -> Feed:
    """The feed in what `url` gave, addresses made whole. Raises `SourceError` when it can't be read."""
    return run_sandboxed(url, _read, body, url)


def _read(body: bytes, url: str) -> Feed:
    if _JSON_FEED in body[:_HEAD]:
        return _json_feed(body, url)
    found = feedparser.parse(_Body(_HALVES.sub(b"", body)), response_headers={"content-location": url})
    if not found.get("version") and not found.entries:
        raise SourceError(url, "is not a feed that can be read. Check the address.")
    entries = [_entry(one) for one in found.entries[:_MAX_ENTRIES]]
    said = found.feed
    return Feed(
        title=plain_words(_text(said.get("title"))),
        url=_web(said.get("link")),
        entries=tuple(one for one in entries if one is not None),
        language=_language(said.get("language")),
        every=_minutes(said.get("ttl")),
    )


def feeds_of(html: str, url: str) -> list[str]:
    """The addresses of the first feeds that a page names, those of comments last."""
    return run_sandboxed(url, _feeds_of, html, url)


def _feeds_of(html: str, url: str) -> list[str]:
    links = root_of(html).xpath(
        "//link[contains(concat(' ', translate(@rel, 'ALTERN', 'altern'), ' '), ' alternate ')]"
    )
    named = [
        (bool(_COMMENTS.search(f"{link.get('title')} {link.get('href')}")), _joined(url, str(link.get("href"))))
        for link in links
        if str(link.get("type")).lower() in _TYPES and link.get("href")
    ]
    found = dict.fromkeys(address for _, address in sorted(named, key=lambda one: one[0]) if address)
    return list(found)[:_MOST_NAMED]


class _Body(bytes):
    """Bytes that feedparser takes as a document, never as an address or a file's name."""


def _entry(found: Any) -> Entry | None:
    contents = [_text(one.get("value")) for one in found.get("content", ())]
    own = max([*contents, _text(found.get("summary"))], key=len)
    title = plain_words(_text(found.get("title")))
    url = _web(found.get("link"))
    guid = _text(found.get("id")) or None
    if not (own.strip() or url):
        return None
    author = (found.get("author_detail") or {}).get("name") or found.get("author") or ""
    return Entry(guid, url, title, own, _published(found), plain_words(_text(author)) or None)


def _published(found: Any) -> str | None:
    parts = found.get("published_parsed") or dict.get(found, "updated_parsed")  # its own `get` warns of a detour
    try:
        return datetime.fromtimestamp(calendar.timegm(parts), UTC).isoformat() if parts else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _json_feed(body: bytes, url: str) -> Feed:
    try:
        data = json.loads(body.decode("utf-8-sig", "replace"))
        items = data["items"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(url, "is not a JSON Feed that can be read. Check the address.") from error
    entries = (
        [_json_entry(one, url) for one in items[:_MAX_ENTRIES] if isinstance(one, dict)]
        if isinstance(items, list)
        else []
    )
    return Feed(
        title=plain_words(_text(data.get("title"))),
        url=_web(_text(data.get("home_page_url"))),
        entries=tuple(one for one in entries if one is not None),
        language=_language(data.get("language")),
    )


def _json_entry(item: dict[str, Any], url: str) -> Entry | None:
    named = next(
        (one for one in (item.get("url"), item.get("external_url")) if isinstance(one, str) and one), None
    )
    link = _joined(url, named) if named else None
    content = _text(item.get("content_html")) or _as_html(
        _text(item.get("content_text")) or _text(item.get("summary"))
    )
    if not (content.strip() or link):
        return None
    authors = item.get("authors") or [item.get("author")]
    names = (
        [_text(one.get("name")) for one in authors if isinstance(one, dict)] if isinstance(authors, list) else []
    )
    return Entry(
        guid=_text(item.get("id")) or None,
        url=link,
        title=plain_words(_text(item.get("title"))),
        content=content,
        published_at=_iso(_text(item.get("date_published")) or _text(item.get("date_modified"))),
        author=", ".join(name for name in names if name) or None,
    )


def _as_html(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", escaped) if part.strip())


def _text(value: object) -> str:
    return storable(str(value)) if isinstance(value, str | int | float) else ""


def _iso(value: str) -> str | None:
    try:
        return iso_date(value.replace("Z", "+00:00"))
    except ValueError:
        return None


def _web(url: object) -> str | None:
    return storable(url.strip()) if isinstance(url, str) and is_web_address(url.strip()) else None


def _joined(url: str, named: str) -> str | None:
    try:
        return _web(urljoin(url, named))
    except ValueError:
        return None


def _language(value: object) -> str | None:
    code = str(value or "").split("-")[0].lower()
    return code if re.fullmatch("[a-z]{2,3}", code) else None


def _minutes(value: object) -> int | None:
    minutes = str(value or "")
    return min(int(minutes), _LONGEST) * 60 if re.fullmatch("[0-9]{1,9}", minutes) else None
