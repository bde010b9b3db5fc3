"""A site with feeds: pages and feeds that answer conditional requests as good servers do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from xml.sax.saxutils import escape

from tests.site import Answer, Site, answer

BEGIN = datetime(2027, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """An entry: its page's path, or none, and its own text, or none."""

    name: str
    title: str = ""
    path: str | None = ""
    text: str = ""
    guid: str | None = ""
    date: datetime | None = BEGIN


def words(seed: str, count: int = 30) -> str:
    """A sentence of words that stand nowhere else."""
    made = (hashlib.sha256(f"{seed} {number}".encode()).hexdigest()[:7] for number in range(count))
    return f"W{' w'.join(made)}."


def tagged(body: bytes, content_type: str = "text/html") -> Answer:
    """An answer with an ETag, or 304 to who has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'

    def send(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-None-Match") == tag:
            answer(status=304, ETag=tag)(request)
        else:
            answer(body, ETag=tag, Content_Type=content_type)(request)

    return send


def lay_page(site: Site, path: str, title: str, *texts: str) -> str:
    """Put a page there; gives its address."""
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts)
    body = f"<article><h1>{title}</h1>{paragraphs}</article>"
    html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    site.pages[path] = tagged(html.encode())
    return site.url + path


def lay_feed(site: Site, path: str, title: str, items: Sequence[Item]) -> str:
    """Put a feed there; gives its address."""
    inside = "".join(_item(site, one) for one in items)
    rss = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{inside}</channel></rss>'
    site.pages[path] = tagged(rss.encode(), "application/rss+xml")
    return site.url + path


def lay_news(site: Site, name: str, count: int, *, begin: int = 0) -> list[Item]:
    """Put pages there; gives an item for each, newest first."""
    items = []
    for number in range(begin, begin + count):
        own = f"{name}-{number}"
        lay_page(site, f"/{own}.html", f"Title {own}", words(own), words(f"{own} more"))
        items.append(Item(own, f"Title {own}", f"/{own}.html", date=BEGIN + timedelta(hours=number)))
    return items[::-1]


def _item(site: Site, one: Item) -> str:
    path = f"/{one.name}.html" if one.path == "" else one.path
    parts = [f"<title>{escape(one.title)}</title>"]
    parts += [f"<link>{escape(site.url + path)}</link>"] if path else []
    parts += [f"<guid>{one.guid or one.name}</guid>"] if one.guid is not None else []
    parts += [f"<description>{escape(one.text)}</description>"] if one.text else []
    parts += [f"<pubDate>{format_datetime(one.date)}</pubDate>"] if one.date else []
    return f"<item>{''.join(parts)}</item>"
