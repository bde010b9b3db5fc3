"""What the bot shows is what Slack takes: asked of the stand-in, and of Slack itself where there is a token.

With `TOPICBOT_TEST_SLACK_TOKEN=xoxb-…` it asks Slack's `blocks.validate`, which needs no scope and posts nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.asking.windows import ask_modal
from bot.dialogue.help import usage
from bot.digests.windows import digest_modal
from bot.home.blocks import HomeFacts, home
from bot.home.welcome import first_steps
from bot.slack.text import Message
from bot.topics.blocks import TopicShown, topic_message
from embeddings.types import ArticleSummary, Bucket, Citation, Point, TopicSummary
from tests.slack_server import SlackServer

TOKEN = os.environ.get("TOPICBOT_TEST_SLACK_TOKEN")
WIRE = Citation("a1", "Grain prices rise", "https://example.org/a", "The Wire", None, "2027-03-01")


@pytest.fixture(params=["stand-in", "slack"])
def client(request: pytest.FixtureRequest, slack: SlackServer) -> WebClient:
    if request.param == "slack" and not TOKEN:
        pytest.skip("TOPICBOT_TEST_SLACK_TOKEN is not set")
    if request.param == "slack":
        return WebClient(TOKEN)
    return WebClient(slack.workspaces["T1"].bot_token, base_url=slack.api_url)


def a_topic() -> Message:
    told = (Point("Prices rose to 300 dollars.", WIRE, 0, 0, 27, "2027-03-27T12:00:00+00:00"),)
    coverage = tuple(Bucket(f"2027-0{month}-01", month) for month in (1, 2, 3))
    summary = TopicSummary("grain", True, told, (told,), (), (), (WIRE,), coverage, (), 1.0)
    return topic_message(summary, TopicShown("topic-1", datetime(2027, 3, 1, tzinfo=UTC), shareable=True))


MESSAGES = {"help": usage, "first steps": first_steps, "topic": a_topic}
VIEWS: dict[str, dict[str, Any]] = {
    "ask": ask_modal(("reports", "news"), {}),
    "digest": digest_modal(("reports", "news"), "Europe/Berlin", {}),
    "home": home(HomeFacts(3, 9, 1, None, (ArticleSummary(WIRE, 3, "2027-03-01T10:00:00+00:00"),), ("Why?",))),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_slack_takes_the_message(client: WebClient, name: str) -> None:
    message = MESSAGES[name]()
    assert client.blocks_validate(message={"text": message.text, "blocks": message.blocks})["ok"]


@pytest.mark.parametrize("name", VIEWS)
def test_slack_takes_the_view(client: WebClient, name: str) -> None:
    assert client.blocks_validate(view=VIEWS[name])["ok"]
