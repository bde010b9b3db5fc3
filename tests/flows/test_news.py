"""What is new goes by its own date: news, stories, digests and topics keep to the period that they name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.digests.model import Digest, Schedule
from bot.topics.trends import trends
from embeddings.library import Library
from embeddings.types import Article, Paragraph, Scope
from tests.feeds import words
from tests.hashed import HashedEncoder

NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)


def article(name: str, published_at: str | None) -> Article:
    texts = (Paragraph(words(name)), Paragraph(words(f"{name} more")))
    return Article(f"Title {name}", texts, name=name, origin=name, published_at=published_at)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Forty papers without a date, twenty old articles, and ten of the last days, all added now."""
    made = Library(tmp_path / "library", HashedEncoder(), now=lambda: NOW)
    for number in range(40):
        made.add(article(f"undated {number}", None))
    for number in range(20):
        made.add(article(f"old {number}", f"{2005 + number}-06-01"))
    for number in range(10):
        made.add(article(f"new {number}", (NOW - timedelta(hours=14 * number)).isoformat()))
    yield made
    made.close()


NEW = {f"Title new {number}" for number in range(10)}


def test_the_news_are_the_new_articles(library: Library) -> None:
    found = trends(library.stories(), NOW)
    assert len(found.largest) == 7
    assert {one.headline for one, _ in found.largest} < NEW


def test_stories_since_a_day_are_those_of_that_time(library: Library) -> None:
    week = Scope(since=NOW - timedelta(days=7))
    assert {one.headline for one in library.stories(week)} == NEW
    assert all(one.headline.startswith("Title undated") for one in library.stories()[-40:]), "those come last"


def test_a_digest_tells_neither_an_archive_nor_what_has_no_date(library: Library) -> None:
    from bot.digests.content import collect
    from tests.bot.workspace.places import workspace_over

    schedule = Schedule(time(9), "UTC", days=(1,))
    digest = Digest("d", "U1", "C1", "News", schedule, created_at=NOW, starts_at=NOW, most=20)
    with workspace_over(library) as workspace:
        found = collect(workspace, digest, {}, NOW - timedelta(days=7), NOW)
    assert {one.headline for one in found.stories} == NEW
