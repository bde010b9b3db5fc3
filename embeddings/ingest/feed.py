"""Feeds: RSS and Atom (feedparser), JSON Feed, RSS in JSON, and the feeds that a page names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

import feedparser

from embeddings.errors import SourceError
from embeddings.ingest.feed_entry import Entry, as_html, enclosed, guid, joined, text_of, title_of, web, whole
from embeddings.ingest.feed_json import json_entries, rss_entries
from embeddings.ingest.feed_text import as_utf8, decoded, has_xml_root, is_feed, json_root, rss_channel
from embeddings.ingest.html import plain_words, root_of
from embeddings.sandbox import run_sandboxed
from embeddings.text.dates import read_date

__all__ = ["Entry", "Feed", "feeds_of", "is_feed", "is_feed_type", "read_feed"]

MAX_ENTRIES = 20_000
"""The most entries of one feed that are read."""

_MOST_NAMED = 5
_LONGEST = 7 * 24 * 60
_MEDIA = re.compile(r"""xmlns:([\w-]+)\s*=\s*["']https?://search\.yahoo\.com/mrss/?["']""")
_MEDIA_ADDRESS = re.compile(r"https?://search\.yahoo\.com/mrss/?")
_FEED_TYPES = re.compile(r"(?:application/|text/)?(?:x-)?(?:rss|atom|rdf|feed)\b", re.IGNORECASE)
_OTHER_TYPES = re.compile(r"(?:application|text)/(?:x-)?(?:xml|json)\b|^$", re.IGNORECASE)
_FEED_NAME = re.compile(r"rss|atom|feed|\.rdf", re.IGNORECASE)
_COMMENTS = re.compile(r"comment", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, entries in its own order. `every` is how often it wants to be asked, in seconds.

    `empty` counts the entries that hold nothing: neither title, text, link nor file; `beyond` those that were not
    read because there are too many.
    """

    title: str
    url: str | None
    entries: tuple[Entry, ...]
    language: str | None = None
    every: int | None = None
    empty: int = 0
    beyond: int = 0


def read_feed(body: bytes, url: str, charset: str | None = None) -> Feed:
    """Return the feed in what `url` gave, addresses made whole. Raises `SourceError` when it can't be read.

    `charset` is what the server says of it.
    """
    return run_sandboxed(url, _read, body, url, charset)


def _read(body: bytes, url: str, charset: str | None) -> Feed:
    data = json_root(body)
    if data is not None:
        return _json_feed(data, url)
    text = decoded(body, charset)
    if not has_xml_root(text):
        raise SourceError(url, "is not a feed that can be read. Check the address.")
    document = _Body(as_utf8(_captions_apart(text)))
    found = feedparser.parse(document, response_headers={"content-location": url}, sanitize_html=False)
    if not found.get("version") and not found.entries:
        raise SourceError(url, "is not a feed that can be read. Check the address.")
    said = found.feed
    is_atom = str(found.get("version")).startswith("atom")
    month_first = _month_first(str(said.get("language") or ""))
    entries = [_entry(one, is_atom, month_first) for one in found.entries[:MAX_ENTRIES]]
    title, link, every = title_of(text_of(said.get("title"))), web(said.get("link")), _minutes(said.get("ttl"))
    return _feed(title, link, entries, said.get("language"), every, len(found.entries))


def _captions_apart(text: str) -> str:
    """Return the document with the Media RSS elements under a prefix that feedparser doesn't know.

    A picture's title and caption would take the place of the entry's own.
    """
    for prefix in {"media", *_MEDIA.findall(text)}:
        text = re.sub(rf"(</?|\bxmlns:){re.escape(prefix)}(?=[:=\s])", r"\1caption", text)
    return _MEDIA_ADDRESS.sub("urn:caption", text)


def _feed(
    title: str, url: str | None, entries: Iterable[Entry | None], language: object, every: int | None, count: int
) -> Feed:
    listed = list(entries)
    kept = tuple(one for one in listed if one is not None)
    return Feed(
        title=title,
        url=url,
        entries=_in_one_zone(kept),
        language=_language(language),
        every=every,
        empty=len(listed) - len(kept),
        beyond=max(0, count - MAX_ENTRIES),
    )


def _in_one_zone(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries, those whose time has no zone in the one of all the others, if they agree."""
    moments = [datetime.fromisoformat(one.published_at) if one.published_at else None for one in entries]
    zones = {one.utcoffset() for one in moments if one is not None and one.tzinfo is not None}
    offset = zones.pop() if len(zones) == 1 else None
    if offset is None:
        return entries
    return tuple(
        replace(one, published_at=moment.replace(tzinfo=timezone(offset)).isoformat())
        if moment is not None and moment.tzinfo is None and "T" in (one.published_at or "")
        else one
        for one, moment in zip(entries, moments, strict=True)
    )


def is_feed_type(media_type: str) -> bool:
    """Return whether a server says by this media type that it sends a feed."""
    return bool(_FEED_TYPES.match(media_type.strip()))


def feeds_of(html: str, url: str) -> list[str]:
    """Return the addresses of the first feeds that a page names, those of comments last."""
    return run_sandboxed(url, _feeds_of, html, url)


def _feeds_of(html: str, url: str) -> list[str]:
    named: list[tuple[int, str]] = []
    for link in root_of(html).xpath("//link[@rel and @href]"):
        relations = str(link.get("rel")).lower().split()
        rank = _likely(str(link.get("type") or ""), str(link.get("href")), relations)
        address = joined(url, str(link.get("href")).strip()) if rank is not None else None
        if rank is not None and address is not None:
            is_comments = bool(_COMMENTS.search(f"{link.get('title')} {link.get('href')}"))
            named.append((rank + 2 * is_comments, address))
    found = dict.fromkeys(address for _, address in sorted(named, key=lambda one: one[0]))
    return list(found)[:_MOST_NAMED]


def _likely(kind: str, address: str, relations: list[str]) -> int | None:
    """Return how likely a link of this type is a feed: 0 surely, 1 perhaps, `None` not."""
    if "feed" in relations or ("alternate" in relations and _FEED_TYPES.match(kind.strip())):
        return 0
    is_other = "alternate" in relations and _OTHER_TYPES.match(kind.strip())
    return 1 if is_other and _FEED_NAME.search(address) else None


class _Body(bytes):
    """Bytes that feedparser takes as a document, never as an address or a file's name."""


def _entry(found: Any, is_atom: bool, month_first: bool | None) -> Entry | None:
    texts = [_html(one, is_atom) for one in found.get("content", ())]
    texts.append(_html(found.get("summary_detail") or {"value": found.get("summary")}, is_atom))
    own = max(texts, key=len) or as_html(text_of(found.get("caption_description")))
    author = (found.get("author_detail") or {}).get("name") or found.get("author") or ""
    files = [(one.get("href"), one.get("type")) for one in found.get("enclosures", ())]
    written = (found.get("published"), dict.get(found, "updated"), dict.get(found, "created"))
    dates = (read_date(text_of(one), month_first=month_first) for one in written if one)
    return whole(
        guid=guid(found.get("id")),
        url=web(found.get("link")),
        title=_title(found, is_atom),
        content=own,
        published_at=next((one for one in dates if one is not None), None),
        author=plain_words(text_of(author)) or None,
        attached=enclosed(files),
    )


def _title(found: Any, is_atom: bool) -> str:
    written = text_of(found.get("title"))
    if is_atom:
        kind = (found.get("title_detail") or {}).get("type")
        return " ".join(written.split()) if kind == "text/plain" else plain_words(written)
    return title_of(written)


def _html(part: Any, is_atom: bool) -> str:
    written = text_of(part.get("value"))
    return as_html(written) if is_atom and part.get("type") == "text/plain" else written


def _json_feed(data: dict[str, Any], url: str) -> Feed:
    channel = rss_channel(data)
    if channel is not None:
        items = channel.get("item") or []
        entries = rss_entries(items[:MAX_ENTRIES] if isinstance(items, list) else items, url)
        title, home, language = channel.get("title"), channel.get("link"), channel.get("language")
    else:
        items = data["items"]
        entries = json_entries(items[:MAX_ENTRIES] if isinstance(items, list) else items, url)
        title, home, language = data.get("title"), data.get("home_page_url"), data.get("language")
    count = len(items) if isinstance(items, list) else 1
    return _feed(title_of(text_of(title)), web(text_of(home)), entries, language, None, count)


def _month_first(language: str) -> bool | None:
    """Return how this language writes 5/6/2024; `None` where that isn't known."""
    if not language:
        return None
    return language.lower().replace("_", "-") in ("en-us", "en-ph") if language.lower() != "en" else None


def _language(value: object) -> str | None:
    code = str(value or "").split("-")[0].lower()
    return code if re.fullmatch("[a-z]{2,3}", code) else None


def _minutes(value: object) -> int | None:
    minutes = str(value or "")
    return min(int(minutes), _LONGEST) * 60 if re.fullmatch("[0-9]{1,9}", minutes) else None
