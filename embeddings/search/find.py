"""The way through search, in one place: candidates, features, scores, confidence, passages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from embeddings.encode import spans_from_blob
from embeddings.encoder import Vectors
from embeddings.search.features import Features, Floats, measure
from embeddings.search.question import Question, idf
from embeddings.search.rank import Ranked, confidence, fold, rank, sentence_scores
from embeddings.search.weights import (
    CANDIDATES,
    DEFAULT_CONFIDENCE,
    DEFAULT_WEIGHTS,
    KEYWORD_ROWS,
    KEYWORD_TERMS,
    Confidence,
    Weights,
)
from embeddings.store import links, lookup
from embeddings.store.index import VectorIndex
from embeddings.store.keywords import BM25_ROWS, Keywords, best_by_bm25, best_by_terms
from embeddings.store.lookup import Candidate, Ids
from embeddings.store.scopes import Scopes
from embeddings.types import Highlight, Passage, Scope

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


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a library is searched by beside its database."""

    vectors: VectorIndex
    keywords: Keywords
    scopes: Scopes


def gather(
    connection: Connection,
    indexes: Indexes,
    question: Question,
    vector: Vectors,
    scope: Scope,
    version: int,
    most: int = CANDIDATES,
    lap: Lap = unheard,
) -> Measured | None:
    """The candidates in the scope, measured: at most `most` from the vector index and from the keyword index.

    `None` when there are none. `version` is the database's before `connection` began to read.
    """
    indexes.vectors.sync(connection)
    allowed = indexes.scopes.within(connection, scope, version)
    lap("scope")
    paragraphs = indexes.vectors.paragraphs
    frequencies = indexes.keywords.frequencies(connection, question.terms, paragraphs)
    weight = idf(question.terms, frequencies, paragraphs)
    matches = _matches(connection, frequencies, dict(zip(question.terms, weight, strict=True)), allowed, most)
    lap("keywords")
    nearest = indexes.vectors.search(vector, most, allowed, connection)
    lap("vectors")
    bounds = scope if allowed is not None else None
    candidates = lookup.candidates(connection, sorted({*nearest, *matches}), bounds)
    lap("rows")
    if not candidates:
        return None
    features = measure(question, vector, candidates)
    lap("features")
    return Measured(question, candidates, features, weight, matches, len(vector))


def _matches(
    connection: Connection,
    frequencies: Mapping[str, int],
    weights: Mapping[str, float],
    allowed: Ids | None,
    most: int,
) -> dict[int, float]:
    """The best paragraphs by BM25, or, when that would have to look at too many, by the words they hold."""
    if allowed is not None and not len(allowed):
        return {}
    chosen = rarest(frequencies)
    if sum(frequencies[term] for term in chosen) <= BM25_ROWS:
        return best_by_bm25(connection, chosen, allowed, most)
    return best_by_terms(connection, frequencies, weights, allowed, most)


def rarest(frequencies: Mapping[str, int]) -> list[str]:
    """The terms worth searching for, rarest first: the two rarest, and more while they stand in few paragraphs.

    A common word costs a look at every paragraph that holds it and hardly changes the order.
    """
    chosen: list[str] = []
    rows = 0
    for term in sorted(frequencies, key=lambda term: (frequencies[term], term)):
        rows += frequencies[term]
        if len(chosen) >= KEYWORD_TERMS and rows > KEYWORD_ROWS:
            break
        chosen.append(term)
    return chosen


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
    found = lookup.passages(connection, ids)
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
