"""When an alert may be told, and what feedback does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.alerts import store as alerts
from bot.alerts.delivery import HIGHEST_THRESHOLD, LEAST_THRESHOLD, end, may_send, take_feedback, with_feedback
from bot.alerts.store import Alert
from embeddings.errors import NotAllowedError
from tests.bot.conftest import workspace_in

NOON = datetime(2027, 3, 27, 12, tzinfo=UTC)


ALERT = Alert(
    id="a",
    user="UANN",
    channel=None,
    asked_in="CNEWS",
    text="crane",
    collections=None,
    threshold=0.4,
    quiet_from=time(22),
    quiet_until=time(7),
    zone="Europe/Berlin",
    daily_most=2,
    checked_at=NOON,
    created_at=NOON,
)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2027, 3, 27, 20, 59, tzinfo=UTC), True),  # 21:59 in Berlin
        (datetime(2027, 3, 27, 21, 0, tzinfo=UTC), False),
        (datetime(2027, 3, 28, 4, 59, tzinfo=UTC), False),  # 06:59: the clocks went forward meanwhile
        (datetime(2027, 3, 28, 5, 0, tzinfo=UTC), True),
    ],
)
def test_nothing_is_sent_in_quiet_hours(moment: datetime, allowed: bool) -> None:
    assert may_send(ALERT, moment) is allowed


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    by_day = replace(ALERT, quiet_from=time(12), quiet_until=time(14))
    assert [may_send(by_day, NOON + timedelta(hours=hours)) for hours in (-2, 0, 1)] == [True, False, True]
    assert may_send(replace(ALERT, quiet_from=None), datetime(2027, 3, 27, 23, tzinfo=UTC))


def test_no_more_than_so_many_a_day_of_the_persons_zone() -> None:
    late = datetime(2027, 3, 26, 22, 30, tzinfo=UTC)  # 23:30 in Berlin, the day before
    assert may_send(replace(ALERT, sent=(late, NOON - timedelta(hours=3))), NOON)
    two = replace(ALERT, sent=(NOON - timedelta(hours=4), NOON - timedelta(hours=3)))
    assert not may_send(two, NOON)
    assert may_send(two, NOON + timedelta(days=1))


def test_messages_come_a_quarter_of_an_hour_apart() -> None:
    sent = replace(ALERT, sent=(NOON,))
    assert not may_send(sent, NOON + timedelta(minutes=14))
    assert may_send(sent, NOON + timedelta(minutes=15))


def test_feedback_moves_the_threshold_within_bounds() -> None:
    assert (
        with_feedback(ALERT, helpful=False).threshold
        > ALERT.threshold
        > with_feedback(ALERT, helpful=True).threshold
    )
    more = less = ALERT
    for _ in range(50):
        more, less = with_feedback(more, helpful=True), with_feedback(less, helpful=False)
    assert (more.threshold, less.threshold) == (LEAST_THRESHOLD, HIGHEST_THRESHOLD)


def test_only_who_set_an_alert_up_and_admins_change_it(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as workspace:
        with workspace.store.writing() as connection:
            alerts.save(connection, "T1", ALERT)
        with pytest.raises(NotAllowedError):
            take_feedback(workspace, "a", helpful=False, user="UBOB", may_manage=False)
        with pytest.raises(NotAllowedError):
            end(workspace, "a", user="UBOB", may_manage=False)
        with workspace.store.reading() as connection:
            assert alerts.load(connection, "T1", "a") == ALERT
        for user, may_manage in (("UANN", False), ("UBOB", True)):
            take_feedback(workspace, "a", helpful=False, user=user, may_manage=may_manage)
        with workspace.store.reading() as connection:
            kept = alerts.load(connection, "T1", "a")
        assert kept is not None
        assert kept.threshold > ALERT.threshold
