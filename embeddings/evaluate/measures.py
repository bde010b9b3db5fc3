"""The usual measures of ranking and of decisions, as pure functions. All are between 0 and 1; higher is better,
unless it says otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def hit_at(ranks: Sequence[int | None], k: int) -> float:
    """Share of questions whose right passage is among the first `k`. Ranks count from 1; `None`: not found."""
    return mean([1.0 if rank is not None and rank <= k else 0.0 for rank in ranks])


def reciprocal_rank(ranks: Sequence[int | None], k: int = 10) -> float:
    """Mean reciprocal rank (MRR), counting the first `k`."""
    return mean([1 / rank if rank is not None and rank <= k else 0.0 for rank in ranks])


def ndcg(ranks: Sequence[int | None], k: int = 10) -> float:
    """nDCG@k with one right passage a question (Järvelin and Kekäläinen, 2002): 1 / log2(rank + 1)."""
    return mean([1 / math.log2(rank + 1) if rank is not None and rank <= k else 0.0 for rank in ranks])


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half.

    From the rank sum of Mann and Whitney (1947). Not a number unless both labels occur.
    """
    values, positive = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.bool_)
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return math.nan
    ordered = np.sort(values)
    ranks = (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def calibration_error(chances: Sequence[float], labels: Sequence[bool], bins: int = 10) -> float:
    """Return the calibration error expected over equal bins (Naeini et al., 2015): 0 is best, NaN without any."""
    if not chances:
        return math.nan
    values, truth = np.asarray(chances), np.asarray(labels, dtype=np.float64)
    places = np.minimum((values * bins).astype(int), bins - 1)
    gaps = [
        abs(values[places == place].mean() - truth[places == place].mean()) * (places == place).mean()
        for place in np.unique(places)
    ]
    return float(sum(gaps))


def interval(outcomes: Sequence[bool], rounds: int = 1000) -> tuple[float, float]:
    """Return the ends of the 95 % bootstrap interval of a share (Efron, 1979), always the same for the same
    outcomes.
    """
    if not outcomes:
        return math.nan, math.nan
    hits = np.random.default_rng(0).binomial(len(outcomes), sum(outcomes) / len(outcomes), rounds) / len(outcomes)
    low, high = np.quantile(hits, (0.025, 0.975))
    return float(low), float(high)


def mean(values: Sequence[float]) -> float:
    """Return the mean, or not a number of nothing."""
    return sum(values) / len(values) if values else math.nan
