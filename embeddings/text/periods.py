"""Periods that a question names in plain English: one grammar for terminal, Slack, library and API. Pure.

An explicit bound ("since Monday", "between March and May", "last week", "the past ten days") filters. A time that
is named as part of the matter ("in 2024", "on 3 June") is a preference: it stays in the question and shuts nothing
out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from embeddings.text.calendar import DATE, DAY, EDGED, NAMED, PART, RELATIVE, WEEKDAY, Span, span_of

_ANY = rf"(?:{RELATIVE}|{EDGED}|{PART}|{NAMED}|(?:the )?weekend|{WEEKDAY})(?!['’]s\b)(?![-\w])"
_END = rf"(?:{RELATIVE}|{EDGED}|{PART}|{NAMED}|{WEEKDAY}|now)(?![-\w])"
_RANGE = re.compile(
    rf"\b(?:between (?P<a>{_END}|{DAY}) and (?P<b>{_END})"
    rf"|from (?P<c>{_END}|{DAY}) (?:to|until|till|through|–|-) (?P<d>{_END})"
    r"|in (?P<e>(?:19|20)\d\d) ?(?:–|-|to) ?(?P<f>(?:19|20)\d\d)\b"
    rf"|(?P<g>{DATE}) ?(?:to|until|till|through|–|-) ?(?P<h>{DATE})(?![-\w]))",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"\b(?P<word>since|after|later than|(?<!day )before|prior to|earlier than|until|till|up to|up until|as of|by)"
    rf"(?: (?:about|around))? (?P<name>{_ANY})"
    rf"|\bfrom (?P<from>{_ANY}) (?:on|onwards?)\b|\b(?P<only>by (?:{EDGED}))",
    re.IGNORECASE,
)
_DISTANT = re.compile(
    rf"(?:\b(?:in|on|over|during|within|for|throughout|at|of|from) )?(?P<name>{RELATIVE}"
    rf"|(?<=over )the weekend|(?<=at )the weekend)(?!['’]s\b)(?![-\w])",
    re.IGNORECASE,
)
_POSSESSED = re.compile(
    r"\b(?P<name>today(?=['’]s (?:news|headlines|stories|articles|papers|reports))"
    rf"|(?!today\b|tonight\b)(?:{RELATIVE}))['’]s\b",
    re.IGNORECASE,
)
_MATTER = re.compile(
    rf"\b(?P<word>in|on|during|throughout|for|over) (?P<name>{EDGED}|{PART}|{NAMED}|{WEEKDAY})"
    r"(?!['’]s\b)(?![-\w])",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\bcompar\w+|\bthan\b|\bversus\b|\bvs\b|\brelative to\b"
    r"|\b(?:up|down|rise|rose|risen|f[ae]ll\w*|grow\w*|grew|increas\w+|decreas\w+|drop\w*)\b[^?]*"
    r"\b(?:from|on) (?:last|the previous) (?:year|quarter|month|week)\b",
    re.IGNORECASE,
)
_COUNTS_DOWN = re.compile(r"\bhow (?:many|much|long|soon)\b[^?]*\buntil\b", re.IGNORECASE)
_PART_OF_SOMETHING = re.compile(r" of ", re.IGNORECASE)
_LONGEST_NAME = 100
_NAMES = frozenset({"Today", "Yesterday", "Tonight"})


@dataclass(frozen=True, slots=True)
class Period:
    """Aware first and last second of a time, either of which may be `None`: open, and whether it is a bound."""

    since: datetime | None = None
    until: datetime | None = None
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What is left of a question without its explicit bounds, and its period, if it names one."""

    text: str
    period: Period | None = None


def read_period(text: str, now: datetime, zone: tzinfo = UTC) -> Reading:
    """Return the question in `text` and the period that it names, as somebody in `zone` means it at `now`.

    Raises `OverflowError` for a period beyond the calendar.
    """
    here = now.astimezone(zone)
    found = _read_range(text, here) or _read_bounds(text, here)
    if found is None and not _COMPARES.search(text):
        found = _read_named(text, here)
    return found or Reading(text)


def _read_range(text: str, here: datetime) -> Reading | None:
    found = _RANGE.search(text)
    span = _range(found, here) if found is not None else None
    if found is None or span is None:
        return None
    period = _period(span.first, span.last, here)
    if found["e"]:  # "in 2019–2021"
        return Reading(text, Period(period.since, period.until, strict=False))
    return Reading(_without(text, [found.span()]), period)


def _read_bounds(text: str, here: datetime) -> Reading | None:
    if _COUNTS_DOWN.search(text):
        return None
    since, until, spans = _bounds(text, list(_BOUND.finditer(text)), here)
    return Reading(_without(text, spans), Period(since, until)) if spans else None


def _read_named(text: str, here: datetime) -> Reading | None:
    matters = [one for one in _MATTER.finditer(text) if not _is_other(text, one)]
    for found in _DISTANT.finditer(text):
        is_part = any(one.start() <= found.start() < one.end() for one in matters)  # "in May last year"
        span = None if is_part or _is_name(text, found) else _span(found["name"], here)
        if span is not None:
            whole = _period(span.first, span.last, here, span.moment)
            return Reading(_without(text, [found.span()]), whole)
    for found in (*matters, *(one for one in _POSSESSED.finditer(text) if not _is_name(text, one))):
        span = _span(found["name"], here)
        if span is not None and span.first <= here.date():
            period = _period(span.first, span.last, here)
            return Reading(text, Period(period.since, period.until, strict=False))
    return None


def bound_of(value: str, now: datetime, zone: tzinfo = UTC, *, end: bool = False) -> datetime | None:
    """Return the aware moment that an option's value names: the first second of its time, or with `end` the last.

    `None` for what can't be read as a time.
    """
    here = now.astimezone(zone)
    span = _span(value, here)
    if span is None:
        return None
    if span.moment is not None:
        return span.moment
    if end:
        return _period(span.first, span.last, here).until or here
    return _start(span.first, zone)


def says(period: Period) -> str:
    """Return the period in words: "21–27 November 2026", "since 3 June 2024", "until 31 December 2023"."""
    first = period.since.date() if period.since is not None else None
    last = period.until.date() if period.until is not None else None
    if first is None or last is None:
        word, day = ("since", first) if first is not None else ("until", last)
        return f"{word} {day.day} {day:%B %Y}" if day is not None else ""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%B %Y}"
    begin = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B %Y}"
    return f"{begin} – {last.day} {last:%B %Y}"


def _range(found: re.Match[str], here: datetime) -> Span | None:
    begin, end = (part for part in found.groups() if part is not None)
    last = Span(here.date(), here.date()) if end.lower() == "now" else _span(end, here)
    if last is None:
        return None
    final = last.last or here.date()
    if re.fullmatch(DAY, begin):  # "from 1 to 15 April": the month is named once
        number = int(re.sub(r"\D", "", begin))
        first: Span | None = _span(f"{final.year}-{final.month:02}-{number:02}", here)
    else:
        # "from March to May 2024": the first one is the newest before the last.
        first = _span(begin, datetime.combine(final, time(12), here.tzinfo))
        is_distance = re.fullmatch(RELATIVE, begin, re.IGNORECASE) is not None
        first = _span(begin, here) if is_distance else first
    return Span(first.first, final) if first is not None else None


def _bounds(
    text: str, found: list[re.Match[str]], here: datetime
) -> tuple[datetime | None, datetime | None, list[tuple[int, int]]]:
    since = until = None
    spans = []
    for one in found:
        name = one["name"] or one["from"] or (one["only"] or "")[len("by ") :]
        word = (one["word"] or ("by" if one["only"] else "since")).lower()
        span = None if _is_bound_of_other(text, one, word, name) else _span(name, here)
        if span is None:
            continue
        first, last = span.first, span.last or here.date()
        if word in ("since", "as of"):
            since = span.moment or _start(first, here.tzinfo)
        elif word in ("after", "later than"):
            since = _start(last + timedelta(days=1), here.tzinfo)
        elif word in ("before", "prior to", "earlier than") and first <= here.date():
            until = _end(first - timedelta(days=1), here.tzinfo)
        elif first > here.date() or (word == "by" and last >= here.date()):
            continue  # until when something is to be, not when it was written
        else:
            until = _end(last, here.tzinfo)
        spans.append(one.span())
    return since, until, spans


def _is_bound_of_other(text: str, found: re.Match[str], word: str, name: str) -> bool:
    """Return whether the words bound something else: "by May" may be a person, "after 2 May 1997" in a name is
    none.
    """
    if word == "by" and not re.search(r"\d{4}|\bof\b", name):
        return True
    return bool(_PART_OF_SOMETHING.match(text[found.end() :])) and re.fullmatch(RELATIVE, name, re.I) is not None


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Return whether a distance is none: "USA Today", "the last week of term"."""
    name = found["name"]
    if name in _NAMES and found.start("name") > 0:
        return True
    after = text[found.end() :]
    return bool(_PART_OF_SOMETHING.match(after)) and "to date" not in name


def _is_other(text: str, found: re.Match[str]) -> bool:
    """Return whether a named time is part of another name: "in the 2021 summit", "on Monday night football"."""
    before, after = text[: found.start()], text[found.end() :]
    if found["word"].lower() == "for" and not re.search(r"\d{4}", found["name"]):
        return True
    if re.match(r" (?:for|on) [A-Z]", after) and re.fullmatch(r"march|may", found["name"], re.IGNORECASE):
        return True
    return before.lower().endswith(("believe ", "based "))


def _span(name: str, here: datetime) -> Span | None:
    """Return the days that the name means; `None` for a day that doesn't exist."""
    if len(name) > _LONGEST_NAME:
        return None
    try:
        return span_of(name, here)
    except ValueError:
        return None


def _period(first: date, last: date | None, here: datetime, moment: datetime | None = None) -> Period:
    since = moment or _start(first, here.tzinfo)
    return Period(since, _end(last, here.tzinfo) if last is not None else None)


def _start(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time(), zone)


def _end(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time(23, 59, 59), zone)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return the text without these parts, neatly joined."""
    for start, end in sorted(spans, reverse=True):
        before = re.sub(r",\s*$", "", text[:start]) if text[end:].lstrip()[:1] in ("", ",", "?") else text[:start]
        text = f"{before} {text[end:]}"
    return re.sub(r" (?=[?!.,])", "", " ".join(text.split())).lstrip(", ")
