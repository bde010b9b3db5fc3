"""A running bot beside the stand-in for Slack, in both modes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.resources import open_store
from bot.server.app import build_app, inbox_of
from bot.server.http import EVENTS_PATH
from bot.server.run import listening
from bot.slack.messages import SCOPES
from embeddings.library import Library
from embeddings.store.base import Database
from tests.flows.slack_blocks import Blocks
from tests.slack_server import CommandRun, Interaction, Message, SlackServer

MODES = ("socket", "http")


BOT = "<@UBOT1>"


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that takes deliveries, and the Slack that it is in."""

    slack: SlackServer
    settings: Settings
    library: Library
    store: Database

    def ask(self, text: str, *, user: str = "UANN", channel: str = "CNEWS", **more: Any) -> Message:
        """Write a message."""
        return self.slack.say(user, channel, text, **more)

    def command(self, text: str, *, user: str = "UANN", channel: str = "CNEWS", name: str = "/ask") -> CommandRun:
        """Type a slash command."""
        return self.slack.command(user, channel, name, text)

    def answered(self, run: Interaction, count: int = 1) -> Blocks:
        """The blocks of what was last shown in answer to a command, a press or a window."""
        self.slack.wait_for(lambda: len(run.shown) >= count, what="an answer")
        blocks: Blocks = run.shown[-1].blocks or []
        return blocks

    def replies(self, to: Message, count: int = 1) -> list[Message]:
        """The bot's messages in the thread, once there are so many and it has put down its 👀."""
        thread, channel = to.thread_ts or to.ts, to.channel

        def there() -> list[Message]:
            found = [one for one in self.slack.messages(channel, thread) if one.bot_id]
            done = len(found) >= count and not self.slack.reactions(channel, to.ts)
            return found if done else []

        return self.slack.wait_for(there, what=f"{count} replies")


def moment_of(slack: SlackServer) -> datetime:
    """What the clock shows in this Slack."""
    return datetime.fromtimestamp(slack.clock.now(), UTC)


@contextmanager
def running(slack: SlackServer, library: Library, folder: Path, mode: str, **settings: Any) -> Iterator[Running]:
    """A bot in this mode over the library, with the scopes of the manifest and no others."""
    workspace = slack.workspaces["T1"]
    workspace.scopes = set(SCOPES)
    chosen = Settings(
        data_dir=folder,
        slack_bot_token=SecretStr(workspace.bot_token),
        slack_app_token=SecretStr(slack.app_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_api_url=slack.api_url,
        **settings,
    )
    store = open_store(folder)
    app = build_app(chosen, library, store=store, now=lambda: moment_of(slack))
    inbox_of(app).resume()
    in_progress = slack.beside(inbox_of(app).in_progress)
    with listening(app, chosen, ("127.0.0.1", 0) if mode == "http" else None) as address, in_progress:
        if address:
            slack.deliver_over_http(f"http://127.0.0.1:{address[1]}{EVENTS_PATH}")
        else:
            slack.wait_for(lambda: slack.connections, what="a socket")
        yield Running(slack, chosen, library, store)
    inbox_of(app).close(10)
    store.close()


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack; at the end nothing may have been refused for its form."""
    with SlackServer() as server:
        yield server
        assert server.refused == []


@pytest.fixture(params=MODES)
def bot(request: pytest.FixtureRequest, slack: SlackServer, samples: Library, tmp_path: Path) -> Iterator[Running]:
    """The bot over the sample articles and the real model, in each mode."""
    with running(slack, samples, tmp_path, request.param) as found:
        yield found


@pytest.fixture
def socket_bot(slack: SlackServer, samples: Library, tmp_path: Path) -> Iterator[Running]:
    """The bot over the sample articles in Socket Mode, for what does not depend on the mode."""
    with running(slack, samples, tmp_path, "socket") as found:
        yield found
