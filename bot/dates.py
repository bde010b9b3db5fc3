"""Dates as people write them: "2021-09-26", "last week", "3 days ago"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta


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


def period_of(words: str, now: datetime) -> tuple[datetime, datetime]:
    """First and last second (UTC) of "today", "yesterday", "last week", "this month", "the past 3 days".

    Weeks begin on Monday; "last week" is the whole week before this one, "past week" the seven days until now.
    Raises `OverflowError` for a period that begins before the calendar.
    """
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    phrase = words.lower().split()
    if phrase[-1] in ("today", "yesterday"):
        first = today - timedelta(days=phrase[-1] == "yesterday")
        return first, _end(first + timedelta(days=1))
    unit = phrase[-1].rstrip("s")
    if phrase[-2].isdigit():
        return today - timedelta(days=int(phrase[-2]) * _DAYS[unit]), now
    if phrase[-2] == "past":
        return today - timedelta(days=_DAYS[unit]), now
    this = {"week": today - timedelta(days=today.weekday()), "month": today.replace(day=1)}.get(
        unit, today.replace(month=1, day=1)
    )
    if phrase[-2] == "this":
        return this, now
    before = this - timedelta(days=1)
    first = {"week": this - timedelta(days=7), "month": before.replace(day=1)}.get(
        unit, before.replace(month=1, day=1)
    )
    return first, _end(this)


_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def _end(following: datetime) -> datetime:
    return following - timedelta(seconds=1)
