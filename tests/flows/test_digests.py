"""Digests over the stand-in for Slack with its clock moved: on time, once, and what they tell."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.digests import store as digests
from bot.digests.delivery import Pace, post_due
from bot.digests.model import Digest, Schedule
from bot.resources import open_store
from bot.slack.client import bot_client
from bot.slack.messages import SCOPES
from bot.workspace.registry import open_workspace
from bot.workspace.workspace import Workspace
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import moment_of
from tests.flows.slack_blocks import spoken
from tests.hashed import HashedEncoder
from tests.slack_server import Message, SlackServer
from tests.slack_server.rules import message_problems

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


BERLIN = "Europe/Berlin"


def unlike(number: int, part: int) -> str:
    """A word that stands nowhere else."""
    return "W" + hashlib.sha256(f"{number} {part}".encode()).hexdigest()[:8]


class Desk:
    """A workspace with its own library, whose digests are posted when `tick` is called."""

    def __init__(self, slack: SlackServer, workspace: Workspace) -> None:
        self.slack, self.workspace = slack, workspace
        self.client = bot_client(workspace.settings)
        self.waits: list[float] = []
        self.added = 0

    def add(self, title: str = "", text: str = "", **fields: str) -> str:
        """Add an article; without a title one that is like no other."""
        self.added += 1
        words = " ".join(unlike(self.added, number) for number in range(12))
        own = article(
            title or words, text or f"{words}.", **{"published_at": self.workspace.now().isoformat(), **fields}
        )
        return self.workspace.library.local.add(replace(own, origin=f"o{self.added}")).article_id

    def subscribe(self, name: str, **fields: object) -> Digest:
        """Set a digest up: everything new in CNEWS, daily at nine in Berlin, unless `fields` say otherwise."""
        now = self.workspace.now()
        made = Digest(name, "UANN", "CNEWS", name, Schedule(time(9), BERLIN, EVERY_DAY), now, now)
        made = replace(made, **fields)  # type: ignore[arg-type]
        with self.workspace.store.writing() as connection:
            digests.save(connection, "T1", made)
        return made

    def tick(self) -> int:
        """Post what is due."""
        return post_due(self.workspace, self.client, Pace(self.waits.append, lambda: sum(self.waits)))

    def go_to(self, moment: datetime) -> None:
        """Move the clock."""
        self.slack.clock.advance(moment.timestamp() - self.slack.clock.now())

    def posts(self, channel: str = "CNEWS") -> list[Message]:
        """The digests in a channel, without their threads."""
        return [one for one in self.slack.messages(channel) if one.bot_id and not one.thread_ts]

    def states(self, name: str) -> Counter[str]:
        """How the slots of a digest ended."""
        with self.workspace.store.reading() as connection:
            return Counter(state for _, state in digests.history(connection, "T1", name, 1000))


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path) -> Iterator[Desk]:
    acme = slack.workspaces["T1"]
    acme.scopes = set(SCOPES)
    settings = Settings(data_dir=tmp_path, slack_bot_token=SecretStr(acme.bot_token), slack_api_url=slack.api_url)
    store = open_store(tmp_path)
    with Library(tmp_path, HashedEncoder(dim=1024), now=lambda: moment_of(slack)) as library:
        yield Desk(slack, open_workspace("T1", settings, library, store, lambda: moment_of(slack)))
    store.close()


def local(message: Message, zone: str) -> datetime:
    """When the message was posted, by the zone's clocks."""
    return datetime.fromtimestamp(float(message.ts), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("first", "shifted"),
    [
        (datetime(2027, 3, 25, tzinfo=UTC), ("2027-03-28", "03:00")),  # 02:30 doesn't exist in Berlin
        (datetime(2027, 10, 28, tzinfo=UTC), ("2027-10-31", "02:30")),  # it exists twice
    ],
)
def test_a_week_in_three_zones_over_a_change_of_clocks(
    desk: Desk, first: datetime, shifted: tuple[str, str]
) -> None:
    channels = {BERLIN: "CNEWS", "America/New_York": "CTAX", "Asia/Kolkata": "GPRIV"}
    desk.go_to(first)
    for zone, channel in channels.items():
        desk.subscribe(channel, channel=channel, schedule=Schedule(time(2, 30), zone, EVERY_DAY))
    for half in range(7 * 24 * 2):
        desk.go_to(first + timedelta(minutes=30 * half))
        if half % 16 == 0:
            desk.add()
        desk.tick()
    for zone, channel in channels.items():
        times = [local(one, zone) for one in desk.posts(channel)]
        days = [f"{one:%Y-%m-%d}" for one in times]
        assert len(days) == len(set(days)) == 7
        expected = dict.fromkeys(days, "02:30")
        if zone == BERLIN:
            expected[shifted[0]] = shifted[1]
        assert {f"{one:%Y-%m-%d}": f"{one:%H:%M}" for one in times} == expected
        assert desk.states(channel) == {"posted": 7}


def test_missed_for_three_hours_it_is_posted_once(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("daily")
    desk.add()
    desk.go_to(datetime(2027, 5, 3, 10, tzinfo=UTC))
    assert [desk.tick(), desk.tick()] == [1, 0]
    assert len(desk.posts()) == 1
    assert desk.states("daily") == {"posted": 1}


@pytest.mark.parametrize(("hour", "posted"), [(12, 1), (22, 0)])
def test_missed_for_three_days_only_the_last_is_posted_and_that_unless_too_late(
    desk: Desk, hour: int, posted: int
) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("daily")
    for number in range(3):
        desk.add(f"Story {number}", f"Something{number} happened{number} there{number}.")
    desk.go_to(datetime(2027, 5, 6, hour, tzinfo=UTC))
    assert [desk.tick(), desk.tick()] == [posted, 0]
    assert desk.states("daily") == {"posted": posted, "skipped": 4 - posted} if posted else {"skipped": 4}
    desk.go_to(datetime(2027, 5, 7, 7, 0, 5, tzinfo=UTC))
    desk.add()
    assert desk.tick() == 1
    said = spoken([block for one in desk.posts() for block in one.blocks])
    assert all(f"Story {number}" in said for number in range(3)), "what was missed is told with the next"


def test_two_digests_of_one_minute_come_a_second_apart(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    for name in ("one", "two", "three"):
        desk.subscribe(name)
    desk.add()
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    assert desk.tick() == 3
    assert sorted(spoken(one.blocks).split(",")[0] for one in desk.posts()) == ["one", "three", "two"]
    assert desk.waits == [1.0, 1.0]


def test_throttled_it_waits_as_long_as_slack_says_and_posts_once(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("throttled")
    desk.subscribe("other", channel="CTAX")
    desk.add()
    start = datetime(2027, 5, 3, 7, tzinfo=UTC)
    desk.go_to(start)
    desk.slack.fail("chat.postMessage", status=429, retry_after=30)
    assert desk.tick() == 1, "the others are not held up"
    assert desk.tick() == 0
    desk.go_to(start + timedelta(seconds=40))
    assert [desk.tick(), desk.tick()] == [1, 0]
    assert (len(desk.posts()), len(desk.posts("CTAX"))) == (1, 1)


def test_when_the_answer_is_lost_it_is_not_posted_again(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("lost")
    desk.add()
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    desk.slack.fail("chat.postMessage", drop="after")
    assert desk.tick() == 0
    for _ in range(250):  # other people's talk must not hide it
        desk.slack.say("UBOB", "CNEWS", "hello")
    desk.go_to(datetime(2027, 5, 3, 7, 1, tzinfo=UTC))
    assert desk.tick() == 1
    assert len(desk.posts()) == 1


def test_a_story_comes_again_only_when_it_has_moved_on(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("daily")
    text = "A fire broke out in the harbour of Port Quint, and Mayor Ada Lind spoke of 14 people hurt."
    desk.add("Fire in the harbour of Port Quint", text, source="One")
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    desk.tick()
    desk.add("Fire in the harbour of Port Quint", text, source="Copy")
    desk.go_to(datetime(2027, 5, 4, 7, tzinfo=UTC))
    assert desk.tick() == 0
    more = "The fire in the harbour of Port Quint hurt 14 people; Mayor Ada Lind now asks who owned the ships."
    desk.add("Fire in the harbour of Port Quint: who owned the ships?", more, source="Two")
    desk.go_to(datetime(2027, 5, 5, 7, tzinfo=UTC))
    assert desk.tick() == 1
    first, second = desk.posts()
    assert "Update" not in spoken(first.blocks)
    assert "Update" in spoken(second.blocks)
    assert "+2 sources" in spoken(second.blocks)
    assert "New since I last posted it:" in spoken(second.blocks)
    assert "now asks who owned the ships" in spoken(second.blocks)


def test_a_removed_article_is_not_told_and_an_empty_library_says_so(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("silent")
    desk.subscribe("speaking", say_empty=True, channel="CTAX")
    desk.workspace.library.local.remove(desk.add("Soon gone", "This article is soon gone."))
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    desk.tick()
    assert desk.posts() == []
    assert "Nothing new on this digest's topics." in spoken(desk.posts("CTAX")[0].blocks)
    assert (desk.states("silent"), desk.states("speaking")) == ({"empty": 1}, {"posted": 1})


@pytest.mark.slow
def test_five_hundred_stories_stay_inside_slacks_limits(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("all", most=30)
    for _ in range(500):
        desk.add()
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    assert desk.tick() == 1
    (first,) = desk.posts()
    thread = desk.slack.messages("CNEWS", first.ts)
    assert len(thread) > 1
    assert all(message_problems({"text": one.text, "blocks": one.blocks}) == [] for one in thread)
    said = " ".join(spoken(one.blocks) for one in thread)
    assert said.count("Mute this story") == 30
    assert "and 460 more" in said


def test_a_topic_in_another_language_and_one_that_fits(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("topics", topics=("气候变化", "Alibaba"), say_empty=True)
    desk.add("Alibaba pledges", "Alibaba has pledged 100 billion yuan.")
    desk.add("Otters", "Otters swim in the river.")
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    desk.tick()
    said = spoken(desk.posts()[0].blocks)
    assert "Alibaba has pledged" in said
    assert "Otters" not in said
    assert "气候变化" not in said


@pytest.mark.parametrize("gone", ["removed", "archived"])
def test_without_its_channel_it_pauses_and_tells_its_owner(desk: Desk, gone: str) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("orphan", channel="CTAX")
    desk.add()
    channel = desk.slack.workspaces["T1"].channels["CTAX"]
    if gone == "removed":
        channel.members.remove("UBOT1")
    else:
        channel.is_archived = True
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    assert [desk.tick(), desk.tick()] == [0, 0]
    (told,) = desk.slack.messages(desk.slack.workspaces["T1"].im("UANN").id)
    assert "I have paused your digest “orphan”" in spoken(told.blocks)
    with desk.workspace.store.reading() as connection:
        found = digests.load(connection, "T1", "orphan")
    assert found is not None
    assert found.paused_at is not None
    assert desk.slack.refused == []


def test_a_muted_story_and_those_like_an_unwanted_one_stay_away(desk: Desk) -> None:
    desk.go_to(datetime(2027, 5, 3, 6, tzinfo=UTC))
    desk.subscribe("daily")
    desk.add("Otters swim", "Otters swim in the river near the old mill.")
    desk.add("Cranes lift", "Cranes lift steel above the new tower hall.")
    stories = {one.headline: one.story_id for one in desk.workspace.library.local.stories()}
    with desk.workspace.store.writing() as connection:
        digests.mute(connection, "T1", "daily", stories["Cranes lift"])
        digests.mute_similar(connection, "T1", "daily", stories["Otters swim"])
    desk.add("Otters swim again", "Otters swim again in the river near the old mill bridge today.")
    desk.add("Trains run", "Trains run on the coast line after repairs.")
    desk.go_to(datetime(2027, 5, 3, 7, tzinfo=UTC))
    desk.tick()
    said = spoken(desk.posts()[0].blocks)
    assert "Trains run" in said
    assert "Cranes" not in said
    assert "Otters" not in said
