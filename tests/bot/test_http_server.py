"""The HTTP server: slow, silent, huge and doubtful clients cost the others nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.config import SettingsError
from bot.http_server import MAX_BODY_BYTES, http_server

SECONDS = 1.0
PATIENCE = 300.0
"""Seconds that other servers wait for a request, and that a drip goes on at most: a busy machine needs some."""


async def greet(_: Request) -> Response:
    return PlainTextResponse("hello")


async def measure(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


APPLICATION = Starlette(routes=[Route("/", greet), Route("/measure", measure, methods=["POST"])])


@pytest.fixture
def port() -> Iterator[int]:
    with http_server(
        APPLICATION, ("127.0.0.1", 0), advice="", request_seconds=PATIENCE, max_connections=20
    ) as bound:
        yield bound[1]


@pytest.fixture
def hurried() -> Iterator[int]:
    """The port of a server that soon ends a request."""
    address = ("127.0.0.1", 0)
    with http_server(APPLICATION, address, advice="", request_seconds=SECONDS, max_connections=20) as bound:
        yield bound[1]


def opened(port: int, sent: bytes = b"") -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", port), timeout=300)
    wire.sendall(sent)
    return wire


def answer_to(port: int, sent: bytes) -> bytes:
    with opened(port, sent) as wire:
        taken = b""
        try:
            while more := wire.recv(65536):
                taken += more
        except ConnectionResetError:  # it was cut off while still sending
            pass
        return taken


def test_idle_connections_keep_nobody_out(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(opened(port))
        began = time.monotonic()
        assert answer_to(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"hello")
        assert time.monotonic() - began < PATIENCE / 2  # not only when the idle ones are cut off


def seconds_until_cut_off(wire: socket.socket, drop: bytes) -> float:
    """How long it takes until the server closes a connection into which these bytes drip."""
    began = time.monotonic()
    wire.settimeout(SECONDS / 10)
    while time.monotonic() - began < PATIENCE:
        try:
            wire.sendall(drop)
            if wire.recv(100) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


BODY = b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n"


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: ", BODY])
def test_who_drips_is_cut_off_when_the_time_for_a_request_is_over(hurried: int, begun: bytes) -> None:
    with opened(hurried, begun) as wire:
        assert SECONDS * 0.9 < seconds_until_cut_off(wire, b"a" if begun else b"") < PATIENCE


def test_who_drips_after_an_answer_is_cut_off_too(hurried: int) -> None:
    with opened(hurried, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as wire:
        assert wire.recv(65536).startswith(b"HTTP/1.1 200")
        assert seconds_until_cut_off(wire, b"G") < PATIENCE


def test_headers_and_bodies_have_a_largest_size(port: int) -> None:
    headers = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"a" * 2_000_000
    assert answer_to(port, headers)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    url = f"http://127.0.0.1:{port}/measure"
    assert httpx.post(url, content=b"a" * MAX_BODY_BYTES, timeout=300).text == str(MAX_BODY_BYTES)
    assert httpx.post(url, content=b"a" * (MAX_BODY_BYTES + 1), timeout=300).status_code == 413
    assert httpx.post(url, content=iter([b"a" * 300_000] * 5), timeout=300).status_code == 413, "nor in chunks"


def test_a_request_that_can_be_read_in_two_ways_is_refused(port: int) -> None:
    sent = b"POST /measure HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = answer_to(port, sent + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"hello" not in answer


def test_every_answer_has_the_safe_headers(port: int) -> None:
    for path in ("/", "/nowhere"):
        headers = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=300).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_an_address_in_use_is_named(port: int) -> None:
    again = http_server(APPLICATION, ("127.0.0.1", port), advice="Choose another port.")
    with pytest.raises(SettingsError, match=rf"127.0.0.1:{port}.*Choose another"), again:
        pass
