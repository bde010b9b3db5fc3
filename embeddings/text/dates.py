"""ISO 8601 dates: what is stored, how two of them compare, and how they are read out of feeds and pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone


def iso_date(value: str) -> str:
    """`value` when it is an ISO 8601 date or date and time, without blanks around it, else `ValueError`."""
    stripped = value.strip()
    try:
        utc_key(stripped)
    except OverflowError as error:
        raise ValueError(f"{stripped!r} is before the first or after the last year") from error
    return stripped


def iso_text(value: date | str) -> str:
    """Return a date, a datetime or ISO 8601 text as text. Raises `ValueError`, which says what to pass."""
    if isinstance(value, date):
        return value.isoformat()
    try:
        return iso_date(value)
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{value!r} is not a date. Pass a date, a datetime, or text like 2021-09-26.") from error


def utc_key(value: datetime | str) -> str:
    """Return the moment in UTC as text that sorts in order of time. A value without a zone is taken as UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


def within_calendar(moment: datetime) -> datetime:
    """Return the aware moment, or the nearest that zones and periods can still move: a year is kept free at
    either end of the calendar.
    """
    return min(max(moment, _FIRST), _LAST)


def published_key(value: str) -> str:
    """Return the moment by which an article's date is compared: of a bare day noon, which is that day in most
    zones.
    """
    return utc_key(f"{value}T12:00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value)


def iso_seconds(moment: datetime) -> str:
    """Return an aware moment in UTC, to the second, as it is stored."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def day_of(value: str) -> date:
    """Return the day of an ISO 8601 date or date and time, as written: not moved to another zone."""
    return datetime.fromisoformat(value).date()


_NOTHING_BEFORE, _NOTHING_AFTER = 1000, 2200
"""Years outside of these are a program's "none" (1, 9999), not dates of articles."""

_MILLISECONDS = 100_000_000_000
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_NOON = _MOST_MONTHS = 12
_SHORT_YEAR = 50  # RFC 2822, section 4.3

_ZONES = {
    name: timedelta(hours=hours)
    for hours, names in {
        0: "utc gmt ut z wet", 1: "bst cet met wat ist_ie", 2: "cest mest eet cat sast", 3: "eest msk eat trt",
        3.5: "irst", 4: "gst samt", 5: "pkt uzt", 5.5: "ist", 5.75: "npt", 6: "almt", 7: "wib ict krat",
        8: "hkt sgt awst pht myt wita", 9: "jst kst wit", 9.5: "acst", 10: "aest vlat", 10.5: "acdt", 11: "aedt",
        12: "nzst", 13: "nzdt", -2.5: "ndt", -3: "brt art adt", -3.5: "nst", -4: "edt ast clt", -5: "est cdt pet",
        -6: "cst mdt", -7: "mst pdt", -8: "pst akdt", -9: "akst", -10: "hst",
    }.items()
    for name in names.split()
}  # fmt: skip
"""The offsets of the zone names that feeds write. Where a name has several meanings, the one that feeds mean."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari "
            "styczeń stycznia январь января янв ocak",
            "february feb februar feber février févr fevrier febrero febbraio fevereiro fev februari "
            "luty lutego февраль февраля фев şubat",
            "march mar märz mrz mars marzo março marco maart mrt marzec marca март марта мар mart",
            "april apr avril avr abril abr aprile kwiecień kwietnia апрель апреля апр nisan",
            "may mai mayo maggio mag maio mei maj maja май мая",
            "june jun juni juin junio giugno giu junho czerwiec czerwca июнь июня июн haziran",
            "july jul juli juillet juil julio luglio lug julho lipiec lipca июль июля июл temmuz",
            "august aug août aout agosto ago augustus augusti sierpień sierpnia август августа авг ağustos",
            "september sept sep septembre septiembre settembre set setembro wrzesień września "
            "сентябрь сентября сен eylül",
            "october oct oktober okt octobre octubre ottobre ott outubro out październik października "
            "октябрь октября окт ekim",
            "november nov novembre noviembre novembro listopad listopada ноябрь ноября ноя",
            "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro "
            "grudzień grudnia декабрь декабря дек",
        ),
        start=1,
    )
    for name in names.split()
}

_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?\s?m\.?(?![a-z]))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"(?:(?<![\w])(?:utc|gmt)\s*)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\b", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"\b(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})\b")
_NAMED = re.compile(r"(?P<day>\d{1,2})?(?:st|nd|rd|th)?[^\w]{0,3}(?:de\s+)?(?P<month>[^\W\d_]{3,})")


def read_date(text: str, *, month_first: bool | None = None) -> str | None:
    """Return the ISO 8601 date, or date and time, that a feed or page wrote in any of the usual ways, or `None`.

    The zone stays as it was written, so that the day does; a time without one is taken as UTC when it is compared.
    `month_first` says how to read 5/6/2024; while it is `None`, such a date is `None` too unless it has "am" or
    "pm". Programs that know no date write the year 1, 1970's first day, or 9999: these are `None`.
    """
    written = " ".join(text.split())
    try:
        found = _epoch(written) or _iso(written) or _in_parts(written, month_first)
    except (ValueError, OverflowError, OSError):
        return None
    if found is None:
        return None
    moment = found if isinstance(found, datetime) else datetime.combine(found, time())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _NOTHING_BEFORE <= moment.year <= _NOTHING_AFTER or abs(aware - _ZERO) <= timedelta(days=1):
        return None
    return moment.isoformat(timespec="seconds") if isinstance(found, datetime) else found.isoformat()


def _epoch(written: str) -> datetime | None:
    if not re.fullmatch(r"\d{9,13}(?:\.\d+)?", written):
        return None
    seconds = float(written)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)


def _iso(written: str) -> date | datetime | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        return date.fromisoformat(written)
    if not re.match(r"\d{4}-?\d\d-?\d\d", written):
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _in_parts(written: str, month_first: bool | None) -> date | datetime | None:
    clock = _CLOCK.search(written)
    rest = f"{written[: clock.start()]} , {written[clock.end() :]}" if clock else written
    half = bool(clock and clock["half"])
    day = _day_in(rest, month_first, half=half)
    if day is None and clock is not None and (year := re.search(r"\b\d{4}$", written)):
        day = _day_in(f"{written[: clock.start()]} {year[0]}", month_first, half=half)  # as C's ctime writes it
    if day is None:
        return None
    if clock is None:
        return day
    hour = int(clock["hour"])
    if clock["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + _NOON * clock["half"].lower().startswith("p")
    return datetime.combine(day, time(hour, int(clock["minute"]), min(int(clock["second"] or 0), 59)), _zone(rest))


def _day_in(written: str, month_first: bool | None, *, half: bool) -> date | None:
    if found := _YEAR_FIRST.search(written):
        return date(*(int(part) for part in found.groups()))
    if found := _NUMBERS.search(written):
        first, second, year = (int(part) for part in found.groups())
        if first > _MOST_MONTHS or second > _MOST_MONTHS:
            month, day = (second, first) if first > _MOST_MONTHS else (first, second)
        elif "." in found[0]:
            day, month = first, second
        elif month_first is not None or half or first == second:
            month, day = (second, first) if month_first is False else (first, second)
        else:
            return None
        return date(_full_year(year, found[3]), month, day)
    for found in _NAMED.finditer(written):
        month_number = _MONTHS.get(found["month"].lower())
        if month_number is None:
            continue
        after = re.match(
            r"[^\w]{0,3}(?:de\s+)?(?:(\d{1,2})(?!\d)(?:st|nd|rd|th)?,?\s+)?(\d{4}|\d{2})\b", written[found.end() :]
        )
        number = found["day"] or (after[1] if after is not None else None)
        if after is not None and number is not None:
            return date(_full_year(int(after[2]), after[2]), month_number, int(number))
    return None


def _full_year(year: int, written: str) -> int:
    if len(written) > len("24"):
        return year
    return year + (2000 if year < _SHORT_YEAR else 1900)


def _zone(rest: str) -> timezone | None:
    if found := _OFFSET.search(rest.rpartition(" , ")[2]):
        hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
        way = 1 if found["sign"] == "+" else -1
        return timezone(way * timedelta(hours=hours, minutes=minutes))
    for name in re.findall(r"[A-Za-z]{1,5}", rest):
        if name.lower() in _ZONES and name.isupper():
            return timezone(_ZONES[name.lower()])
    return None
