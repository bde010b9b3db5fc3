"""The index of a large library: inverted lists in a mapped file, and beside it what has changed since."""

from __future__ import annotations

import faiss
import numpy as np

from embeddings.encoder import Vectors
from embeddings.store.lists import Lists, Numbers
from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS
from embeddings.store.views import Mask, mask_of

LOOKED_AT = 40_000
"""So many vectors, at least, are compared with a question: those in the lists nearest to it that hold any that are
allowed. docs/performance.md has what fewer and more would find."""
_MORE = 20
"""So many further candidates, at least: near the last place the order by codes is not the one by vectors."""


class Approximate:
    """A large base that is only read, and `recent`, which holds what was added or changed since.

    Both have the same centroids. What left the base or changed is `gone` from it.
    """

    def __init__(self, base: Lists, recent: Lists | None = None) -> None:
        """`recent` is one that was kept of this base; there may be more in it than is gone from the base."""
        self.base = base
        self.recent = recent or Lists(emptied(base.index))
        self._centroids: Vectors = base.index.quantizer.reconstruct_n(0, base.index.nlist)
        self._held = base.holds()
        self._gone = np.zeros_like(self._held)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs it holds."""
        return self.base.paragraphs - int(self._gone.sum()) + self.recent.paragraphs

    @property
    def unmerged(self) -> int:
        """How many paragraphs a new base would take in or leave out."""
        return int(self._gone.sum()) + self.recent.paragraphs

    def ids(self) -> Ids:
        """Sorted ids of the paragraphs that it holds."""
        return np.union1d(np.flatnonzero(self._held & ~self._gone), np.flatnonzero(self.recent.holds()))

    def put(self, ids: Ids, rows: Vectors) -> None:
        """Hold these paragraphs, known or new; `rows` are their views, float32, `VIEWS` a paragraph in order."""
        self.remove(ids)
        self.recent.add(ids, rows)

    def remove(self, ids: Ids) -> None:
        """Forget these paragraphs; ids that it doesn't hold are passed over."""
        self.leave(ids)
        self.recent.remove(ids)

    def leave(self, ids: Ids) -> None:
        """Look for these paragraphs in the base no longer."""
        inside = ids[ids < len(self._held)]
        self._gone[inside] = self._held[inside]

    def search(self, vector: Vectors, count: int, allowed: Ids | None) -> list[int]:
        """The ids of half as many again as `count` paragraphs, or more, near in either view, among those allowed;
        best first by their codes. When few are allowed all of them are looked at.
        """
        allow = None if allowed is None else mask_of(allowed)
        in_base = self._in_base(allow)
        counts = self.base.counts(in_base) + self.recent.counts(allow)
        nearness = self._centroids @ vector
        lists = _nearest(nearness, counts)
        if not len(lists):
            return []
        many = (count + max(count // 2, _MORE)) * VIEWS
        near = np.ascontiguousarray(nearness[lists])
        found = [
            part.search(vector, lists, near, many, mask)
            for part, mask in ((self.base, in_base), (self.recent, allow))
            if part.paragraphs
        ]
        scores, ids = (np.concatenate(each) for each in zip(*found, strict=True))
        best = ids[np.argsort(-scores, kind="stable")]
        return list(dict.fromkeys((best[best >= 0] // VIEWS).tolist()))

    def _in_base(self, allow: Mask | None) -> Mask | None:
        if not self._gone.any():
            return allow
        if allow is None:
            return ~self._gone
        many = min(len(allow), len(self._gone))
        remaining: Mask = allow[:many] & ~self._gone[:many]
        return remaining


def emptied(index: faiss.IndexIVFScalarQuantizer) -> faiss.IndexIVFScalarQuantizer:
    """An index with the same centroids and the same codes that holds nothing."""
    quantizer = faiss.IndexFlatIP(index.d)
    quantizer.add(index.quantizer.reconstruct_n(0, index.nlist))
    fresh = faiss.IndexIVFScalarQuantizer(
        quantizer, index.d, index.nlist, index.sq.qtype, faiss.METRIC_INNER_PRODUCT, index.by_residual
    )
    fresh.sq.trained = index.sq.trained
    fresh.is_trained = True
    return fresh


def _nearest(nearness: Vectors, counts: Numbers) -> Numbers:
    """The lists nearest to the question that hold anything, until they hold `LOOKED_AT` together."""
    order = np.argsort(-nearness, kind="stable")
    order = order[counts[order] > 0]
    enough = int(np.searchsorted(np.cumsum(counts[order]), LOOKED_AT)) + 1
    return np.ascontiguousarray(order[:enough])
