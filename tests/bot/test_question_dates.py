"""Dates as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.question import parse_date, period_of

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
        ("last week", day(10, 8)),
        ("2 weeks ago", day(10, 1)),
        ("monday", day(10, 11)),
        ("Sept 26", day(9, 26)),
        ("26 December", day(12, 26, 2020)),
    ],
)
def test_a_day_begins_with_its_first_second_and_ends_with_its_last(value: str, first: datetime) -> None:
    assert parse_date(value, NOW) == first
    assert parse_date(value, NOW, end_of_day=True) == first.replace(hour=23, minute=59, second=59)


@pytest.mark.parametrize("end_of_day", [False, True])
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
def test_a_time_is_taken_as_it_is(value: str, moment: str, end_of_day: bool) -> None:
    assert parse_date(value, NOW, end_of_day=end_of_day) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("value", ["2021-09-26", "2021-09-26T10:00", "last week", "26 September 2021"])
def test_every_moment_has_a_zone(value: str) -> None:
    found = parse_date(value, NOW)
    assert found is not None
    assert found.tzinfo is not None


def test_words_are_counted_from_the_given_day() -> None:
    early = datetime(2024, 3, 1, 0, 5, tzinfo=UTC)
    assert parse_date("yesterday", early) == day(2, 29, 2024)
    assert parse_date("3 days ago", early) == day(2, 27, 2024)


@pytest.mark.parametrize("value", ["", "  ", "banana", "-", "2021-02-30", "the day it opened"])
def test_nonsense_is_no_date(value: str) -> None:
    assert parse_date(value, NOW) is None
    assert parse_date(value, NOW, end_of_day=True) is None


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("September 2021", "2021-09-01T00:00:00", "2021-09-30T23:59:59"),
        ("2020", "2020-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("last year", "2020-01-01T00:00:00", "2020-12-31T23:59:59"),
    ],
)
def test_a_month_or_year_is_its_whole_length(value: str, first: str, last: str) -> None:
    assert parse_date(value, NOW) == datetime.fromisoformat(f"{first}+00:00")
    assert parse_date(value, NOW, end_of_day=True) == datetime.fromisoformat(f"{last}+00:00")


def test_a_time_in_words_is_kept() -> None:
    assert parse_date("3 hours ago", NOW) == NOW - timedelta(hours=3)
    assert parse_date("3 hours ago", NOW, end_of_day=True) == NOW - timedelta(hours=3)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("today", "2021-10-15T00:00:00", "2021-10-15T23:59:59"),
        ("Yesterday", "2021-10-14T00:00:00", "2021-10-14T23:59:59"),
        ("this week", "2021-10-11T00:00:00", "2021-10-15T13:30:00"),
        ("this month", "2021-10-01T00:00:00", "2021-10-15T13:30:00"),
        ("this year", "2021-01-01T00:00:00", "2021-10-15T13:30:00"),
        ("last week", "2021-10-04T00:00:00", "2021-10-10T23:59:59"),
        ("Last Month", "2021-09-01T00:00:00", "2021-09-30T23:59:59"),
        ("last year", "2020-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("past week", "2021-10-08T00:00:00", "2021-10-15T13:30:00"),
        ("past month", "2021-09-15T00:00:00", "2021-10-15T13:30:00"),
        ("past year", "2020-10-15T00:00:00", "2021-10-15T13:30:00"),
        ("the past 3 days", "2021-10-12T00:00:00", "2021-10-15T13:30:00"),
        ("in the last 3 days", "2021-10-12T00:00:00", "2021-10-15T13:30:00"),
        ("in the last 2 weeks", "2021-10-01T00:00:00", "2021-10-15T13:30:00"),
    ],
)
def test_words_for_a_period_give_its_first_and_last_second(words: str, first: str, last: str) -> None:
    expected = (datetime.fromisoformat(f"{first}+00:00"), datetime.fromisoformat(f"{last}+00:00"))
    assert period_of(words, NOW) == expected


@pytest.mark.parametrize(
    ("now", "words", "first", "last"),
    [
        ("2021-10-11T00:00", "this week", "2021-10-11", "2021-10-11"),
        ("2021-10-11T00:00", "last week", "2021-10-04", "2021-10-10"),
        ("2021-10-17T23:59", "last week", "2021-10-04", "2021-10-10"),
        ("2022-01-31T12:00", "last month", "2021-12-01", "2021-12-31"),
        ("2024-03-31T12:00", "last month", "2024-02-01", "2024-02-29"),
        ("2024-02-29T12:00", "last year", "2023-01-01", "2023-12-31"),
        ("2022-01-01T00:00", "yesterday", "2021-12-31", "2021-12-31"),
        ("2022-01-01T00:00", "last week", "2021-12-20", "2021-12-26"),
    ],
)
def test_periods_reach_over_the_ends_of_months_and_years(now: str, words: str, first: str, last: str) -> None:
    since, until = period_of(words, datetime.fromisoformat(f"{now}+00:00"))
    assert (f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}") == (first, last)
    assert f"{since:%H:%M:%S}" == "00:00:00"


def test_a_period_is_counted_in_utc() -> None:
    shanghai = datetime(2021, 10, 16, 3, 0, tzinfo=timezone(timedelta(hours=8)))  # still Friday in UTC
    assert period_of("today", shanghai)[0] == day(10, 15)
    assert period_of("this week", shanghai) == (day(10, 11), shanghai)
