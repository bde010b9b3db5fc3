"""Killed at any moment between claiming, posting and marking: each slot of each digest is posted once."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest

from bot.digests import store as ledger
from bot.digests.model import Digest, Schedule
from bot.resources import open_store
from bot.slack.messages import METADATA, SCOPES
from embeddings.library import Library
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer

pytestmark = pytest.mark.kill


KILLS = 50


CHANNELS = ("CNEWS", "CTAX", "GPRIV")


# The nursery loads the program once; each line that it reads brings forth one bot, which ticks until it is killed.
# A bot takes the time from a file, which the test moves together with Slack's clock.
NURSERY = """
import os, struct, sys, time
from datetime import UTC, datetime
from pathlib import Path
from pydantic import SecretStr
from bot.workspace.registry import open_workspace
from bot.config import Settings
from bot.digests.delivery import Pace
from bot.digests.delivery import post_due
from bot.log import set_up_log
from bot.slack.client import bot_client
from bot.digests import store as ledger
from bot.resources import open_store
from embeddings.library import Library
from tests.hashed import HashedEncoder
set_up_log()  # to standard error: standard output is for the test
folder, token, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def now():
    moved = struct.unpack("<d", (folder / "moved").read_bytes())[0]
    return datetime.fromtimestamp(time.time() + moved, UTC)

def live():
    settings = Settings(data_dir=folder, slack_bot_token=SecretStr(token), slack_api_url=url)
    store = open_store(folder)
    with Library(folder, HashedEncoder(dim=1024), now=now) as library:
        workspace, client = open_workspace("T1", settings, library, store, now), bot_client(settings)
        with store.writing() as connection:
            ledger.release(connection, "T1", now())
        while True:
            post_due(workspace, client, Pace())
            sys.stdout.write("round\\n")
            sys.stdout.flush()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        live()
    sys.stdout.write(f"{child}\\n")
    sys.stdout.flush()
    os.waitpid(child, 0)
"""


class Nursery:
    """Brings forth one bot after another and kills it."""

    def __init__(self, slack: SlackServer, folder: Path) -> None:
        token = slack.workspaces["T1"].bot_token
        self.running = subprocess.Popen(
            [sys.executable, "-c", NURSERY, str(folder), token, slack.api_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            text=True,
        )

    def life(self, seconds: float | None) -> float:
        """Let a bot live for so long, or until it has finished two rounds, and kill it. Return the seconds."""
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        self.running.stdin.write("go\n")
        self.running.stdin.flush()
        rounds = 0
        while (line := self.running.stdout.readline()) == "round\n":
            rounds += 1  # of a bot that told so before its number came through
        child, born = int(line), monotonic()
        if seconds is not None:
            sleep(seconds)
        while seconds is None and rounds < 2:
            rounds += self.running.stdout.readline() == "round\n"
        os.kill(child, signal.SIGKILL)
        return monotonic() - born

    def close(self) -> None:
        """End the nursery."""
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        self.running.stdin.close()
        self.running.stdout.read()
        self.running.stdout.close()
        assert self.running.wait(20) == 0


def test_each_slot_is_posted_once_through_fifty_kills(slack: SlackServer, tmp_path: Path) -> None:
    chance = random.Random(50)
    slack.workspaces["T1"].scopes = set(SCOPES)
    start = datetime(2027, 3, 20, 6, tzinfo=UTC)
    go_to(slack, tmp_path, start)
    subscribe(tmp_path, start)
    nursery = Nursery(slack, tmp_path)
    slots: list[datetime] = []
    whole_life = nursery.life(None)  # the kills fall into what a life takes on this machine
    for _ in range(KILLS // 2):
        day = len(slots)
        add(slack, tmp_path, day)
        slots.append(start + timedelta(days=day, hours=1))
        go_to(slack, tmp_path, slots[-1])
        for _ in range(2):
            nursery.life(chance.uniform(0, whole_life))
        whole_life = nursery.life(None)
    nursery.close()
    posted = Counter(
        message.metadata["event_payload"]["key"]
        for channel in CHANNELS
        for message in slack.messages(channel)
        if message.metadata and message.metadata["event_type"] == METADATA
    )
    assert posted == {f"digest {channel} {slot.isoformat()}": 1 for channel in CHANNELS for slot in slots}
    store = open_store(tmp_path)
    with store.reading() as connection:
        states = [state for channel in CHANNELS for _, state in ledger.history(connection, "T1", channel, 100)]
        tries = connection.exec_driver_sql("SELECT max(tries) FROM digest_run").scalar_one()
    store.close()
    assert Counter(states) == {ledger.POSTED: len(CHANNELS) * len(slots)}
    assert tries > 0, "no kill fell between claiming and marking"


def go_to(slack: SlackServer, folder: Path, moment: datetime) -> None:
    slack.clock.advance(moment.timestamp() - slack.clock.now())
    moved = slack.clock.now() - datetime.now(UTC).timestamp()
    (folder / "moved.new").write_bytes(struct.pack("<d", moved))
    (folder / "moved.new").rename(folder / "moved")


def subscribe(folder: Path, now: datetime) -> None:
    store = open_store(folder)
    with store.writing() as connection:
        for channel in CHANNELS:
            schedule = Schedule(time(7), "UTC", days=(1, 2, 3, 4, 5, 6, 7))
            ledger.save(connection, "T1", Digest(channel, "UANN", channel, channel, schedule, now, now))
    store.close()


def add(slack: SlackServer, folder: Path, number: int) -> None:
    def now() -> datetime:
        return datetime.fromtimestamp(slack.clock.now(), UTC)

    words = " ".join(f"Word{number}x{part}" for part in range(12))
    with Library(folder, HashedEncoder(dim=1024), now=now) as library:
        library.local.add(article(words, f"{words}.", id=f"a{number}", published_at=now().isoformat()))
