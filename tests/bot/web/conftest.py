"""A site with articles of two teams and two collections, served as in earnest."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from ssl import create_default_context
from typing import Any

import httpx
import pytest
from mcp.server.mcpserver.tools import Tool

from bot.config import Settings
from bot.http_server import http_server
from bot.resources import open_store
from bot.web.access import tokens
from bot.web.access.callers import Site
from bot.web.site import UPLOADS, web_application
from embeddings import Library
from tests.conftest import NOON
from tests.hashed import HashedEncoder

OTHER = "T0OTHER"
COUNCIL = (
    "The council of Port Quint voted on Monday to spend 4 million euros on the roof of the old school.\n\n"
    "The work begins in June and takes two years, said the mayor, Ann Lee.\n\n"
    "“We can't wait any longer, the rain comes in,” she said.\n\n"
    "Three firms sent offers; the lowest was 3.6 million euros.\n\n"
    "Pupils move to the town hall until the work is done."
)
CERTIFICATES = create_default_context()  # reading them takes longer than a request


@pytest.fixture(scope="session", autouse=True)
def _tools_described_once() -> Iterator[None]:
    """MCP's tools are described once: each test makes them anew, for its own site, and they stay the same."""
    described: dict[str, Tool] = {}
    describe = Tool.from_function

    def from_function(fn: Callable[..., Any], *given: Any, **more: Any) -> Tool:
        name = fn.__qualname__
        if name not in described:
            described[name] = describe(fn, *given, **more)
        return described[name].model_copy(update={"fn": fn})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tool, "from_function", from_function)
        yield


@pytest.fixture(scope="session")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an article for all, one in a collection, one of another team, and one of a person."""
    folder = tmp_path_factory.mktemp("articles")
    with Library(folder, HashedEncoder(), now=lambda: NOON) as library:
        library.local.add(
            {
                "title": "<script>alert(1)</script> Harbour",
                "text": "It rained.\n\nThe harbour has two piers & a crane. Ships come.\n\nIt was dusk.",
                "id": "harbour",
                "url": "https://example.org/harbour",
                "published_at": "2024-04-30",
            }
        )
        library.local.add(
            {
                "title": "Board",
                "text": "The board meets on the zeppelin pier.",
                "id": "board",
                "source": "Gazette",
                "collection": "secret",
            }
        )
        library.of(OTHER).add({"title": "Theirs", "text": "The zeppelin harbour is ours.", "id": "theirs"})
        library.local.only_for("U0ANN").add(
            {"title": "Ann alone", "text": "The zeppelin harbour is Ann's secret."}
        )
    open_store(folder).close()
    return folder


@pytest.fixture
def site(articles: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(articles, tmp_path, dirs_exist_ok=True)
    store = open_store(tmp_path)
    with Library(tmp_path, HashedEncoder(), now=lambda: NOON) as library:
        yield Site(Settings(data_dir=tmp_path), library, store, lambda: NOON)
    store.close()


def token(
    site: Site, *collections: str, write: bool = False, team: str = "local", ends: datetime | None = None
) -> str:
    with site.store.writing() as connection:
        return tokens.create(
            connection, "test", NOON, team=team, collections=collections, may_write=write, expires_at=ends
        )[0]


@contextmanager
def served(site: Site, *, login: bool = False) -> Iterator[httpx.Client]:
    with (
        http_server(web_application(site, login=login), ("127.0.0.1", 0), advice="", uploads=UPLOADS) as bound,
        httpx.Client(base_url=f"http://{bound[0]}:{bound[1]}", timeout=300, verify=CERTIFICATES) as client,
    ):
        yield client


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with served(site) as opened:
        yield opened


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
