from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.gaps import Gap
from bot.home.blocks import HomeFacts, home
from bot.slack.notes import closed
from bot.slack.text import Block
from embeddings.types import ArticleSummary, Citation
from tests.bot.hostile import HOSTILE, MARKUP, citations, modest, own_links, texts
from tests.slack_server.rules import markup_in, view_problems
from tests.slack_server.rules import texts as texts_in

REPORT = Citation("report", "Annual report", "https://example.org/report", "The Desk", None, "2024-05-01")


EMPTY = HomeFacts(0, 0, 0, None, (), ())


FULL = HomeFacts(
    articles=1234,
    paragraphs=1,
    sources=2,
    last_added="2024-05-01T10:30:59+00:00",
    recent=(ArticleSummary(REPORT, 3, "2024-05-01T10:30:59+00:00"),),
    examples=("What does “Annual report” say?",),
)


def gap(question: str, times: int = 1) -> Gap:
    return Gap((question,), times, datetime(2024, 5, 1, tzinfo=UTC))


def lists() -> st.SearchStrategy[list[str]]:
    return st.lists(texts(), max_size=12)


def facts() -> st.SearchStrategy[HomeFacts]:
    numbers = st.integers(0, 10**9)
    summaries = st.builds(ArticleSummary, citations(), numbers, texts(60))
    return st.builds(
        HomeFacts,
        articles=numbers,
        paragraphs=numbers,
        sources=numbers,
        last_added=st.none() | texts(300),
        recent=st.lists(summaries, max_size=6),
        examples=lists(),
        unanswered=st.none() | st.lists(st.builds(gap, texts(), st.integers(1, 99)), max_size=9),
        failing=st.none() | lists(),
        asked=st.lists(st.tuples(texts(), st.booleans()), max_size=6),
    )


def lines(view: Block) -> list[str]:
    """The view as a person reads it, a line each."""
    found = []
    for block in view["blocks"]:
        for part in block["elements"] if block["type"] == "rich_text" else [block]:
            found += "".join(texts_in(part)).splitlines()
    return found


@modest
@given(facts())
def test_slack_takes_every_home(given_facts: HomeFacts) -> None:
    view = home(given_facts)
    assert view_problems(view) == []
    assert set(markup_in(view)) <= own_links(*(one.citation for one in given_facts.recent))


@modest
@given(facts())
def test_the_admins_part_is_for_admins(given_facts: HomeFacts) -> None:
    view = home(given_facts)
    headers = [block["text"]["text"] for block in view["blocks"] if block["type"] == "header"]
    assert ("For admins" in headers) == (given_facts.unanswered is not None)
    member = home(replace(given_facts, unanswered=None))
    assert view["blocks"][: len(member["blocks"])] == member["blocks"]


def test_a_home() -> None:
    assert lines(home(FULL)) == [
        "topicbot",
        "I answer questions from the articles here, in their own words, each with its source.",
        "Ask a question and press Enter; the answer comes under Messages",
        "Ask with collection and period",
        "For example:",
        "• What does “Annual report” say?",
        "The library",
        "1,234 articles · 1 paragraph · 2 sources, all well, last added 2024-05-01 10:30 UTC",
        "Recently added",
        "• Annual report · The Desk · 2024-05-01",
        "Your digests",
        "None yet.",
        "New digest",
    ]


def test_an_empty_library_says_what_to_do() -> None:
    view = home(EMPTY)
    assert view_problems(view) == []
    assert "It is still empty. An admin can add pages with the shortcut “Add links to topicbot”." in lines(view)
    assert "For example:" not in lines(view)
    assert "Recently added" not in lines(view)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"sources": 0}, "1,234 articles · 1 paragraph, last added 2024-05-01 10:30 UTC"),
        ({"sources": 1, "last_added": None}, "1,234 articles · 1 paragraph · 1 source, all well"),
        ({"articles": 1, "paragraphs": 2, "last_added": None}, "1 article · 2 paragraphs · 2 sources, all well"),
        (
            {"failing_sources": 1, "last_added": None},
            "1,234 articles · 1 paragraph · 2 sources, 1 failing or paused",
        ),
    ],
)
def test_the_numbers(changes: dict[str, Any], line: str) -> None:
    assert line in lines(home(replace(FULL, **changes)))


def test_admins_see_what_found_nothing_and_what_fails() -> None:
    facts = replace(
        FULL, unanswered=[gap("who was fined?", 3), gap(MARKUP)], failing=["https://example.org: status 404"]
    )
    view = home(replace(facts, unhelpful=[("who paid?", "It is out of date"), ("why?", None)]))
    assert lines(view)[-11:] == [
        "For admins",
        "Asked lately without an answer",
        "• who was fined? (asked 3 times)",
        f"• {MARKUP}",
        "",
        "Answers that did not help",
        "• who paid?: It is out of date",
        "• why?",
        "",
        "Sources that fail",
        "• https://example.org: status 404",
    ]


def test_admins_see_that_all_is_well() -> None:
    assert lines(home(replace(FULL, unanswered=(), failing=())))[-8:] == [
        "Asked lately without an answer",
        "None.",
        "",
        "Answers that did not help",
        "None.",
        "",
        "Sources that fail",
        "None.",
    ]


def test_each_entry_keeps_to_a_line() -> None:
    view = home(
        replace(FULL, examples=HOSTILE, unanswered=[gap("word " * 4000), gap("a\nb")], failing=["x" * 20_000])
    )
    assert view_problems(view) == []
    assert max(map(len, lines(view))) < 250
    assert "• a b" in lines(view)


@pytest.mark.parametrize("title", ["", "\x00", " \r", "\u200b", "\u202e\u061c\ufeff"])
def test_an_article_with_nothing_but_an_address_is_still_named(title: str) -> None:
    bare = ArticleSummary(Citation("a", title, "https://example.org"), 1, "2024-05-01T10:00:00+00:00")
    view = home(replace(FULL, recent=(bare,)))
    assert "• Untitled" in lines(view)
    assert "link https://example.org" in markup_in(view)


def test_guests_and_strangers_see_only_that_it_is_not_for_them() -> None:
    view = closed()
    assert view_problems(view) == []
    assert lines(view) == ["topicbot", "I answer members of this workspace only."]
