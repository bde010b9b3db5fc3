"""How Slack's events arrive in Socket Mode; over HTTP they come by `http`."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from time import monotonic, sleep

from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.interval_runner import IntervalRunner
from slack_sdk.socket_mode.websocket_client import SocketModeClient
from websocket import WebSocketApp, WebSocketException

from bot.config import Settings
from bot.slack.client import web_client
from bot.slack.messages import SlackRefusedError, retry_after

_CONNECT_SECONDS = 10.0


@contextmanager
def connected(app: App, settings: Settings) -> Iterator[SocketModeClient]:
    """Take deliveries in over Socket Mode; stop on leaving. Raises `SlackRefusedError`."""
    client = _socket(app, settings).client
    client.on_message_listeners.append(_release)
    try:
        _connect(client)
        yield client
    finally:
        _hang_up(client)


def _socket(app: App, settings: Settings) -> SocketModeHandler:
    """Socket Mode on websocket-client: it notices a dead server at once and tries again every half second."""
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    return SocketModeHandler(app, app_token=token, web_client=web_client(token, settings.slack_api_url))


def _connect(client: SocketModeClient) -> None:
    """Return once connected, or after a while: once it was begun, the client goes on trying.

    Raises `SlackRefusedError` when Slack does not take the app token, or stays away.
    """
    deadline = monotonic() + _CONNECT_SECONDS
    # Its runner looks every half second whether there is a connection: one that starts with the connection reads
    # at once.
    client.current_session_runner.shutdown()  # type: ignore[no-untyped-call]
    client.current_app_monitor_started = (
        True  # else `connect` starts it, and it checks before anything can be connected
    )
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
    client.current_session_runner = IntervalRunner(client._run_current_session, 0.5).start()
    while not client.is_connected() and monotonic() < deadline:
        sleep(0.02)
    client.current_app_monitor.start()  # checks the connection now and then, and makes another


def _reason(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__


def _release(session: WebSocketApp, message: str) -> None:
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
