"""`topicbot run`: the Slack app in Socket Mode or over HTTP, from its checks at start to its end on SIGTERM."""

from __future__ import annotations

import fcntl
import gc
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import structlog
from cheroot.wsgi import Server
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.websocket_client import SocketModeClient
from websocket import WebSocketApp, WebSocketException

from bot.app import build_app, inbox_of, open_workspace, own_identity
from bot.config import Settings, SettingsError, setting_name
from bot.refresher import Refresher
from bot.slack import SCOPES, bot_client, header, retry_after, web_client
from bot.store import ledger, open_store
from bot.upkeep import Upkeep
from embeddings.errors import TopicbotError
from embeddings.library import Library

LOCK_FILE = "run.lock"
EVENTS_PATH, HEALTH_PATH = "/slack/events", "/healthz"
FINISH_SECONDS = 20.0
"""How long work in hand may take after SIGTERM. What is left is taken up at the next start."""

_LARGEST_REQUEST = 1_000_000
_HTTP_THREADS, _BACKLOG = 32, 256
_REQUEST_SECONDS = 3  # longer than Slack takes to send a request: who is slower is cut off
_CONNECT_SECONDS = 10.0
_TURN_SECONDS = 0.001  # how long a thread may keep others waiting that come back from SQLite, Slack or the model
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
    with alone(settings.data_dir) if settings.database is None else nullcontext():
        own = check_token(settings)
        _warm_up(library)
        _run(settings, library, own, address)


def _warm_up(library: Library) -> None:
    """Load all that the first question would wait for, and keep it out of later collections' way."""
    library.warm(wait=False)
    library.ask("What is new?")
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_TURN_SECONDS)


def _run(settings: Settings, library: Library, own: AuthorizeResult, address: tuple[str, int] | None) -> None:
    with _until_ended() as ended:
        store = open_store(settings.data_dir, settings.database)
        app = build_app(settings, library, store=store, own=own)
        inbox = inbox_of(app)
        if settings.database is None:
            with store.writing() as connection:
                ledger.let_go(connection, str(own.team_id), datetime.now(UTC))  # `alone` holds: nobody posts them
        left = (
            inbox.resume() if settings.database is None else inbox.share()
        )  # before anything new comes in, which must not be taken for unfinished
        with listening(app, settings, address) as bound:
            workspace, client = open_workspace(str(own.team_id), settings, library, store), bot_client(settings)
            upkeep = Upkeep(workspace, client)
            refresher = Refresher(workspace, client) if settings.refresh_sources else None
            where = f"http://{bound[0]}:{bound[1]}" if bound else "Socket Mode"
            _log.info("serving", workspace=own.team_id, address=where, unfinished=left)
            ended.wait()
            _log.info("ending", waiting=inbox.waiting())
        inbox.close(FINISH_SECONDS)
        upkeep.stop()
        if refresher is not None:
            refresher.stop()
        store.close()
        _log.info("ended", left=inbox.waiting())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second `topicbot run` off the folder: both would work off the same deliveries.

    Raises `SettingsError` when there is one already.
    """
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"Another `topicbot run` works with {folder}. End it first, or set another TOPICBOT_DATA_DIR."
            ) from error
        yield


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
def listening(app: App, settings: Settings, address: tuple[str, int] | None) -> Iterator[tuple[str, int] | None]:
    """Take deliveries in; on leaving, take no more. Gives the address that is listened on; port 0 is any free one.

    Raises `SettingsError` when the address can't be listened on.
    """
    if address is None:
        client = _socket(app, settings).client
        client.on_message_listeners.append(_let_go)
        try:
            _connect(client)
            yield None
        finally:
            _hang_up(client)
        return
    server = _HttpServer(
        address, wsgi(app), numthreads=_HTTP_THREADS, request_queue_size=_BACKLOG, timeout=_REQUEST_SECONDS
    )
    server.max_request_body_size = _LARGEST_REQUEST
    try:
        server.prepare()
    except OSError as error:
        raise SettingsError(f"Can't listen ({error}). Choose another --host or --port.") from error
    thread = threading.Thread(target=server.serve, name="http", daemon=True)
    thread.start()
    try:
        yield server.bind_addr
    finally:
        server.stop()
        thread.join()


class _HttpServer(Server):
    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """The server's own complaints. They may quote a request, so only that there was one is said."""
        _log.log(level, "a connection failed", broken=traceback)


def _socket(app: App, settings: Settings) -> SocketModeHandler:
    """Socket Mode on websocket-client: it notices a dead server at once and tries again every half second."""
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    return SocketModeHandler(app, app_token=token, web_client=web_client(token, settings.slack_api_url))


def _connect(client: SocketModeClient) -> None:
    """Return once the connection stands, or after a while: once it was begun, the client goes on trying.

    Raises `SlackRefusedError` when Slack does not take the app token, or stays away.
    """
    deadline = monotonic() + _CONNECT_SECONDS
    while True:
        try:
            client.connect()
            break
        except (SlackApiError, OSError, HTTPException) as error:
            if retry_after(error) is None:
                raise SlackRefusedError(
                    f"Slack refuses SLACK_APP_TOKEN ({_reason(error)}). Make one with the scope connections:write "
                    "under Basic Information, App-Level Tokens, and see that Socket Mode is on."
                ) from error
            if monotonic() > deadline:
                raise SlackRefusedError(
                    f"Slack does not open a connection ({_reason(error)}). Try again."
                ) from error
            sleep(1)
    while not client.is_connected() and monotonic() < deadline:
        sleep(0.02)


def _reason(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__


def _let_go(session: WebSocketApp, message: str) -> None:
    """When Slack asks for a new connection, stop reading from this one at once.

    The client closes it too, but its reader would wait on the closed socket for up to ten seconds before it turns
    to the new one.
    """
    if json.loads(message).get("type") == "disconnect":
        session.keep_running = False


def _hang_up(client: SocketModeClient) -> None:
    """Close the connection and end the client's threads.

    Its own `close` would leave the reader waiting as well.
    """
    client.auto_reconnect_enabled = False
    connection = client.current_session.sock if client.current_session else None
    wire = connection.sock if connection is not None else None
    if connection is not None and wire is not None:
        with suppress(OSError, WebSocketException):  # it may be gone already
            connection.send_close()
            wire.shutdown(socket.SHUT_RDWR)
    client.closed = True
    client.message_queue.put(None)  # wakes the thread that waits for messages, so that it sees the end
    client.close()
    if wire is not None:
        wire.close()


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
