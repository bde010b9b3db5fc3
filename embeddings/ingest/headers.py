"""What the headers of an HTTP answer say, and which to send with the next request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


def charset(headers: httpx.Headers) -> str | None:
    """The charset that the media type names."""
    parameters = headers.get("content-type", "").split(";")[1:]
    named: Iterator[str] = (
        one.partition("=")[2] for one in parameters if one.strip().lower().startswith("charset")
    )
    return next((str(name).strip().strip("\"'") for name in named if name.strip()), None)


def conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers that ask for a body only when it has changed (RFC 9110, section 13.1)."""
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in headers.items() if value}


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds to wait, from a Retry-After that gives seconds or a date (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
