"""A web server on 127.0.0.1 whose pages a test lays out, and which notes who asked for what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOCAL = {"127.0.0.1"}
TEXTS = [
    "The World Internet Conference opened in Wuzhen on 26 September 2021, and leaders of the country's largest "
    "firms spoke about small businesses and their needs.",
    "Alibaba said that it would invest 100 billion yuan by 2025 in what it called common prosperity, while "
    "others promised loans, training and cheaper cloud services.",
]
Answer = Callable[[BaseHTTPRequestHandler], None]


def page(head: str = "") -> bytes:
    body = "".join(f"<p>{text}</p>" for text in TEXTS)
    return (
        f"<!DOCTYPE html><html><head><title>Summit opens</title>{head}</head>"
        f"<body><nav><a href='/'>Home</a></nav><article><h1>Summit opens</h1>{body}</article></body></html>"
    ).encode()


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Answer:
    """An answer with this body; `Content_Type="text/html"` unless the headers say otherwise."""

    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Type": "text/html", "Content_Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return send


def redirect(to: str, status: int = 302) -> Answer:
    return answer(status=status, Location=to)


@dataclass
class Site:
    """A web server on 127.0.0.1: a test lays out its pages and sees who asked for which."""

    port: int
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def web_site() -> Iterator[Site]:
    """A site that answers until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers["Host"]))
            found.headers.append(dict(self.headers))
            with suppress(ConnectionError):
                found.pages.get(self.path, answer(status=404))(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # closing waits for the answers under way
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        found = Site(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()
