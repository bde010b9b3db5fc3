"""Dates as people write them on the command line: "2021-09-26", "last week", "3 days ago"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time


def parse_date(value: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """The aware moment that `value` names, or `None` when it can't be read as one.

    A date without a time is its first second in UTC, or with `end_of_day` its last.
    """
    try:
        moment, has_time = datetime.fromisoformat(value), not _DAY_ONLY.fullmatch(value)
    except ValueError:
        # What looks like an ISO date but is none, or is a bare number, must not be read some other way.
        if re.match(r"\d{4}-\d", value) or (value.isdigit() and len(value) != len("2021")):
            return None
        found = _in_words(value, now, end_of_day)
        if found is None:
            return None
        moment, has_time = found
    if not has_time:
        moment = datetime.combine(moment.date(), time(23, 59, 59) if end_of_day else time(), moment.tzinfo)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(-?\d)?")


def _in_words(value: str, now: datetime, end: bool) -> tuple[datetime, bool] | None:
    """The moment, and whether the words name a time. Of a month or a year it is the first day or the last."""
    from dateparser.date import DateDataParser

    base = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past", "RETURN_TIME_AS_PERIOD": True}
    edge = {"PREFER_DAY_OF_MONTH": "last" if end else "first", "PREFER_MONTH_OF_YEAR": "last" if end else "first"}
    found = DateDataParser(languages=["en"], settings=base).get_date_data(value)
    if found.period in ("month", "year"):
        found = DateDataParser(languages=["en"], settings=base | edge).get_date_data(value)
    return (found.date_obj, found.period == "time") if found.date_obj is not None else None
