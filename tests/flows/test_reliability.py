"""Throttled, broken off, killed: every question is answered, and none twice."""

from __future__ import annotations

import json
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.slack import inbox
from bot.store import deliveries
from embeddings.errors import StoreError
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, running
from tests.flows.process import started
from tests.flows.slack_blocks import bold, choices, passages, spoken
from tests.slack_server import SlackServer
from tests.slack_server.rules import markup_in

pytestmark = pytest.mark.slow


QUESTION = "where does the crane stand?"


@pytest.fixture
def cranes(library: Library) -> Library:
    """A small library with the fast encoder."""
    library.local.add(article("Tower", "The tower crane stands in the harbour.", "It lifts steel.", id="tower"))
    return library


FAULTS: list[dict[str, Any]] = [
    {"status": 429, "retry_after": 1},
    {"status": 500},
    {"status": 503},
    {"drop": "before"},
    {"drop": "after"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_mention_is_answered_once_whatever_slack_does(
    slack: SlackServer, cranes: Library, tmp_path: Path, fault: dict[str, Any]
) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.fail("chat.postMessage", **fault)
        asked = bot.ask(f"{BOT} {QUESTION}")
        (reply,) = bot.replies(asked)
        assert "harbour" in reply.text
        slack.settle()
        assert len(bot.replies(asked)) == 1


@pytest.mark.parametrize("fault", FAULTS[:4], ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_command_is_answered_once_whatever_slack_does(
    slack: SlackServer, cranes: Library, tmp_path: Path, fault: dict[str, Any]
) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.fail("response_url", **fault)
        run = bot.command(QUESTION)
        assert passages(bot.answered(run))
        slack.settle()
        assert len(run.shown) == 1


@pytest.mark.parametrize("how", ["drop_sockets", "disconnect"])
def test_a_lost_connection_is_made_again(slack: SlackServer, cranes: Library, tmp_path: Path, how: str) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        getattr(slack, how)()
        started_at = time.monotonic()
        slack.wait_for(lambda: slack.connections)
        assert time.monotonic() - started_at < 5
        assert len(bot.replies(bot.ask(f"{BOT} {QUESTION}"))) == 1


def test_a_slack_that_is_away_for_ten_seconds_loses_no_answer(
    slack: SlackServer, cranes: Library, tmp_path: Path
) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.slow("users.info", 1.0)
        asked = [bot.ask(f"{BOT} {QUESTION}") for _ in range(5)]
        slack.wait_for(lambda: sum(one.acked_after is not None for one in slack.deliveries) >= len(asked))
        slack.die()
        time.sleep(10)
        slack.revive()
        back = time.monotonic()
        slack.wait_for(lambda: slack.connections)
        assert time.monotonic() - back < 5
        threads = [partial(slack.messages, "CNEWS", one.ts) for one in asked]
        slack.wait_for(lambda: all(any(one.bot_id for one in thread()) for thread in threads))
        assert [len(bot.replies(one)) for one in asked] == [1] * len(asked)


def test_a_throttled_channel_holds_up_nobody_else(slack: SlackServer, cranes: Library, tmp_path: Path) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.fail("chat.postMessage", status=429, retry_after=200, times=12)
        for _ in range(12):
            bot.ask(f"{BOT} {QUESTION}")
        slack.wait_for(lambda: len(slack.calls("chat.postMessage")) == 12)
        run = bot.command("", channel="CTAX")
        assert slack.wait_for(lambda: run.opened, timeout=180)  # the throttled channel waits for longer


def _disk_is_full(*_: object) -> bool:
    raise StoreError("The disk is full.")


def test_what_can_t_be_stored_is_not_acknowledged(
    slack: SlackServer, cranes: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(slack, cranes, tmp_path, "http") as bot:
        with monkeypatch.context() as full:
            full.setattr(deliveries, "accept", _disk_is_full)
            asked = bot.ask(f"{BOT} {QUESTION}")
            slack.wait_for(lambda: [one for one in slack.deliveries if one.kind == "app_mention" and one.done][1:])
            assert {one.acked_after for one in slack.deliveries if one.kind == "app_mention"} == {None}
        slack.clock.advance(61)
        assert len(bot.replies(asked)) == 1


def test_an_answer_that_can_t_be_noted_is_not_given_again(
    slack: SlackServer, cranes: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_LONGEST_WAIT", 0.2)
    with running(slack, cranes, tmp_path, "socket") as bot:
        with monkeypatch.context() as full:
            full.setattr(deliveries, "finish", _disk_is_full)
            run = bot.command(QUESTION)
            bot.answered(run)
            slack.settle()
        slack.settle()
        assert len(run.shown) == 1


def test_a_follow_up_tried_again_is_read_the_same(slack: SlackServer, samples: Library, tmp_path: Path) -> None:
    with running(slack, samples, tmp_path, "socket") as bot:
        first = bot.ask(f"{BOT} what did Alibaba pledge?")
        bot.replies(first)
        slack.fail("chat.postMessage", status=500, times=2)
        second = bot.ask("when?", thread_ts=first.ts)
        assert "Read as: what did Alibaba pledge, when?" in spoken(bot.replies(second, 2)[1].blocks)


@pytest.mark.parametrize("channel", ["CNEWS", "CQUIET"])
def test_sharing_is_done_once(slack: SlackServer, cranes: Library, tmp_path: Path, channel: str) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        run = bot.command(QUESTION, channel=channel)
        bot.answered(run)
        if channel == "CNEWS":
            slack.fail("chat.postMessage", drop="after")
        slack.press("UANN", run, "share")
        slack.wait_for(partial(slack.messages, channel))
        time.sleep(1)  # the second try comes after half a second
        slack.settle()
        assert len(slack.messages(channel)) == 1


def test_after_half_an_hour_the_person_is_told_and_the_eyes_go(
    slack: SlackServer, cranes: Library, tmp_path: Path
) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.fail("chat.postMessage", status=500, times=50)
        asked = bot.ask(f"{BOT} {QUESTION}")
        slack.wait_for(lambda: slack.calls("chat.postMessage"))
        slack.clock.advance(31 * 60)
        (told,) = slack.wait_for(lambda: slack.ephemerals("UANN", "CNEWS"))
        assert "Something went wrong" in spoken(told.blocks)
        slack.wait_for(lambda: not slack.reactions("CNEWS", asked.ts))
        slack.heal()


def test_killed_in_mid_answer_it_answers_after_the_restart_and_once(
    slack: SlackServer, samples_folder: Path, tmp_path: Path
) -> None:
    with started(slack, tmp_path, copy_of=samples_folder) as process:
        first = slack.say("UANN", "CNEWS", f"{BOT} what did Alibaba pledge?")
        slack.wait_for(lambda: slack.calls("reactions.remove"))
        slack.slow("chat.postMessage", 5.0)  # posted, but the bot does not hear so
        second = slack.say("UANN", "CNEWS", f"{BOT} how much was Alibaba fined?")
        slack.wait_for(lambda: slack.messages("CNEWS", second.ts)[1:])
        slack.fail("chat.postMessage", drop="before", times=3)  # the next ones are not posted before the kill
        third = slack.say("UANN", "CNEWS", f"{BOT} what did Tencent pledge?")
        slack.wait_for(lambda: slack.reactions("CNEWS", third.ts))
        process.kill()
    slack.heal()
    with started(slack, tmp_path) as process:
        waiting = (first, second, third)
        slack.wait_for(lambda: not any(slack.reactions("CNEWS", asked.ts) for asked in waiting))
        slack.settle()
        for asked in (first, second, third):
            assert len([one for one in slack.messages("CNEWS", asked.ts) if one.bot_id]) == 1
        assert process.log("serving")[0]["unfinished"] == 2


def test_sigterm_finishes_what_is_in_hand(slack: SlackServer, samples_folder: Path, tmp_path: Path) -> None:
    with started(slack, tmp_path, copy_of=samples_folder) as process:
        slack.slow("users.info", 1.5)
        runs = [slack.command("UANN", "CNEWS", "/ask", "what did Alibaba pledge?") for _ in range(5)]
        slack.wait_for(lambda: all(run.ack for run in runs))
        assert process.end() == 0
        assert all(len(run.shown) == 1 for run in runs)
        assert process.log("ended") == [{**process.log("ended")[0], "left": 0}]


def test_nothing_that_people_write_is_logged(slack: SlackServer, samples_folder: Path, tmp_path: Path) -> None:
    with started(slack, tmp_path, "--http", "--port", "0", copy_of=samples_folder) as process:
        name = "Rumpelstiltskin"
        slack.fail("chat.postMessage", error="channel_not_found")
        slack.fail("response_url", status=500)
        slack.say("UANN", "CNEWS", f"{BOT} did {name} pledge?")
        run = slack.command("UANN", "CNEWS", "/ask", f"did {name} pledge?")
        slack.command("UANN", "CNEWS", "/ask", f"since:{name} x")
        slack.say("UANN", "CNEWS", f"{name} talks")
        slack.wait_for(lambda: run.shown)
        body = json.dumps({"type": "event_callback", "event": {"type": "message", "text": name}}).encode()
        headers = slack.signed_request(body, secret="wrong")
        assert status_of(f"http://127.0.0.1:{process.port}/slack/events", body, headers) == 401
        slack.settle()
        assert process.end() == 0
    assert name not in process.stderr
    (failed,) = process.log("failed")
    assert failed["reason"] == "channel_not_found"
    assert [one["reason"] for one in process.log("refused")] == ["the signature is wrong or too old"]


CUT_OFF = 0


def status_of(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status that a request gets, or that it was cut off while it was being sent."""
    request = urllib.request.Request(url, body or None, headers)
    try:
        with urllib.request.urlopen(request, timeout=300) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except urllib.error.URLError:
        return CUT_OFF


def test_forged_old_replayed_and_foreign_requests_are_refused(
    slack: SlackServer, cranes: Library, tmp_path: Path
) -> None:
    with running(slack, cranes, tmp_path, "http") as bot:
        run = bot.command(QUESTION)
        bot.answered(run)
        (delivery,) = [one for one in slack.deliveries if one.kind == "command"]
        (url,) = slack.platform.courier.urls
        form = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode(delivery.payload).encode()
        now = int(slack.clock.now())
        assert status_of(url, body, slack.signed_request(body, content_type=form, secret="another")) == 401
        assert status_of(url, body, slack.signed_request(body, content_type=form, timestamp=now - 360)) == 401
        assert status_of(url, body, slack.signed_request(body, content_type=form)) == 403
        foreign = urllib.parse.urlencode({**delivery.payload, "team_id": "T2", "trigger_id": "new"}).encode()
        assert status_of(url, foreign, slack.signed_request(foreign, content_type=form)) == 403
        assert status_of(url, b"x" * 2_000_000, slack.signed_request(b"")) in (413, CUT_OFF)
        slack.settle()
        assert len(run.shown) == 1
        event = {
            "type": "app_mention",
            "user": "UZOE",
            "channel": "COTHER",
            "ts": "1.0",
            "text": f"{BOT} {QUESTION}",
        }
        wrapped = json.dumps(
            {"type": "event_callback", "team_id": "T2", "event_id": "Ev1", "event": event}
        ).encode()
        assert status_of(url, wrapped, slack.signed_request(wrapped)) == 403
        own = json.dumps({"type": "event_callback", "team_id": "T1", "event_id": "Ev2", "event": event}).encode()
        inner = {"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": "answer_in_thread"}
        assert status_of(url, own, {**slack.signed_request(own), **inner}) == 403
        assert status_of(url.replace("/slack/events", "/healthz"), b"", {}) == 200


def test_a_hostile_article_stays_text(slack: SlackServer, library: Library, tmp_path: Path) -> None:
    hostile = "<!channel> <@U1> <https://evil|ok> *bold* `code` & < > @here"
    library.local.add(
        article(
            f"Crane {hostile}",
            f"The crane stands in the harbour. {hostile}",
            "Crane " + "x" * 20_000,
            author=hostile,
            source=hostile,
            url="https://example.org/a|b>c",
            collection="*c* <!here>",
        )
    )
    with running(slack, library, tmp_path, "socket") as bot:
        (reply,) = bot.replies(bot.ask(f"{BOT} {QUESTION}"))
        assert hostile in spoken(reply.blocks)
        assert bold(passages(reply.blocks)[0])
        run = bot.command(QUESTION, user="UADA")
        bot.answered(run)
        for value in choices(bot.answered(run)).values():
            slack.press("UADA", run, "answer-menu", value=value)
        slack.press("UADA", run, "share")
        for tab in ("home", "messages"):
            slack.open_home("UADA", tab=tab)
        bot.command("", user="UADA")
        bot.replies(bot.ask(f"{BOT} crane <!channel> what?", user="UANN"))
        slack.settle()
        assert slack.wait_for(lambda: slack.home("UADA"), what="the Home tab")
        assert slack.prompts(slack.im("UADA"))
    allowed = {"<@UADA>"}  # who shared it
    for call in slack.calls():
        payload = call.args.get("view", call.args)
        assert set(markup_in(payload)) <= allowed, call.method


def test_a_bot_that_is_asked_by_many_at_once_answers_each_once(
    slack: SlackServer, cranes: Library, tmp_path: Path
) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        runs = [bot.command(f"{QUESTION} {number}", user=("UANN", "UBOB")[number % 2]) for number in range(100)]
        for run in runs:
            bot.answered(run)
        slack.settle()
        assert [len(run.shown) for run in runs] == [1] * 100
        assert max(run.acked_after or 9 for run in runs) < 3
