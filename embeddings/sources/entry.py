"""The article of a feed's entry: its whole page, or what the entry itself says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from embeddings.errors import SourceError
from embeddings.ingest.addresses import identity
from embeddings.ingest.apart import apart
from embeddings.ingest.blocks import fragment_paragraphs
from embeddings.ingest.download import Downloader
from embeddings.ingest.feed import Entry
from embeddings.ingest.fetch import fetch_page, read_download
from embeddings.sources.source import Source
from embeddings.store.entries import Known
from embeddings.types import Article

_FUTURE = timedelta(days=1)
_TITLE = 120


def article_of(downloader: Downloader, source: Source, known: Known, entry: Entry, now: datetime) -> Article:
    """The entry's whole page, or its own text when that is longer or the page refuses.

    Raises `SourceError` when there is neither.
    """
    own = apart(source.url, _own_article, source, entry)
    page, refusal = None, None
    if entry.url is not None:
        try:
            page = read_download(fetch_page(entry.url, downloader, via=source.url), entry.url)
        except SourceError as error:
            refusal = error
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


def _own_article(source: Source, entry: Entry) -> Article | None:
    """The article in the entry itself, or `None` when it has no text."""
    paragraphs = fragment_paragraphs(entry.content, entry.title)
    if not paragraphs:
        return None
    title = entry.title or paragraphs[0].text[:_TITLE]
    # A feed's words stand for a page of its own host only, not for anybody else's.
    speaks = entry.url is not None and _host(entry.url) == _host(source.url)
    address = f"{source.url}#{entry.guid or entry.url or entry.title or entry.digest}"
    return Article(title, paragraphs, name=title, origin=identity(entry.url) if speaks and entry.url else address)


def _origin(source: Source, known: Known, found: str, *, is_page: bool) -> str:
    """What the article is known by: as before if this entry brought it, unless it is another host's page now."""
    if known.origin is None or not known.brought:
        return found
    from_feed = known.origin.startswith(f"{source.url}#")
    return known.origin if from_feed or not is_page or _host(known.origin) == _host(found) else found


def _host(address: str) -> str:
    return httpx.URL(address).host


def _named(page: Article | None) -> str | None:
    """The name that the page's site gives itself; its bare host is none."""
    if page is None or page.source is None or page.source in (page.url or ""):
        return None
    return page.source


def _length(article: Article) -> int:
    return sum(len(one.text) for one in article.paragraphs)


def _believable(date: str | None, now: datetime) -> str | None:
    """The date, unless it lies in the future: then somebody's clock or template is wrong."""
    if date is None:
        return None
    moment = datetime.fromisoformat(date)
    return date if moment.replace(tzinfo=moment.tzinfo or UTC) <= now + _FUTURE else None
