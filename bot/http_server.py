"""The HTTP server for Slack, people and operators: uvicorn, with limits that slow and silent clients can't pass.

A client has `REQUEST_SECONDS` to send a whole request, however it drips; headers and bodies have a largest size.
Past `MAX_CONNECTIONS` the connection that has waited longest without a whole request is closed: idle ones keep
nobody out.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import structlog
import uvicorn
from h11 import DONE, MUST_CLOSE
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.config import SettingsError

REQUEST_SECONDS = 5.0
"""How long a client may take for a whole request, and to read what waits for it. Slack takes milliseconds."""

MAX_CONNECTIONS = 4_000
MAX_BODY_BYTES = 1_000_000
_MAX_HEADER_BYTES = 16_384
HEALTH_PATH = "/healthz"
"""Answered by every server of the bot's, from its event loop: no work and no database can keep it waiting."""

NO_UPLOADS: Mapping[str, int] = {}

_BACKLOG = 512  # as many are accepted in one turn of the event loop, which answers nobody until then
_OPEN_FILES = 16_384
_PORTS = 3  # what of the open files one port may take: there are two ports, and databases
_STOP_SECONDS = 10
_log = structlog.get_logger("topicbot.run")


@contextmanager
def http_server(
    application: ASGIApp,
    address: tuple[str, int],
    *,
    advice: str,
    request_seconds: float = REQUEST_SECONDS,
    max_connections: int = MAX_CONNECTIONS,
    uploads: Mapping[str, int] = NO_UPLOADS,
) -> Iterator[tuple[str, int]]:
    """Serve the ASGI application on a thread of its own; yields the address, port 0 being any free one.

    `uploads` are paths whose bodies may hold that many bytes, and may take longer than others: as long as the
    application reads on and something comes every `request_seconds`.

    Raises `SettingsError`, ending with the advice, when the address can't be listened on.
    """
    listener = _listen(address, advice)
    most = min(max_connections, _open_files() // _PORTS)
    server = uvicorn.Server(
        uvicorn.Config(
            Guard(application, uploads),
            http=_limited(request_seconds, most, frozenset(uploads)),
            loop="asyncio",
            ws="none",
            lifespan="auto",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=max(1, int(request_seconds)),
            timeout_graceful_shutdown=_STOP_SECONDS,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            backlog=_BACKLOG,
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), name="http", daemon=True)
    thread.start()
    try:
        bound = listener.getsockname()
        yield bound[0], bound[1]
    finally:
        server.should_exit = True
        thread.join()


def _listen(address: tuple[str, int], advice: str) -> socket.socket:
    try:
        family, kind, number, _, resolved = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, number)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(resolved)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise SettingsError(f"Can't listen at {address[0]}:{address[1]} ({error}). {advice}") from error
    listener.setblocking(False)
    return listener


def _open_files() -> int:
    """Return how many files may be open, after raising the soft limit, often 1,024: two full ports need more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _limited(request_seconds: float, max_connections: int, slow_paths: frozenset[str]) -> type[H11Protocol]:
    """Return uvicorn's protocol with a deadline for each request and a cap on the server's connections."""
    waiting: dict[Limited, None] = {}  # connections without a whole request, those that wait longest first

    class Limited(H11Protocol):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._deadline: asyncio.TimerHandle | None = None
            self._read_deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > max_connections:
                next(iter(waiting), self).abort()
            if not transport.is_closing():
                self._await_request()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            self.resume_writing()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state in (DONE, MUST_CLOSE):
                self._stop_waiting()
            elif self._is_uploading():
                self._await_request()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            # A pipelined request may have come with the last one; then this connection waits for nothing.
            if not self.transport.is_closing() and self.conn.their_state not in (DONE, MUST_CLOSE):
                self._await_request()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._read_deadline = self.loop.call_later(request_seconds, self.abort)

        def resume_writing(self) -> None:
            if self._read_deadline is not None:
                self._read_deadline.cancel()
                self._read_deadline = None
            if self.flow is not None:
                super().resume_writing()

        def abort(self) -> None:
            self._stop_waiting()
            self.transport.abort()

        def _is_uploading(self) -> bool:
            """Return whether an application reads a long body: nobody is kept who was answered already."""
            is_read = self.cycle is not None and not self.cycle.response_started
            return is_read and self.scope is not None and self.scope["path"] in slow_paths

        def _await_request(self) -> None:
            self._stop_waiting()
            waiting[self] = None
            self._deadline = self.loop.call_later(request_seconds, self.abort)

        def _stop_waiting(self) -> None:
            waiting.pop(self, None)
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Limited


class Guard:
    """Refuse requests that are too large or can be read in two ways, and give every answer the same safe headers.

    An application that sets one of the headers keeps its own value.
    """

    def __init__(self, application: ASGIApp, uploads: Mapping[str, int] = NO_UPLOADS) -> None:
        self._application, self._uploads = application, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers, taken = Headers(scope=scope), 0
        most = self._uploads.get(scope["path"], MAX_BODY_BYTES) if scope["method"] == "POST" else MAX_BODY_BYTES
        words = f"A request holds at most {most:,} bytes."

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, words, {"Connection": "close"})
            return message

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                for name, value in _SAFE_HEADERS.items():
                    MutableHeaders(scope=message).setdefault(name, value)
            await send(message)

        if "content-length" in headers and "transfer-encoding" in headers:
            await _refuse(headers, 400, "A request has Content-Length or Transfer-Encoding, not both.")(
                scope, receive, guarded
            )
        elif scope["path"] == HEALTH_PATH:
            await PlainTextResponse("ok\n")(scope, receive, guarded)
        elif int(headers.get("content-length", "0")) > most:
            await _refuse(headers, 413, words)(scope, receive, guarded)
        else:
            with suppress(ClientDisconnect):  # it left, or was cut off: nobody waits for an answer
                await self._application(scope, limited, guarded)


_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _refuse(headers: Headers, status: int, words: str) -> Response:
    """Return an answer after which the connection is closed: what follows on it can't be trusted.

    A browser gets plain words, a program problem details (RFC 9457).
    """
    close = {"Connection": "close"}
    if "text/html" in headers.get("accept", ""):
        return PlainTextResponse(words + "\n", status, close)
    shape = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": words}
    return JSONResponse(shape, status, close, "application/problem+json")
