"""ISO 8601 dates: what is stored, and how two of them compare."""

from __future__ import annotations

from datetime import UTC, date, datetime


def iso_date(value: str) -> str:
    """`value` when it is an ISO 8601 date or date and time, without blanks around it, else `ValueError`."""
    stripped = value.strip()
    try:
        utc_key(stripped)
    except OverflowError as error:
        raise ValueError(f"{stripped!r} lies before the first or after the last year") from error
    return stripped


def utc_key(value: datetime | str) -> str:
    """The moment in UTC as text that sorts in order of time. A value without a zone is taken as UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def iso_seconds(moment: datetime) -> str:
    """An aware moment in UTC, to the second, as it is stored."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def day_of(value: str) -> date:
    """The day of an ISO 8601 date or date and time, as written: not moved to another zone."""
    return datetime.fromisoformat(value).date()
