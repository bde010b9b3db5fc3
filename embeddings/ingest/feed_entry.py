"""One entry of a feed, of whatever kind, and what its parts are made of."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from embeddings.ingest.html import plain_words
from embeddings.text.sentences import storable
from embeddings.text.urls import is_web_address

_LONGEST_ID, _LONGEST_ADDRESS = 500, 2000
"""A database indexes only so much: a longer id goes by its digest, a longer address isn't one."""

_HALF = 16
_MARKUP = re.compile(r"</[a-z][a-z0-9]*\s*>|<(?:br|wbr|hr|img)\b[^<>]*>", re.IGNORECASE)


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
        """Digests of title and words, and of the numbers among the words, with a colon between.

        They are apart because counters of views and comments change all the time, and mean nothing.
        """
        said = re.sub(r"<[^<>]*>", " ", self.content)
        words = " ".join(re.findall(r"[^\W\d_]+", said)).casefold()
        return f"{_digest(self.title, words)}:{_digest(*re.findall(r'[0-9]+', said))}"

    @property
    def words_digest(self) -> str:
        """The first part of `digest`."""
        return self.digest.partition(":")[0]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:_HALF]


def whole(
    *,
    guid: str | None,
    url: str | None,
    title: str,
    content: str,
    published_at: str | None,
    author: str | None,
    attached: str,
) -> Entry | None:
    """Return the entry, `None` when it holds nothing. `attached` are its files, as paragraphs of HTML."""
    if not (content.strip() or url):
        content = attached or (as_html(title) if title.strip() else "")
    if not (content.strip() or url):
        return None
    return Entry(guid, url, title, content, published_at, author)


def enclosed(files: Iterable[tuple[object, object]]) -> str:
    """Return the files that an entry brings along, given as address and media type, as paragraphs of HTML."""
    named = []
    for address, kind in files:
        if isinstance(address, str) and is_web_address(address.strip()):
            name = unquote(PurePosixPath(urlsplit(address.strip()).path).name) or address.strip()
            named.append(f"{name} ({kind})" if isinstance(kind, str) and kind else name)
    return "".join(as_html(f"Attached: {one}") for one in named)


def title_of(written: str) -> str:
    """Return the words of a title that may be HTML or not: tags that are only named in it stay text."""
    if _MARKUP.search(written):
        return plain_words(written)
    return " ".join(html.unescape(written).split())


def as_html(text: str) -> str:
    """Return plain text as paragraphs of HTML, which a blank line parts."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", escaped) if part.strip())


def text_of(value: object) -> str:
    """Return a value of a feed as text that can be stored; of what is no text or number, nothing."""
    return storable(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def guid(value: object) -> str | None:
    """Return what the feed calls an entry by, or `None`; of a very long id its digest."""
    named = text_of(value).strip()
    if len(named.encode()) > _LONGEST_ID:
        return f"sha256:{hashlib.sha256(named.encode()).hexdigest()}"
    return named or None


def web(url: object) -> str | None:
    """Return the address if it is one of the web."""
    if not isinstance(url, str) or not is_web_address(url.strip()) or len(url) > _LONGEST_ADDRESS:
        return None
    return storable(url.strip())


def joined(url: str, named: str) -> str | None:
    """Return the address that a document at `url` names, made whole."""
    try:
        return web(urljoin(url, named))
    except ValueError:
        return None
