"""An app that several workspaces install, over HTTP beside the stand-in for Slack."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr
from slack_bolt import App

from bot.config import Settings
from bot.resources import open_store
from bot.server.app import build_app, inbox_of
from bot.server.http import EVENTS_PATH
from bot.server.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.server.run import listening
from bot.workspace.registry import InstalledWorkspaces
from embeddings.library import Library
from embeddings.store.base import Database
from tests.flows.conftest import moment_of
from tests.slack_server import SlackServer

KEY = Fernet.generate_key().decode()
CERTIFICATES = ssl.create_default_context()
"""Read once: httpx reads them anew for each request, which takes 30 ms."""


WHO = {"T1": "UADA", "T2": "UZOE"}
"""Who installs the app in each workspace."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An installation that was begun: where Slack is asked, and the cookie that the browser keeps."""

    slack_url: str
    cookie: str

    @property
    def state(self) -> str:
        """What Slack hands back."""
        return parse_qs(urlsplit(self.slack_url).query)["state"][0]


@dataclass(frozen=True, slots=True)
class Many:
    """The running app of many workspaces."""

    slack: SlackServer
    settings: Settings
    library: Library
    store: Database
    app: App
    installed: InstalledWorkspaces
    url: str

    def begin(self) -> Begun:
        """Open the page that leads to Slack."""
        return begin(self.url)

    def finish(self, begun: Begun, *, team: str = "T2", **query: str) -> httpx.Response:
        """Allow it in Slack and be led back; `query` in place of what Slack would send."""
        back = query or led_back(self.slack.authorize(begun.slack_url, team=team, user=WHO[team]))
        return finish(self.url, begun, **back)

    def install(self, *teams: str) -> None:
        """Install the app in these workspaces."""
        for team in teams:
            assert self.finish(self.begin(), team=team).status_code == 200

    def waiting(self) -> int:
        """Deliveries in hand or waiting."""
        return inbox_of(self.app).waiting()


def begin(url: str) -> Begun:
    """Open the page that leads to Slack."""
    page = httpx.get(f"{url}{INSTALL_PATH}", verify=CERTIFICATES, timeout=300)
    assert page.status_code == 200
    (link,) = re.findall(r'href="([^"]*oauth[^"]*)"', page.text)
    return Begun(unescape(link), page.headers["set-cookie"].partition(";")[0])


def finish(url: str, begun: Begun, **query: str) -> httpx.Response:
    """Be led back from Slack with this, in the browser that began."""
    return httpx.get(
        f"{url}{REDIRECT_PATH}", params=query, headers={"cookie": begun.cookie}, verify=CERTIFICATES, timeout=300
    )


def led_back(address: str) -> dict[str, str]:
    """What Slack says in the address that it leads back to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def settings_of(slack: SlackServer, folder: Path, **more: Any) -> Settings:
    """Settings for many workspaces."""
    given: dict[str, Any] = {
        "slack_client_id": slack.client_id,
        "slack_client_secret": SecretStr(slack.client_secret),
        "slack_signing_secret": SecretStr(slack.signing_secret),
        "slack_app_token": SecretStr(slack.app_token),
        "token_keys": (SecretStr(KEY),),
        "slack_api_url": slack.api_url,
    }
    return Settings(data_dir=folder, **given | more)


@contextmanager
def many(
    slack: SlackServer, library: Library, folder: Path, *, sockets: bool = False, **settings: Any
) -> Iterator[Many]:
    """The app over this library, installed nowhere yet; events of every workspace go to it.

    With `sockets` they come so, for tests that move the clock: what is signed over HTTP may not be old.
    """
    chosen = settings_of(slack, folder, **settings)
    with closing(open_store(folder, chosen.database)) as store:
        installed = InstalledWorkspaces(chosen, library, store, now=lambda: moment_of(slack))
        app = build_app(chosen, library, store=store, installed=installed, now=lambda: moment_of(slack))
        installed.prepare()
        inbox_of(app).resume()
        with listening(app, chosen, ("127.0.0.1", 0)) as address, ExitStack() as connection:
            assert address
            url = f"http://127.0.0.1:{address[1]}"
            if sockets:
                connection.enter_context(listening(app, chosen, None))
                slack.wait_for(lambda: slack.connections, what="a socket")
            else:
                slack.deliver_over_http(f"{url}{EVENTS_PATH}")
            connection.enter_context(slack.beside(inbox_of(app).in_progress))
            yield Many(slack, chosen, library, store, app, installed, url)
        inbox_of(app).close(10)
