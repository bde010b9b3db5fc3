"""Vectors and words in PostgreSQL at size: how near the found are to the nearest, and how long finding takes.

    python -m tests.load.postgres PARAGRAPHS [URL]

Fills an empty database (the tests' server, or the one at URL) with paragraphs of clustered vectors and of words as
frequent as in English (Zipf), asks for neighbours and keywords in several scopes, and prints a line of JSON each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from sqlalchemy import Connection, insert, text

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import to_blob
from embeddings.index import postgres_rows
from embeddings.index.postgres import PostgresIndex
from embeddings.library import open_database
from embeddings.scope import Scope, TeamScope
from embeddings.store.metadata import Model
from embeddings.store.tables import VIEWS, article, paragraph
from tests.load.stores import database

DIM, CLUSTERS, PER_ARTICLE, VOCABULARY = 384, 500, 10, 50_000


FIRST = datetime(2024, 1, 1, tzinfo=UTC)


QUESTIONS, LIMIT, BATCH = 50, 40, 500


_chance = np.random.default_rng(11)


_centres = _chance.normal(size=(CLUSTERS, DIM)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Row:
    """What of a paragraph is searched."""

    terms: str
    context_terms: str
    views: bytes


def near_centres(count: int) -> Vectors:
    """Unit vectors around random centres."""
    rows = _centres[_chance.integers(0, CLUSTERS, count)] + 0.9 * _chance.normal(size=(count, DIM))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def some_words(count: int) -> str:
    return " ".join(f"w{number}" for number in np.minimum(_chance.zipf(1.1, count), VOCABULARY))


def fill(connection: Connection, paragraphs: int) -> Vectors:
    """Fill the database; gives all views, two rows a paragraph, in order of ids."""
    every = []
    for start in range(0, paragraphs, BATCH):
        views = near_centres(BATCH * VIEWS)
        every.append(views.astype(np.float16).astype(np.float32))
        ids = list(range(start + 1, start + BATCH + 1))
        keys = [(number - 1) // PER_ARTICLE + 1 for number in ids]
        connection.execute(insert(article), [article_row(key) for key in sorted(set(keys))])
        rows = [
            Row(some_words(60), some_words(40), to_blob(views[VIEWS * place : VIEWS * (place + 1)]))
            for place in range(BATCH)
        ]
        connection.execute(insert(paragraph), list(paragraph_rows(ids, keys, rows)))
        postgres_rows.put(connection, keys, ids, rows)
    return np.concatenate(every)


def article_row(key: int) -> dict[str, object]:
    return {
        "key": key, "team_id": "T1", "id": f"a{key}", "id_given": True, "content_hash": str(key), "title": "t",
        "published_utc": (FIRST + timedelta(hours=key)).isoformat(timespec="seconds"), "added_at": "2024-01-01",
        "collection": "half" if key % 2 else "most" if key % 10 else "tenth", "quiet": False,
    }  # fmt: skip


def paragraph_rows(ids: list[int], keys: list[int], rows: list[Row]) -> Iterator[dict[str, object]]:
    empty = {"text": "", "term_hashes": b"", "sentence_spans": b"", "sentence_kinds": b"", "sentence_vectors": b""}
    for number, key, row in zip(ids, keys, rows, strict=True):
        own = {"terms": row.terms, "context_terms": row.context_terms, "views": row.views}
        yield {"id": number, "article_key": key, "position": number, "revision": 1, **empty, **own}


def scopes(articles: int) -> dict[str, tuple[TeamScope, Callable[[int], bool]]]:
    """Scopes by their names, each with whether an article lies in it."""
    last = FIRST + timedelta(hours=articles)
    some = max(1, articles // 50)
    return {
        "all": (Scope().of("T1"), lambda key: True),
        "half": (Scope(collections=("half",)).of("T1"), lambda key: key % 2 == 1),
        "tenth": (Scope(collections=("tenth",)).of("T1"), lambda key: key % 10 == 0),
        "newest 2 %": (Scope(since=last - timedelta(hours=some - 1)).of("T1"), lambda key: key > articles - some),
    }


def measure(connection: Connection, views: Vectors) -> Iterator[dict[str, object]]:
    """The share of the nearest that are found, and median times, for each scope."""
    count = len(views) // VIEWS
    owners = np.arange(count) // PER_ARTICLE + 1
    questions = near_centres(QUESTIONS)
    index, model = PostgresIndex(None), Model("load", views.shape[1], "")  # type: ignore[arg-type]  # only read
    for name, (scope, is_inside) in scopes(count // PER_ARTICLE).items():
        inside = np.flatnonzero([is_inside(int(key)) for key in owners])
        recall, took, words = [], [], []
        for question in questions:
            cosines = (views @ question).reshape(-1, VIEWS).max(axis=1)
            best = {int(one) + 1 for one in inside[np.argsort(-cosines[inside])[:LIMIT]]}
            reach = index.within(connection, model, scope, 0)
            started = perf_counter()
            found = index.nearest(reach, question, LIMIT)
            took.append((perf_counter() - started) * 1000)
            recall.append(len(best & set(found)) / len(best))
            terms = [f"w{number}" for number in _chance.integers(5, 500, 2)]
            started = perf_counter()
            index.keywords(reach, dict.fromkeys(terms, 1), {}, LIMIT)
            words.append((perf_counter() - started) * 1000)
        yield {
            "scope": name,
            "paragraphs": len(inside),
            "recall": round(float(np.mean(recall)), 4),
            "least_recall": min(recall),
            "nearest_ms": round(median(took), 1),
            "keywords_ms": round(median(words), 1),
        }


_SIZES = text(
    "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND relkind IN ('r', 'i') AND pg_relation_size(oid) > 1000000 ORDER BY relname"
)
"""Bytes of each table, without its indexes and long values, and of each index."""


def main(paragraphs: str, *given: str) -> None:
    """Fill, measure and print."""
    with database(list(given)) as url:
        opened = open_database(Path(), url)
        started = perf_counter()
        with opened.writing() as connection:
            views = fill(connection, int(paragraphs) // BATCH * BATCH)
            filled = perf_counter()
            postgres_rows.make_index(connection, DIM)
        with opened.writing() as connection:
            connection.execute(text("ANALYZE"))
        indexed = perf_counter()
        told: dict[str, object] = {"filled_s": round(filled - started), "indexed_s": round(indexed - filled)}
        sys.stdout.write(json.dumps(told) + "\n")
        with opened.reading() as connection:
            sys.stdout.write(json.dumps(dict(connection.execute(_SIZES).all())) + "\n")
            for line in measure(connection, views):
                sys.stdout.write(json.dumps(line) + "\n")
        opened.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
