"""The index of a large library: inverted lists in a mapped file, and beside it what has changed since."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import faiss
import numpy as np

from embeddings.encoder import Vectors
from embeddings.store.lists import Lists, Numbers
from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS
from embeddings.store.views import mask_of, selector

LOOKED_AT = 40_000
"""So many vectors, at least, are compared with a question: those in the lists nearest to it that hold any that are
allowed. docs/performance.md has what fewer and more would find."""
_MORE = 20
"""So many further candidates, at least: near the last place the order by codes is not the one by vectors."""
_FILTERS = 8


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
        self._gone_count = 0
        self._filters: deque[_Filter] = deque(maxlen=_FILTERS)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs it holds."""
        return self.base.paragraphs - self._gone_count + self.recent.paragraphs

    @property
    def unmerged(self) -> int:
        """How many paragraphs a new base would take in or leave out."""
        return self._gone_count + self.recent.paragraphs

    def ids(self) -> Ids:
        """Sorted ids of the paragraphs that it holds."""
        recent = self.recent.holds()
        held = np.zeros(max(len(recent), len(self._held)), dtype=np.bool_)
        held[: len(self._held)] = self._held & ~self._gone
        held[: len(recent)] |= recent
        return np.flatnonzero(held)

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
        self._gone_count = int(np.count_nonzero(self._gone))
        self._filters.clear()

    def search(self, vector: Vectors, count: int, allowed: Ids | None) -> list[int]:
        """The ids of half as many again as `count` paragraphs, or more, near in either view, among those allowed;
        best first by their codes. When few are allowed all of them are looked at.
        """
        vector = np.ascontiguousarray(vector, dtype=np.float32)  # FAISS reads it where it lies
        chosen = self._filter(allowed)
        nearness = self._centroids @ vector
        lists = _nearest(nearness, chosen.counts)
        if not len(lists):
            return []
        many = (count + max(count // 2, _MORE)) * VIEWS
        near = np.ascontiguousarray(nearness[lists])
        found = [
            part.search(vector, lists, near, many, within)
            for part, within in ((self.base, chosen.in_base), (self.recent, chosen.in_recent))
            if part.paragraphs
        ]
        scores, ids = (np.concatenate(each) for each in zip(*found, strict=True))
        best = ids[np.argsort(-scores, kind="stable")]
        return list(dict.fromkeys((best[best >= 0] // VIEWS).tolist()))

    def _filter(self, allowed: Ids | None) -> _Filter:
        """The filter for these ids, remembered: a scope gives the same array until something changes."""
        known = next((one for one in self._filters if one.allowed is allowed), None)
        if known is None:
            known = self._made(allowed)
            self._filters.append(known)
        return known

    def _made(self, allowed: Ids | None) -> _Filter:
        if allowed is None:
            in_base = selector(~self._gone) if self._gone_count else None
            return _Filter(None, self.base.sizes + self.recent.sizes, in_base, None)
        allow = mask_of(allowed)
        many = min(len(allow), len(self._gone))
        remaining = allow[:many] & ~self._gone[:many]
        counts = self.base.counts(remaining) + self.recent.counts(allow)
        return _Filter(allowed, counts, selector(remaining), selector(allow))


@dataclass(frozen=True, slots=True, eq=False)
class _Filter:
    """What of the base and of what is recent may be found, and how many vectors of it stand in each list."""

    allowed: Ids | None
    counts: Numbers
    in_base: faiss.IDSelector | None
    in_recent: faiss.IDSelector | None


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
