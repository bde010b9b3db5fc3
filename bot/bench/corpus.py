"""Fill a library with very many paragraphs, for measuring."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, insert, select

from bot.bench.timing import Progress
from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.paragraphs import EncodedParagraph, from_blob, spans_from_blob, to_blob
from embeddings.importer import add_sources, check_all_added
from embeddings.library import Library
from embeddings.store import checksums, copies, metadata, roll
from embeddings.store.articles import content_hash, stated
from embeddings.store.paragraph_rows import sums_of
from embeddings.store.stories import own_story_id
from embeddings.store.tables import VIEWS, paragraph, paragraph_checksum, telling
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.text.answer_types import in_sentence
from embeddings.text.dates import utc_key
from embeddings.text.terms import term_hash, terms
from embeddings.topics.clustering import Marks, marks_to_blob
from embeddings.types import LOCAL_TEAM, Article, Paragraph

PARAGRAPHS = 10
"""Paragraphs per article."""

COLLECTIONS = {1: "thousandth", 11: "hundredth", 111: "tenth", 1000: "rest"}
"""Of a thousand articles the first is in one collection, those up to the 11th in another, and so on."""

_SHUFFLED_SHARE = 1 / 3
_SCATTER = 0.6
_BATCH_SIZE = 200
_TITLE_WORDS = 6
_FIRST, _STEP = datetime(2020, 1, 1), timedelta(minutes=25)  # 100,000 articles are five years' news


@dataclass(frozen=True, slots=True)
class Material:
    """What libraries are made of: sentences as lists of words, a list of them a paragraph, and real vectors.

    `vectors` has unit length, float32, shape `(n, dim)`.
    """

    paragraphs: Sequence[Sequence[Sequence[str]]]
    words: Sequence[str]
    vectors: Vectors


def material_of(articles: Sequence[Path], encoder: Encoder, progress: Progress) -> Material:
    """Return what these articles give, added to a library that is gone afterwards.

    Raises `TopicbotError` when one of them can't be added.
    """
    with (
        TemporaryDirectory() as folder,
        Library(folder, encoder) as library,
        progress("Adding articles") as advance,
    ):
        check_all_added(add_sources(library.local, articles, None, advance))
        return material(library)


def material(library: Library) -> Material:
    """Return what the articles of a library give."""
    with library.database.reading() as connection:
        columns = (paragraph.c.text, paragraph.c.sentence_spans, paragraph.c.views, paragraph.c.sentence_vectors)
        rows = connection.execute(select(*columns)).all()
    split = [[text[start:end].split() for start, end in spans_from_blob(spans)] for text, spans, _, _ in rows]
    vectors = from_blob(b"".join(part for row in rows for part in row[2:]), library.encoder.dim)
    real = vectors[vectors.any(axis=1)]  # a first paragraph has no sentence before it: zeros
    return Material(split, [word for one in split for sentence in one for word in sentence], real)


def fill(library: Library, given: Material, size: int, progress: Callable[[int, int], None]) -> None:
    """Make the empty `library` one of `size` paragraphs; `progress` gets the paragraphs done and in all."""
    articles = _articles(given, size)
    with library.database.writing() as connection:
        metadata.claim(
            connection, metadata.Model(library.encoder.name, library.encoder.dim, library.encoder.fingerprint)
        )
    done = 0
    while batch := list(islice(articles, _BATCH_SIZE)):
        with library.database.writing() as connection:
            write_new(connection, batch, LOCAL_TEAM, _FIRST.isoformat() + "+00:00")
        done += sum(len(rows) for _, rows in batch)
        progress(done, size)


def _articles(given: Material, size: int) -> Iterator[Encoded]:
    """Articles of ten paragraphs, a third of whose words are swapped for words from anywhere in the texts."""
    chance = random.Random(size)
    scattered = _Scattered(given.vectors, size)
    for number in range(-(-size // PARAGRAPHS)):
        count = min(PARAGRAPHS, size - number * PARAGRAPHS)
        texts = [recombined(given, chance) for _ in range(count)]
        title = " ".join(chance.sample(given.words, _TITLE_WORDS))
        article = Article(
            title,
            tuple(Paragraph(" ".join(" ".join(one) for one in sentences)) for sentences in texts),
            name=f"article-{number}",
            published_at=(_FIRST + number * _STEP).isoformat(),
            collection=next(name for most, name in COLLECTIONS.items() if number % 1000 < most),
        )
        yield article, _encoded(article, texts, scattered)


def recombined(given: Material, chance: random.Random) -> list[list[str]]:
    """Return the sentences of a real paragraph, as lists of words, with some of their words swapped."""
    source = given.paragraphs[int(chance.random() * len(given.paragraphs))]
    words, many = given.words, len(given.words)
    return [
        [words[int(chance.random() * many)] if chance.random() < _SHUFFLED_SHARE else word for word in sentence]
        for sentence in source
    ]


def _encoded(
    article: Article, texts: Sequence[Sequence[Sequence[str]]], scattered: _Scattered
) -> list[EncodedParagraph]:
    """Return the rows that `encode.encode_paragraphs` would give, with scattered vectors."""
    title = _terms(tuple(article.title.split()))
    whole = [_terms(tuple(word for sentence in sentences for word in sentence)) for sentences in texts]
    views = scattered.take(len(texts))
    before = np.vstack([np.zeros_like(views[:1]), views[:-1]])
    joined = _unit(views + before)
    lead_in = np.zeros_like(views[:1])
    rows = []
    for number, sentences in enumerate(texts):
        lines = [_terms(tuple(sentence)) for sentence in sentences]
        context = [title, *((whole[0], whole[number - 1]) if number else (((), b""), ((), b"")))]
        own = scattered.take(len(sentences))
        written = [" ".join(sentence) for sentence in sentences]
        ends = list(accumulate(len(one) + 1 for one in written))
        spans = [
            number for one, end in zip(written, ends, strict=True) for number in (end - 1 - len(one), end - 1)
        ]
        rows.append(
            EncodedParagraph(
                text=" ".join(written),
                heading=None,
                page=None,
                is_table=False,
                label=None,
                terms="\n".join(" ".join(line) for line, _ in lines),
                context_terms="\n".join(" ".join(line) for line, _ in context),
                term_hashes=b"".join(hashes + b"\0\0\0\0" for _, hashes in (*lines, *context)),
                sentence_spans=np.array(spans, dtype="<u4").tobytes(),
                sentence_kinds=bytes(in_sentence(one) for one in written),
                views=to_blob(np.stack([views[number], joined[number]])),
                sentence_vectors=to_blob(np.vstack([lead_in, own])),
            )
        )
        lead_in = own[-1:]
    return rows


def _terms(words: tuple[str, ...]) -> tuple[tuple[str, ...], bytes]:
    """Return the index terms of these words in order, and their hashes as stored."""
    known = [_terms_of_word(word) for word in words]
    return tuple(term for found, _ in known for term in found), b"".join(hashes for _, hashes in known)


@cache
def _terms_of_word(word: str) -> tuple[tuple[str, ...], bytes]:
    found = tuple(terms(word))
    return found, np.array([term_hash(term) for term in found], dtype="<u4").tobytes()


class _Scattered:
    """Endless unit vectors around real ones, spread in the directions in which the real ones differ.

    Noise alike in all directions would lay every vector equally far from its neighbours, as none of text are.
    """

    def __init__(self, vectors: Vectors, seed: int) -> None:
        self._vectors = vectors
        self._chance = np.random.default_rng(seed)
        spread = np.linalg.cholesky(np.cov(vectors.T) + 1e-6 * np.eye(vectors.shape[1])).T
        self._spread = (spread * _SCATTER / np.sqrt((spread**2).sum())).astype(np.float32)
        self._ready = vectors[:0]

    def take(self, count: int) -> Vectors:
        """Return the next `count` vectors, float32."""
        if len(self._ready) < count:
            self._ready = np.vstack([self._ready, self._made(max(count, 10_000))])
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken

    def _made(self, count: int) -> Vectors:
        noise = self._chance.standard_normal((count, self._vectors.shape[1]), dtype=np.float32)
        near = self._vectors[self._chance.integers(len(self._vectors), size=count)]
        return _unit(near + noise @ self._spread)


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


Encoded = tuple[Article, Sequence[EncodedParagraph]]


def write_new(connection: Connection, fresh: Sequence[Encoded], team: str, added_at: str) -> None:
    """Write articles that the caller knows to be new, by id and by text, each with its encoded paragraphs.

    They are one change of the library. Each tells a story of its own: none is looked for.
    """
    first = (connection.scalar(select(func.max(articles.c.key))) or 0) + 1
    revision = metadata.next_revision(connection)
    connection.execute(
        insert(articles),
        [_article_row(article, key, team, added_at) for key, (article, _) in enumerate(fresh, start=first)],
    )
    last = connection.scalar(select(func.max(paragraphs.c.id))) or 0
    written: list[dict[str, Any]] = [
        {"article_key": key, "position": position, "revision": revision, **row.columns()}
        for key, (_, rows) in enumerate(fresh, start=first)
        for position, row in enumerate(rows)
    ]
    numbered = [{"id": last + place, **row} for place, row in enumerate(written, start=1)]
    connection.execute(insert(paragraphs), numbered)
    connection.execute(insert(paragraph_checksum), [sums_of(row["id"], row) for row in numbered])
    roll.enter(connection, range(first, first + len(fresh)))
    connection.execute(
        insert(telling),
        [_telling_row(*encoded, key, team, added_at) for key, encoded in enumerate(fresh, start=first)],
    )


def _article_row(article: Article, key: int, team: str, added_at: str) -> dict[str, object]:
    row = {
        "key": key,
        "team_id": team,
        "id": article.id or article.name,
        "id_given": article.id is not None,
        "origin": article.origin,
        "content_hash": content_hash(article),
        "text_hash": copies.text_hash(article),
        **stated(article, None),
        "added_at": article.added_at or added_at,
        "quiet": True,
    }
    return {**row, "checksum": checksums.of_row(row, checksums.ARTICLE)}


def _telling_row(
    article: Article, rows: Sequence[EncodedParagraph], key: int, team: str, added_at: str
) -> dict[str, object]:
    words = np.unique(np.frombuffer(b"".join(row.term_hashes for row in rows), dtype="<u4"))
    marks = Marks(frozenset(), frozenset(), frozenset(words[words > 0].tolist()))
    lead = rows[0].views
    row = {
        "article_key": key,
        "team_id": team,
        "story_id": own_story_id(team, article.id or article.name, added_at),
        "moment": utc_key(article.published_at or article.added_at or added_at),
        "copy_of": None,
        "vector": lead[: len(lead) // VIEWS],
        "marks": marks_to_blob(marks),
    }
    return {**row, "checksum": checksums.of_row(row, checksums.TELLING)}
