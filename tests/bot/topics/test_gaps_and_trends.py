"""What found nothing, by meaning; what is in the news, by count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.asking.gaps import gaps
from bot.asking.store import Unanswered
from bot.topics.trends import trends
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.types import Citation, Story

NOON = datetime(2027, 3, 27, 12, tzinfo=UTC)


def test_questions_of_one_meaning_stand_together(model: SentenceTransformerEncoder) -> None:
    asked = [
        Unanswered("what did Tencent pledge?", 1, NOON),
        Unanswered("who is the boss of Xiaomi?", 2, NOON - timedelta(days=1)),
        Unanswered("who is the head of Xiaomi?", 1, NOON - timedelta(days=2)),
    ]
    first, second = gaps(asked, model)
    assert (first.questions, first.times, first.asked_at) == (
        ("who is the boss of Xiaomi?", "who is the head of Xiaomi?"),
        3,
        NOON - timedelta(days=1),
    )
    assert second.questions == ("what did Tencent pledge?",)
    assert gaps([], model) == []


def story(name: str, *days_ago: int) -> Story:
    dates = sorted((NOON - timedelta(days=days)).isoformat() for days in days_ago)
    cited = tuple(Citation(f"{name}{number}", name, published_at=day) for number, day in enumerate(dates))
    return Story(name, name, cited, (), dates[0], dates[-1])


def test_the_largest_stories_and_those_that_grow() -> None:
    found = trends(
        [story("old", 9, 10, 20), story("grows", 1, 2, 3, 9), story("shrinks", 1, 8, 9), story("one", 6)], NOON
    )
    assert [(one.headline, count) for one, count in found.largest] == [("grows", 3), ("shrinks", 1), ("one", 1)]
    assert [(one.headline, now, before) for one, now, before in found.growing] == [("grows", 3, 1)]
    assert trends([], NOON).largest == ()
