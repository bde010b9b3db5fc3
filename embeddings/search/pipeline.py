"""The way through search, in one place: candidates, features, scores, confidence, passages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import Connection

from embeddings.encoding.encoder import Encoder
from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.index.base import SearchIndex
from embeddings.search.features import Features, Floats, measure
from embeddings.search.question import Question, idf
from embeddings.search.ranking import Ranked, confidence, fold, rank, sentence_scores
from embeddings.store import copies as links
from embeddings.store import integrity, metadata, paragraphs
from embeddings.store.base import Database
from embeddings.store.metadata import Model
from embeddings.store.paragraphs import Candidate
from embeddings.types import Highlight, Passage, TeamScope
from embeddings.weights import CANDIDATES, DEFAULT_CONFIDENCE, DEFAULT_WEIGHTS, Confidence, Weights

Timing = Callable[[str], AbstractContextManager[object]]
"""Opens a context around each stage of a search, by its name; `nullcontext` measures nothing."""

_MAX_QUESTIONS = 1000
_MAX_OF_ARTICLES = 400


@dataclass(frozen=True, slots=True)
class Measured:
    """The candidates for one question with their features, the idf of its terms, and their scores by keywords."""

    question: Question
    candidates: list[Candidate]
    features: Features
    idf: Floats
    bm25: dict[int, float]
    dim: int


class Searcher:
    """Searches one library. Any number of threads may use one."""

    def __init__(
        self, database: Database, index: SearchIndex, encoder: Encoder, *, timing: Timing = nullcontext
    ) -> None:
        self._database, self._index, self._encoder = database, index, encoder
        self.timing = timing
        # The same question comes again with every page, context and follow-up of its answer.
        self._vector = lru_cache(maxsize=_MAX_QUESTIONS)(lambda text: encoder.encode([text])[0])

    @contextmanager
    def search(
        self, question: Question, scope: TeamScope, most: int = CANDIDATES
    ) -> Iterator[tuple[Connection, Measured | None]]:
        """Find the candidates in the scope and measure them: up to `most` by vectors and as many by keywords.

        Yields the connection that they were read with, for reading more; `None` when there are no candidates.
        Raises `NotFoundError` for a collection that isn't there and `ModelMismatchError`.
        """
        index, timing = self._index, self.timing
        version = self._database.version()
        with self._database.reading() as connection:
            with timing("beginning"):
                for name in scope.collections or ():
                    paragraphs.check_collection(connection, scope.team, name)
                model = metadata.check(connection, own_model(self._encoder))
            if model is None:
                yield connection, None
                return
            with timing("encoding"):
                vector = self._vector(question.text)
            with timing("scope"):
                reach = index.within(connection, model, scope, version)
            with timing("keywords"):
                frequencies = index.frequencies(reach, question.terms)
                weight = idf(question.terms, frequencies, reach.paragraphs)
                matches = index.keywords(reach, frequencies, dict(zip(question.terms, weight, strict=True)), most)
            with timing("vectors"):
                nearest = index.nearest(reach, vector, most)
            with timing("rows"):
                candidates = paragraphs.candidates(connection, sorted({*nearest, *matches}), reach.bounds)
                candidates = _sound(candidates, len(vector))
            if not candidates:
                yield connection, None
                return
            with timing("features"):
                features = measure(question, vector, candidates)
            yield connection, Measured(question, candidates, features, weight, matches, len(vector))

    def measure_articles(
        self, connection: Connection, measured: Measured, article_keys: Sequence[int]
    ) -> Measured | None:
        """Measure the paragraphs of these articles for the same question; `None` when they have none."""
        found = paragraphs.of_articles(connection, article_keys, _MAX_OF_ARTICLES)
        if not found:
            return None
        features = measure(measured.question, self._vector(measured.question.text), found)
        return replace(measured, candidates=found, features=features)


def own_model(encoder: Encoder) -> Model:
    """Return the encoder's model as it is stored with its vectors."""
    return Model(encoder.name, encoder.dim, encoder.fingerprint)


def _sound(candidates: Sequence[Candidate], dim: int) -> list[Candidate]:
    """Return those whose vectors can be vectors: a damaged page must not win with an endless score."""
    if integrity.are_vectors(b"".join(c.views + c.sentence_vectors for c in candidates), dim):
        return list(candidates)
    return [c for c in candidates if integrity.are_vectors(c.views + c.sentence_vectors, dim)]


def decide(
    measured: Measured, weights: Weights = DEFAULT_WEIGHTS, model: Confidence = DEFAULT_CONFIDENCE
) -> tuple[list[Ranked], float]:
    """Every candidate, best first, and the confidence (0 to 1) that the best one answers the question."""
    scores = sentence_scores(measured.features, measured.idf, weights)
    ranked = rank(measured.candidates, measured.features, scores)
    return ranked, confidence(measured.question, measured.features, measured.idf, ranked[0], model)


def passages(connection: Connection, ranked: list[Ranked], limit: int) -> tuple[Passage, ...]:
    """The first `limit` passages with text, highlight and citation, equal texts folded together."""
    kept = fold(ranked, limit)
    ids = [c.id for one in kept for c in (one.candidate, *one.same_text)]
    found = paragraphs.passages(connection, ids)
    elsewhere = links.of(connection, {one.candidate.article_key for one in kept})
    result = []
    for number, one in enumerate(kept, start=1):
        paragraph = found[one.candidate.id]
        start, end = spans_from_blob(paragraph.sentence_spans)[one.sentence]
        copies = (found[c.id].citation for c in one.same_text)
        also_in = dict.fromkeys((*copies, *elsewhere.get(one.candidate.article_key, ())))
        result.append(
            Passage(
                rank=number,
                score=round(one.score, 4),
                citation=paragraph.citation,
                paragraph=paragraph.position,
                text=paragraph.text,
                highlight=Highlight(start, end),
                heading=paragraph.heading,
                also_in=tuple(also_in),
                page=paragraph.page,
                table=bool(paragraph.is_table),
                label=paragraph.label,
            )
        )
    return tuple(result)
