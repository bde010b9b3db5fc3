"""A question asked as if its answer were not there: without the paragraphs that hold it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import fields, replace

import numpy as np

from embeddings.search.features import Features
from embeddings.search.pipeline import Measured


def without(measured: Measured, ids: AbstractSet[int]) -> Measured | None:
    """Return the same measurements without the paragraphs of these ids; `None` when no candidate is left.

    How rare a word is stays as measured: one paragraph less hardly changes it.
    """
    kept = np.array([one.id not in ids for one in measured.candidates], dtype=np.bool_)
    if not kept.any():
        return None
    rows = kept[measured.features.owner]
    left = {one.name: getattr(measured.features, one.name)[rows] for one in fields(Features)}
    left["owner"] = (np.cumsum(kept) - 1)[left["owner"]]
    candidates = [one for one, stays in zip(measured.candidates, kept, strict=True) if stays]
    bonus = measured.bonus[rows] if measured.bonus is not None else None
    return replace(measured, candidates=candidates, features=Features(**left), bonus=bonus)
