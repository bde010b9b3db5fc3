"""Articles from the web: what a web address gives, read as the article that it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import httpx

from embeddings.errors import SourceError
from embeddings.ingest.addresses import identity, own_address
from embeddings.ingest.download import NOTHING_KNOWN, Download, Downloader, Validators
from embeddings.ingest.feed import is_feed
from embeddings.ingest.markdown import read_markdown
from embeddings.ingest.page import meta_refresh, read_page, root_of
from embeddings.ingest.pdf import is_pdf, read_pdf
from embeddings.ingest.plain import read_plain
from embeddings.ingest.read import decode
from embeddings.types import Article

_HTML = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "application/octet-stream", "")
_LED_ON = 3


def fetch(url: str, downloader: Downloader) -> Article:
    """The article behind a web address.

    Raises `SourceError` saying why there is none: an address that may not be fetched, an error of the server, a
    page too large or too slow, or one without an article.
    """
    return read_download(fetch_page(url, downloader), url)


def fetch_page(url: str, downloader: Downloader, validators: Validators = NOTHING_KNOWN) -> Download:
    """What the address gives, and where a page leads on to another by itself, that one. Raises `SourceError`."""
    found = downloader.get(url, validators)
    for _ in range(_LED_ON):
        target = None if found.unchanged else _leads_on(found, url)
        if target is None:
            return found
        found = replace(downloader.get(target), moved_to=None)
    raise SourceError(url, "leads on to other pages again and again. Add the page that it leads to.")


def read_download(found: Download, url: str) -> Article:
    """The article in what was downloaded for `url`. Raises `SourceError` when it is none."""
    place = httpx.URL(found.url)
    name = Path(PurePosixPath(place.path).name or place.host)
    try:
        article = _read(found, name, url)
    except SourceError as error:
        raise SourceError(url, error.reason) from error
    stated = own_address(article.url, place)
    return replace(article, origin=identity(stated), url=stated)


def _read(found: Download, name: Path, url: str) -> Article:
    if is_pdf(found.body):
        return read_pdf(found.body, name)
    if found.media_type in ("text/plain", "text/markdown"):
        text = decode(found.body, url, found.charset)
        return read_plain(text, name) if found.media_type == "text/plain" else read_markdown(text, name)
    if is_feed(found.body):
        raise SourceError(url, "is a feed, not a page. Add it as a source.")
    if found.media_type not in _HTML:
        raise SourceError(
            url, f"is {found.media_type}, not a page. Add the address of a page, or save it as a file."
        )
    return read_page(decode(found.body, url, found.charset), name)


def _leads_on(found: Download, url: str) -> str | None:
    """Where a page with a meta refresh leads, when it has no article of its own."""
    if found.media_type not in _HTML or b"refresh" not in found.body[:20_000].lower():
        return None
    root = root_of(decode(found.body, url, found.charset))
    target = meta_refresh(root)
    if target is None or sum(len(" ".join(one.itertext())) for one in root.iter("p")) > _SHORT_PAGE:
        return None
    led = str(httpx.URL(found.url).join(target))
    return led if led != found.url else None


_SHORT_PAGE = 500
