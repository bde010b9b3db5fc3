"""`topicbot run`: the Slack app in Socket Mode or over HTTP, from its checks at start to its end on SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk.errors import SlackApiError
from waitress.server import create_server

from bot.app import build_app, inbox_of, open_store, open_workspace
from bot.config import Settings, SettingsError, setting_name
from bot.slack import SCOPES, bot_client, web_client
from bot.upkeep import Upkeep
from embeddings.errors import TopicbotError
from embeddings.library import Library

EVENTS_PATH, HEALTH_PATH = "/slack/events", "/healthz"
FINISH_SECONDS = 20.0
"""How long work in hand may take after SIGTERM. What is left is taken up at the next start."""

_LARGEST_REQUEST = 1_000_000
_HTTP_THREADS = 8
_log = structlog.get_logger("topicbot.run")


class SlackRefusedError(TopicbotError):
    """Slack does not take the token, or the token lacks scopes."""


def check_settings(settings: Settings, *, http: bool) -> None:
    """Raise `SettingsError` listing every setting that this mode lacks and where in Slack's pages it is."""
    needed = ["slack_bot_token", "slack_signing_secret" if http else "slack_app_token"]
    missing = [name for name in needed if getattr(settings, name) is None]
    if missing:
        fields = Settings.model_fields
        lines = [f"  {setting_name(name)}: {fields[name].description}" for name in missing]
        raise SettingsError(
            "These settings are missing. Put them into .env or the environment; your app's pages are at "
            "https://api.slack.com/apps.\n" + "\n".join(lines)
        )


def check_token(settings: Settings) -> str:
    """The id of the workspace that the bot token is for. Raises `SlackRefusedError` when it can't be used."""
    try:
        found = bot_client(settings).auth_test()
    except SlackApiError as error:
        raise SlackRefusedError(
            f"Slack refuses SLACK_BOT_TOKEN ({error.response.get('error')}). Copy it again from OAuth & "
            "Permissions in your app's pages, after installing the app to the workspace."
        ) from error
    except (OSError, URLError) as error:
        raise SlackRefusedError(
            f"Slack can't be reached at {settings.slack_api_url} ({getattr(error, 'reason', error)}). Check the "
            "network and SLACK_API_URL."
        ) from error
    granted = {name.lower(): value for name, value in found.headers.items()}.get("x-oauth-scopes")
    lacking = sorted(SCOPES - {scope.strip() for scope in str(granted).split(",")}) if granted else []
    if lacking:
        raise SlackRefusedError(
            f"The bot token lacks the scopes {', '.join(lacking)}. Put deploy/slack-manifest.json into your app's "
            "pages under App Manifest, and install the app again."
        )
    return str(found["team_id"])


def serve(settings: Settings, library: Library, *, address: tuple[str, int] | None) -> None:
    """Serve until SIGTERM or SIGINT: over HTTP at `address`, or in Socket Mode without one."""
    check_settings(settings, http=address is not None)
    team = check_token(settings)
    library.warm()
    library.encoder.encode(["warm"])
    store = open_store(settings.data_dir)
    app = build_app(settings, library, store=store)
    inbox = inbox_of(app)
    with _until_ended() as ended, _listening(app, settings, address, ended):
        left = inbox.resume()
        upkeep = Upkeep(open_workspace(team, settings, library, store), bot_client(settings))
        _log.info("serving", workspace=team, mode="http" if address else "socket", unfinished=left)
        ended.wait()
        _log.info("ending", waiting=inbox.waiting())
    upkeep.stop()
    inbox.close(FINISH_SECONDS)
    store.close()
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
def _listening(
    app: App, settings: Settings, address: tuple[str, int] | None, ended: threading.Event
) -> Iterator[None]:
    """Take deliveries in; on leaving, take no more."""
    if address is None:
        handler = _socket(app, settings)
        handler.client.connect()
        try:
            yield
        finally:
            handler.client.close()
        return
    try:
        server = create_server(
            wsgi(app),
            host=address[0],
            port=address[1],
            threads=_HTTP_THREADS,
            max_request_body_size=_LARGEST_REQUEST,
            ident=None,
        )
    except OSError as error:
        raise SettingsError(
            f"Can't listen on {address[0]}:{address[1]} ({error.strerror}). Choose another --host or --port."
        ) from error
    thread = threading.Thread(target=_run_server, args=(server, ended), name="http", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.task_dispatcher.shutdown(cancel_pending=False, timeout=5)
        server.close()


def _run_server(server: Any, ended: threading.Event) -> None:
    try:
        server.run()
    finally:
        ended.set()


def _socket(app: App, settings: Settings) -> SocketModeHandler:
    """Socket Mode on websocket-client: it notices a dead server at once and tries again every half second."""
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    return SocketModeHandler(app, app_token=token, web_client=web_client(token, settings.slack_api_url))


def wsgi(app: App) -> Callable[..., Any]:
    """The WSGI application: everything of Slack's at /slack/events, and /healthz."""
    slack = SlackRequestHandler(app, path=EVENTS_PATH)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") == HEALTH_PATH:
            start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"ok\n"]

        def answered(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if status.startswith("401"):
                _log.warning("refused", reason="the signature is wrong or too old")
            return start_response(status, headers, *more)

        return slack(environ, answered)

    return application
