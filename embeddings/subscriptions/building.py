"""The article of a feed's entry: its page, or its own text where the page is none of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from embeddings.errors import SourceError
from embeddings.ingest.feed import Entry
from embeddings.ingest.html import fragment_paragraphs
from embeddings.ingest.pages import fetch_page, read_download
from embeddings.sandbox import run_sandboxed
from embeddings.subscriptions.entries import KnownEntry
from embeddings.subscriptions.model import Source
from embeddings.text.terms import terms
from embeddings.text.urls import identity
from embeddings.types import Article, Paragraph
from embeddings.web.downloader import Downloader

_FUTURE = timedelta(days=1)
_TITLE = 120
_WALL = re.compile(
    r"\b(?:log-?in|sign-?in|signup|sign-up|consent|subscribe|register|auth|sso|paywall|captcha|cookies?)\b",
    re.IGNORECASE,
)
_NAMED = 0.5
"""A page that is about an entry has this share of the words of its title."""

IsTaken = Callable[[Article], bool]
"""Returns whether a page is the article of another entry already."""


def build_article(
    downloader: Downloader,
    source: Source,
    known: KnownEntry,
    entry: Entry,
    now: datetime,
    *,
    shares_address: bool = False,
    is_taken: IsTaken = lambda page: False,
) -> Article:
    """Return the entry's whole page, or its own text when that is longer or the page refuses.

    Where several entries lead to one page, each is its own text, and one without a text its title. Raises
    `SourceError` when there is neither.
    """
    own = run_sandboxed(source.url, _own_article, source, entry, shares_address)
    page, refusal, is_landing = None, None, shares_address
    if entry.url is not None and not shares_address:
        try:
            found = fetch_page(entry.url, downloader, via=source.url)
            page = read_download(found, entry.url)
            is_landing = _is_landing(entry, page, found.url) or is_taken(page)
        except SourceError as error:
            refusal = error
    if is_landing:
        page, own = None, _apart(source, entry, own)
    best = page if page is not None and (own is None or _length(page) >= _length(own)) else own
    if best is None:
        raise refusal or SourceError(entry.url or source.url, "has neither a page nor a text of its own.")
    stated = (page.published_at if page is not None else None) or entry.published_at
    return replace(
        best,
        title=entry.title or best.title,
        name=entry.title or best.title,
        origin=_origin(source, known, best.origin or "", is_page=best is page),
        url=page.url if page is not None else entry.url,
        published_at=_believable(entry.published_at, now) or _believable(stated, now),
        author=best.author or entry.author,
        source=_named(page) or source.title or None,
        collection=source.collection,
    )


def with_own_origin(source: Source, entry: Entry, article: Article) -> Article:
    """Return the article under an origin that no other entry has, also when its id is another's too."""
    return replace(article, origin=f"{source.url}#{entry.guid or entry.url or ''}~{entry.words_digest}")


def _own_article(source: Source, entry: Entry, shares_address: bool) -> Article | None:
    """Return the article in the entry itself, or `None` when it has no text."""
    paragraphs = fragment_paragraphs(entry.content, entry.title)
    if not paragraphs and entry.url is None and entry.title:
        paragraphs = (Paragraph(entry.title),)
    if not paragraphs:
        return None
    title = entry.title or paragraphs[0].text[:_TITLE]
    # A feed's words count as a page of its own host only, not for anybody else's.
    speaks = entry.url is not None and not shares_address and _host(entry.url) == _host(source.url)
    origin = identity(entry.url) if speaks and entry.url else _address(source, entry)
    return Article(title, paragraphs, name=title, origin=origin)


def _apart(source: Source, entry: Entry, own: Article | None) -> Article | None:
    """Return the entry's own text, else its title, as an article that is not that of the page."""
    if own is None and entry.title:
        own = Article(entry.title, (Paragraph(entry.title),), name=entry.title)
    return replace(own, origin=_address(source, entry)) if own is not None else None


def _address(source: Source, entry: Entry) -> str:
    return f"{source.url}#{entry.guid or entry.url or entry.title or entry.digest}"


def _is_landing(entry: Entry, page: Article, place: str) -> bool:
    """Return whether the entry's link led on to a page that is not about it: a front page, a consent page, a
    login.
    """
    asked, given = httpx.URL(entry.url or ""), httpx.URL(place)
    if (asked.host, asked.path.rstrip("/")) == (given.host, given.path.rstrip("/")):
        return False
    if given.path in ("", "/") and asked.path not in ("", "/"):
        return True
    if _WALL.search(f"{given.host}{given.path}") and not _WALL.search(f"{asked.host}{asked.path}"):
        return True
    named = set(terms(entry.title))
    said = set(terms(" ".join((page.title, *(one.text for one in page.paragraphs)))))
    return bool(named) and len(named & said) < _NAMED * len(named)


def _origin(source: Source, known: KnownEntry, found: str, *, is_page: bool) -> str:
    """Return what the article is known by: as before if this entry added it, unless it is another
    host's page now.
    """
    if known.origin is None or not known.brought:
        return found
    from_feed = known.origin.startswith(f"{source.url}#")
    return known.origin if from_feed or not is_page or _host(known.origin) == _host(found) else found


def _host(address: str) -> str:
    return httpx.URL(address).host


def _named(page: Article | None) -> str | None:
    """Return what the page's site calls itself; its bare host is none."""
    if page is None or page.source is None or page.source in (page.url or ""):
        return None
    return page.source


def _length(article: Article) -> int:
    return sum(len(one.text) for one in article.paragraphs)


def _believable(date: str | None, now: datetime) -> str | None:
    """Return the date, unless it is in the future: then somebody's clock or template is wrong."""
    if date is None:
        return None
    moment = datetime.fromisoformat(date)
    return date if moment.replace(tzinfo=moment.tzinfo or UTC) <= now + _FUTURE else None
