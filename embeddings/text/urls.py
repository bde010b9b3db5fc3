"""What is a web address, and which addresses are the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def is_web_address(text: str) -> bool:
    """Return whether the text is meant as the address of a page: it begins with http:// or https://."""
    return re.match(r"https?://", text, re.IGNORECASE) is not None


def identity(url: str) -> str:
    """Return the address without what only tells who sent the reader: tracking parameters and the part
    after "#".
    """
    from courlan import clean_url

    cleaned = clean_url(url) or url
    return cleaned.partition("#")[0]


def own_address(stated: str | None, place: httpx.URL) -> str:
    """Return the address that the page states as its own, if it is of the same host; a page can't speak for
    another.

    A page below the site's front page that names the front page as its own is not believed either.
    """
    import httpx

    try:
        own = httpx.URL(stated or "")
    except httpx.InvalidURL:
        return str(place)
    same = (own.host, own.port) == (place.host, place.port) and not own.userinfo
    front = own.path in ("", "/") and not own.query and (place.path not in ("", "/") or bool(place.query))
    return str(own) if same and not front and own.scheme in ("http", "https") else str(place)
