"""A process that is stopped beyond its lease, and goes on after another did its work, posts nothing twice."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Self

import pytest

from bot.alerts import store as alerts
from bot.alerts.store import Alert
from bot.config import Settings
from bot.digests import store as ledger
from bot.digests.delivery import Pace, post_due
from bot.digests.model import Digest, Schedule
from bot.resources import open_store
from bot.server.scheduler import jobs_of
from bot.slack.client import web_client
from bot.slack.messages import SCOPES
from bot.store import deliveries
from bot.store.deliveries import Delivery
from bot.workspace.registry import OneWorkspace, open_workspace
from embeddings.library import Library
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer

pytestmark = pytest.mark.kill
START = datetime(2027, 3, 20, 6, tzinfo=UTC)

# The child says when it is about to post and waits a moment, in which the test stops it. It takes the time from a
# file, so that a lease of minutes passes at once.
CHILD = """
import struct, sys, time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from slack_bolt import App, BoltResponse
from bot.config import Settings
from bot.digests.delivery import Pace, post_due
from bot.resources import open_store
from bot.slack.client import web_client
from bot.slack.inbox import Inbox
from bot.slack.messages import DeliveryLostError
from bot.workspace.registry import open_workspace
from embeddings.library import Library
from tests.hashed import HashedEncoder
what, folder, token, url = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
store, client = open_store(folder), web_client(token, url)

def now():
    return datetime.fromtimestamp(struct.unpack("<d", (folder / "clock").read_bytes())[0], UTC)

def about_to_post():
    sys.stdout.write("posting\\n")
    sys.stdout.flush()
    time.sleep(1)

class Slow(Pace):
    def keep(self, channel):
        about_to_post()

class Answering(App):
    def dispatch(self, req):
        about_to_post()
        with suppress(DeliveryLostError):
            client.chat_postMessage(channel="CNEWS", text="the answer")
        return BoltResponse(status=200)

if what == "alert":
    from bot.config import Settings
    from bot.server.scheduler import jobs_of
    from bot.workspace.registry import OneWorkspace
    post = client.chat_postMessage

    def slowly(**message):
        about_to_post()
        return post(**message)

    client.chat_postMessage = slowly
    with Library(folder, HashedEncoder(), now=now) as library:
        workspace = open_workspace("T1", Settings(data_dir=folder), library, store, now)
        (sending,) = [job for job in jobs_of(OneWorkspace(workspace, client)) if job.name == "alerts"]
        sending.work(lambda: False)
elif what == "digest":
    with Library(folder, HashedEncoder(), now=now) as library:
        post_due(open_workspace("T1", Settings(data_dir=folder), library, store, now), client, Slow())
else:
    inbox = Inbox(Answering(signing_secret="s", token="xoxb-1", token_verification_enabled=False), store, now)
    inbox.share()
    inbox.close(30)
"""


class Stopped:
    """A process that is stopped right before it posts."""

    def __init__(self, slack: SlackServer, folder: Path, what: str) -> None:
        self.folder = folder
        self.move(START)
        token = slack.workspaces["T1"].bot_token
        self.running = subprocess.Popen(
            [sys.executable, "-c", CHILD, what, str(folder), token, slack.api_url],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        )

    def __enter__(self) -> Self:
        assert self.running.stdout is not None
        assert self.running.stdout.readline() == "posting\n"
        os.kill(self.running.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_: object) -> None:
        self.running.kill()
        self.running.wait()
        assert self.running.stdout is not None
        self.running.stdout.close()

    def move(self, moment: datetime) -> None:
        (self.folder / "clock").write_bytes(struct.pack("<d", moment.timestamp()))

    def go_on(self) -> None:
        """Continue, and wait for its end."""
        time.sleep(0.1)
        os.kill(self.running.pid, signal.SIGCONT)
        assert self.running.wait(300) == 0


def test_a_digest_is_not_posted_twice(slack: SlackServer, tmp_path: Path) -> None:
    slack.workspaces["T1"].scopes = set(SCOPES)
    digest = Digest(
        "d1", "UANN", "CNEWS", "Cranes", Schedule(clock_time(6), "UTC", (1, 2, 3, 4, 5, 6, 7)),
        START - timedelta(hours=1), START - timedelta(hours=1), say_empty=True,
    )  # fmt: skip
    later = START + timedelta(minutes=20)
    with (
        Library(tmp_path, HashedEncoder()) as library,
        closing(open_store(tmp_path)) as store,
        ExitStack() as opened,
    ):
        with store.writing() as connection:
            ledger.save(connection, "T1", digest)
        stopped = opened.enter_context(Stopped(slack, tmp_path, "digest"))
        workspace = open_workspace("T1", Settings(data_dir=tmp_path), library, store, lambda: later)
        client = web_client(slack.workspaces["T1"].bot_token, slack.api_url)
        assert post_due(workspace, client, Pace(wait=lambda _: None)) == 1
        stopped.move(later)
        stopped.go_on()
        assert len([one for one in slack.messages("CNEWS") if one.bot_id]) == 1
        with store.reading() as connection:
            assert [state for _, state in ledger.history(connection, "T1", "d1", 9)] == [ledger.POSTED]


def test_an_alert_is_not_posted_twice(slack: SlackServer, tmp_path: Path) -> None:
    slack.workspaces["T1"].scopes = set(SCOPES)
    alert = Alert(
        "a1", "UANN", "CNEWS", "CNEWS", "crane", None, 0.0, None, None, "UTC", 9,
        START - timedelta(hours=1), START - timedelta(hours=1),
    )  # fmt: skip
    later = START + timedelta(minutes=20)
    with (
        Library(tmp_path, HashedEncoder(), now=lambda: START) as library,
        closing(open_store(tmp_path)) as store,
        ExitStack() as opened,
    ):
        with store.writing() as connection:
            alerts.save(connection, "T1", alert)
        library.local.add(article("Crane", "A crane was seen in the harbour."))
        stopped = opened.enter_context(Stopped(slack, tmp_path, "alert"))
        workspace = open_workspace("T1", Settings(data_dir=tmp_path), library, store, lambda: later)
        client = web_client(slack.workspaces["T1"].bot_token, slack.api_url)
        another = jobs_of(OneWorkspace(workspace, client))
        (sending,) = [job for job in another if job.name == "alerts"]
        sending.work(lambda: False)
        assert len([one for one in slack.messages("CNEWS") if one.bot_id]) == 1
        sending.release()  # the other process has ended: its lease is free again
        stopped.move(later)
        stopped.go_on()
        assert len([one for one in slack.messages("CNEWS") if one.bot_id]) == 1
        with store.reading() as connection:
            (kept,) = alerts.every(connection, "T1")
        assert (kept.number, kept.waiting, kept.told) == (1, (), ("crane",))


def test_an_answer_is_not_posted_twice(slack: SlackServer, tmp_path: Path) -> None:
    slack.workspaces["T1"].scopes = set(SCOPES)
    later = START + timedelta(minutes=5)
    with closing(open_store(tmp_path)) as store, ExitStack() as opened:
        body = json.dumps({"team_id": "T1", "command": "/ask", "text": "who?"})
        with store.writing() as connection:
            deliveries.accept(connection, Delivery("one", "command:/ask", body, START.isoformat()))
        stopped = opened.enter_context(Stopped(slack, tmp_path, "answer"))
        with store.writing() as connection:  # another process, whose lease check finds this one expired
            (taken,) = deliveries.acquire(connection, "another", later)
        web_client(slack.workspaces["T1"].bot_token, slack.api_url).chat_postMessage(
            channel="CNEWS", text="the answer"
        )
        with store.writing() as connection:
            deliveries.finish(connection, taken.key, later)
        stopped.move(later)
        stopped.go_on()
        assert len([one for one in slack.messages("CNEWS") if one.bot_id]) == 1
