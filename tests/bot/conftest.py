"""What the bot's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.resources import open_store
from bot.workspace.registry import open_workspace
from bot.workspace.workspace import Workspace
from embeddings.library import Library
from tests.conftest import NOON
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack on this machine."""
    with SlackServer() as server:
        yield server


@contextmanager
def workspace_in(
    folder: Path, *, team: str = "T1", now: Callable[[], datetime] = lambda: NOON, **settings: Any
) -> Iterator[Workspace]:
    """A workspace whose data lie in the folder, with the fast encoder."""
    chosen = Settings(data_dir=folder, **settings)
    with Library(folder, HashedEncoder(), now=now) as library, closing(open_store(folder)) as store:
        yield open_workspace(team, chosen, library, store, now)
