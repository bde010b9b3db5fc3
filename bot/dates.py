"""Dates as people write them on the command line: "2021-09-26", "last week", "3 days ago"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time


def parse_date(value: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """The aware moment that `value` names, or `None` when it can't be read as one.

    A date without a time is its first second in UTC, or with `end_of_day` its last.
    """
    try:
        moment = datetime.fromisoformat(value)
        has_time = "T" in value or ":" in value
    except ValueError:
        # What looks like an ISO date but is none must not be read some other way round.
        found = None if re.match(r"\d{4}-\d", value) else _in_words(value, now)
        if found is None:
            return None
        moment, has_time = found, False
    if not has_time and end_of_day:
        moment = datetime.combine(moment.date(), time(23, 59, 59), moment.tzinfo)
    elif not has_time:
        moment = datetime.combine(moment.date(), time(), moment.tzinfo)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_words(value: str, now: datetime) -> datetime | None:
    import dateparser

    return dateparser.parse(
        value,
        languages=["en"],
        settings={
            "RELATIVE_BASE": now.replace(tzinfo=None),
            "PREFER_DATES_FROM": "past",
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
