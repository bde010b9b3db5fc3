"""Calls keep to Slack's pace by themselves, over the stand-in."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.client import CountedClient, web_client
from bot.slack.messages import retry_after
from bot.slack.pacing import Pacer
from tests.slack_server import SlackServer

HISTORY = "conversations.history"


@pytest.fixture(autouse=True)
def pacer(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> Pacer:
    """A pacer by the clock of the stand-in."""
    made = Pacer(slack.clock.now)
    monkeypatch.setattr(CountedClient, "pacer", made)
    return made


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    """The bot of Acme."""
    return web_client(slack.workspaces["T1"].bot_token, slack.api_url)


def wait_of(client: WebClient, channel: str = "CNEWS", limit: int = 200) -> float:
    """Read a channel's newest messages; return how long the call has to wait, 0 when it is answered."""
    try:
        client.conversations_history(channel=channel, limit=limit)
    except SlackApiError as error:
        return retry_after(error) or 0.0
    return 0.0


def reached(slack: SlackServer) -> list[str]:
    """What Slack answered to each call that reached it."""
    return [str(one.response.get("error", "ok")) for one in slack.calls(HISTORY)]


def test_after_a_refusal_slack_is_not_asked_in_vain_and_after_two_its_pace_is_known(
    slack: SlackServer, client: WebClient
) -> None:
    slack.platform.pace.distributed = True
    assert (wait_of(client), wait_of(client)) == (0, 60)
    slack.clock.advance(20)
    assert wait_of(client) == 40, "refused here: Slack isn't asked"
    slack.clock.advance(40)
    assert (wait_of(client), wait_of(client)) == (0, 60)
    assert reached(slack) == ["ok", "ratelimited", "ok", "ratelimited"]
    for _ in range(3):
        slack.clock.advance(60)
        assert (wait_of(client), wait_of(client)) == (0, 60)
    assert reached(slack)[4:] == ["ok"] * 3


def test_one_busy_minute_slows_nothing_down_after_it(slack: SlackServer, client: WebClient) -> None:
    slack.fail(HISTORY, status=429, retry_after=30)
    assert wait_of(client) == 30
    slack.clock.advance(30)
    assert [wait_of(client) for _ in range(5)] == [0] * 5


def test_a_page_that_slack_cut_short_tells_that_the_app_is_limited(slack: SlackServer, client: WebClient) -> None:
    for number in range(20):
        slack.say("UBOB", "CNEWS", f"talk {number}")
    slack.platform.pace.distributed = True
    assert (wait_of(client), wait_of(client)) == (0, 60)
    assert reached(slack) == ["ok"]


def test_an_app_without_limits_is_not_slowed_down(slack: SlackServer, client: WebClient) -> None:
    for number in range(20):
        slack.say("UBOB", "CNEWS", f"talk {number}")
    assert [wait_of(client, limit=15) for _ in range(5)] == [0] * 5
    assert [wait_of(client) for _ in range(5)] == [0] * 5


def test_the_time_that_slack_names_is_kept_and_other_methods_and_workspaces_go_on(
    slack: SlackServer, client: WebClient
) -> None:
    slack.fail(HISTORY, status=429, retry_after=7)
    assert wait_of(client) == 7
    other = web_client(slack.workspaces["T2"].bot_token, slack.api_url)
    assert wait_of(other, "COTHER") == 0
    client.conversations_info(channel="CNEWS")
    slack.clock.advance(7)
    assert wait_of(client) == 0
    assert reached(slack) == ["ratelimited", "ok", "ok"]


def test_a_pace_is_forgotten_when_nothing_is_heard_of_it_for_an_hour(
    slack: SlackServer, client: WebClient
) -> None:
    for _ in range(2):
        slack.fail(HISTORY, status=429, retry_after=60)
        assert wait_of(client) == 60
        slack.clock.advance(60)
    slack.clock.advance(3601)
    assert [wait_of(client) for _ in range(3)] == [0] * 3
