"""What the headers of an HTTP answer say, and which to send with the next request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

LONGEST = 86_400.0
"""No server is left alone for longer than a day because it says so."""


def charset(headers: httpx.Headers) -> str | None:
    """Return the charset that the media type names."""
    parameters = headers.get("content-type", "").split(";")[1:]
    named: Iterator[str] = (
        one.partition("=")[2] for one in parameters if one.strip().lower().startswith("charset")
    )
    return next((str(name).strip().strip("\"'") for name in named if name.strip()), None)


def validator(headers: httpx.Headers, name: str) -> str | None:
    """Return an `etag` or `last-modified` that can be sent back."""
    value = headers.get(name)
    return value if value and value.isascii() and value.isprintable() else None


def conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers that ask for a body only when it has changed (RFC 9110, section 13.1)."""
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in headers.items() if value}


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds to wait, at most a day, from a Retry-After: seconds or a date (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]{1,9}", value):
        return min(float(value), LONGEST)
    try:
        moment = parsedate_to_datetime(value)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST)
