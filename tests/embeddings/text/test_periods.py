"""Periods and days as people write them: in options, and in questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from embeddings.text.periods import Period, bound_of, read_period, says

NOW = datetime(2021, 10, 15, 13, 30, tzinfo=UTC)  # a Friday


def day(month: int, number: int, year: int = 2021) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("2021-09-26", day(9, 26)),
        ("20210926", day(9, 26)),
        (" 2021-09-26 ", day(9, 26)),
        ("26 September 2021", day(9, 26)),
        ("Sept 26, 2019", day(9, 26, 2019)),
        ("today", day(10, 15)),
        ("yesterday", day(10, 14)),
        ("3 days ago", day(10, 12)),
        ("a day ago", day(10, 14)),
        ("2 weeks ago", day(10, 1)),
        ("monday", day(10, 11)),
        ("Sept 26", day(9, 26)),
        ("26 December", day(12, 26, 2020)),
    ],
)
def test_a_day_begins_with_its_first_second_and_ends_with_its_last(value: str, first: datetime) -> None:
    assert bound_of(value, NOW) == first
    assert bound_of(value, NOW, end=True) == first.replace(hour=23, minute=59, second=59)


@pytest.mark.parametrize("end", [False, True])
@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2021-09-26T10:00", "2021-09-26T10:00:00+00:00"),
        ("2021-09-26 10:00:30", "2021-09-26T10:00:30+00:00"),
        ("20210926T10", "2021-09-26T10:00:00+00:00"),
        ("2021-09-26T10:00Z", "2021-09-26T10:00:00+00:00"),
        ("2021-09-26T10:00+08:00", "2021-09-26T02:00:00+00:00"),
        ("2021-09-26T00:00", "2021-09-26T00:00:00+00:00"),
    ],
)
def test_a_time_is_taken_as_it_is(value: str, moment: str, end: bool) -> None:
    assert bound_of(value, NOW, end=end) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("value", ["2021-09-26", "2021-09-26T10:00", "last week", "26 September 2021"])
def test_every_moment_has_a_zone(value: str) -> None:
    found = bound_of(value, NOW)
    assert found is not None
    assert found.tzinfo is not None


def test_words_are_counted_from_the_given_day() -> None:
    early = datetime(2024, 3, 1, 0, 5, tzinfo=UTC)
    assert bound_of("yesterday", early) == day(2, 29, 2024)
    assert bound_of("3 days ago", early) == day(2, 27, 2024)


@pytest.mark.parametrize("value", ["", "  ", "banana", "-", "2021-02-30", "the day it opened"])
def test_nonsense_is_no_date(value: str) -> None:
    assert bound_of(value, NOW) is None
    assert bound_of(value, NOW, end=True) is None


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("September 2021", "2021-09-01T00:00:00", "2021-09-30T23:59:59"),
        ("2020", "2020-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("last year", "2020-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("last week", "2021-10-04T00:00:00", "2021-10-10T23:59:59"),
        ("Q2", "2021-04-01T00:00:00", "2021-06-30T23:59:59"),
        ("summer 2020", "2020-06-01T00:00:00", "2020-08-31T23:59:59"),
    ],
)
def test_a_month_or_year_is_its_whole_length(value: str, first: str, last: str) -> None:
    assert bound_of(value, NOW) == datetime.fromisoformat(f"{first}+00:00")
    assert bound_of(value, NOW, end=True) == datetime.fromisoformat(f"{last}+00:00")


def test_a_time_in_words_is_kept() -> None:
    assert bound_of("3 hours ago", NOW) == NOW - timedelta(hours=3)
    assert bound_of("3 hours ago", NOW, end=True) == NOW - timedelta(hours=3)


PHRASINGS = [
    line.split("\t")
    for name in ("periods.tsv", "periods_zones.tsv")
    for line in (Path(__file__).parent / name).read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def as_day(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d}" if moment is not None else None


def fits(expected: str, found: str | None, today: str) -> bool:
    """Whether a bound is one of those expected: "-" is none, "now" today or open."""
    return any(
        found is None if one == "-" else (found is None or found >= today) if one == "now" else one == found
        for one in expected.split("|")
    )


@pytest.mark.parametrize(("now", "zone", "question", "since", "until", "strict"), PHRASINGS)
def test_a_question_s_period_is_read_in_the_asker_s_zone(
    now: str, zone: str, question: str, since: str, until: str, strict: str
) -> None:
    moment, here = datetime.fromisoformat(f"{now}+00:00"), ZoneInfo(zone)
    period = read_period(question, moment, here).period
    today = f"{moment.astimezone(here):%Y-%m-%d}"
    assert fits(since, as_day(period.since) if period else None, today)
    assert fits(until, as_day(period.until) if period else None, today)
    kind = "-" if period is None else "yes" if period.strict else "no"
    assert kind in strict.split("|")


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("what happened yesterday in Berlin?", "what happened in Berlin?"),
        ("since January, who was fined?", "who was fined?"),
        ("what was said since January about rail?", "what was said about rail?"),
        ("who, in the past week, was fined?", "who, was fined?"),
        ("how much did it earn in 2020?", "how much did it earn in 2020?"),
        ("In May, who was fined?", "In May, who was fined?"),
    ],
)
def test_a_bound_leaves_the_question_and_a_preference_stays(question: str, left: str) -> None:
    assert read_period(question, NOW).text == left


def test_a_period_is_said_as_people_say_it() -> None:
    def of(first: str, last: str) -> str:
        return says(Period(datetime.fromisoformat(first), datetime.fromisoformat(last)))

    assert of("2026-11-21", "2026-11-27T23:59:59") == "21–27 November 2026"
    assert of("2026-10-21", "2026-11-27") == "21 October – 27 November 2026"
    assert of("2025-12-31", "2026-01-01") == "31 December 2025 – 1 January 2026"
    assert of("2026-11-21", "2026-11-21T23:59:59") == "21 November 2026"
    assert says(Period(since=day(6, 3))) == "since 3 June 2021"
    assert says(Period(until=day(6, 3))) == "until 3 June 2021"
