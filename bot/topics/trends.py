"""What is in the news: the largest stories of a period, and those that grow fastest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from embeddings.text.dates import utc_key
from embeddings.types import Story

PERIOD = timedelta(days=7)
_MOST = 7


@dataclass(frozen=True, slots=True)
class Trends:
    """`largest` are stories with their number of articles from `since` to `until`, most first. `growing` are those
    with more articles than in the period before, with both numbers, by the difference.
    """

    since: datetime
    until: datetime
    largest: tuple[tuple[Story, int], ...]
    growing: tuple[tuple[Story, int, int], ...]


def trends(stories: Sequence[Story], until: datetime, period: timedelta = PERIOD) -> Trends:
    """The trends of the period that ends at `until`."""
    since = until - period
    counted = [(one, _within(one, since, until), _within(one, since - period, since)) for one in stories]
    present = sorted(
        ((one, now) for one, now, _ in counted if now),
        key=lambda pair: (pair[1], pair[0].sources, pair[0].last_seen),
        reverse=True,
    )
    growing = sorted(
        ((one, now, before) for one, now, before in counted if now > before and now > 1),
        key=lambda found: (found[1] - found[2], found[0].last_seen),
        reverse=True,
    )
    return Trends(since, until, tuple(present[:_MOST]), tuple(growing[:_MOST]))


def _within(story: Story, since: datetime, until: datetime) -> int:
    """How many of the story's articles are of these days; one without a date counts as the story's first."""
    first, last = utc_key(since.astimezone(UTC)), utc_key(until.astimezone(UTC))
    moments = [utc_key(one.published_at or story.first_seen) for one in story.articles]
    return sum(first < moment <= last for moment in moments)
