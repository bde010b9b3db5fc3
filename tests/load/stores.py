"""How answers from PostgreSQL differ from those of the embedded store, and how long both take.

    python -m tests.load.stores ARTICLES.jsonl QUESTIONS.jsonl [URL]

Adds the articles to a new embedded library, copies it to PostgreSQL (the tests' server, or the empty database
at URL), asks both every question in turn, and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from embeddings import transfer
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.errors import SourceError
from embeddings.evaluate.questions import read_questions
from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.types import Answer, Article
from tests.postgres import PostgresServer


@contextmanager
def database(given: list[str]) -> Iterator[str]:
    """The address of an empty database."""
    if given:
        yield given[0]
        return
    with TemporaryDirectory(prefix="topicbot-postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder))
        with server.fresh() as name:
            yield server.url(name)
        server.end()


def move(folder: Path, url: str) -> float:
    """Copy the library; gives the seconds."""
    started = perf_counter()
    transfer.copy_library(folder, None, url, lambda *_: None)
    return perf_counter() - started


def asked(library: Library, question: str) -> tuple[Answer, float]:
    """The answer, and how many milliseconds it took."""
    started = perf_counter()
    answer = library.local.ask(question)
    return answer, (perf_counter() - started) * 1000


def top(answer: Answer, count: int) -> list[tuple[str, int]]:
    return [(one.citation.article_id, one.paragraph) for one in answer.passages[:count]]


def compare(
    folder: Path, url: str, questions: list[str], encoder: SentenceTransformerEncoder
) -> dict[str, object]:
    """The share of questions whose passages differ, and the median times."""
    with Library(folder, encoder) as embedded, Library(folder, encoder, database_url=url) as shared:
        embedded.warm()
        first = five = decided = 0
        times: list[list[float]] = [[], []]
        for question in questions:
            encoder_warm = embedded.searcher.vectors, shared.searcher.vectors
            for vector in encoder_warm:
                vector(" ".join(question.split()))  # what is compared is the search
            (one, quick), (other, slow) = asked(embedded, question), asked(shared, question)
            first += top(one, 1) != top(other, 1)
            five += top(one, 5) != top(other, 5)
            decided += one.answered != other.answered
            times[0].append(quick)
            times[1].append(slow)
        held = shared.local.stats()
    return {
        "paragraphs": held.paragraphs,
        "questions": len(questions),
        "other_first": first / len(questions),
        "other_five": five / len(questions),
        "decided_otherwise": decided / len(questions),
        "embedded_ms": round(median(times[0]), 2),
        "postgres_ms": round(median(times[1]), 2),
        "postgres_p95_ms": round(sorted(times[1])[int(0.95 * len(questions))], 2),
    }


def main(articles: str, questions: str, *given: str) -> None:
    """Measure and print."""
    encoder = SentenceTransformerEncoder()
    with TemporaryDirectory() as folder, database(list(given)) as url:
        with Library(folder, encoder) as library:
            for found in read(Path(articles)):
                if isinstance(found, SourceError):
                    raise found
                if isinstance(found, Article):
                    library.local.add(found)
        seconds = move(Path(folder), url)
        texts = [one.question for one in read_questions(Path(questions))]
        measured = compare(Path(folder), url, texts, encoder)
    sys.stdout.write(json.dumps({**measured, "copied_in_s": round(seconds, 1)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
