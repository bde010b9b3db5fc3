"""Slots against a calendar that is walked day by day, and around the days on which clocks are set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.model import LAST_DAY, Schedule, before, describe, following, slots

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


zones = st.sampled_from(sorted(available_timezones()))


times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


weekdays = st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days)))


month_days = st.one_of(st.integers(1, 28), st.just(LAST_DAY))


schedules = st.one_of(
    st.builds(Schedule, times, zones, days=weekdays),
    st.builds(Schedule, times, zones, month_day=month_days),
)


moments = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))


lengths = st.timedeltas(timedelta(), timedelta(days=70))


def resolved(day: date, at: time, zone: str) -> datetime:
    """The local time in UTC: its first occurrence, or the first moment after the gap that it is in."""
    naive = datetime.combine(day, at)
    first, shifted = (naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive:
        return first
    while shifted.astimezone(ZoneInfo(zone)).replace(tzinfo=None) <= naive:
        shifted += MINUTE
    return shifted


def is_on(schedule: Schedule, day: date) -> bool:
    if schedule.month_day is None:
        return day.isoweekday() in schedule.days
    if schedule.month_day == LAST_DAY:
        return (day + DAY).day == 1
    return day.day == schedule.month_day


def by_calendar(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    start = after.date() - 3 * DAY
    days = [start + number * DAY for number in range((until - after).days + 7)]
    found = {resolved(day, schedule.at, schedule.zone) for day in days if is_on(schedule, day)}
    return sorted(slot for slot in found if after < slot <= until)


def local(schedule: Schedule, moments: list[datetime]) -> list[str]:
    return [moment.astimezone(ZoneInfo(schedule.zone)).isoformat(timespec="minutes") for moment in moments]


@given(schedules, moments, lengths)
def test_slots_are_those_of_the_calendar(schedule: Schedule, after: datetime, length: timedelta) -> None:
    found = slots(schedule, after, after + length)
    assert found == by_calendar(schedule, after, after + length)
    assert all(slot.tzinfo is UTC for slot in found)


@given(schedules, moments, lengths)
def test_slots_ascend_and_come_once_a_local_date(schedule: Schedule, after: datetime, length: timedelta) -> None:
    found = slots(schedule, after, after + length)
    assert all(one < other for one, other in pairwise(found))
    on_time = [one.astimezone(ZoneInfo(schedule.zone)) for one in found]
    dates = [one.date() for one in on_time if one.time() == schedule.at]  # a gap may move a slot to the next date
    assert len(dates) == len(set(dates))


@given(schedules, moments)
def test_the_next_and_the_last_slot_agree_with_all_of_them(schedule: Schedule, moment: datetime) -> None:
    long = timedelta(days=70)
    assert following(schedule, moment) == by_calendar(schedule, moment, moment + long)[0]
    earlier = [slot for slot in by_calendar(schedule, moment - long, moment) if slot < moment]
    assert before(schedule, moment) == earlier[-1]


@given(schedules, moments)
def test_a_slot_is_neither_before_nor_after_itself(schedule: Schedule, moment: datetime) -> None:
    slot = following(schedule, moment)
    assert before(schedule, slot) <= moment < slot < following(schedule, slot)
    assert following(schedule, before(schedule, slot)) == slot
    assert slots(schedule, slot, slot) == []
    assert slots(schedule, slot - MINUTE, slot) == [slot]


@pytest.mark.parametrize(
    ("zone", "at", "day", "expected"),
    [
        ("Europe/Berlin", time(2, 30), date(2025, 3, 30), "2025-03-30T03:00+02:00"),
        ("Europe/Berlin", time(2, 30), date(2025, 10, 26), "2025-10-26T02:30+02:00"),
        ("America/New_York", time(2, 30), date(2025, 3, 9), "2025-03-09T03:00-04:00"),
        ("America/New_York", time(1, 30), date(2025, 11, 2), "2025-11-02T01:30-04:00"),
        ("Australia/Lord_Howe", time(2, 15), date(2025, 10, 5), "2025-10-05T02:30+11:00"),
        ("Australia/Lord_Howe", time(1, 45), date(2025, 4, 6), "2025-04-06T01:45+11:00"),
        ("Asia/Kolkata", time(2, 30), date(2025, 3, 30), "2025-03-30T02:30+05:30"),
        ("America/Nuuk", time(23, 30), date(2024, 3, 30), "2024-03-31T00:00-01:00"),
    ],
)
def test_when_the_clocks_are_set_it_is_posted_once(zone: str, at: time, day: date, expected: str) -> None:
    schedule = Schedule(at, zone, EVERY_DAY)
    eve, morrow = (resolved(one, at, zone) for one in (day - DAY, day + DAY))
    found = slots(schedule, eve, morrow)
    assert local(schedule, found[:-1]) == [expected]
    assert before(schedule, morrow) == following(schedule, eve) == found[0]


def test_a_day_that_was_left_out_is_made_up_for_when_it_is_over() -> None:
    schedule = Schedule(time(9), "Pacific/Apia", EVERY_DAY)
    found = slots(schedule, datetime(2011, 12, 29, tzinfo=UTC), datetime(2011, 12, 31, tzinfo=UTC))
    assert local(schedule, found) == [
        "2011-12-29T09:00-10:00",
        "2011-12-31T00:00+14:00",
        "2011-12-31T09:00+14:00",
    ]
    midnight = Schedule(time(0), "Pacific/Apia", EVERY_DAY)
    found = slots(midnight, datetime(2011, 12, 29, tzinfo=UTC), datetime(2011, 12, 31, tzinfo=UTC))
    assert local(midnight, found) == ["2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00"]


@pytest.mark.parametrize(
    ("month_day", "expected"),
    [
        (15, ["2024-01-15", "2024-02-15", "2024-03-15"]),
        (28, ["2024-01-28", "2024-02-28", "2024-03-28"]),
        (LAST_DAY, ["2024-01-31", "2024-02-29", "2024-03-31"]),
    ],
)
def test_a_monthly_schedule_comes_every_month(month_day: int, expected: list[str]) -> None:
    schedule = Schedule(time(9), "UTC", month_day=month_day)
    found = slots(schedule, datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC))
    assert [slot.date().isoformat() for slot in found] == expected


def test_the_last_day_of_february_follows_the_year() -> None:
    schedule = Schedule(time(9), "Europe/Berlin", month_day=LAST_DAY)
    february = [following(schedule, datetime(year, 2, 1, tzinfo=UTC)).day for year in (2023, 2024, 2025)]
    assert february == [28, 29, 28]


def test_sunday_is_the_seventh_day() -> None:
    schedule = Schedule(time(9), "UTC", (7,))
    assert following(schedule, datetime(2024, 5, 1, tzinfo=UTC)).date() == date(2024, 5, 5)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda: Schedule(time(9), "Europe/Berlim", (1,)), "'Europe/Berlim' is not a time zone"),
        (lambda: Schedule(time(9), "", (1,)), "'' is not a time zone"),
        (lambda: Schedule(time(9), "../etc/passwd", (1,)), "is not a time zone"),
        (lambda: Schedule(time(9), "UTC"), "Give one of the two"),
        (lambda: Schedule(time(9), "UTC", (1,), 1), "Give one of the two"),
        (lambda: Schedule(time(9), "UTC", (0, 1)), r"\(0, 1\) are not days of the week"),
        (lambda: Schedule(time(9), "UTC", (8,)), "are not days of the week"),
        (lambda: Schedule(time(9), "UTC", month_day=0), "0 is not in every month"),
        (lambda: Schedule(time(9), "UTC", month_day=29), "29 is not in every month"),
        (lambda: Schedule(time(9), "UTC", month_day=32), "32 is not in every month"),
    ],
)
def test_a_schedule_that_never_comes_is_refused(make: Callable[[], Schedule], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        make()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(time(9), "Europe/Berlin", EVERY_DAY), "every day at 09:00 (Europe/Berlin)"),
        (Schedule(time(17, 5), "UTC", (1, 2, 3, 4, 5)), "every working day at 17:05 (UTC)"),
        (Schedule(time(9), "UTC", (7,)), "every Sunday at 09:00 (UTC)"),
        (Schedule(time(9), "UTC", (1, 5)), "every Monday and Friday at 09:00 (UTC)"),
        (Schedule(time(9), "UTC", (1, 3, 6)), "every Monday, Wednesday and Saturday at 09:00 (UTC)"),
        (Schedule(time(9), "UTC", month_day=LAST_DAY), "on the last day of each month at 09:00 (UTC)"),
        (Schedule(time(9), "UTC", month_day=15), "on day 15 of each month at 09:00 (UTC)"),
    ],
)
def test_a_schedule_in_words(schedule: Schedule, words: str) -> None:
    assert describe(schedule) == words
