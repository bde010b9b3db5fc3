"""The article of a feed's entry: its whole page, or what the entry itself says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from embeddings.errors import SourceError
from embeddings.ingest.addresses import identity
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
    own = _own_article(source, entry)
    page, refusal = None, None
    if entry.url is not None:
        try:
            page = read_download(fetch_page(entry.url, downloader), entry.url)
        except SourceError as error:
            refusal = error
    best = page if page is not None and (own is None or _length(page) >= _length(own)) else own
    if best is None:
        raise refusal or SourceError(entry.url or source.url, "has neither a page nor a text of its own.")
    origin = known.origin or (page.origin if page is not None else own.origin if own is not None else None)
    stated = (page.published_at if page is not None else None) or entry.published_at
    return replace(
        best,
        title=entry.title or best.title,
        name=entry.title or best.title,
        origin=origin,
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
    address = entry.url or f"{source.url}#{entry.guid or entry.title or entry.digest}"
    title = entry.title or paragraphs[0].text[:_TITLE]
    return Article(
        title=title, paragraphs=paragraphs, name=title, origin=identity(address) if entry.url else address
    )


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
