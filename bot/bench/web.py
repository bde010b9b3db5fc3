"""Asking over HTTP beside asking the library: in turn, in one process, and many at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import urlencode

from bot.bench.corpus import fill, material_of
from bot.bench.timing import Progress, Times, since, times_of
from bot.clock import now
from bot.config import Settings
from bot.http_server import http_server
from bot.resources import opened_store
from bot.web.site import site_of, web_application
from embeddings.encoding.encoder import Encoder
from embeddings.evaluate.questions import read_questions
from embeddings.library import Library

CONCURRENT = 200
_QUESTIONS, _WARM_UP, _OK = 200, 20, 200


@dataclass(frozen=True, slots=True)
class WebFigures:
    """Milliseconds of asking the library and `/api/v1/ask`; how many of many requests at once were answered."""

    paragraphs: int
    library: Times
    web: Times
    ratio: float
    answered: int
    concurrent_seconds: float


def bench_web(
    questions_file: Path,
    articles: Sequence[Path],
    sizes: Sequence[int],
    encoder: Encoder,
    progress: Progress,
) -> Iterator[WebFigures]:
    """Fill libraries of these sizes with recombined paragraphs of `articles` and ask each."""
    questions = list(dict.fromkeys(one.question for one in read_questions(questions_file)))[:_QUESTIONS]
    given = material_of(articles, encoder, progress)
    for size in sizes:
        with TemporaryDirectory() as folder, Library(folder, encoder) as library:
            with progress(f"Filling {size:,}") as advance:
                fill(library, given, size, advance)
                library.warm()
            with progress(f"Asking {size:,}"):
                yield measure(library, Settings(data_dir=Path(folder)), questions)


def measure(library: Library, settings: Settings, questions: Sequence[str]) -> WebFigures:
    """Ask each question of the library and over HTTP, each time in other words, so that no answer is known."""
    with opened_store(settings) as store:
        application = web_application(site_of(settings, library, store, now), login=False)
        with http_server(application, ("127.0.0.1", 0), advice="") as (host, port):
            for question in questions[:_WARM_UP]:
                library.local.ask(f"{question} (to warm up)")
            with closing(HTTPConnection(host, port)) as connection:
                own, theirs = [], []
                for number, question in enumerate(questions):
                    for web in (number % 2 == 0, number % 2 == 1):  # neither is always the first
                        started = perf_counter()
                        if web:
                            _ask(connection, f"{question} (web)")
                            theirs.append(since(started))
                        else:
                            library.local.ask(f"{question} (own)")
                            own.append(since(started))
            answered, seconds = _at_once(host, port, questions)
    library_times, web_times = times_of(own), times_of(theirs)
    return WebFigures(
        library.local.stats().paragraphs,
        library_times,
        web_times,
        web_times.p50 / library_times.p50,
        answered,
        seconds,
    )


def _at_once(host: str, port: int, questions: Sequence[str]) -> tuple[int, float]:
    """Return how many of the requests that are sent at once were answered, and the seconds that they took."""

    def ask(number: int) -> bool:
        with closing(HTTPConnection(host, port, timeout=120)) as connection:
            return _ask(connection, f"{questions[number % len(questions)]} ({number})")

    started = perf_counter()
    with ThreadPoolExecutor(CONCURRENT) as pool:
        answered = sum(pool.map(ask, range(CONCURRENT)))
    return answered, since(started) / 1000


def _ask(connection: HTTPConnection, question: str) -> bool:
    """Return whether the question was answered, read as a program would."""
    connection.request("GET", f"/api/v1/ask?{urlencode({'q': question, 'k': 5})}")
    with connection.getresponse() as response:
        return response.status == _OK and "passages" in json.loads(response.read())
