"""When a source is looked at again: sooner with news, later without, ever later when it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from embeddings.subscriptions.model import (
    FAILING,
    LONGEST,
    SHORTEST,
    Kind,
    Source,
    SourceHealth,
    failed,
    looked_at,
    resumed,
)

NOW = datetime(2027, 3, 27, 12, tzinfo=UTC)


NEW = Source("quint", "https://quint.example/f", Kind.FEED, "Quint", NOW, NOW)


def test_news_halves_the_interval_and_none_stretches_it() -> None:
    assert looked_at(NEW, NOW, news=True).interval == timedelta(minutes=30)
    assert looked_at(NEW, NOW, news=False).interval == timedelta(minutes=90)
    assert looked_at(NEW, NOW, news=True).next_at == NOW + timedelta(minutes=30)
    assert looked_at(NEW, NOW, news=True, every=timedelta(hours=3)).interval == timedelta(hours=3)


@given(st.lists(st.booleans(), max_size=40))
def test_the_interval_stays_between_five_minutes_and_a_day(looks: list[bool]) -> None:
    source = NEW
    for news in looks:
        source = looked_at(source, NOW, news=news)
        assert SHORTEST <= source.interval <= LONGEST
        assert source.health is SourceHealth.OK


def test_failures_back_off_and_are_forgiven() -> None:
    source, waits = NEW, []
    for _ in range(12):
        source = failed(source, NOW, "is down.")
        waits.append(source.next_at - NOW)
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]
    assert waits[-1] == LONGEST
    assert (source.health, source.failures, source.error) == (SourceHealth.FAILING, 12, "is down.")
    assert looked_at(source, NOW, news=False).health is SourceHealth.OK


def test_what_the_server_asks_for_is_waited_at_the_most_a_day() -> None:
    assert failed(NEW, NOW, "429", retry_after=7200).next_at == NOW + timedelta(hours=2)
    assert failed(NEW, NOW, "429", retry_after=1e9).next_at == NOW + LONGEST


def test_a_week_of_failing_pauses_and_so_does_being_gone() -> None:
    source = failed(NEW, NOW, "is down.")
    assert failed(source, NOW + FAILING - timedelta(seconds=1), "is down.").paused_at is None
    late = failed(source, NOW + FAILING, "is down.")
    assert (late.health, late.paused_by) == (SourceHealth.PAUSED, "topicbot")
    assert failed(NEW, NOW, "gone", gone=True).health is SourceHealth.PAUSED
    again = resumed(late, NOW + FAILING)
    assert (again.health, again.next_at) == (
        SourceHealth.NEW if again.checked_at is None else SourceHealth.OK,
        NOW + FAILING,
    )
    assert replace(again, checked_at=None).health is SourceHealth.NEW
