"""The inbox by itself: what makes a delivery the same, what goes first, and what can't be worked off."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from pydantic import SecretStr
from slack_bolt import App, BoltRequest, BoltResponse
from sqlalchemy import Connection, update

from bot.config import Settings
from bot.resources import open_store
from bot.server.app import build_app, inbox_of
from bot.slack import inbox as inbox_module
from bot.slack.client import web_client
from bot.slack.inbox import GIVE_UP, Inbox, delivery_key, is_urgent
from bot.slack.messages import DeliveryLostError
from bot.store import deliveries
from bot.store.deliveries import Delivery
from bot.store.tables import delivery
from embeddings import Database
from embeddings.errors import StoreError
from embeddings.library import Library
from tests.slack_server import SlackServer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(kind: str, event_id: str, ts: str = "1.0") -> dict[str, object]:
    return {"team_id": "T1", "event_id": event_id, "event": {"type": kind, "channel": "C1", "ts": ts}}


def test_a_message_has_one_key_however_it_comes() -> None:
    assert delivery_key(event("message", "Ev1")) == delivery_key(event("app_mention", "Ev2"))
    assert delivery_key(event("message", "Ev1")) != delivery_key(event("message", "Ev1", "2.0"))
    assert delivery_key(event("app_home_opened", "Ev1")) != delivery_key(event("app_home_opened", "Ev2"))
    assert delivery_key({"team_id": "T1", "trigger_id": "1"}) != delivery_key({"team_id": "T2", "trigger_id": "1"})
    assert delivery_key({"type": "view_closed", "a": 1}) != delivery_key({"type": "view_closed", "a": 2})


@pytest.mark.parametrize(
    ("body", "urgent"),
    [
        ({"command": "/ask", "text": "who?", "trigger_id": "1"}, False),
        ({"command": "/ask", "text": " ", "trigger_id": "1"}, True),
        ({"type": "block_actions", "trigger_id": "1"}, True),
        (event("message", "Ev1"), False),
    ],
)
def test_what_opens_a_window_goes_first(body: dict[str, object], urgent: bool) -> None:
    assert is_urgent(body) is urgent


@pytest.fixture
def app(library: Library, tmp_path: Path) -> App:
    """An app whose Slack is not asked for anything."""
    settings = Settings(
        data_dir=tmp_path, slack_bot_token=SecretStr("xoxb-1"), slack_api_url="http://127.0.0.1:9/"
    )
    return build_app(settings, library, now=lambda: NOW)


def test_a_delivery_of_a_listener_that_is_gone_is_put_away(
    slack: SlackServer, library: Library, tmp_path: Path
) -> None:
    workspace = slack.workspaces["T1"]
    settings = Settings(
        data_dir=tmp_path, slack_bot_token=SecretStr(workspace.bot_token), slack_api_url=slack.api_url
    )
    store = open_store(tmp_path)
    with store.writing() as connection:
        for key, body in (("gone", '{"team_id": "T1", "command": "/ask"}'), ("broken", "{")):
            deliveries.accept(connection, Delivery(key, "no_such_listener", body, NOW.isoformat()))
    app = build_app(settings, library, store=store, now=lambda: NOW)
    assert inbox_of(app).resume() == 2
    inbox_of(app).close(5)
    with store.reading() as connection:
        assert deliveries.unfinished(connection) == []
    store.close()


def test_what_can_t_be_done_for_half_an_hour_is_given_up(app: App, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    old, fresh = NOW - GIVE_UP - timedelta(minutes=1), NOW - timedelta(minutes=1)
    body = json.dumps({"team_id": "T1", "command": "/ask", "text": "who?"})
    with store.writing() as connection:
        deliveries.accept(connection, Delivery("old", "command:/ask", body, old.isoformat()))
        deliveries.accept(connection, Delivery("fresh", "command:/ask", body, fresh.isoformat()))
    inbox = inbox_of(app)
    inbox.resume()
    inbox.close(5)
    with store.reading() as connection:
        assert [one.key for one in deliveries.unfinished(connection)] == ["fresh"]
    store.close()


def test_nothing_is_taken_in_without_a_store(app: App, tmp_path: Path) -> None:
    request = BoltRequest(mode="socket_mode", body={"team_id": "T1", "command": "/ask", "text": "who?"})
    before = threading.active_count()
    assert app.dispatch(request).status == 500  # not acknowledged: Slack can't say whose token it is
    inbox_of(app).close(5)
    assert threading.active_count() < before + 50


KILLER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from slack_bolt import App
from bot.resources import open_store
from bot.slack.inbox import Inbox

class Killing(App):
    def dispatch(self, request):
        if request.context["key"] == "killer":
            os._exit(9)
        return super().dispatch(request)

store = open_store(Path(sys.argv[1]))
app = Killing(signing_secret="s", token="xoxb-1", token_verification_enabled=False, logger=None)
inbox = Inbox(app, store, lambda: datetime(2026, 3, 1, 12, tzinfo=UTC), workers=2)
inbox.resume()
inbox.close(10)
"""


@pytest.mark.kill
def test_a_delivery_that_kills_the_process_is_set_aside_after_three_tries(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with store.writing() as connection:
        for key in ("killer", "innocent"):
            body = json.dumps({"team_id": "T1", "command": "/ask", "text": key})
            deliveries.accept(connection, Delivery(key, "command:/ask", body, NOW.isoformat()))
    codes = []
    for _ in range(4):
        ran = subprocess.run(
            [sys.executable, "-c", KILLER, str(tmp_path)], capture_output=True, text=True, check=False
        )
        codes.append(ran.returncode)
    assert codes == [9, 9, 9, 0], ran.stderr
    assert "set aside" in ran.stdout + ran.stderr
    with store.reading() as connection:
        assert deliveries.unfinished(connection) == []
    store.close()


def test_a_try_that_ends_is_not_counted_as_broken_off(app: App, tmp_path: Path) -> None:
    """Slack can't be reached here: the delivery is tried again and again, and never set aside for that."""
    store = open_store(tmp_path)
    body = json.dumps({"team_id": "T1", "command": "/ask", "text": "who?"})
    with store.writing() as connection:
        deliveries.accept(connection, Delivery("one", "command:/ask", body, NOW.isoformat()))
    inbox = inbox_of(app)
    inbox.resume()
    inbox.close(5)
    with store.reading() as connection:
        (left,) = deliveries.unfinished(connection)
    assert (left.broken_off, left.tries > 0) == (0, True)
    store.close()


def test_a_process_that_was_stopped_beyond_its_lease_says_nothing(slack: SlackServer, tmp_path: Path) -> None:
    """Another process takes the delivery over while the answer is being worked out here."""
    store = open_store(tmp_path)
    client = web_client(slack.workspaces["T1"].bot_token, slack.api_url)
    said: list[str] = []

    class Stopped(App):
        def dispatch(self, req: BoltRequest) -> BoltResponse:
            for word in ("before", "after"):
                if word == "after":
                    with store.writing() as connection:
                        connection.execute(update(delivery).values(held_by="another"))
                with suppress(DeliveryLostError):
                    client.chat_postMessage(channel="CNEWS", text=word)
                    said.append(word)
            return BoltResponse(status=200)

    stopped = Stopped(signing_secret="s", token="xoxb-1", token_verification_enabled=False)
    inbox = Inbox(stopped, store, lambda: NOW)
    with store.writing() as connection:
        deliveries.accept(connection, Delivery("one", "command:/ask", "{}", NOW.isoformat()))
    inbox.share()
    inbox.close(5)
    assert said == ["before"]
    with store.reading() as connection:
        assert [one.key for one in deliveries.unfinished(connection)] == ["one"], "it is the other's to finish"
    store.close()


class Waiting(App):
    """An app that begins to answer once everything has been delivered, and keeps what it saw in the store then."""

    def __init__(self, store: Database) -> None:
        super().__init__(signing_secret="s", token="xoxb-1", token_verification_enabled=False)
        self.store, self.delivered = store, threading.Event()
        self.seen: list[tuple[str, list[tuple[str, int]]]] = []

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        assert self.delivered.wait(30)
        with self.store.reading() as connection:
            left = [(json.loads(one.body)["text"], one.broken_off) for one in deliveries.unfinished(connection)]
        self.seen.append((req.body["text"], left))
        return BoltResponse(status=200)

    def deliver(self, inbox: Inbox, *texts: str) -> None:
        for text in texts:
            body = {"team_id": "T1", "command": "/ask", "text": text, "trigger_id": text}
            inbox.start(_listen, BoltRequest(mode="socket_mode", body=body))
        self.delivered.set()


def _listen() -> None: ...


def test_the_next_delivery_is_begun_as_one_is_finished(tmp_path: Path) -> None:
    """Whenever the process ends, what was handled is closed, and what is being handled counts as broken off."""
    store = open_store(tmp_path)
    app = Waiting(store)
    inbox = Inbox(app, store, lambda: NOW, workers=1)
    app.deliver(inbox, "a", "b", "c")
    inbox.close(30)
    assert app.seen == [("a", [("a", 1), ("b", 0), ("c", 0)]), ("b", [("b", 1), ("c", 0)]), ("c", [("c", 1)])]
    with store.reading() as connection:
        assert deliveries.unfinished(connection) == []
    store.close()


def test_a_delivery_that_can_t_be_closed_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one was to be begun in the same transaction; each is handled once all the same."""
    monkeypatch.setattr(inbox_module, "_LONGEST_WAIT", 0.1)
    store = open_store(tmp_path)
    app, failed, finish = Waiting(store), list[str](), deliveries.finish

    def failing(connection: Connection, key: str, now: datetime) -> None:
        if not failed:
            failed.append(key)
            raise StoreError("The disk is full.")
        finish(connection, key, now)

    monkeypatch.setattr(deliveries, "finish", failing)
    inbox = Inbox(app, store, lambda: NOW, workers=1)
    app.deliver(inbox, "a", "b", "c")
    deadline = monotonic() + 30
    while inbox.waiting() and monotonic() < deadline:
        sleep(0.02)
    inbox.close(30)
    assert failed
    assert [text for text, _ in app.seen] == ["a", "b", "c"]
    assert app.seen[1][1] == [("a", 1), ("b", 1), ("c", 0)]
    with store.reading() as connection:
        assert deliveries.unfinished(connection) == []
    store.close()
