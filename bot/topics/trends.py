"""What is in the news: the largest stories of a period, and those that grow fastest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from embeddings.text.dates import day_of, utc_key
from embeddings.types import Story

PERIOD = timedelta(days=7)
_MAX_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Trends:
    """`largest` are stories with their number of articles from `since` to `until`, most first. `growing` are those
    with more articles than in the period before, with both numbers, by the difference.
    """

    since: datetime
    until: datetime
    largest: tuple[tuple[Story, int], ...]
    growing: tuple[tuple[Story, int, int], ...]


def trends(stories: Sequence[Story], until: datetime, since: datetime | None = None) -> Trends:
    """Return the trends from `since` to `until`, by the dates of the articles; without `since` of the week until
    then.

    Articles without a date are in no period.
    """
    since = since or until - PERIOD
    period = until - since
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
    return Trends(since, until, tuple(present[:_MAX_SHOWN]), tuple(growing[:_MAX_SHOWN]))


def _within(story: Story, since: datetime, until: datetime) -> int:
    """Return how many of the story's articles are of this period."""
    return sum(_is_within(one.published_at, since, until) for one in story.articles if one.published_at)


def _is_within(published: str, since: datetime, until: datetime) -> bool:
    if len(published) == len("2024-05-01"):  # a bare day
        return since.date() <= day_of(published) <= until.date()
    return utc_key(since) <= utc_key(published) <= utc_key(until)
