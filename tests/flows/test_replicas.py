"""Three processes on one PostgreSQL database, killed at random: each mention, slot and feed is one's, and once.

The copies of a bot share their deliveries, the ledger and the sources; what a dead one had in hand is taken over.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.digests import delivery
from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.log import set_up_log
from bot.resources import open_store
from bot.server.app import build_app, inbox_of
from bot.server.run import listening
from bot.slack.client import bot_client
from bot.slack.inbox import Inbox
from bot.slack.messages import METADATA, SCOPES
from bot.store import deliveries
from bot.workspace.registry import open_workspace
from embeddings.library import Library
from embeddings.store.base import Database
from embeddings.subscriptions import store as subscriptions
from embeddings.subscriptions.service import Sources
from tests.children import Child
from tests.conftest import article
from tests.feeds import lay_feed, lay_news
from tests.flows.conftest import BOT
from tests.hashed import HashedEncoder
from tests.site import LOCAL, Site
from tests.slack_server import SlackServer

pytestmark = pytest.mark.kill


REPLICAS, KILLS, PER_LIFE, ENTRIES = 3, 6, 3, 3


CHANNELS = ("CNEWS", "CTAX", "GPRIV")


START = datetime(2027, 3, 20, 6, tzinfo=UTC)


def live(
    wire: Connection, folder: Path, bot_token: str, app_token: str, url: str, database: str, moved: float
) -> None:
    """In a child: a bot that serves until it is killed.

    Leases are short, so that nobody waits a minute for what a dead bot was at. That of a source is longer: it is
    renewed before each entry alone, which may take seconds on a busy machine. A death on this machine frees the
    source at once, so nobody waits for that lease either.
    """
    set_up_log()
    deliveries.LEASE = delivery.LEASE = timedelta(seconds=4)
    subscriptions.LEASE = timedelta(seconds=30)

    def now() -> datetime:
        return datetime.fromtimestamp(time.time() + moved, UTC)

    def look(feeds: Sources) -> None:
        while True:
            for _ in feeds.refresh(feeds.due()):
                pass
            time.sleep(0.05)

    def renew(inbox: Inbox) -> None:
        while True:
            time.sleep(0.5)
            inbox.renew_leases()

    settings = Settings(
        data_dir=folder,
        slack_bot_token=SecretStr(bot_token),
        slack_app_token=SecretStr(app_token),
        slack_api_url=url,
        database_url=SecretStr(database),
        fetch_hosts=tuple(LOCAL),
    )
    store = open_store(folder, database)
    with Library(folder, HashedEncoder(dim=256), now=now, database_url=database) as library:
        app = build_app(settings, library, store=store, now=now)
        inbox_of(app).share()
        Thread(target=renew, args=(inbox_of(app),), daemon=True).start()
        with listening(app, settings, None):
            workspace, client = open_workspace("T1", settings, library, store, now), bot_client(settings)
            Thread(target=look, args=(workspace.sources,), daemon=True).start()
            wire.send("serving")
            while True:
                delivery.post_due(workspace, client, delivery.Pace(wait=lambda _: None))
                time.sleep(0.05)


class Replica:
    """A bot that can be killed and comes back."""

    def __init__(self, slack: SlackServer, folder: Path, database_url: str) -> None:
        moved = slack.clock.now() - time.time()
        token = slack.workspaces["T1"].bot_token
        self._arguments = folder, token, slack.app_token, slack.api_url, database_url, moved
        self._child: Child | None = None

    def begin(self) -> None:
        """Bring forth a bot and wait until it serves."""
        self._child = Child(live, *self._arguments)
        assert self._child.read(1) == ["serving"]

    def kill(self) -> None:
        if self._child:
            self._child.kill()
            self._child.end()


@contextmanager
def replicas(slack: SlackServer, folder: Path, database_url: str) -> Iterator[list[Replica]]:
    found = [Replica(slack, folder, database_url) for _ in range(REPLICAS)]
    try:
        for one in found:
            one.begin()
        yield found
    finally:
        for one in found:
            one.kill()


def prepare(slack: SlackServer, folder: Path, database_url: str) -> None:
    """An article to ask about."""
    slack.workspaces["T1"].scopes = set(SCOPES)
    slack.clock.advance(START.timestamp() - slack.clock.now())
    with Library(folder, HashedEncoder(dim=256), now=lambda: START, database_url=database_url) as library:
        library.local.add(
            article("Tower", "The tower crane stands in the harbour.", "It lifts steel.", id="tower")
        )


def subscribe(store: Database, number: int) -> list[str]:
    """Digests that are due already, one for each channel; gives their ids."""
    before, schedule = START - timedelta(days=1), Schedule(clock_time(6), "UTC", days=(1, 2, 3, 4, 5, 6, 7))
    with store.writing() as connection:
        for channel in CHANNELS:
            digest = Digest(
                f"{channel}-{number}", "UANN", channel, channel, schedule, before, before, say_empty=True
            )
            digests.save(connection, "T1", digest)
    return [f"{channel}-{number}" for channel in CHANNELS]


def follow(library: Library, site: Site, number: int) -> list[str]:
    """A feed that is due at once; gives the titles of its entries."""
    items = lay_news(site, f"r{number}", ENTRIES)
    Sources(library.local, LOCAL).add(lay_feed(site, f"/feed{number}", f"Feed {number}", items))
    return [item.title for item in items]


def test_three_replicas_do_everything_once_through_random_kills(
    slack: SlackServer, tmp_path: Path, postgres_url: str, site: Site
) -> None:
    chance = random.Random(3)
    prepare(slack, tmp_path, postgres_url)
    asked, subscribed, wanted = [], [], ["Tower"]
    with (
        Library(tmp_path, HashedEncoder(dim=256), now=lambda: START, database_url=postgres_url) as library,
        closing(open_store(tmp_path, postgres_url)) as store,
        replicas(slack, tmp_path, postgres_url) as bots,
    ):
        slack.wait_for(lambda: slack.connections >= REPLICAS, what="sockets")
        for number in range(KILLS):
            subscribed += subscribe(store, number)
            wanted += follow(library, site, number)
            for _ in range(PER_LIFE):
                asked.append(slack.say("UANN", "CNEWS", f"{BOT} where does the crane stand?"))
                time.sleep(chance.uniform(0, 0.05))
            unlucky = chance.choice(bots)
            unlucky.kill()
            unlucky.begin()

        def is_done() -> bool:
            with store.reading() as connection:
                states = [digests.history(connection, "T1", one, 9) for one in subscribed]
                return not deliveries.unfinished(connection) and all(
                    [state for _, state in runs] == [digests.POSTED] for runs in states
                )

        def answers() -> list[int]:
            return [sum(bool(one.bot_id) for one in slack.messages("CNEWS", message.ts)) for message in asked]

        def titles() -> list[str]:
            return sorted(one.citation.title for one in library.local.articles())

        def is_all_done() -> bool:
            return is_done() and all(answers()) and titles() == sorted(wanted)

        slack.wait_for(is_all_done, timeout=300, what="an answer to each mention, and every entry")
        time.sleep(5)  # a lease's time, in which somebody could answer again
        assert Counter(answers()) == {1: len(asked)}
        assert titles() == sorted(wanted), "an entry came twice"
        assert library.check() == []
    looks = Counter(path for path in site.paths() if path.startswith("/feed"))
    assert looks.keys() == {f"/feed{number}" for number in range(KILLS)}
    # One for each feed, and one for each process killed at it. On a busy machine a process may also come too late
    # to renew its lease, and another goes on: that costs a look, never an entry.
    assert looks.total() <= 2 * (KILLS + KILLS), "feeds are polled by whoever happens to come by"
    posted = Counter(
        message.metadata["event_payload"]["key"]
        for channel in CHANNELS
        for message in slack.messages(channel)
        if message.metadata and message.metadata["event_type"] == METADATA
    )
    assert {key: count for key, count in posted.items() if key.startswith("digest")} == {
        f"digest {digest} {START.isoformat()}": 1 for digest in subscribed
    }
