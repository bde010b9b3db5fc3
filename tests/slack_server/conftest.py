"""A fresh stand-in for each test, and a Bolt app on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient

from tests.slack_server import SlackServer
from tests.slack_server.bolted import connected

Connect = Callable[[App], SocketModeHandler]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as running:
        yield running


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    """The bot of Acme."""
    return WebClient(slack.workspaces["T1"].bot_token, base_url=slack.api_url)


@pytest.fixture
def app(slack: SlackServer, client: WebClient) -> App:
    return App(client=client, signing_secret=slack.signing_secret)


@pytest.fixture
def connect(slack: SlackServer) -> Iterator[Connect]:
    """Connects an app over Socket Mode and closes it after the test."""
    with ExitStack() as handlers:
        yield lambda app: handlers.enter_context(connected(app, slack))
