"""What people do in the stand-in, as a Bolt app over Socket Mode sees it, and what they see in return."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from slack_bolt import Ack, App, Respond, Say
from slack_sdk import WebClient

from tests.slack_server import SlackServer
from tests.slack_server.conftest import Connect
from tests.slack_server.test_methods import HOME, MODAL

Json = dict[str, Any]


def button(action_id: str, value: str = "v", block_id: str = "row") -> Json:
    pressed = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
        "value": value,
    }
    return {"type": "actions", "block_id": block_id, "elements": [pressed]}


def post(url: str, payload: Json) -> tuple[int, str]:
    request = Request(url, json.dumps(payload).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=300) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_mention_comes_twice_and_is_answered_in_its_thread(
    slack: SlackServer, app: App, connect: Connect
) -> None:
    heard: list[tuple[str, str]] = []

    @app.event("app_mention")
    def mentioned(event: Json, body: Json, say: Say) -> None:
        heard.append((event["ts"], body["event_id"]))
        assert "channel_type" not in event
        say(text="Here.", thread_ts=event["ts"])

    @app.event("message")
    def said(event: Json, body: Json) -> None:
        heard.append((event["ts"], body["event_id"]))
        assert event["channel_type"] == "channel"

    connect(app)
    question = slack.say("UANN", "CNEWS", "<@UBOT1> what did Alibaba pledge?")
    answer = slack.wait_for(lambda: slack.messages("CNEWS", question.ts)[1:])[0]
    slack.settle()
    assert (answer.text, answer.bot_id) == ("Here.", "BBOT1")
    assert {ts for ts, _ in heard} == {question.ts}
    assert len({event_id for _, event_id in heard}) == 2
    assert {delivery.kind for delivery in slack.deliveries} == {"message", "app_mention"}
    assert slack.refused == []


def test_direct_messages_are_messages_only(slack: SlackServer, app: App, connect: Connect) -> None:
    heard: list[Json] = []

    @app.event("message")
    def said(event: Json) -> None:
        heard.append(event)

    connect(app)
    slack.say("UANN", slack.im("UANN"), "<@UBOT1> hello")
    slack.settle()
    assert [(event["channel_type"], event["channel"]) for event in heard] == [("im", "DUANN")]


def test_nothing_is_heard_where_the_bot_is_not(slack: SlackServer) -> None:
    slack.say("UANN", "CQUIET", "<@UBOT1> hello")
    slack.join("UBOT1", "CQUIET")
    slack.say("UANN", "CQUIET", "now?")
    slack.settle()
    kinds = {delivery.kind for delivery in slack.deliveries}
    assert kinds == {"member_joined_channel", "message"}


def test_a_command_is_acknowledged_and_answered_to_one(slack: SlackServer, app: App, connect: Connect) -> None:
    @app.command("/ask")
    def asked(ack: Ack, respond: Respond, command: Json) -> None:
        ack(text="Looking…")
        respond(text=f"{command['text']}? Yes.", blocks=[button("share")])

    connect(app)
    run = slack.command("UANN", "CNEWS", "/ask", "really")
    slack.wait_for(lambda: run.ack and run.responses)
    slack.settle()
    assert run.ack is not None
    assert (run.ack.status, run.ack.body) == (200, {"text": "Looking…"})
    assert run.acked_after is not None
    assert run.acked_after < 3
    assert {message.text for message in slack.ephemerals("UANN", "CNEWS")} == {"Looking…", "really? Yes."}
    assert slack.messages("CNEWS") == []


def test_unanswered_commands_are_lost(slack: SlackServer, app: App, connect: Connect) -> None:
    connect(app)
    run = slack.command("UANN", "CNEWS", "/nobody")
    slack.clock.advance(3)
    slack.wait_for(lambda: run.lost)
    slack.settle()
    assert run.ack is None
    assert [delivery.attempt for delivery in slack.deliveries] == [0]


def test_pressing_in_a_message_and_in_an_ephemeral_one(
    slack: SlackServer, client: WebClient, app: App, connect: Connect
) -> None:
    bodies: list[Json] = []

    @app.action("go")
    def pressed(ack: Ack, body: Json, respond: Respond) -> None:
        ack()
        bodies.append(body)
        respond(text="done", replace_original=True)

    connect(app)
    asked = slack.say("UANN", "CNEWS", "buttons?")
    client.chat_postMessage(channel="CNEWS", thread_ts=asked.ts, text="these", blocks=[button("go", "7")])
    shown = slack.messages("CNEWS", asked.ts)[1]
    act = slack.press("UBOB", shown, "go")
    slack.wait_for(lambda: act.responses)
    assert bodies[0]["actions"][0]["value"] == "7"
    where = {"type": "message", "message_ts": shown.ts, "channel_id": "CNEWS", "is_ephemeral": False}
    assert bodies[0]["container"] == where | {"thread_ts": asked.ts}
    assert bodies[0]["message"]["text"] == "these"
    assert shown.text == "done"
    client.chat_postEphemeral(channel="CNEWS", user="UANN", text="psst", blocks=[button("go", "8")])
    only = slack.ephemerals("UANN", "CNEWS")[0]
    slack.press("UANN", only, "go")
    slack.wait_for(lambda: len(bodies) > 1)
    assert bodies[1]["container"]["is_ephemeral"] is True
    assert "message" not in bodies[1]
    with pytest.raises(AssertionError, match="nothing to press"):
        slack.press("UANN", only, "other")


def test_feedback_and_menus(slack: SlackServer, client: WebClient, app: App, connect: Connect) -> None:
    bodies: list[Json] = []

    @app.action("thumbs")
    @app.action("pick")
    def chosen(ack: Ack, body: Json) -> None:
        ack()
        bodies.append(body)

    connect(app)
    label = {"type": "plain_text", "text": "Good"}
    thumbs = {
        "type": "feedback_buttons",
        "action_id": "thumbs",
        "positive_button": {"text": label, "value": "up"},
        "negative_button": {"text": label, "value": "down"},
    }
    options = [{"text": {"type": "plain_text", "text": name}, "value": name[0]} for name in ("One", "Two")]
    menu = {"type": "static_select", "action_id": "pick", "options": options, "placeholder": label}
    blocks = [
        {"type": "context_actions", "elements": [thumbs]},
        {"type": "actions", "block_id": "menus", "elements": [menu]},
    ]
    client.chat_postMessage(channel="CNEWS", text="how was it?", blocks=blocks)
    shown = slack.messages("CNEWS")[0]
    for action_id, value in (("thumbs", "negative"), ("pick", "T")):
        act = slack.press("UANN", shown, action_id, value=value)
        slack.wait_for(partial(getattr, act, "ack"))
    assert bodies[0]["actions"][0]["value"] == "down"
    assert bodies[1]["actions"][0]["selected_option"]["value"] == "T"
    assert bodies[1]["state"]["values"]["menus"]["pick"]["selected_option"]["text"]["text"] == "Two"


def test_a_modal_is_opened_corrected_and_submitted(slack: SlackServer, app: App, connect: Connect) -> None:
    @app.shortcut("why")
    def opened(ack: Ack, client: WebClient, body: Json) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view={**MODAL, "callback_id": "reason"})

    @app.view("reason")
    def submitted(ack: Ack, view: Json) -> None:
        words = view["state"]["values"]["reason"]["words"]
        assert words["type"] == "plain_text_input"
        if len(words["value"]) < 5:
            ack(response_action="errors", errors={"reason": "too short"})
        else:
            ack()

    connect(app)
    used = slack.global_shortcut("UANN", "why")
    view = slack.wait_for(lambda: used.opened)[0]
    with pytest.raises(AssertionError, match="Slack asks for"):
        slack.submit("UANN", view)
    short = slack.submit("UANN", view, {"reason": {"words": "no"}})
    slack.wait_for(lambda: short.ack)
    assert short.errors == {"reason": "too short"}
    assert view.is_open
    full = slack.submit("UANN", view, {"reason": {"words": "because"}})
    slack.wait_for(lambda: full.ack)
    assert (full.errors, view.is_open) == ({}, False)
    assert slack.refused == []


def test_a_message_shortcut_brings_its_message(slack: SlackServer, app: App, connect: Connect) -> None:
    bodies: list[Json] = []

    @app.shortcut("quote")
    def quoted(ack: Ack, body: Json) -> None:
        ack()
        bodies.append(body)

    connect(app)
    said = slack.say("UBOB", "CNEWS", "words")
    slack.shortcut("UANN", said, "quote")
    slack.wait_for(lambda: bodies)
    assert bodies[0]["type"] == "message_action"
    assert bodies[0]["message"]["text"] == "words"
    assert bodies[0]["message_ts"] == said.ts


def test_home_and_messages_tabs(slack: SlackServer, app: App, connect: Connect) -> None:
    events: list[Json] = []

    @app.event("app_home_opened")
    def opened(event: Json, client: WebClient) -> None:
        events.append(event)
        if event["tab"] == "home":
            client.views_publish(user_id=event["user"], view=HOME)

    connect(app)
    slack.open_home("UANN")
    slack.wait_for(lambda: slack.home("UANN"))
    slack.open_home("UANN")
    slack.open_home("UANN", tab="messages")
    slack.settle()
    by_tab = sorted(events, key=lambda event: (event["tab"], "view" in event))
    assert [event["tab"] for event in by_tab] == ["home", "home", "messages"]
    assert ["view" in event for event in by_tab] == [False, True, False]
    assert by_tab[1]["view"]["type"] == "home"
    assert {event["channel"] for event in events} == {"DUANN"}


def test_a_response_url_is_good_for_five_uses(slack: SlackServer) -> None:
    run = slack.command("UANN", "CNEWS", "/ask")
    assert post(run.response_url, {"text": "one"}) == (200, "ok")
    assert post(run.response_url, {"text": "all", "response_type": "in_channel"})[0] == 200
    assert post(run.response_url, {"text": "two", "replace_original": True})[0] == 200
    assert [message.text for message in slack.ephemerals("UANN", "CNEWS")] == ["two"]
    assert [message.text for message in slack.messages("CNEWS")] == ["all"]
    assert post(run.response_url, {"delete_original": True})[0] == 200
    assert slack.ephemerals("UANN", "CNEWS") == []
    assert post(run.response_url, {"text": "x", "blocks": [{"type": "nonsense"}]})[0] == 400
    status, text = post(run.response_url, {"text": "six"})
    assert (status, json.loads(text)["error"]) == (404, "used_url")
    assert len(run.responses) == 4
    assert len(slack.refused) == 2


def test_a_response_url_is_good_for_half_an_hour(slack: SlackServer) -> None:
    run = slack.command("UANN", "CNEWS", "/ask")
    slack.clock.advance(29 * 60)
    slack.fail("response_url", status=500)
    assert [post(run.response_url, {"text": "x"})[0] for _ in range(2)] == [500, 200]
    slack.clock.advance(61)
    assert post(run.response_url, {"text": "x"})[0] == 404


def test_uninstalling_kills_the_token_and_tells_the_app(slack: SlackServer, client: WebClient) -> None:
    slack.uninstall("T1")
    slack.settle()
    assert {delivery.kind for delivery in slack.deliveries} == {"tokens_revoked", "app_uninstalled"}
    other = WebClient(slack.workspaces["T2"].bot_token, base_url=slack.api_url)
    assert other.auth_test()["ok"]


def test_waiting_in_vain_says_what_happened_last(slack: SlackServer, client: WebClient) -> None:
    client.auth_test()
    with pytest.raises(AssertionError, match=r"a miracle in vain.*auth\.test ok"):
        slack.wait_for(lambda: False, timeout=0.05, what="a miracle")
