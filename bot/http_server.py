"""A small WSGI server for Slack's requests and the operators'."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from cheroot.wsgi import Server

from bot.config import SettingsError

_LARGEST_REQUEST = 1_000_000
_THREADS, _BACKLOG = 32, 256
_REQUEST_SECONDS = 3  # longer than Slack takes to send a request: who is slower is cut off
_log = structlog.get_logger("topicbot.run")


class _HttpServer(Server):
    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """The server's own complaints. They may quote a request, so only that there was one is said."""
        _log.log(level, "a connection failed", broken=traceback)


HEALTH_PATH = "/healthz"
"""Answered by every server of the bot's as long as the process lives."""


def _with_health(application: Callable[..., Any]) -> Callable[..., Any]:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") != HEALTH_PATH:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else b"ok\n"]

    return answer


@contextmanager
def http_server(
    application: Callable[..., Any], address: tuple[str, int], *, threads: int = _THREADS, advice: str
) -> Iterator[tuple[str, int]]:
    """Serve the WSGI application; gives the address that is listened on, port 0 being any free one.

    Raises `SettingsError`, ending with the advice, when the address can't be listened on.
    """
    server = _HttpServer(
        address,
        _with_health(application),
        numthreads=threads,
        request_queue_size=_BACKLOG,
        timeout=_REQUEST_SECONDS,
    )
    server.max_request_body_size = _LARGEST_REQUEST
    try:
        server.prepare()
    except OSError as error:
        raise SettingsError(f"Can't listen at {address[0]}:{address[1]} ({error}). {advice}") from error
    thread = threading.Thread(target=server.serve, name="http", daemon=True)
    thread.start()
    try:
        yield server.bind_addr
    finally:
        server.stop()
        thread.join()
