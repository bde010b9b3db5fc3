"""ISO dates: what is taken for one, and how two of them compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.dates import iso_date, utc_key

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
