"""Names of times ("last week", "3 June", "Q3 2023") as the days that they mean, seen from one day. Pure.

A name without a year is the newest such time that has begun. Weeks begin on Monday.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WEEKDAYS = "mon tue wed thu fri sat sun".split()
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_NUMBERS = {
    name: number
    for number, names in enumerate(
        "a an one|couple two|few three|four|five|six|seven|eight|nine|ten|eleven|twelve".split("|"), start=1
    )
    for name in names.split()
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "several": 3}
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}
_PIVOT = 50

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
YEAR = r"(?:(?:1[5-9]|20|21)\d\d\b|['’]\d\d\b)(?![-/]\d)"
DAY = r"\d{1,2}(?:st|nd|rd|th)?\b(?![:/.]\d)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_NTH = r"(?:first|second|third|fourth|last|1st|2nd|3rd|4th)"
_NUMBER = rf"(?:\d{{1,9}}|(?:a )?couple(?: of)?|(?:a )?few|{'|'.join(_NUMBERS)})"
_UNIT = r"(?:hour|day|week|weekend|fortnight|month|quarter|year|decade)"
_OF_YEAR = rf"(?:,? (?:of )?{YEAR}|,? (?:of )?(?:the|this|last) year\b)?"

DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}|(?:the )?{DAY}(?: of)? {MONTH}(?:,? {YEAR})?"
    rf"|{MONTH} (?:the )?{DAY}(?:,? {YEAR})?)"
)
"""A day by its month and number, for a pattern that ignores case."""

NAMED = "|".join(
    (
        r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)",
        r"\d{4}-\d\d(?![-\d])",
        r"\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})(?!\d)",
        rf"(?:the )?{DAY}(?: of)? {MONTH}(?:,? {YEAR})?",
        rf"{MONTH} (?:the )?{DAY}(?:,? {YEAR})?",
        rf"{MONTH}{_OF_YEAR}",
        rf"(?:the )?(?:Q[1-4]\b|{_NTH} quarter){_OF_YEAR}",
        rf"{YEAR} Q[1-4]\b",
        rf"(?:the )?(?:H[12]\b|(?:first|second) half){_OF_YEAR}",
        rf"(?:the )?{_SEASON}\b{_OF_YEAR}",
        r"(?:the )?(?:(?:1[5-9]|20)\d0|['’]\d0)s\b",
        rf"(?:the year )?{YEAR}",
    )
)
"""A time by its name, for a pattern that ignores case."""

RELATIVE = "|".join(
    (
        r"(?:the )?day before yesterday|(?:yesterday|this) (?:morning|afternoon|evening)|last night",
        r"today|yesterday|tonight",
        rf"(?:the )?(?:this past|last|past|previous) (?:{_NUMBER} )?{_UNIT}s?\b",
        r"(?:the )?(?:last|past) \d{1,4} ?[hd]\b",
        rf"(?:this|the current) {_UNIT}\b(?: so far)?|so far this {_UNIT}\b|{_UNIT} to date",
        rf"(?:last|this) (?:{_SEASON}|{_WEEKDAY}|{MONTH}(?! \d))",
        rf"{_NUMBER} {_UNIT}s? ago",
    )
)
"""A time by its distance from today, for a pattern that ignores case."""

EDGED = rf"(?:the )?(?:beginning|start|middle|end) of (?:{NAMED}|(?:this |last |the )?(?:week|month|quarter|year))"
PART = rf"(?:early|mid|late)(?: |-)(?:{NAMED})"
WEEKDAY = _WEEKDAY


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day of a time; `last` is `None` for one that still goes on. `moment`: it begins just then."""

    first: date
    last: date | None
    moment: datetime | None = None


def span_of(name: str, now: datetime) -> Span | None:
    """Return the days that a name means at `now`, whose zone is the asker's; `None` for what is no such name.

    Raises `OverflowError` for a time beyond the calendar, and `ValueError` for a day that doesn't exist.
    """
    text = re.sub(r"\s+", " ", name.strip().lower().replace("’", "'")).removeprefix("the ").rstrip(".")
    text = re.sub(r"(\d) ?([hd])$", lambda found: f"{found[1]} {'hours' if found[2] == 'h' else 'days'}", text)
    text = text.replace("this past ", "past ")
    for pattern, read in _READERS:
        if found := pattern.fullmatch(text):
            return read(found, now)
    return None


def _today(found: re.Match[str], now: datetime) -> Span:
    name = found[0]
    back = 2 if name.startswith("day before") else int(name.startswith("yesterday") or name == "last night")
    return _days_back(now.date(), back)


def _units_ago(found: re.Match[str], now: datetime) -> Span:
    return _ago(_number(found[1]), found[2], now)


def _last_units(found: re.Match[str], now: datetime) -> Span:
    return _back(_number(found[1]), found[2], now)


def _last_unit(found: re.Match[str], now: datetime) -> Span:
    word, unit = found.groups()
    if unit in ("hour", "day", "fortnight", "decade") or (word == "past" and unit != "weekend"):
        return _back(1, unit, now)
    this = _this(unit, now.date())
    is_over = (
        this.last is not None and this.last < now.date()
    )  # of weekends the last one is the newest that is over
    return this if is_over else _this(unit, this.first - timedelta(days=1))


def _this_unit(found: re.Match[str], now: datetime) -> Span:
    return Span(_this(found[1] or found[2], now.date()).first, None)


def _edge_of_unit(found: re.Match[str], now: datetime) -> Span:
    this = _this(found[2], now.date())
    return _this(found[2], this.first - timedelta(days=1)) if found[1] == "last " else this


def _weekend(_found: re.Match[str], now: datetime) -> Span:
    return _this("weekend", now.date())


def _day_of_week(found: re.Match[str], now: datetime) -> Span:
    back = (now.weekday() - _WEEKDAYS.index(found[2][:3])) % 7
    return _days_back(now.date(), back or (7 if found[1] == "last " else 0))


def _last_named(found: re.Match[str], now: datetime) -> Span | None:
    return span_of(found[2], now if found[1] == "this" else now - timedelta(days=31))


def _edge(found: re.Match[str], now: datetime) -> Span | None:
    return span_of(found[1], now)


def _part(found: re.Match[str], now: datetime) -> Span | None:
    whole = span_of(found[2], now)
    return _third(whole, ("early", "mid", "late").index(found[1])) if whole is not None else None


def _iso(found: re.Match[str], now: datetime) -> Span | None:
    if found[2] is None:
        day = date.fromisoformat(found[1])
        return Span(day, day)
    moment = datetime.fromisoformat(found[0].upper())
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)).astimezone(now.tzinfo)
    day = moment.date()
    return Span(day, day, moment)


def _numeric(found: re.Match[str], _now: datetime) -> Span | None:
    first, second, year = (int(part) for part in found.groups())
    day, month = (second, first) if second > len(_MONTHS) else (first, second)
    one = date(_full(year), month, day)
    return Span(one, one)


def _day_of_month(found: re.Match[str], now: datetime) -> Span | None:
    fields = found.groupdict()
    month, day = _month_number(fields["month"]), int(re.sub(r"\D", "", fields["day"]))
    year = _year(fields["year"])
    if year is None:
        year = now.year
        while (month, day) == (2, 29) and monthrange(year, 2)[1] < day:
            year -= 1
        year -= date(year, month, day) > now.date() and (month, day) != (2, 29)
    one = date(year, month, day)
    return Span(one, one)


def _month(found: re.Match[str], now: datetime) -> Span | None:
    return _months(_month_number(found[1]), 1, _year_in(found[2], now), now)


def _quarter(found: re.Match[str], now: datetime) -> Span | None:
    number = int(found["q"]) if found["q"] else _ORDINALS[found["nth"]]
    return _months(3 * number - 2, 3, _year_in(found["year"], now), now)


def _half(found: re.Match[str], now: datetime) -> Span | None:
    number = int(found["h"]) if found["h"] else _ORDINALS[found["nth"]]
    return _months(6 * number - 5, 6, _year_in(found["year"], now), now)


def _season(found: re.Match[str], now: datetime) -> Span | None:
    return _months(_SEASONS[found[1]], 3, _year_in(found[2], now), now)


def _decade(found: re.Match[str], _now: datetime) -> Span | None:
    year = _full(int(re.sub(r"\D", "", found[1])))
    return Span(date(year, 1, 1), date(year + 9, 12, 31))


def _whole_year(found: re.Match[str], _now: datetime) -> Span | None:
    year = _year(found[1])
    return Span(date(year, 1, 1), date(year, 12, 31)) if year is not None else None


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Span | None]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (
            r"(?:today|tonight|this (?:morning|afternoon|evening))|day before yesterday|yesterday.*|last night",
            _today,
        ),
        (rf"({_NUMBER}) ({_UNIT})s? ago", _units_ago),
        (rf"(?:last|past|previous) ({_NUMBER}) ({_UNIT})s?", _last_units),
        (rf"(last|past|previous) ({_UNIT})s?", _last_unit),
        (rf"(?:this|current|so far this) ({_UNIT})(?: so far)?|({_UNIT}) to date", _this_unit),
        (rf"(?:beginning|start|middle|end) of (this |last |the )?({_UNIT})", _edge_of_unit),
        ("weekend", _weekend),
        (rf"(last |this )?({_WEEKDAY})", _day_of_week),
        (rf"(last|this) ({_SEASON}|{MONTH})", _last_named),
        (r"(?:beginning|start|middle|end) of (.*)", _edge),
        (r"(early|mid|late)[ -](.*)", _part),
        (r"(\d{4}-?\d\d-?\d\d)([t ].*)?", _iso),
        (r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)", _numeric),
        (rf"(?P<day>{DAY})(?: of)? (?P<month>{MONTH})(?:,? (?P<year>{YEAR}))?", _day_of_month),
        (rf"(?P<month>{MONTH}) (?:the )?(?P<day>{DAY})(?:,? (?P<year>{YEAR}))?", _day_of_month),
        (rf"({MONTH})({_OF_YEAR})", _month),
        (rf"(?:q(?P<q>[1-4])|(?P<nth>{_NTH}) quarter)(?P<year>{_OF_YEAR})", _quarter),
        (rf"(?P<year>{YEAR}) q(?P<q>[1-4])(?P<nth>)", _quarter),
        (rf"(?:h(?P<h>[12])|(?P<nth>first|second) half)(?P<year>{_OF_YEAR})", _half),
        (rf"({_SEASON})({_OF_YEAR})", _season),
        (r"((?:1[5-9]|20)\d0|'\d0)s", _decade),
        (rf"(?:year )?({YEAR})", _whole_year),
    )
)


def _months(first: int, count: int, year: int | None, now: datetime) -> Span:
    """Return that many months from this one on, of the year or else of the newest that have begun."""
    if year is None:
        year = now.year - (date(now.year, first, 1) > now.date())
    return _whole_months(year, first, count)


def _whole_months(year: int, first: int, count: int) -> Span:
    years, last = divmod(first + count - 2, len(_MONTHS))
    final = date(year + years, last + 1, monthrange(year + years, last + 1)[1])
    return Span(date(year, first, 1), final)


def _this(unit: str, day: date) -> Span:
    """Return the whole week, month … in which the day is; of a weekend the newest that has begun."""
    monday, decade = day - timedelta(days=day.weekday()), day.year // 10 * 10
    saturday = day - timedelta(days=(day.weekday() - 5) % 7)
    quarter = 3 * ((day.month - 1) // 3) + 1
    return {
        "week": Span(monday, monday + timedelta(days=6)),
        "weekend": Span(saturday, saturday + timedelta(days=1)),
        "month": _whole_months(day.year, day.month, 1),
        "quarter": _whole_months(day.year, quarter, 3),
        "year": _whole_months(day.year, 1, 12),
        "decade": Span(date(decade, 1, 1), date(decade + 9, 12, 31)),
    }.get(unit, Span(day, day))


def _back(number: int, unit: str, now: datetime) -> Span:
    """From that many units ago until now."""
    if unit == "hour":
        moment = now - timedelta(hours=number)
        return Span(moment.date(), None, moment)
    return Span(_minus(number, unit, now.date()), None)


def _ago(number: int, unit: str, now: datetime) -> Span:
    if unit == "hour":
        moment = now - timedelta(hours=number)
        return Span(moment.date(), moment.date(), moment)
    day = _minus(number, unit, now.date())
    return _this(unit, day) if unit in ("month", "quarter", "year", "decade") else Span(day, day)


def _minus(number: int, unit: str, day: date) -> date:
    months = {"month": 1, "quarter": 3, "year": 12, "decade": 120}.get(unit)
    if months is None:
        return day - timedelta(days=number * {"week": 7, "weekend": 7, "fortnight": 14}.get(unit, 1))
    total = day.year * 12 + day.month - 1 - number * months
    if total < len(_MONTHS):
        raise OverflowError
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _days_back(today: date, count: int) -> Span:
    day = today - timedelta(days=count)
    return Span(day, day)


def _third(whole: Span, number: int) -> Span:
    last = whole.last or whole.first
    length = (last - whole.first).days + 1
    first = whole.first + timedelta(days=length * number // 3)
    return Span(first, whole.first + timedelta(days=length * (number + 1) // 3 - 1))


def _number(text: str) -> int:
    word = text.removeprefix("a ").removesuffix(" of") or "a"
    return int(word) if word.isdigit() else _NUMBERS[word]


def _month_number(text: str) -> int:
    return _MONTHS.index(text[:3]) + 1


def _year(text: str | None) -> int | None:
    return _full(int(re.sub(r"\D", "", text))) if text and re.search(r"\d", text) else None


def _year_in(text: str, now: datetime) -> int | None:
    """Return the year in "of 2023", "of the year" or "last year"."""
    if text.endswith("year"):
        return now.year - ("last year" in text)
    return _year(text)


def _full(year: int) -> int:
    if year >= 100:  # noqa: PLR2004  # it has all its digits
        return year
    return year + (2000 if year < _PIVOT else 1900)


def is_word_of_time(term: str) -> bool:
    """Return whether an index term is a part of a time's name: a year, a month, a day's number, a quarter."""
    return bool(re.fullmatch(rf"\d{{1,4}}|q[1-4]|{MONTH}|{_SEASON}|{_WEEKDAY}", term))
