"""A Bolt app on the stand-in, over Socket Mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.websocket_client import SocketModeClient

from tests.slack_server.server import SlackServer


@contextmanager
def connected(app: App, slack: SlackServer) -> Iterator[SocketModeHandler]:
    """Connects `app`, gives its handler, and closes it without the seconds that this client may take by itself."""
    web_client = WebClient(slack.app_token, base_url=slack.api_url)
    handler = SocketModeHandler(app, slack.app_token, web_client=web_client)
    try:
        before = slack.connections
        handler.client.connect()
        slack.wait_for(lambda: slack.connections > before, what="the connection")
        yield handler
    finally:
        close(handler, slack)


def close(handler: SocketModeHandler, slack: SlackServer) -> None:
    """Close a handler, its connection first.

    websocket-client closes its socket under a `select` that often does not notice, and then waits out ten seconds.
    Told to stop, it does so with the next frame that comes. Its queue, too, is looked at once a second only,
    unless something is in it.
    """
    client: SocketModeClient = handler.client
    client.auto_reconnect_enabled = False

    def ended() -> bool:
        session = client.current_session
        if session is None or session.sock is None:
            return True
        session.keep_running = False
        slack.ping_sockets()
        return False

    slack.wait_for(ended, what="the end of the connection")
    client.closed = True
    client.enqueue_message("")
    client.close()
