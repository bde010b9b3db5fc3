"""Killed at any moment between claiming, posting and marking: each slot of each digest is posted once."""

from __future__ import annotations

import random
import struct
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic, sleep
from time import time as clock

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.digests import store as ledger
from bot.digests.delivery import Pace, post_due
from bot.digests.model import Digest, Schedule
from bot.log import set_up_log
from bot.resources import open_store
from bot.slack.client import bot_client
from bot.slack.messages import METADATA, SCOPES
from bot.workspace.registry import open_workspace
from embeddings.library import Library
from tests.children import Child
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer

pytestmark = pytest.mark.kill


KILLS = 50


CHANNELS = ("CNEWS", "CTAX", "GPRIV")


def tick(wire: Connection, folder: Path, token: str, url: str) -> None:
    """In a child: post what is due, round after round.

    It takes the time from a file, which the test moves together with Slack's clock.
    """
    set_up_log()

    def now() -> datetime:
        moved: float = struct.unpack("<d", (folder / "moved").read_bytes())[0]
        return datetime.fromtimestamp(clock() + moved, UTC)

    settings = Settings(data_dir=folder, slack_bot_token=SecretStr(token), slack_api_url=url)
    store = open_store(folder)
    with Library(folder, HashedEncoder(dim=1024), now=now) as library:
        workspace, client = open_workspace("T1", settings, library, store, now), bot_client(settings)
        with store.writing() as connection:
            ledger.release(connection, "T1", now())
        while True:
            post_due(workspace, client, Pace())
            wire.send("round")


def life(slack: SlackServer, folder: Path, seconds: float | None) -> float:
    """Let a bot live for so long, or until it has finished two rounds, and kill it. Return the seconds."""
    child, born = Child(tick, folder, slack.workspaces["T1"].bot_token, slack.api_url), monotonic()
    if seconds is None:
        assert child.read(2) == ["round", "round"]
    else:
        sleep(seconds)
    child.kill()
    child.end()
    return monotonic() - born


def test_each_slot_is_posted_once_through_fifty_kills(slack: SlackServer, tmp_path: Path) -> None:
    chance = random.Random(50)
    slack.workspaces["T1"].scopes = set(SCOPES)
    start = datetime(2027, 3, 20, 6, tzinfo=UTC)
    go_to(slack, tmp_path, start)
    subscribe(tmp_path, start)
    slots: list[datetime] = []
    whole_life = life(slack, tmp_path, None)  # the kills fall into what a life takes on this machine
    for _ in range(KILLS // 2):
        day = len(slots)
        add(slack, tmp_path, day)
        slots.append(start + timedelta(days=day, hours=1))
        go_to(slack, tmp_path, slots[-1])
        for _ in range(2):
            life(slack, tmp_path, chance.uniform(0, whole_life))
        whole_life = life(slack, tmp_path, None)
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
