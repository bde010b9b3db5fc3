"""The measures of ranking and of decisions, against values counted by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.evaluate.measures import auroc, hit_at, ndcg, reciprocal_rank

RANKS = [1, 2, None, 4, 11]


# Few different scores, so that ties are many.
SCORED = st.lists(st.tuples(st.integers(-3, 3) | st.floats(-1e6, 1e6), st.booleans()), min_size=2, max_size=30)


BOTH_LABELS = SCORED.filter(lambda pairs: len({label for _, label in pairs}) == 2)


@pytest.mark.parametrize(("k", "share"), [(1, 0.2), (2, 0.4), (3, 0.4), (4, 0.6), (10, 0.6), (11, 0.8)])
def test_hits_are_the_share_of_questions_found_among_the_first(k: int, share: float) -> None:
    assert hit_at(RANKS, k) == pytest.approx(share)


def test_the_reciprocal_rank_is_a_mean_over_all_questions() -> None:
    assert reciprocal_rank(RANKS) == pytest.approx((1 + 1 / 2 + 0 + 1 / 4 + 0) / 5)
    assert reciprocal_rank(RANKS, k=2) == pytest.approx((1 + 1 / 2) / 5)
    assert reciprocal_rank(RANKS, k=11) == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 11) / 5)


def test_ndcg_discounts_by_the_logarithm_of_the_rank() -> None:
    assert ndcg([1]) == 1
    assert ndcg([2]) == pytest.approx(0.6309298)
    assert ndcg([3]) == pytest.approx(0.5)
    assert ndcg([10]) == pytest.approx(0.2890648)
    assert ndcg([11]) == 0
    assert ndcg([7, None, 1, 3]) == pytest.approx((1 / 3 + 0 + 1 + 1 / 2) / 4)
    assert ndcg([7, None, 1, 3], k=3) == pytest.approx((0 + 0 + 1 + 1 / 2) / 4)


def test_no_questions_give_no_number() -> None:
    assert math.isnan(hit_at([], 1))
    assert math.isnan(reciprocal_rank([]))
    assert math.isnan(ndcg([]))


@pytest.mark.parametrize(
    ("scores", "labels", "area"),
    [
        ([0.9, 0.1], [True, False], 1.0),
        ([0.1, 0.9], [True, False], 0.0),
        ([0.5, 0.5], [True, False], 0.5),
        ([0.9, 0.8, 0.3, 0.2], [True, False, True, False], 0.75),
        ([0.9, 0.5, 0.5, 0.2, 0.1], [True, True, False, False, False], 5.5 / 6),
    ],
)
def test_auroc_counts_the_pairs_in_right_order(scores: list[float], labels: list[bool], area: float) -> None:
    assert auroc(scores, labels) == pytest.approx(area)


@given(BOTH_LABELS)
def test_auroc_equals_a_count_of_all_pairs(pairs: list[tuple[float, bool]]) -> None:
    positive = [score for score, label in pairs if label]
    negative = [score for score, label in pairs if not label]
    wins = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p in positive for n in negative)
    scores, labels = [score for score, _ in pairs], [label for _, label in pairs]
    assert auroc(scores, labels) == pytest.approx(wins / (len(positive) * len(negative)))


@pytest.mark.parametrize("labels", [[], [True, True], [False]])
def test_auroc_needs_both_labels(labels: list[bool]) -> None:
    assert math.isnan(auroc([0.5] * len(labels), labels))
