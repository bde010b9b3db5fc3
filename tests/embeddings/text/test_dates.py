"""ISO dates: what is taken for one, and how two of them compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.dates import iso_date, read_date, utc_key

ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))


MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=ZONES)


@pytest.mark.parametrize(
    "value", ["2021-09-26", "2021-09-26T10:00:00", "2021-09-26T10:00:00Z", "2021-09-26 10:00:00+08:00"]
)
def test_a_date_is_kept_as_written(value: str) -> None:
    assert iso_date(value) == value
    assert iso_date(f" {value}\n") == value


@pytest.mark.parametrize(
    "value", ["", "2021", "2021-09", "2021-02-30", "26/09/2021", "September 2021", "yesterday"]
)
def test_anything_else_is_no_date(value: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|out of range"):
        iso_date(value)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("2021-09-26", "2021-09-26T00:00:00"),
        ("2021-09-26T10:00:00", "2021-09-26T10:00:00"),
        ("2021-09-26T10:00:00Z", "2021-09-26T10:00:00"),
        ("2021-09-26T10:00:00+08:00", "2021-09-26T02:00:00"),
        ("2021-09-26T04:00:00+08:00", "2021-09-25T20:00:00"),
        ("2021-12-31T20:00:00-05:00", "2022-01-01T01:00:00"),
    ],
)
def test_a_moment_is_told_in_utc(value: str, key: str) -> None:
    assert utc_key(value) == key
    assert utc_key(datetime.fromisoformat(value)) == key


@given(MOMENTS, MOMENTS)
def test_keys_sort_in_order_of_time(one: datetime, other: datetime) -> None:
    one, other = one.replace(microsecond=0), other.replace(microsecond=0)
    assert (utc_key(one) < utc_key(other)) == (one < other)
    assert (utc_key(one) == utc_key(other)) == (one == other)


@given(MOMENTS)
def test_a_moment_and_its_text_have_the_same_key(moment: datetime) -> None:
    assert utc_key(moment) == utc_key(moment.isoformat())


def test_a_moment_without_a_zone_is_taken_as_utc() -> None:
    assert utc_key(datetime(2021, 9, 26, 10)) == utc_key(datetime(2021, 9, 26, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1709629200", "2024-03-05T09:00:00+00:00"),
        ("1709629200000", "2024-03-05T09:00:00+00:00"),
        ("Tue, 05 Mar 2024 09:00:00 CEST", "2024-03-05T09:00:00+02:00"),
        ("Tue, 05 Mar 2024 09:00:00 BST", "2024-03-05T09:00:00+01:00"),
        ("Tue, 05 Mar 2024 09:00:00 JST", "2024-03-05T09:00:00+09:00"),
        ("5 March 2024 09:00 UTC+2", "2024-03-05T09:00:00+02:00"),
        ("Tue Mar  5 09:00:00 2024", "2024-03-05T09:00:00"),
        ("3/5/2024 9:00:00 PM", "2024-03-05T21:00:00"),
        ("3/25/2024 9:00", "2024-03-25T09:00:00"),
        ("25/3/2024 9:00", "2024-03-25T09:00:00"),
        ("2024/03/05", "2024-03-05"),
        ("05.03.2024 09:00", "2024-03-05T09:00:00"),
        ("5. März 2024", "2024-03-05"),
        ("mar., 05 mars 2024 09:00:00 +0100", "2024-03-05T09:00:00+01:00"),
        ("5 de marzo de 2024", "2024-03-05"),
        ("5 марта 2024", "2024-03-05"),
        ("2024年3月5日", "2024-03-05"),
        ("Mar 5th, 2024 9:00 am EST", "2024-03-05T09:00:00-05:00"),
    ],
)
def test_dates_are_read_as_feeds_write_them(written: str, read: str) -> None:
    assert read_date(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "0",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "9999-12-31T23:59:59-05:00",
        "3/5/2024",
        "soon",
        "",
        "2024",
        "March 2024",
        "2024-02-31",
        "32 March 2024",
        "13:00 PM",
        "5 Foo 2024",
    ],
)
def test_what_is_no_date_or_none_that_is_sure_is_none(written: str) -> None:
    assert read_date(written) is None


def test_a_feed_s_language_says_how_it_writes_days() -> None:
    assert read_date("3/5/2024", month_first=True) == "2024-03-05"
    assert read_date("3/5/2024", month_first=False) == "2024-05-03"
