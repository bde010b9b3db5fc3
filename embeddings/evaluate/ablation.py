"""What each part of the score is worth: the same questions with a part taken out, and the plain methods beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from embeddings.evaluate.measures import hit_at, ndcg, reciprocal_rank
from embeddings.evaluate.report import Judged, Places, first_right
from embeddings.search.pipeline import Measured, order
from embeddings.weights import DEFAULT_WEIGHTS, Weights

_RRF_K = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    method: str
    hit_at_1: float
    hit_at_5: float
    mrr: float
    ndcg_at_10: float


def ablation(judged: Sequence[Judged], places: Places) -> list[Row]:
    """Return the table: plain methods, the full score, and the full score without each of its parts."""
    full = DEFAULT_WEIGHTS
    without_sentence = replace(full, sentence=0.0, window=0.0)
    variants: dict[str, Callable[[Measured], list[int]]] = {
        "paragraph vectors alone": _by_paragraph,
        "best sentence alone": _weighted(
            replace(
                full,
                sentence=1.0,
                window=0.0,
                paragraph=0.0,
                coverage=0.0,
                kind=0.0,
                kind_likely=0.0,
                adjacent=0.0,
            )
        ),
        "BM25 alone (with neighbours and title)": _by_bm25,
        "reciprocal rank fusion of vectors and BM25": _by_rank_fusion,
        "the full score": _weighted(full),
        "… without sentences": _weighted(without_sentence),
        "… without two-sentence windows": _weighted(replace(full, sentence=1.0, window=0.0)),
        "… without paragraph vectors": _weighted(replace(full, paragraph=0.0)),
        "… without the previous paragraph's view": _weighted(replace(full, neighbours=0.0)),
        "… without coverage": _weighted(replace(full, coverage=0.0)),
        "… coverage without the previous paragraph": _weighted(
            replace(full, in_previous=0.0, in_previous_meant=0.0)
        ),
        "… coverage blind to sentences that refer back": _weighted(
            replace(full, in_previous_meant=full.in_previous)
        ),
        "… coverage without title and lead": _weighted(replace(full, in_title=0.0)),
        "… without the kind of answer": _weighted(replace(full, kind=0.0)),
        "… without the likely kinds of answer": _weighted(replace(full, kind_likely=0.0)),
        "… without terms side by side": _weighted(replace(full, adjacent=0.0)),
        "… with BM25 added, weight 0.2": _with_bm25,
    }
    return [_row(name, method, judged, places) for name, method in variants.items()]


def _row(name: str, method: Callable[[Measured], list[int]], judged: Sequence[Judged], places: Places) -> Row:
    ranks = [
        first_right(one.question, method(one.measured), places) if one.measured is not None else None
        for one in judged
        if one.answerable
    ]
    return Row(name, hit_at(ranks, 1), hit_at(ranks, 5), reciprocal_rank(ranks), ndcg(ranks))


def _weighted(weights: Weights) -> Callable[[Measured], list[int]]:
    return lambda measured: [one.candidate.id for one in order(measured, weights)]


def _by_paragraph(measured: Measured) -> list[int]:
    return _ordered(_paragraph_views(measured))


def _by_bm25(measured: Measured) -> list[int]:
    return list(measured.bm25)


def _by_rank_fusion(measured: Measured) -> list[int]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)."""
    scores: dict[int, float] = {}
    for found in (_by_paragraph(measured), _by_bm25(measured)):
        for rank, one in enumerate(found, start=1):
            scores[one] = scores.get(one, 0.0) + 1 / (_RRF_K + rank)
    return _ordered(scores)


def _with_bm25(measured: Measured) -> list[int]:
    most = max(measured.bm25.values(), default=1.0)
    scores = {one.candidate.id: one.score * DEFAULT_WEIGHTS.total for one in order(measured)}
    return _ordered({one: score + 0.2 * measured.bm25.get(one, 0.0) / most for one, score in scores.items()})


def _paragraph_views(measured: Measured) -> dict[int, float]:
    firsts = np.unique(measured.features.owner, return_index=True)[1]
    views = measured.features.plain_view[firsts]
    return {one.id: float(view) for one, view in zip(measured.candidates, views, strict=True)}


def _ordered(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda one: (-scores[one], one))
