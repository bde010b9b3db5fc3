"""From features to ranked paragraphs: the fused score, and one passage per text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from embeddings.search.features import Features, Floats, adjacency, coverage
from embeddings.search.question import Question
from embeddings.store.paragraphs import Candidate
from embeddings.text.answer_types import SURE
from embeddings.text.terms import is_figure
from embeddings.weights import SAME_TEXT, Weights

_FOLD_REACH = 40
"""At least this many of the best candidates are compared for equal texts: copies score alike."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score (0 to 1, higher is better), the number of its best sentence and that
    sentence's row in the features; `same_text` are candidates of other articles with the same words.
    """

    candidate: Candidate
    score: float
    sentence: int
    row: int
    same_text: tuple[Candidate, ...] = ()


def sentence_scores(question: Question, features: Features, idf: Floats, weights: Weights) -> Floats:
    """Return the fused score of every sentence, 0 to 1."""
    better = np.maximum(features.plain_view, features.joined_view)
    view = (1 - weights.neighbours) * features.plain_view + weights.neighbours * better
    fused: Floats = (
        weights.sentence * features.sentence
        + weights.window * features.window
        + weights.paragraph * view
        + weights.coverage * coverage(features, idf, weights)
        + features.kind * (weights.kind if question.kind & SURE else weights.kind_likely)
        + weights.adjacent * adjacency(features, idf)
    ) / weights.total
    return np.clip(fused, 0.0, 1.0)


def rank(candidates: Sequence[Candidate], features: Features, scores: Floats) -> list[Ranked]:
    """Return every candidate once, by its best sentence, best first; equal scores in order of id."""
    ids = np.array([one.id for one in candidates], dtype=np.int64)
    order = np.lexsort((ids[features.owner], -scores))
    firsts = np.sort(np.unique(features.owner[order], return_index=True)[1])
    rows = order[firsts]
    columns = (features.owner[rows], scores[rows], features.place[rows], rows)
    return [
        Ranked(candidates[owner], score, place, row)
        for owner, score, place, row in zip(*(one.tolist() for one in columns), strict=True)
    ]


def fold(ranked: Sequence[Ranked], limit: int) -> list[Ranked]:
    """Return the first `limit` passages, those with the same words in other articles folded into the
    best of them.
    """
    kept: list[tuple[Ranked, set[int], float, float, list[Candidate]]] = []
    for place, one in enumerate(ranked):
        if len(kept) == limit and place >= _FOLD_REACH:
            break
        words, key = _own_terms(one.candidate), one.candidate.article_key
        count = len(words)
        for first, its_words, least, most, others in kept:  # texts of other lengths need not be compared
            if least <= count <= most and first.candidate.article_key != key and _same_text(its_words, words):
                others.append(one.candidate)
                break
        else:
            if len(kept) < limit:
                kept.append((one, words, SAME_TEXT * count, count / SAME_TEXT, []))
    return [replace(first, same_text=tuple(others)) if others else first for first, *_, others in kept]


def _own_terms(candidate: Candidate) -> set[int]:
    """Return the hashes of the paragraph's own terms, context left out."""
    hashes, end = np.frombuffer(candidate.term_hashes, dtype="<u4").tolist(), -1
    for _ in candidate.sentence_kinds:
        end = hashes.index(0, end + 1)
    found = set(hashes[:end])
    found.discard(0)  # the end of a sentence
    return found


def _same_text(one: set[int], other: set[int]) -> bool:
    """Return whether two paragraphs with these terms are one text: nearly the same terms, and the same figures.

    Jaccard similarity (Broder, "On the resemblance and containment of documents", 1997).
    """
    shared = len(one & other)
    if not one or shared < SAME_TEXT * (len(one) + len(other) - shared):
        return False
    return not any(is_figure(term) for term in one ^ other)
