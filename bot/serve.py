"""`topicbot run`: the Slack app in Socket Mode or over HTTP, from its checks at start to its end on SIGTERM."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from bot.app import build_app, inbox_of, own_identity
from bot.client import bot_client
from bot.config import Settings, SettingsError, setting_name
from bot.connection import connected
from bot.lock import alone
from bot.operations.health import Health
from bot.operations.server import operations_server
from bot.refresher import Refresher
from bot.slack import SCOPES, SlackRefusedError, header
from bot.store import ledger, open_store
from bot.upkeep import Upkeep
from bot.web import http_server, wsgi
from bot.workspaces import InstalledWorkspaces, OneWorkspace, Workspaces, open_workspace
from embeddings.library import Library

FINISH_SECONDS = 20.0
"""How long work in hand may take after SIGTERM. What is left is taken up at the next start."""

_TURN_SECONDS = 0.001  # how long a thread may keep others waiting that come back from SQLite, Slack or the model
_WORDS, _NAMED = 40, 10
_log = structlog.get_logger("topicbot.run")


def check_settings(settings: Settings, *, http: bool) -> None:
    """Raise `SettingsError` listing every setting that this mode lacks and where in Slack's pages it is."""
    needed = ["slack_bot_token", "slack_signing_secret" if http else "slack_app_token"]
    if settings.many_workspaces:
        _check_way(settings, http=http)
        needed = ["slack_client_id", "slack_client_secret", "token_keys", "slack_signing_secret"]
    missing = [name for name in needed if not getattr(settings, name)]
    if missing:
        fields = Settings.model_fields
        lines = [f"  {setting_name(name)}: {fields[name].description}" for name in missing]
        raise SettingsError(
            "These settings are missing. Put them into .env or the environment; your app's pages are at "
            "https://api.slack.com/apps.\n" + "\n".join(lines)
        )


def _check_way(settings: Settings, *, http: bool) -> None:
    """Raise `SettingsError` for what doesn't go together with OAuth."""
    if settings.slack_bot_token is not None:
        raise SettingsError(
            "SLACK_BOT_TOKEN is for one workspace, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are for many. Take the "
            "one or the others out."
        )
    if not http:
        raise SettingsError("Many workspaces (SLACK_CLIENT_ID) need a public address: run with --http.")


def check_token(settings: Settings) -> AuthorizeResult:
    """Whose the bot token is. Raises `SlackRefusedError` when it can't be used."""
    try:
        found = bot_client(settings).auth_test()
    except SlackApiError as error:
        raise SlackRefusedError(
            f"Slack refuses SLACK_BOT_TOKEN ({error.response.get('error')}). Copy it again from OAuth & "
            "Permissions in your app's pages, after installing the app to the workspace."
        ) from error
    except OSError as error:
        raise SlackRefusedError(
            f"Slack can't be reached at {settings.slack_api_url} ({getattr(error, 'reason', error)}). Check the "
            "network and SLACK_API_URL."
        ) from error
    granted = header(found.headers, "x-oauth-scopes")
    lacking = sorted(SCOPES - {scope.strip() for scope in granted.split(",")}) if granted else []
    if lacking:
        raise SlackRefusedError(
            f"The bot token lacks the scopes {', '.join(lacking)}. Put deploy/slack-manifest.json into your app's "
            "pages under App Manifest, and install the app again."
        )
    return own_identity(found, settings)


def serve(settings: Settings, library: Library, *, address: tuple[str, int] | None) -> None:
    """Serve until SIGTERM or SIGINT: over HTTP at `address`, or in Socket Mode without one.

    `check_settings` must have found nothing missing. A second process on the same folder is refused at once; on
    one PostgreSQL database there may be several.
    """
    one_alone = alone(settings.data_dir) if settings.database is None else nullcontext()
    with one_alone, closing(open_store(settings.data_dir, settings.database)) as store:
        health = Health(settings, library, store)
        with operations_server(health):
            serving = _installed(health) if settings.many_workspaces else _own(health)
            _warm_up(library)
            health.is_warm = True
            with _until_ended() as ended:
                _run(health, *serving, address, ended)


def _own(health: Health) -> tuple[App, Workspaces]:
    """The app of the workspace of the bot token."""
    settings, library, store = health.settings, health.library, health.store
    own = check_token(settings)
    health.team = str(own.team_id)
    app = build_app(settings, library, store=store, own=own)
    return app, OneWorkspace(open_workspace(health.team, settings, library, store), bot_client(settings))


def _installed(health: Health) -> tuple[App, Workspaces]:
    """The app of the workspaces that install it."""
    installed = InstalledWorkspaces(health.settings, health.library, health.store)
    installed.prepare()
    health.workspaces = installed
    return build_app(health.settings, health.library, store=health.store, installed=installed), installed


def _warm_up(library: Library) -> None:
    """Load all that the first question would wait for, and keep it out of later collections' way."""
    library.warm(wait=False, scopes=True)
    library.ask("What is new?")
    for words in range(1, _WORDS + 1):  # OpenVINO prepares itself for each length of text that it meets
        library.encoder.encode(["what " * words])
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_TURN_SECONDS)


def _run(
    health: Health, app: App, workspaces: Workspaces, address: tuple[str, int] | None, ended: threading.Event
) -> None:
    settings, store, inbox = health.settings, health.store, inbox_of(app)
    health.waiting = inbox.waiting
    # Before anything new comes in, which must not be taken for unfinished.
    if settings.database is None:
        with store.writing() as connection:
            for team in workspaces.teams():
                ledger.let_go(connection, team, datetime.now(UTC))  # `alone` holds: nobody posts them
        left = inbox.resume()
    else:
        left = inbox.share()
    with listening(app, settings, address, health) as bound:
        upkeep = Upkeep(workspaces)
        refresher = Refresher(workspaces) if settings.refresh_sources else None
        where = f"http://{bound[0]}:{bound[1]}" if bound else "Socket Mode"
        served = " ".join(workspaces.teams()[:_NAMED])
        _log.info("serving", workspace=served, address=where, unfinished=left)
        ended.wait()
        health.is_ending = True
        _log.info("ending", waiting=inbox.waiting())
    inbox.close(FINISH_SECONDS)
    upkeep.stop()
    if refresher is not None:
        refresher.stop()
    _log.info("ended", left=inbox.waiting())


@contextmanager
def _until_ended() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    ended = threading.Event()
    kept = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextmanager
def listening(
    app: App, settings: Settings, address: tuple[str, int] | None, health: Health | None = None
) -> Iterator[tuple[str, int] | None]:
    """Take deliveries in; on leaving, take no more. Gives the address that is listened on; port 0 is any free one.

    `health` is told how to see whether Slack is connected.

    Raises `SettingsError` when the address can't be listened on.
    """
    if address is None:
        with connected(app, settings) as client:
            if health is not None:
                health.connected = client.is_connected
            yield None
        return
    with http_server(wsgi(app), address, advice="Choose another --host or --port.") as bound:
        if health is not None:
            health.connected = lambda: True
        yield bound
