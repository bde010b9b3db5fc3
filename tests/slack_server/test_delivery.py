"""Deliveries: signatures, deadlines, redeliveries, connections that come and go."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import websocket
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from tests.slack_server import SlackServer
from tests.slack_server.conftest import Connect

Json = dict[str, Any]
Dial = Callable[[], websocket.WebSocket]


class Receiver(ThreadingHTTPServer):
    """An app's request URL that notes what it gets and answers the next of `answers`, 200 when there is none."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.hold = threading.Event()
        self.hold.set()
        self.url = f"http://127.0.0.1:{self.server_port}/slack/events"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Slack hangs up on those who are late: nothing to report."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.server.hold.wait(5)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def receiver(slack: SlackServer) -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        slack.deliver_over_http(server.url)
        yield server
        server.hold.set()
        server.shutdown()
        thread.join()


class Shown(SignatureClock):
    """Slack's clock for the verifier."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack

    def now(self) -> float:
        return self.slack.clock.now()


def test_http_requests_are_signed_and_encoded_by_kind(slack: SlackServer, receiver: Receiver) -> None:
    slack.clock.advance(1000)
    slack.say("UANN", "CNEWS", "héllo")
    slack.command("UANN", "CNEWS", "/ask", "a & b")
    slack.global_shortcut("UANN", "why")
    slack.settle()
    verifier = SignatureVerifier(slack.signing_secret, Shown(slack))
    for headers, body in receiver.got:
        assert verifier.is_valid_request(body, headers)
        assert not SignatureVerifier("another", Shown(slack)).is_valid_request(body, headers)
    bodies = [(headers["content-type"], body.decode()) for headers, body in receiver.got]
    (event,) = [body for kind, body in bodies if kind == "application/json"]  # they come in any order
    assert json.loads(event)["event"]["text"] == "héllo"
    forms = [parse_qs(body) for kind, body in bodies if kind != "application/json"]
    command, shortcut = sorted(forms, key=len, reverse=True)
    assert (command["command"], command["text"]) == (["/ask"], ["a & b"])
    assert json.loads(shortcut["payload"][0])["callback_id"] == "why"


def test_signed_request_gives_headers_to_forge_with(slack: SlackServer) -> None:
    verifier = SignatureVerifier(slack.signing_secret, Shown(slack))
    body = b'{"type": "url_verification"}'
    assert verifier.is_valid_request(body, slack.signed_request(body))
    assert not verifier.is_valid_request(body, slack.signed_request(body, secret="forged"))
    old = int(slack.clock.now()) - 301
    assert not verifier.is_valid_request(body, slack.signed_request(body, timestamp=old))


def test_failed_events_are_redelivered_by_the_clock(slack: SlackServer, receiver: Receiver) -> None:
    receiver.answers = [(500, {})] * 4
    slack.say("UANN", "CNEWS", "hear me")
    slack.wait_for(lambda: len(receiver.got) == 2)
    slack.settle()
    slack.clock.advance(59)
    slack.settle()
    assert len(receiver.got) == 2
    slack.clock.advance(1)
    slack.wait_for(lambda: len(receiver.got) == 3)
    slack.settle()
    slack.clock.advance(300)
    slack.wait_for(lambda: len(receiver.got) == 4)
    slack.settle()
    slack.clock.advance(3600)
    slack.settle()
    tries = [headers.get("x-slack-retry-num") for headers, _ in receiver.got]
    assert tries == [None, "1", "2", "3"]
    assert {headers.get("x-slack-retry-reason") for headers, _ in receiver.got[1:]} == {"http_error"}
    assert len({json.loads(body)["event_id"] for _, body in receiver.got}) == 1
    assert len({headers["x-slack-signature"] for headers, _ in receiver.got}) > 1
    assert [delivery.status for delivery in slack.deliveries] == [500] * 4


def test_an_app_may_ask_for_no_redelivery(slack: SlackServer, receiver: Receiver) -> None:
    receiver.answers = [(500, {"X-Slack-No-Retry": "1"})]
    slack.say("UANN", "CNEWS", "once")
    slack.settle()
    assert len(receiver.got) == 1


def test_slow_apps_are_asked_again_after_three_seconds(slack: SlackServer, receiver: Receiver) -> None:
    receiver.hold.clear()
    slack.say("UANN", "CNEWS", "slowly")
    run = slack.command("UANN", "CNEWS", "/ask")
    slack.wait_for(lambda: len(receiver.got) == 2)
    slack.clock.advance(3)
    slack.wait_for(lambda: run.lost and len(receiver.got) == 3)
    receiver.hold.set()
    slack.settle()
    assert receiver.got[2][0]["x-slack-retry-reason"] == "http_timeout"
    first, last = (one for one in slack.deliveries if one.kind == "message")
    assert (first.acked_after, first.failure) == (None, "http_timeout")
    assert last.acked_after is not None
    assert run.ack is None


def test_refused_connections_are_failures_too(slack: SlackServer) -> None:
    slack.deliver_over_http("http://127.0.0.1:9/slack/events")
    slack.say("UANN", "CNEWS", "anybody?")
    slack.settle()
    assert [(one.attempt, one.failure) for one in slack.deliveries] == [
        (0, "connection_failed"),
        (1, "connection_failed"),
    ]


def test_repeated_deliveries_come_regardless_of_acks(slack: SlackServer, receiver: Receiver) -> None:
    slack.say("UANN", "CNEWS", "<@UBOT1> again", deliveries=3)
    slack.settle()
    bodies = [json.loads(body) for _, body in receiver.got]
    assert sorted(body["event"]["type"] for body in bodies) == ["app_mention"] * 3 + ["message"] * 3
    assert len({body["event_id"] for body in bodies}) == 2
    retries = sorted(headers.get("x-slack-retry-num", "0") for headers, _ in receiver.got)
    assert retries == ["0", "0", "1", "1", "2", "2"]


def test_events_wait_for_a_socket(slack: SlackServer, app: App, connect: Connect) -> None:
    headers: list[Json] = []
    app.event("message")(lambda request: headers.append(request.headers))
    slack.say("UANN", "CNEWS", "early")
    slack.settle()
    connect(app)
    slack.settle()
    assert headers == []
    slack.clock.advance(60)
    slack.wait_for(lambda: headers)
    assert headers[0]["x-slack-retry-num"] == ["2"]
    assert headers[0]["x-slack-retry-reason"] == ["connection_failed"]


def test_each_event_goes_to_one_connection(slack: SlackServer, app: App, connect: Connect) -> None:
    heard: list[str] = []
    app.event("message")(lambda event: heard.append(event["text"]))
    connect(app)
    connect(app)
    for number in range(6):
        slack.say("UANN", "CNEWS", str(number))
    slack.wait_for(lambda: len(heard) >= 6)
    slack.settle()
    assert sorted(heard) == [str(number) for number in range(6)]
    used = [delivery.connection for delivery in slack.deliveries]
    assert sorted(used.count(one) for one in set(used)) == [3, 3]


@pytest.fixture
def dial(slack: SlackServer) -> Iterator[Dial]:
    """Opens a bare Socket Mode connection, and closes it after the test."""
    client = WebClient(base_url=slack.api_url)
    with ExitStack() as sockets:

        def dialled() -> websocket.WebSocket:
            url = client.apps_connections_open(app_token=slack.app_token)["url"]
            opened = websocket.create_connection(url, timeout=300)
            sockets.callback(opened.shutdown)
            return opened

        yield dialled


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
def test_orderly_disconnects_move_to_a_new_connection(slack: SlackServer, dial: Dial, reason: str) -> None:
    old = dial()
    hello = json.loads(old.recv())
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    slack.disconnect(reason)
    assert json.loads(old.recv())["reason"] == reason
    slack.say("UANN", "CNEWS", "meanwhile")
    new = dial()
    assert json.loads(new.recv())["type"] == "hello"
    envelope = json.loads(new.recv())
    assert (envelope["type"], envelope["retry_attempt"]) == ("events_api", 0)
    assert envelope["accepts_response_payload"] is False
    new.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
    slack.wait_for(lambda: slack.deliveries[0].status == 200)
    slack.clock.advance(10)
    assert old.recv() == ""


def test_a_socket_url_is_good_for_one_connection_of_ten(slack: SlackServer, dial: Dial) -> None:
    sockets = [dial() for _ in range(11)]
    assert json.loads(sockets[10].recv()) == {"type": "disconnect", "reason": "too_many_websockets"}
    with pytest.raises(websocket.WebSocketBadStatusException, match="404"):
        websocket.create_connection(slack.api_url.replace("http", "ws").replace("api/", "link/?ticket=ticket-1"))


def test_cut_sockets_are_opened_again(slack: SlackServer, app: App, connect: Connect) -> None:
    heard: list[str] = []
    app.event("message")(lambda event: heard.append(event["text"]))
    connect(app)
    slack.drop_sockets()
    slack.wait_for(lambda: not slack.connections)
    slack.wait_for(lambda: slack.connections)
    slack.say("UANN", "CNEWS", "back")
    slack.wait_for(lambda: "back" in heard)


def test_slack_dies_and_returns_on_the_same_port(
    slack: SlackServer, client: WebClient, app: App, connect: Connect
) -> None:
    heard: list[str] = []
    app.event("message")(lambda event: heard.append(event["text"]))
    connect(app)
    client.chat_postMessage(channel="CNEWS", text="before")
    slack.die()
    with pytest.raises(OSError, match="refused"):
        client.auth_test()
    slack.revive()
    client.chat_postMessage(channel="CNEWS", text="after")
    assert [message.text for message in slack.messages("CNEWS")] == ["before", "after"]
    slack.wait_for(lambda: slack.connections)
    slack.say("UANN", "CNEWS", "again")
    slack.wait_for(lambda: "again" in heard)


def test_any_event_can_be_delivered_to_either_workspace(slack: SlackServer, receiver: Receiver) -> None:
    event_id = slack.emit("T2", {"type": "team_rename", "name": "Others"})
    slack.settle()
    body = json.loads(receiver.got[0][1])
    assert (body["team_id"], body["event_id"], body["api_app_id"]) == ("T2", event_id, slack.app_id)
    assert body["authorizations"][0]["user_id"] == "UBOT2"


def test_two_hundred_commands_at_once(slack: SlackServer, app: App, connect: Connect) -> None:
    app.command("/ask")(lambda ack: ack("yes"))
    connect(app)
    runs = [slack.command("UANN", "CNEWS", "/ask", str(number)) for number in range(200)]
    slack.wait_for(lambda: all(run.ack for run in runs))
    assert max(run.acked_after or 0 for run in runs) < 3
    assert len(slack.ephemerals("UANN", "CNEWS")) == 200


def test_bolt_over_http(slack: SlackServer, app: App) -> None:
    @app.command("/ask")
    def asked(ack: Ack) -> None:
        ack("plain words")

    server = Bolted(app)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        slack.deliver_over_http(f"http://127.0.0.1:{server.server_port}/slack/events")
        run = slack.command("UANN", "CNEWS", "/ask", "x")
        slack.wait_for(lambda: run.ack)
        assert [message.text for message in slack.ephemerals("UANN", "CNEWS")] == ["plain words"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Bolted(ThreadingHTTPServer):
    """A Bolt app behind a plain HTTP server."""

    daemon_threads = True

    def __init__(self, app: App) -> None:
        from slack_bolt.request import BoltRequest

        class Adapter(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers: dict[str, str | Sequence[str]] = {**self.headers}
                answer = app.dispatch(BoltRequest(body=body, headers=headers))
                content = answer.body.encode()
                self.send_response(answer.status)
                for name, values in answer.headers.items():
                    self.send_header(name, values[0])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Stay quiet."""

        super().__init__(("127.0.0.1", 0), Adapter)
