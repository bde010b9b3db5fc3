"""Sending to Slack exactly once, and what Slack's refusals mean."""

from __future__ import annotations

from http.client import IncompleteRead
from pathlib import Path
from urllib.error import URLError

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.config import Settings
from bot.slack.client import CountedClient, bot_client, web_client
from bot.slack.messages import (
    ReplyExpiredError,
    SlackUnavailableError,
    download,
    post,
    respond,
    retry_after,
    whisper,
)
from bot.slack.notes import note
from bot.slack.pacing import Pacer
from bot.slack.text import Message
from embeddings.errors import QuestionError, SourceError, StoreBusyError
from tests.slack_server import SlackServer

ANSWER = note("Alibaba pledged 100 billion yuan.")


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    """The bot of Acme."""
    return web_client(slack.workspaces["T1"].bot_token, slack.api_url)


@pytest.fixture
def reply_url(slack: SlackServer) -> str:
    """Where a command of UANN in CNEWS may be replied to."""
    return slack.command("UANN", "CNEWS", "/ask", "what did Alibaba pledge?").response_url


def said_by_the_bot(slack: SlackServer, channel: str, thread: str | None = None) -> list[str]:
    return [one.ts for one in slack.messages(channel, thread) if one.bot_id]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (OSError("no route"), 0.0),
        (TimeoutError(), 0.0),
        (ConnectionResetError(), 0.0),
        (IncompleteRead(b""), 0.0),
        (StoreBusyError("busy"), 0.0),
        (SlackUnavailableError("status 503"), 0.0),
        (SlackUnavailableError("status 429", 17.0), 17.0),
        (ReplyExpiredError("too late"), None),
        (QuestionError("empty"), None),
        (ValueError("a bug"), None),
    ],
)
def test_what_is_not_there_just_now_may_be_tried_again(error: Exception, seconds: float | None) -> None:
    assert retry_after(error) == seconds


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ("ratelimited", 0.0),
        ("internal_error", 0.0),
        ("service_unavailable", 0.0),
        ("channel_not_found", None),
        ("invalid_auth", None),
        ("missing_scope", None),
        ("invalid_blocks", None),
    ],
)
def test_slack_s_errors_tell_whether_to_try_again(
    slack: SlackServer, client: WebClient, error: str, seconds: float | None
) -> None:
    slack.fail("chat.postMessage", error=error)
    with pytest.raises(SlackApiError) as raised:
        post(client, "CNEWS", ANSWER, "key", thread=None)
    assert retry_after(raised.value) == seconds


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_of_slack_s_server_may_be_tried_again(slack: SlackServer, client: WebClient, status: int) -> None:
    slack.fail("chat.postMessage", status=status)
    with pytest.raises(SlackApiError) as raised:
        post(client, "CNEWS", ANSWER, "key", thread=None)
    assert retry_after(raised.value) == 0.0
    assert len(slack.calls("chat.postMessage")) == 1


def test_the_wait_that_slack_asks_for_is_handed_on(slack: SlackServer, client: WebClient) -> None:
    slack.fail("chat.postMessage", status=429, retry_after=17)
    with pytest.raises(SlackApiError) as raised:
        post(client, "CNEWS", ANSWER, "key", thread=None)
    assert retry_after(raised.value) == 17.0
    assert len(slack.calls("chat.postMessage")) == 1


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_connection_that_breaks_may_be_tried_again(slack: SlackServer, client: WebClient, drop: str) -> None:
    slack.fail("chat.postMessage", drop=drop)
    with pytest.raises(ConnectionError) as raised:
        post(client, "CNEWS", ANSWER, "key", thread=None)
    assert retry_after(raised.value) == 0.0


def test_while_slack_is_not_there_it_may_be_tried_again(slack: SlackServer, client: WebClient) -> None:
    slack.die()
    with pytest.raises(URLError) as raised:
        post(client, "CNEWS", ANSWER, "key", thread=None)
    assert retry_after(raised.value) == 0.0


def test_the_settings_client_is_the_bot_s(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(slack_bot_token=SecretStr("xoxb-T1"), slack_api_url=slack.api_url.rstrip("/"))
    assert bot_client(settings).auth_test()["team_id"] == "T1"


def test_an_answer_is_posted_into_its_thread(slack: SlackServer, client: WebClient) -> None:
    asked = slack.say("UANN", "CNEWS", "what did Alibaba pledge?")
    ts = post(client, "CNEWS", ANSWER, "key", thread=asked.ts)
    shown = slack.messages("CNEWS", asked.ts)[-1]
    assert (shown.ts, shown.text) == (ts, ANSWER.text)
    assert [block["type"] for block in shown.blocks] == [block["type"] for block in ANSWER.blocks]
    assert slack.calls("chat.postMessage")[0].args["unfurl_links"] in (False, "0", "false")
    assert slack.refused == []


@pytest.mark.parametrize("channel", ["CNEWS", "GPRIV", "DUANN"])
@pytest.mark.parametrize("threaded", [True, False])
def test_what_reached_slack_is_not_posted_again(
    slack: SlackServer, client: WebClient, channel: str, threaded: bool
) -> None:
    asked = slack.say("UANN", channel, "what did Alibaba pledge?")
    thread = asked.ts if threaded else None
    slack.fail("chat.postMessage", drop="after")
    with pytest.raises(ConnectionError):
        post(client, channel, ANSWER, "key", thread=thread)
    for number in range(3):
        slack.say("UANN", channel, f"meanwhile {number}", thread_ts=thread)
    there = post(client, channel, ANSWER, "key", thread=thread, again=True)
    assert said_by_the_bot(slack, channel, thread) == [there]


def test_what_did_not_reach_slack_is_posted(slack: SlackServer, client: WebClient) -> None:
    asked = slack.say("UANN", "CNEWS", "what did Alibaba pledge?")
    slack.fail("chat.postMessage", drop="before")
    with pytest.raises(ConnectionError):
        post(client, "CNEWS", ANSWER, "key", thread=asked.ts)
    ts = post(client, "CNEWS", ANSWER, "key", thread=asked.ts, again=True)
    assert said_by_the_bot(slack, "CNEWS", asked.ts) == [ts]


def test_only_the_same_key_in_the_same_place_is_the_same_answer(slack: SlackServer, client: WebClient) -> None:
    asked, other = slack.say("UANN", "CNEWS", "what?"), slack.say("UANN", "CNEWS", "who?")
    client.chat_postMessage(channel="CNEWS", thread_ts=asked.ts, text=ANSWER.text)
    strange = {"event_type": "another_app", "event_payload": {"key": "key"}}
    client.chat_postMessage(channel="CNEWS", thread_ts=asked.ts, text=ANSWER.text, metadata=strange)
    made = [
        post(client, "CNEWS", ANSWER, "key", thread=asked.ts, again=True),
        post(client, "CNEWS", ANSWER, "another key", thread=asked.ts, again=True),
        post(client, "CNEWS", ANSWER, "key", thread=other.ts, again=True),
        post(client, "CNEWS", ANSWER, "key", thread=None, again=True),
        post(client, "CTAX", ANSWER, "key", thread=None, again=True),
    ]
    assert len(set(made)) == 5
    assert post(client, "CNEWS", ANSWER, "key", thread=asked.ts, again=True) == made[0]


def test_in_a_busy_channel_the_answer_is_found_among_the_last(slack: SlackServer, client: WebClient) -> None:
    for number in range(201):
        slack.say("UANN", "CNEWS", f"before {number}")
    ts = post(client, "CNEWS", ANSWER, "key", thread=None)
    assert post(client, "CNEWS", ANSWER, "key", thread=None, again=True) == ts


def test_in_a_long_thread_the_answer_is_found_too(slack: SlackServer, client: WebClient) -> None:
    asked = slack.say("UANN", "CNEWS", "what did Alibaba pledge?")
    for number in range(200):
        slack.say("UBOB", "CNEWS", f"before {number}", thread_ts=asked.ts)
    ts = post(client, "CNEWS", ANSWER, "key", thread=asked.ts)
    assert post(client, "CNEWS", ANSWER, "key", thread=asked.ts, again=True) == ts


@pytest.mark.parametrize(
    "file",
    [
        {"url_private_download": "https://evil.example/report.pdf"},
        {"url_private_download": "https://slack.com.evil.example/report.pdf"},
        {"url_private_download": "http://files.slack.com/report.pdf"},
        {"url_private_download": "https://files.slack.com/report.pdf", "is_external": True},
    ],
)
def test_the_token_goes_to_slack_alone(client: WebClient, file: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="is not kept in Slack"):
        download(client, {"name": "report.pdf", **file})


def test_an_app_that_reads_fifteen_messages_a_minute_looks_back_page_by_page_and_is_never_refused(
    slack: SlackServer, client: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CountedClient, "pacer", Pacer(slack.clock.now))
    question = slack.say("UANN", "CNEWS", "a question")
    for number in range(40):
        slack.say("UBOB", "CNEWS", f"talk {number}", thread_ts=question.ts)
    there = post(client, "CNEWS", ANSWER, "key", thread=question.ts)
    slack.platform.pace.distributed = True
    waits = []
    for _ in range(10):
        try:
            assert post(client, "CNEWS", ANSWER, "key", thread=question.ts, again=True) == there
            break
        except SlackApiError as error:
            waits.append(retry_after(error))
            slack.clock.advance(waits[-1] or 0)
    assert waits == [60.0, 60.0]
    assert [one.response["ok"] for one in slack.calls("conversations.replies")] == [True] * 3
    assert said_by_the_bot(slack, "CNEWS", question.ts) == [there]


def test_a_whisper_is_seen_by_one_alone(slack: SlackServer, client: WebClient) -> None:
    whisper(client, "CNEWS", "UANN", ANSWER, thread=None)
    assert [one.text for one in slack.ephemerals("UANN", "CNEWS")] == [ANSWER.text]
    assert slack.ephemerals("UBOB", "CNEWS") == []
    assert slack.messages("CNEWS") == []


def test_a_reply_is_for_the_person_alone_unless_said_otherwise(slack: SlackServer, reply_url: str) -> None:
    respond(reply_url, ANSWER)
    assert [one.text for one in slack.ephemerals("UANN", "CNEWS")] == [ANSWER.text]
    assert slack.messages("CNEWS") == []
    respond(reply_url, ANSWER, response_type="in_channel")
    assert [one.text for one in slack.messages("CNEWS")] == [ANSWER.text]
    respond(reply_url, note("Now another."), replace_original=True)
    assert [one.text for one in slack.ephemerals("UANN", "CNEWS")] == ["Now another."]


def test_the_sixth_reply_is_one_too_many(slack: SlackServer, reply_url: str) -> None:
    for _ in range(5):
        respond(reply_url, ANSWER)
    with pytest.raises(ReplyExpiredError) as raised:
        respond(reply_url, ANSWER)
    assert retry_after(raised.value) is None
    assert len(slack.ephemerals("UANN", "CNEWS")) == 5


def test_after_half_an_hour_no_reply_is_taken(slack: SlackServer, reply_url: str) -> None:
    slack.clock.advance(29 * 60)
    respond(reply_url, ANSWER)
    slack.clock.advance(2 * 60)
    with pytest.raises(ReplyExpiredError):
        respond(reply_url, ANSWER)


@pytest.mark.parametrize("error", ["used_url", "expired_url"])
def test_slack_s_word_for_an_expired_address_counts_whatever_the_status(
    slack: SlackServer, reply_url: str, error: str
) -> None:
    slack.fail("response_url", status=403, error=error)
    with pytest.raises(ReplyExpiredError):
        respond(reply_url, ANSWER)


@pytest.mark.parametrize("status", [500, 503])
def test_a_reply_that_slack_can_t_take_just_now_may_be_tried_again(
    slack: SlackServer, reply_url: str, status: int
) -> None:
    slack.fail("response_url", status=status)
    with pytest.raises(SlackUnavailableError, match=str(status)) as raised:
        respond(reply_url, ANSWER)
    assert retry_after(raised.value) == 0.0
    respond(reply_url, ANSWER)
    assert len(slack.ephemerals("UANN", "CNEWS")) == 1


def test_the_wait_for_a_reply_is_handed_on(slack: SlackServer, reply_url: str) -> None:
    slack.fail("response_url", status=429, retry_after=17)
    with pytest.raises(SlackUnavailableError) as raised:
        respond(reply_url, ANSWER)
    assert retry_after(raised.value) == 17.0


def test_a_reply_whose_connection_breaks_may_be_tried_again(slack: SlackServer, reply_url: str) -> None:
    slack.fail("response_url", drop="before")
    with pytest.raises(ConnectionError) as raised:
        respond(reply_url, ANSWER)
    assert retry_after(raised.value) == 0.0


def test_a_reply_that_slack_refuses_for_its_form_is_not_called_late(reply_url: str) -> None:
    with pytest.raises(Exception, match="400") as raised:
        respond(reply_url, Message("text", [{"type": "no such block"}]))
    if isinstance(raised.value, ReplyExpiredError):
        raise raised.value
