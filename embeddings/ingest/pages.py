"""Articles from the web: what a web address returns, read as the article that it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import httpx

from embeddings.errors import SourceError
from embeddings.ingest.feed import is_feed
from embeddings.ingest.files import decode
from embeddings.ingest.html import meta_refresh, read_page, root_of
from embeddings.ingest.markdown import read_markdown
from embeddings.ingest.pdf import is_pdf, read_pdf
from embeddings.ingest.plain import read_plain
from embeddings.sandbox import run_sandboxed
from embeddings.text.urls import identity, own_address
from embeddings.types import Article
from embeddings.web.downloader import NOTHING_KNOWN, Download, Downloader, Validators

_HTML = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "application/octet-stream", "")
_LED_ON = 3
MAX_PARAGRAPHS = 5_000
"""The most that a page's article may have."""


def fetch(url: str, downloader: Downloader) -> Article:
    """Return the article behind a web address.

    Raises `SourceError` saying why there is none: an address that may not be fetched, an error of the server, a
    page too large or too slow, or one without an article.
    """
    return read_download(fetch_page(url, downloader), url)


def fetch_page(
    url: str, downloader: Downloader, validators: Validators = NOTHING_KNOWN, *, via: str | None = None
) -> Download:
    """Return what the address returns, and where a page leads on to another by itself, that one. Raises
    `SourceError`.

    `via` is the address that named this one: what is public leads to public places only.
    """
    found = downloader.get(url, validators, via=via)
    for _ in range(_LED_ON):
        target = run_sandboxed(url, _leads_on, found, url) if _may_lead_on(found) else None
        if target is None:
            return found
        found = replace(downloader.get(target, via=found.url), moved_to=None)
    raise SourceError(url, "leads on to other pages again and again. Add the page that it leads to.")


def read_download(found: Download, url: str) -> Article:
    """Return the article in what was downloaded for `url`. Raises `SourceError` when it is none."""
    place = httpx.URL(found.url)
    name = Path(PurePosixPath(place.path).name or place.host)
    try:
        article = run_sandboxed(url, _read, found, name, url)
    except SourceError as error:
        raise SourceError(url, error.reason) from error
    if len(article.paragraphs) > MAX_PARAGRAPHS:
        raise SourceError(
            url, f"has more than {MAX_PARAGRAPHS:,} paragraphs. Save the part that matters and add that."
        )
    stated = own_address(article.url, place)
    # What a page may say of itself is not what the library calls it, or where it puts it.
    return replace(article, id=None, collection=None, origin=identity(stated), url=stated)


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
    return read_page(decode(found.body, url, found.charset), name, found.url)


def _may_lead_on(found: Download) -> bool:
    return not found.unchanged and found.media_type in _HTML and b"refresh" in found.body[:20_000].lower()


def _leads_on(found: Download, url: str) -> str | None:
    """Return where a page with a meta refresh leads, when it has no article of its own."""
    root = root_of(decode(found.body, url, found.charset))
    target = meta_refresh(root)
    if target is None or sum(len(" ".join(one.itertext())) for one in root.iter("p")) > _SHORT_PAGE:
        return None
    led = str(httpx.URL(found.url).join(target))
    return led if led != found.url else None


_SHORT_PAGE = 500
