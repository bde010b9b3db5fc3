"""What is new goes by its own date: news, stories, digests and topics keep to the period that they name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.digests.blocks import DigestShown, digest_messages
from bot.digests.content import collect
from bot.digests.model import Digest, Schedule
from bot.question import view_of
from bot.topics.listeners import message_on
from bot.topics.trends import trends
from bot.workspace.workspace import Place, Workspace
from embeddings.scope import Scope
from embeddings.team import TeamLibrary
from embeddings.types import Article, Paragraph
from tests.bot.conftest import workspace_in
from tests.feeds import words

PLACE = Place("U1", "C1")
NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)


def article(name: str, published_at: str | None) -> Article:
    texts = (Paragraph(words(name)), Paragraph(words(f"{name} more")))
    return Article(f"Title {name}", texts, name=name, origin=name, published_at=published_at)


@pytest.fixture(scope="module")
def seventy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of forty papers without a date, twenty old articles, and ten new ones, all added now."""
    folder = tmp_path_factory.mktemp("seventy")
    with workspace_in(folder, now=lambda: NOW) as made:
        fill(made.articles)
    return folder


@pytest.fixture
def workspace(seventy: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace over the seventy articles."""
    shutil.copytree(seventy, tmp_path, dirs_exist_ok=True)
    with workspace_in(tmp_path, now=lambda: NOW) as made:
        yield made


def fill(made: TeamLibrary) -> None:
    for number in range(40):
        made.add(article(f"undated {number}", None))
    for number in range(20):
        made.add(article(f"old {number}", f"{2005 + number}-06-01"))
    for number in range(10):
        made.add(article(f"new {number}", (NOW - timedelta(hours=14 * number)).isoformat()))


NEW = {f"Title new {number}" for number in range(10)}


def test_the_news_are_the_new_articles(workspace: Workspace) -> None:
    found = trends(workspace.articles.stories(), NOW)
    assert len(found.largest) == 7
    assert {one.headline for one, _ in found.largest} < NEW


def test_stories_since_a_day_are_those_of_that_time(workspace: Workspace) -> None:
    week = Scope(since=NOW - timedelta(days=7))
    assert {one.headline for one in workspace.articles.stories(week)} == NEW
    every = [one.headline.startswith("Title undated") for one in workspace.articles.stories()]
    assert every == sorted(every), "those without a date come last"


def test_a_digest_tells_neither_an_archive_nor_what_has_no_date(workspace: Workspace) -> None:
    schedule = Schedule(time(9), "UTC", days=(1,))
    digest = Digest("d", "U1", "C1", "News", schedule, created_at=NOW, starts_at=NOW, most=20)
    found = collect(workspace, digest, {}, NOW - timedelta(days=7), NOW)
    assert {one.headline for one in found.stories} == NEW
    assert found.added > 20, "the others are only counted"
    last = digest_messages(found, DigestShown("d", "News", "UTC"))[-1]
    assert f"Added to the library: {found.added} older or undated articles." in str(last.blocks)


def test_a_question_for_what_is_new_keeps_to_its_period(workspace: Workspace) -> None:
    for typed, period in (
        ("what's new today?", "28 November 2026"),
        ("What happened last week?", "16–22 November"),
    ):
        wanted = replace(workspace.read(typed, PLACE), question=view_of(typed) or "")
        message = message_on(workspace, wanted, "key", PLACE)
        assert f"In the news here, {period}" in message.text
        assert "undated" not in message.text
        assert "old" not in message.text
