"""From an article to rows for the store: sentences, terms and vectors of each paragraph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.roles import encode_passages
from embeddings.text.answer_types import in_sentence
from embeddings.text.sentences import sentences
from embeddings.text.terms import distinct, term_hash, terms
from embeddings.types import Paragraph

_BATCH_SIZE = 512

GROUP = 80
"""Paragraphs that are encoded together: seconds of work. A process that ends loses at most those of short articles
together, or the one long article that it was encoding.
"""

T = TypeVar("T")

ENCODING = 3
"""How a paragraph is encoded: 1, before headings were part of it; 2, with the path of its headings; 3, with the
items of lists as sentences, and what sentences state in German, French and Spanish."""

_LONGEST_PATH = 200
"""Characters of a path that are encoded, the innermost: the model reads only a limited text."""


@dataclass(frozen=True, slots=True)
class EncodedParagraph:
    """One paragraph with all that the store keeps of it; the formats are those of `store.tables`."""

    text: str
    heading: str | None
    page: int | None
    is_table: bool
    label: str | None
    terms: str
    context_terms: str
    term_hashes: bytes
    sentence_spans: bytes
    sentence_kinds: bytes
    views: bytes
    sentence_vectors: bytes

    def columns(self) -> dict[str, Any]:
        """Return what is kept by its columns' names; the values are not copied."""
        return {name: getattr(self, name) for name in self.__slots__}


def to_blob(rows: Vectors) -> bytes:
    """Rows of vectors as little-endian float16, row after row."""
    return rows.astype("<f2").tobytes()


def from_blob(blob: bytes, dim: int) -> Vectors:
    """Return the rows of a blob, float32, shape `(rows, dim)`."""
    return np.frombuffer(blob, dtype="<f2").reshape(-1, dim).astype(np.float32)


def spans_from_blob(blob: bytes) -> list[tuple[int, int]]:
    """Return the sentences' offsets in their paragraph."""
    return [(int(start), int(end)) for start, end in np.frombuffer(blob, dtype="<u4").reshape(-1, 2)]


def grouped(items: Iterable[T], paragraphs: Callable[[T], int], most: int | None = None) -> Iterator[list[T]]:
    """Yield the items in groups for `encode_articles`, of at most `GROUP` paragraphs and `most` items.

    One item that has more paragraphs is a group of its own. `paragraphs` counts an item's.
    """
    group: list[T] = []
    count = 0
    for one in items:
        size = paragraphs(one)
        if group and count + size > GROUP:
            yield group
            group, count = [], 0
        group.append(one)
        count += size
        if count >= GROUP or len(group) == most:
            yield group
            group, count = [], 0
    if group:
        yield group


def encode_paragraphs(
    title: str,
    paragraphs: Sequence[Paragraph],
    encoder: Encoder,
    progress: Callable[[int, int], None] | None = None,
) -> list[EncodedParagraph]:
    """Return every paragraph of one article, as `encode_articles` does."""
    return encode_articles([(title, paragraphs)], encoder, progress)[0]


def encode_articles(
    articles: Sequence[tuple[str, Sequence[Paragraph]]],
    encoder: Encoder,
    progress: Callable[[int, int], None] | None = None,
) -> list[list[EncodedParagraph]]:
    """Return the paragraphs of each article, given as title and paragraphs, encoded in one pass in which no text
    occurs twice.

    `progress` gets texts encoded and in all. Several short articles together fill the encoder's batches, which one
    alone does not.

    The title and the path of headings go before every text that is encoded: a paragraph seldom names its subject
    again, and an answer is under its question. The view with the previous
    paragraph is the mean of both vectors: measured as good as encoding both texts as one, free.
    """
    split = [_Split.of(title, paragraphs) for title, paragraphs in articles]
    vector_of = _encode_distinct([text for one in split for text in one.texts()], encoder, progress)
    return [_rows(one, vector_of, encoder.dim) for one in split]


@dataclass(frozen=True, slots=True)
class _Split:
    """An article's paragraphs with the spans of their sentences, and what goes before each text of a paragraph."""

    title: str
    paragraphs: Sequence[Paragraph]
    spans: list[list[tuple[int, int]]]
    heads: list[str]

    @classmethod
    def of(cls, title: str, paragraphs: Sequence[Paragraph]) -> _Split:
        """Split the paragraphs."""
        heads = [f"{title}: {one.heading[-_LONGEST_PATH:]}" if one.heading else title for one in paragraphs]
        return cls(title, paragraphs, [sentences(one.text) for one in paragraphs], heads)

    def whole(self, number: int) -> str:
        """Return the text that is encoded for the paragraph with this number."""
        return f"{self.heads[number]}: {self.paragraphs[number].text}"

    def lines(self, number: int) -> list[str]:
        """Return its sentences."""
        text = self.paragraphs[number].text
        return [text[start:end] for start, end in self.spans[number]]

    def single(self, number: int) -> list[str]:
        """Return the texts that are encoded for its sentences."""
        return [f"{self.heads[number]}: {line}" for line in self.lines(number)]

    def texts(self) -> Iterator[str]:
        """Yield all that is to be encoded."""
        for number in range(len(self.paragraphs)):
            yield self.whole(number)
            yield from self.single(number)


def _rows(article: _Split, vector_of: Mapping[str, Vectors], dim: int) -> list[EncodedParagraph]:
    whole = [terms(paragraph.text) for paragraph in article.paragraphs]
    lead_in = before = np.zeros(dim, dtype=np.float32)
    rows = []
    for number, paragraph in enumerate(article.paragraphs):
        own = np.stack([vector_of[text] for text in article.single(number)])
        view = vector_of[article.whole(number)]
        lines = article.lines(number)
        of_lines = [terms(line) for line in lines]
        around = (whole[0], whole[number - 1]) if number else ([], [])
        path = [terms(paragraph.heading)] if paragraph.heading else []
        context = [terms(article.title), *around]
        rows.append(
            EncodedParagraph(
                text=paragraph.text,
                heading=paragraph.heading,
                page=paragraph.page,
                is_table=paragraph.table,
                label=paragraph.label,
                terms=_joined([*of_lines, *path]),
                context_terms=_joined(context),
                term_hashes=_hashes([*of_lines, *context, *path]),
                sentence_spans=np.array(article.spans[number], dtype="<u4").tobytes(),
                sentence_kinds=bytes(in_sentence(line) for line in lines),
                views=to_blob(np.stack([view, _unit(view + before)])),
                sentence_vectors=to_blob(np.vstack([lead_in, own])),
            )
        )
        lead_in, before = own[-1], view
    return rows


def _unit(vector: Vectors) -> Vectors:
    length = np.linalg.norm(vector)
    unit: Vectors = vector / length if length else vector
    return unit


def _encode_distinct(
    texts: Sequence[str], encoder: Encoder, progress: Callable[[int, int], None] | None
) -> dict[str, Vectors]:
    """Return every text's vector. Done in parts: a book is not held in the model's hands whole."""
    once = sorted(distinct(texts), key=len)  # texts of one length are padded least
    found: dict[str, Vectors] = {}
    for start in range(0, len(once), _BATCH_SIZE):
        part = once[start : start + _BATCH_SIZE]
        found.update(zip(part, encode_passages(encoder, part), strict=True))
        if progress is not None:
            progress(len(found), len(once))
    return found


def _joined(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(" ".join(line) for line in lines)


def _hashes(lines: Sequence[Sequence[str]]) -> bytes:
    return np.array([h for line in lines for h in (*map(term_hash, line), 0)], dtype="<u4").tobytes()
