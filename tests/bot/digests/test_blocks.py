"""Summaries, digests, alerts and their windows: inside Slack's limits, and inert, whatever the articles hold."""

from __future__ import annotations

from datetime import UTC, datetime, time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alerts.blocks import alert_message, alert_modal
from bot.digests import windows
from bot.digests.blocks import DigestShown, digest_messages, story_blocks
from bot.digests.content import Content, Item, Section, fair_share
from bot.digests.model import Digest, Schedule
from bot.slack import modals
from bot.slack.text import Message
from bot.topics.blocks import TopicShown, topic_message, trends_message
from bot.topics.trends import Trends
from embeddings.types import Bucket, Citation, Event, Highlight, Named, Passage, Point, Story, TopicSummary
from tests.bot.hostile import citations, own_links, texts
from tests.slack_server.rules import markup_in, message_problems, view_problems
from tests.slack_server.rules import texts as texts_in

NOON = datetime(2027, 3, 27, 12, tzinfo=UTC)


ADDED = "2027-03-27T12:00:00+00:00"


modest = settings(max_examples=min(25, settings().max_examples), suppress_health_check=list(HealthCheck))


def points() -> st.SearchStrategy[Point]:
    return st.builds(lambda text, cited: Point(text, cited, 3, 0, len(text), ADDED), texts(1500), citations())


def passages() -> st.SearchStrategy[Passage]:
    return st.builds(
        lambda rank, text, cited: Passage(rank, 0.5, cited, 0, text, Highlight(0, len(text) // 2)),
        st.integers(1, 5),
        texts(1500),
        citations(),
    )


def stories() -> st.SearchStrategy[Story]:
    def built(name: str, headline: str, told: list[Citation]) -> Story:
        return Story(name, headline, tuple(told), (told[0].article_id,), ADDED, ADDED)

    return st.builds(built, st.uuids().map(str), texts(400), st.lists(citations(), min_size=1, max_size=5))


def summaries() -> st.SearchStrategy[TopicSummary]:
    return st.builds(
        TopicSummary,
        subject=texts(1000),
        enough=st.booleans(),
        points=st.lists(points(), min_size=4, max_size=7).map(tuple),
        conflicts=st.lists(st.lists(points(), min_size=2, max_size=4).map(tuple), max_size=3).map(tuple),
        timeline=st.lists(st.builds(Event, st.none(), texts(400), texts(60)), max_size=12).map(tuple),
        named=st.lists(st.builds(Named, texts(200), st.integers(1, 99)), max_size=10).map(tuple),
        sources=st.lists(citations(), max_size=12).map(tuple),
        coverage=st.lists(
            st.builds(Bucket, st.dates().map(str), st.integers(0, 99)),
            max_size=60,
            unique_by=lambda one: one.start,
        ).map(tuple),
        passages=st.lists(passages(), max_size=5, unique_by=lambda one: one.rank).map(tuple),
        took_ms=st.just(1.0),
    )


def refused(message: Message, *cited: Citation) -> list[str]:
    """What Slack would refuse, and what is live in the message without being the address of a cited article."""
    fields = {"text": message.text, "blocks": message.blocks}
    return [*message_problems(fields), *(set(markup_in(fields)) - own_links(*cited))]


@modest
@given(summaries(), st.booleans(), st.none() | st.just(NOON))
def test_a_summary(summary: TopicSummary, shareable: bool, since: datetime | None) -> None:
    message = topic_message(summary, TopicShown("topic-1", since, ("reports",), shareable=shareable))
    told: list[Point] = [*summary.points, *(one for group in summary.conflicts for one in group)]
    cited = [*(one.citation for one in told), *(one.citation for one in summary.passages), *summary.sources]
    assert refused(message, *cited) == []
    assert message.text
    assert message.blocks[-1]["type"] == "actions"


@modest
@given(st.lists(stories(), max_size=7, unique_by=lambda one: one.story_id))
def test_trends(found: list[Story]) -> None:
    largest = tuple((one, 3) for one in found)
    cited = [article for one in found for article in one.articles]
    assert refused(trends_message(Trends(NOON, NOON, largest, tuple((one, 3, 1) for one in found))), *cited) == []


@modest
@given(
    texts(100),
    st.none() | texts(200),
    st.lists(st.tuples(stories(), passages(), st.booleans()), max_size=30, unique_by=lambda one: one[0].story_id),
    st.lists(stories(), max_size=10),
)
def test_a_digest(
    name: str, subject: str | None, told: list[tuple[Story, Passage, bool]], also: list[Story]
) -> None:
    items = tuple(Item(*one) for one in told)
    sections = (Section(subject, items),) if items else ()
    messages = digest_messages(
        Content(NOON, NOON, sections, tuple(also), 7), DigestShown("d1", name, "Europe/Berlin")
    )
    cited = [article for one in (*(one for one, _, _ in told), *also) for article in one.articles]
    cited += [one.citation for _, one, _ in told]
    assert [refused(message, *cited) for message in messages] == [[] for _ in messages]
    shown = [element for one in messages for block in one.blocks for element in block.get("elements", ())]
    options = [one for element in shown if element.get("action_id") == "story-menu" for one in element["options"]]
    values = {one["value"] for one in options if one["value"].startswith("mute:")}
    assert values == {f"mute:d1:{one.story_id}" for one, _, _ in told}


@modest
@given(st.lists(passages(), min_size=1, max_size=5, unique_by=lambda one: one.rank), texts(1000))
def test_an_alert(found: list[Passage], text: str) -> None:
    assert refused(alert_message("a1", text, found, 7), *(one.citation for one in found)) == []


@modest
@given(texts(1000), stories(), st.lists(texts(60), max_size=20), st.lists(texts(200).filter(bool), max_size=5))
def test_the_windows(text: str, told: Story, topics: list[str], collections: list[str]) -> None:
    schedule = Schedule(time(9), "Europe/Berlin", month_day=31)
    known = Digest("d1", "U1", "C1", text[:60] or "x", schedule, NOON, NOON, tuple(topics), tuple(collections))
    views = [
        windows.digest_modal(collections, "Europe/Berlin", {"digest": "d1"}, known),
        windows.digest_modal(collections, "UTC", {}),
        windows.digest_modal(collections, "UTC", {}, whole=False),
        alert_modal(text, {"about": "q1", "channel": "C1", "response_url": None}),
        modals.modal("story", "Story", story_blocks(told), None, ""),
    ]
    assert [view_problems(view) for view in views] == [[], [], [], [], []]


def test_a_summary_names_each_source_once_and_draws_no_bars() -> None:
    wire = Citation("a1", "Grain prices rise", "https://example.org/a", "The Wire", None, "2027-03-01")
    desk = Citation("a2", "Grain prices fall", None, "The Desk", None, "2027-03-09")
    told = tuple(
        Point(text, cited, number, 0, len(text), ADDED)
        for number, (text, cited) in enumerate(
            (("Prices rose to 300 dollars.", wire), ("Prices fell.", desk), ("Farmers sold early.", wire))
        )
    )
    coverage = tuple(Bucket(f"2027-0{month}-01", month) for month in (1, 2, 3))
    summary = TopicSummary("grain", True, told, (), (), (), (wire, desk), coverage, (), 1.0)
    message = topic_message(summary, TopicShown("topic-1"))
    said = " ".join(texts_in(message.blocks))
    assert (said.count("Grain prices rise"), said.count("Grain prices fall")) == (1, 1)
    assert "paragraphs 1, 3" in said
    assert "6 articles since 2027-01-01, most from 2027-03-01 on (3)" in said
    (drawn,) = [one for one in message.blocks if one["type"] == "data_visualization"]
    assert [one["value"] for one in drawn["chart"]["series"][0]["data"]] == [1, 2, 3]


def test_a_long_time_is_drawn_with_at_most_twenty_bars_and_a_short_one_not_at_all() -> None:
    def drawn(*counts: int) -> list[int]:
        coverage = tuple(Bucket(f"20{number:02}-01-01", count) for number, count in enumerate(counts))
        told = Point("Prices rose.", Citation("a1", "Grain", None, None, None, None), 0, 0, 5, ADDED)
        summary = TopicSummary("grain", True, (told,), (), (), (), (told.citation,), coverage, (), 1.0)
        blocks = topic_message(summary, TopicShown("topic-1")).blocks
        charts = [one["chart"] for one in blocks if one["type"] == "data_visualization"]
        return [one["value"] for chart in charts for one in chart["series"][0]["data"]]

    assert drawn(*[1] * 45) == [3] * 15
    assert drawn(4, 0, 4) == []
    assert drawn() == []


def test_each_topic_has_its_fair_share() -> None:
    assert fair_share(["busy", "busy", "busy", "busy", "quiet"], 3) == [0, 1, 4]
    assert fair_share([None] * 3, 5) == [0, 1, 2]
