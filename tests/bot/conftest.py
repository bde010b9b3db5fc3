"""What the bot's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slack_server import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack on this machine."""
    with SlackServer() as server:
        yield server
