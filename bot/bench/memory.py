"""How much memory `topicbot run` takes: a process of its own, asked over HTTP, beside a stand-in for Slack."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO, Any
from urllib.parse import urlencode
from uuid import uuid4

from bot.bench.corpus import fill, material_of
from bot.bench.timing import Progress
from bot.config import Settings, setting_name
from embeddings.encoding.encoder import Encoder
from embeddings.errors import TopicbotError
from embeddings.evaluate.questions import read_questions
from embeddings.library import Library

_QUESTIONS, _OK = 100, 200
_SECONDS, _STEP = 300.0, 0.1
_SECRET = "bench"  # noqa: S105  # of the stand-in
_ADDRESS = re.compile(r'"address": ?"http://[^"]*:(\d+)"')
_KIB, _MEGABYTE = 1024, 1e6
_SLACK: dict[str, Any] = {
    "ok": True,
    "team_id": "T1",
    "user_id": "UBOT",
    "bot_id": "BBOT",
    "channel": "C1",
    "ts": "1.000001",
    "user": {"id": "U1", "name": "ann", "tz": "UTC", "locale": "en-US", "profile": {}},
    "channels": [],
    "members": [],
}
"""What the stand-in answers to every method: enough for a bot that is asked by a command."""


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """Megabytes of `topicbot run`, once it serves and after the questions; `own` is what no file backs."""

    paragraphs: int
    questions: int
    started: float
    started_own: float
    resident: float
    own: float
    peak: float


def bench_memory(
    questions_file: Path,
    articles: Sequence[Path],
    sizes: Sequence[int],
    settings: Settings,
    encoder: Encoder,
    progress: Progress,
) -> Iterator[MemoryFigures]:
    """Fill libraries of these sizes with recombined paragraphs of `articles`, and ask a bot over each.

    The bot has the model and the encoder backend of the settings. Raises `TopicbotError` when it does not answer.
    """
    asked = [one.question for one in read_questions(questions_file)]
    if not asked:
        raise TopicbotError(f"{questions_file} has no questions to ask. Name another file.")
    questions = [f"{asked[number % len(asked)]} ({number})" for number in range(_QUESTIONS)]  # none is known
    given = material_of(articles, encoder, progress)
    for size in sizes:
        with TemporaryDirectory() as folder:
            with Library(folder, encoder) as library, progress(f"Filling {size:,}") as advance:
                fill(library, given, size, advance)
                library.warm()
            with progress(f"Asking a bot over {size:,}"):
                yield measure(Path(folder), settings, size, questions)


def measure(folder: Path, settings: Settings, paragraphs: int, questions: Sequence[str]) -> MemoryFigures:
    """Start the bot over the library in `folder`, put the questions, and return what it takes.

    Raises `TopicbotError` when it does not start or answer.
    """
    with _slack() as slack, _running(folder, settings, slack.address) as (process, port):
        before = _status(process.pid)
        for question in questions:
            _ask(port, slack.address, question)
        _wait(lambda: len(slack.answers) >= len(questions), process, "answer")
        after = _status(process.pid)
    return MemoryFigures(
        paragraphs,
        len(questions),
        before["VmRSS"],
        before["RssAnon"],
        after["VmRSS"],
        after["RssAnon"],
        after["VmHWM"],
    )


@dataclass(frozen=True, slots=True)
class _Slack:
    """The stand-in's address, and what was sent to the addresses for replies."""

    address: str
    answers: list[bytes]


@contextmanager
def _slack() -> Iterator[_Slack]:
    """Answer every method of Slack's with success, and keep the answers to commands."""
    answers: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/reply":
                answers.append(body)
            said = json.dumps(_SLACK).encode()
            self.send_response(_OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield _Slack(f"http://127.0.0.1:{server.server_port}", answers)
        server.shutdown()


@contextmanager
def _running(folder: Path, settings: Settings, slack: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Yield `topicbot run --http` over the library in `folder` once it serves, and its port; then end it."""
    own = {
        setting_name("data_dir"): str(folder),
        setting_name("encoder_backend"): settings.encoder_backend,
        setting_name("embedding_model"): settings.embedding_model or "",
        "SLACK_API_URL": f"{slack}/api/",
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": _SECRET,
    }
    command = [sys.executable, "-m", "bot", "run", "--http", "--port", "0"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603  # this very program
            command, env={**os.environ, **own}, cwd=folder, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            _wait(lambda: _ADDRESS.search(_said(said)) is not None, process, "start")
            found = _ADDRESS.search(_said(said))
            if found is None:
                raise TopicbotError(f"The measured bot did not start: {_said(said)[-300:]}")
            yield process, int(found[1])
        finally:
            process.terminate()
            process.wait()


def _said(log: IO[bytes]) -> str:
    """Return what is in the file; the process that writes it shares its position, so that is left alone."""
    number = log.fileno()
    return os.pread(number, os.fstat(number).st_size, 0).decode("utf-8", "replace")


def _wait(until: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not until():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TopicbotError(f"The measured bot did not {what} within {_SECONDS:.0f} seconds.")
        time.sleep(_STEP)


def _ask(port: int, slack: str, question: str) -> None:
    """Send `/ask` with the question, signed as Slack signs it."""
    body = urlencode(
        {
            "command": "/ask",
            "text": question,
            "team_id": "T1",
            "user_id": "U1",
            "channel_id": "C1",
            "trigger_id": uuid4().hex,  # one that comes again is refused as a replay
            "response_url": f"{slack}/reply",
        }
    )
    moment = str(int(time.time()))
    signature = hmac.new(_SECRET.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": f"v0={signature}",
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/slack/events", body, headers)
    status = connection.getresponse().status
    connection.close()
    if status != _OK:
        raise TopicbotError(f"The measured bot refused a command (HTTP {status}).")


def _status(pid: int) -> dict[str, float]:
    """Return megabytes of a process by the names in Linux. Raises `TopicbotError` elsewhere."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        raise TopicbotError("Memory is read from /proc, which only Linux has. Choose another --part.")
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {
        words[0].rstrip(":"): int(words[1]) * _KIB / _MEGABYTE
        for words in lines
        if words and words[0] in ("VmRSS:", "RssAnon:", "VmHWM:")
    }
