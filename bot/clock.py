"""The clock: now, time zones, and moments as text that sorts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


@cache
def zones() -> frozenset[str]:
    """Return the names of all IANA time zones."""
    return frozenset(available_timezones())


def to_text(moment: datetime) -> str:
    """Return the moment as text that sorts in order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
