"""Which workspaces the bot serves: the one of its token, or all that have installed the app."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.clock import now as now_utc
from bot.config import Settings
from bot.metrics import SOURCE_ARTICLES, SOURCE_CHECKS
from bot.slack.client import web_client
from bot.slack.messages import UNINSTALLED, SlackRefusedError
from bot.slack.people import People
from bot.workspace import store as installations
from bot.workspace.installations import Installations, NotInstalledError
from bot.workspace.workspace import Workspace
from embeddings import Database
from embeddings.library import Library
from embeddings.subscriptions.model import Source
from embeddings.subscriptions.refresh import Refreshed
from embeddings.subscriptions.service import Sources
from embeddings.types import LOCAL_TEAM
from embeddings.web.downloader import Downloader

_TEAMS = 100
_log = structlog.get_logger("topicbot.workspaces")


class Workspaces(Protocol):
    """The workspaces that the bot does its own work for, and what that work is done with."""

    @property
    def settings(self) -> Settings:
        """The bot's settings."""

    @property
    def library(self) -> Library:
        """The library, which holds every workspace's articles."""

    @property
    def store(self) -> Database:
        """What the bot remembers."""

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""

    def teams(self) -> list[str]:
        """Return their ids."""

    def workspace(self, team: str) -> Workspace:
        """Return one of them."""

    def client(self, team: str) -> WebClient:
        """Return a client with its token. Raises `NotInstalledError`."""


class OneWorkspace:
    """The workspace of the bot token in the settings."""

    def __init__(self, workspace: Workspace, client: WebClient) -> None:
        self._workspace, self._client = workspace, client
        self.settings, self.now = workspace.settings, workspace.now
        self.library, self.store = workspace.library, workspace.store

    def teams(self) -> list[str]:
        """Return its id."""
        return [self._workspace.team_id]

    def workspace(self, team: str) -> Workspace:
        """Return the workspace."""
        return self._workspace

    def client(self, team: str) -> WebClient:
        """Return the client of the bot token."""
        return self._client


class InstalledWorkspaces:
    """The workspaces that have installed the app by OAuth. Safe from several threads.

    What is installed is read from the database each time: another process may have seen it go.
    """

    def __init__(
        self, settings: Settings, library: Library, store: Database, now: Callable[[], datetime] = now_utc
    ) -> None:
        """Make it. Raises `SettingsError` without OAuth's settings, or when a key is none."""
        self.kept = Installations.of(settings, store, now)
        self.settings, self.library, self.store, self.now = settings, library, store, now
        self._lock = threading.Lock()
        self._opened: dict[str, Workspace] = {}
        self._downloader: Downloader | None = None

    def teams(self) -> list[str]:
        """Return where the app is installed now."""
        return self.kept.teams()

    def client(self, team: str) -> WebClient:
        """Return a client with the workspace's token as it is now. Raises what `Installations.fresh` raises."""
        named = team if self.kept.is_organisations(team) else None
        return web_client(self.kept.fresh(team).bot_token, self.settings.slack_api_url, named)

    def workspace(self, team: str) -> Workspace:
        """Return the workspace; its articles are its own. All of them are polite to web servers together."""
        with self._lock:
            found = self._opened.get(team)
            if found is None:
                given = self.settings, self.library, self.store, self.now
                found = open_workspace(team, *given, library_team=team, downloader=self._downloader)
                self._opened[team], self._downloader = found, found.sources.downloader
            return found

    def prepare(self) -> None:
        """Before anything is served: the first key encrypts every token, and what expires soon is renewed.

        Raises `TokenKeyError` when a token can't be decrypted.
        """
        count = self.kept.reseal()
        if count:
            _log.info("encrypted with the first key", count=count)
        self.renew()

    def renew(self) -> None:
        """Have Slack renew the tokens that expire soon; what fails for one workspace holds up no other."""
        for team in self.teams():
            try:
                if self.kept.renew(team):
                    _log.info("token renewed", workspace=team)
            except SlackRefusedError as error:
                _log.error("token not renewed", workspace=team, reason=str(error))
            except Exception as error:  # of whatever kind: it is this workspace's alone
                _log.error("token not renewed", workspace=team, error=type(error).__name__)

    def leave(self, team: str, happened: datetime) -> None:
        """Delete the token and what waits: the app was uninstalled at that moment.

        A message of an earlier end, which comes late, changes nothing.
        """
        dropped = self.kept.remove(team, happened)
        if dropped is None:
            return
        self._close_all_but(self.teams())
        _log.warning("uninstalled", workspace=team, dropped=dropped)

    def part(self, teams: Sequence[str], enterprise: str) -> None:
        """Take the app from these workspaces, as their organisation did."""
        gone = self.kept.part(teams, enterprise)
        self._close_all_but(self.teams())
        for team in gone:
            _log.warning("uninstalled", workspace=team, organisation=enterprise)

    def _close_all_but(self, teams: Sequence[str]) -> None:
        with self._lock:
            self._opened = {team: one for team, one in self._opened.items() if team in teams}

    def find_uninstalled(self) -> None:
        """Ask Slack about every token: a bot that was down never hears that it was uninstalled."""
        for team in self.teams():
            begun = self.now()
            try:
                self.client(team).auth_test()
            except SlackApiError as error:
                if error.response.get("error") in UNINSTALLED:
                    self.leave(team, begun)
            except OSError as error:
                _log.warning("Slack can't be asked about tokens; tomorrow again", error=type(error).__name__)
                return  # nor about the others: no round is held up for each of them
            except Exception as error:  # of whatever kind: it is this workspace's alone
                _log.warning("a token can't be checked", workspace=team, error=type(error).__name__)


def workspaces_of(client: WebClient) -> list[str]:
    """Return the workspaces that an organisation's token is good for. Raises what Slack's client raises."""
    return [team["id"] for page in client.auth_teams_list(limit=_TEAMS) for team in page["teams"]]


def open_workspace(
    team_id: str,
    settings: Settings,
    library: Library,
    store: Database,
    now: Callable[[], datetime] = now_utc,
    *,
    library_team: str = LOCAL_TEAM,
    downloader: Downloader | None = None,
) -> Workspace:
    """Return a workspace whose articles are `library_team`'s: with one bot token those of the command line."""
    articles = library.of(library_team)
    sources = CountedSources(articles, settings.fetch_hosts, downloader=downloader)
    return Workspace(team_id, articles, store, settings, People(team_id, now), now, sources)


def each(workspaces: Workspaces, work: Callable[[Workspace, WebClient], None]) -> None:
    """Do the work for every workspace. One that fails holds up no other; the first error is raised at the end."""
    failed: list[Exception] = []
    for team in workspaces.teams():
        try:
            work(workspaces.workspace(team), workspaces.client(team))
        except NotInstalledError:
            continue  # it left a moment ago
        except Exception as error:  # of whatever kind: it is this workspace's alone
            _log.warning("work for a workspace failed", workspace=team, error=type(error).__name__)
            failed.append(error)
    if failed:
        raise failed[0]


def sources_of(workspaces: Workspaces) -> list[Sources]:
    """Return the sources of each workspace."""
    return [workspaces.workspace(team).sources for team in workspaces.teams()]


def stored_sources(settings: Settings, library: Library, store: Database | None) -> list[Sources]:
    """Return the sources of the command line, and of each workspace that has the app or once installed it."""
    own = Sources(library.local, settings.fetch_hosts)
    if store is None:
        return [own]
    with store.reading() as connection:
        teams = installations.every_team(connection)
    return [own, *(Sources(library.of(team), (), downloader=own.downloader) for team in teams)]


class CountedSources(Sources):
    """The sources of a team; every look is counted, whoever asked for it."""

    def check(self, source: Source, **how: Any) -> Refreshed:
        """Check one source now; `how` as in `Sources.check`."""
        result = super().check(source, **how)
        looked = "busy" if result.busy else "failed" if result.error is not None else "ok"
        SOURCE_CHECKS.labels(looked).inc()
        for outcome, count in result.counts.items():
            SOURCE_ARTICLES.labels(str(outcome)).inc(count)
        SOURCE_ARTICLES.labels("failed").inc(len(result.failed))
        return result
