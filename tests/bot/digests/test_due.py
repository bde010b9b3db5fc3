"""What is posted and what is passed over after a time in which nothing ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.digests.model import Digest, Due, Schedule, due, slots

NINE = datetime(2024, 5, 1, 9, tzinfo=UTC)


DAY, HOUR = timedelta(days=1), timedelta(hours=1)


LATEST = 6 * HOUR


NONE: Mapping[str, datetime] = {}


DAILY = Digest(
    id="d1",
    owner="UANN",
    channel="CNEWS",
    name="Morning",
    schedule=Schedule(time(9), "UTC", (1, 2, 3, 4, 5, 6, 7)),
    created_at=NINE - 10 * DAY,
    starts_at=NINE - 10 * DAY,
)


def test_nothing_is_due_before_its_time() -> None:
    handled = {"d1": NINE - DAY}
    assert due([DAILY], handled, NINE - timedelta(seconds=1), LATEST) == []
    assert due([DAILY], handled, NINE, LATEST) == [Due(DAILY, NINE)]


def test_a_slot_that_was_seen_to_is_not_due_again() -> None:
    assert due([DAILY], {"d1": NINE}, NINE + HOUR, LATEST) == []


def test_after_three_hours_the_missed_slot_is_posted_once() -> None:
    assert due([DAILY], {"d1": NINE - DAY}, NINE + 3 * HOUR, LATEST) == [Due(DAILY, NINE)]


def test_after_three_days_the_newest_is_posted_and_the_others_are_skipped() -> None:
    found = due([DAILY], {"d1": NINE - 3 * DAY}, NINE + HOUR, LATEST)
    assert found == [Due(DAILY, NINE, (NINE - 2 * DAY, NINE - DAY))]


def test_when_the_newest_is_too_old_too_all_are_skipped() -> None:
    handled = {"d1": NINE - 2 * DAY}
    assert due([DAILY], handled, NINE + LATEST, LATEST) == [Due(DAILY, NINE, (NINE - DAY,))]
    late = NINE + LATEST + timedelta(seconds=1)
    assert due([DAILY], handled, late, LATEST) == [Due(DAILY, None, (NINE - DAY, NINE))]


def test_a_paused_digest_is_never_due() -> None:
    assert due([replace(DAILY, paused_at=NINE - DAY)], NONE, NINE + HOUR, LATEST) == []


def test_a_new_digest_does_not_make_up_for_the_time_before_it() -> None:
    new = replace(DAILY, starts_at=NINE + HOUR)
    assert due([new], NONE, NINE + 2 * HOUR, LATEST) == []
    assert due([new], NONE, NINE + DAY, LATEST) == [Due(new, NINE + DAY)]


def test_a_resumed_digest_does_not_make_up_for_the_pause() -> None:
    resumed = replace(DAILY, starts_at=NINE - HOUR)
    assert due([resumed], {"d1": NINE - 5 * DAY}, NINE, LATEST) == [Due(resumed, NINE)]


def test_digests_of_the_same_minute_are_all_due_in_order_of_id() -> None:
    other = replace(DAILY, id="d0")
    earlier = replace(DAILY, id="d2", schedule=replace(DAILY.schedule, at=time(8)))
    handled = dict.fromkeys(("d0", "d1", "d2"), NINE - DAY)
    found = due([DAILY, other, earlier], handled, NINE, LATEST)
    assert [(one.slot, one.digest.id) for one in found] == [(NINE - HOUR, "d2"), (NINE, "d0"), (NINE, "d1")]


def test_after_years_only_the_last_hundred_are_noted_as_skipped() -> None:
    old = replace(DAILY, starts_at=NINE - 3650 * DAY)
    (found,) = due([old], NONE, NINE, LATEST)
    assert found.slot == NINE
    assert list(found.skipped) == slots(old.schedule, NINE - 101 * DAY, NINE - DAY)
    assert due([old], {"d1": NINE}, NINE + HOUR, LATEST) == []
