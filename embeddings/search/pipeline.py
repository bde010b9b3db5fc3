"""The way through search, in one place: candidates, features, scores, confidence, passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.index.base import Finder
from embeddings.search.features import Features, Floats, measure
from embeddings.search.question import Question, idf
from embeddings.search.ranking import Ranked, confidence, fold, rank, sentence_scores
from embeddings.store import copies as links
from embeddings.store import paragraphs
from embeddings.store.paragraphs import Candidate
from embeddings.types import Highlight, Passage
from embeddings.weights import CANDIDATES, DEFAULT_CONFIDENCE, DEFAULT_WEIGHTS, Confidence, Weights

_OF_ARTICLES = 400
"""The most paragraphs of articles that a question names."""

Lap = Callable[[str], None]
"""Is told the name of each stage of a search when it ends."""


def unheard(_stage: str) -> None:
    """Takes no notice."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The candidates for one question with their features, the idf of its terms, and their scores by keywords."""

    question: Question
    candidates: list[Candidate]
    features: Features
    idf: Floats
    bm25: dict[int, float]
    dim: int


def gather(
    connection: Connection,
    finder: Finder,
    question: Question,
    vector: Vectors,
    most: int = CANDIDATES,
    lap: Lap = unheard,
) -> Measured | None:
    """The candidates in the finder's scope, measured: at most `most` by vectors and as many by keywords.

    `None` when there are none.
    """
    frequencies = finder.frequencies(question.terms)
    weight = idf(question.terms, frequencies, finder.paragraphs())
    matches = finder.keywords(frequencies, dict(zip(question.terms, weight, strict=True)), most)
    lap("keywords")
    nearest = finder.nearest(vector, most)
    lap("vectors")
    candidates = paragraphs.candidates(connection, sorted({*nearest, *matches}), finder.bounds)
    lap("rows")
    if not candidates:
        return None
    features = measure(question, vector, candidates)
    lap("features")
    return Measured(question, candidates, features, weight, matches, len(vector))


def gather_articles(
    connection: Connection, measured: Measured, vector: Vectors, article_keys: Sequence[int]
) -> Measured | None:
    """The paragraphs of these articles, measured for the same question; `None` when they have none."""
    found = paragraphs.of_articles(connection, article_keys, _OF_ARTICLES)
    if not found:
        return None
    return replace(measured, candidates=found, features=measure(measured.question, vector, found))


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
            )
        )
    return tuple(result)
