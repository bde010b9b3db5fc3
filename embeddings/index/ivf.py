"""Approximate search: inverted lists over 8-bit codes, rescored from the stored vectors."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.index.flat import Mask, mask_of, selector, view_ids
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS

MAX_SCANNED_VECTORS = 40_000
"""At least this many vectors are compared with a question: those in the lists nearest to it that hold any that are
allowed. docs/performance.md has what fewer and more would find."""

_MORE = 20
"""At least this many further candidates: near the last place the order by codes is not the one by vectors."""

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
        """Return the ids of half as many again as `count` paragraphs, or more, near in either view, among those
        allowed; best first by their codes. When few are allowed all of them are compared.
        """
        vector = np.ascontiguousarray(vector, dtype=np.float32)  # FAISS reads it in place
        chosen = self._filter(allowed)
        nearness = self._centroids @ vector
        lists = _nearest(nearness, chosen.counts)
        if not len(lists):
            return []
        many = (count + max(count // 2, _MORE)) * VIEWS
        near = np.ascontiguousarray(nearness[lists])
        scores = np.full((2, many), -np.inf, dtype=np.float32)
        ids = np.full((2, many), -1, dtype=np.int64)
        for place, (part, within) in enumerate(((self.base, chosen.in_base), (self.recent, chosen.in_recent))):
            if part.paragraphs:
                asked, *rest = map(faiss.swig_ptr, (vector, lists, near, scores[place], ids[place]))
                parameters = faiss.SearchParametersIVF(nprobe=len(lists), sel=within)
                part.index.search_preassigned_c(1, asked, many, *rest, False, parameters)
        best = ids.ravel()[np.argsort(-scores, axis=None, kind="stable")]
        return list(dict.fromkeys((best[best >= 0] // VIEWS).tolist()))

    def _filter(self, allowed: Ids | None) -> _Filter:
        """Return the filter for these ids, remembered: a scope returns the same array until something changes."""
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
    """What of the base and of what is recent may be found, and how many vectors of it are in each list."""

    allowed: Ids | None
    counts: Numbers
    in_base: faiss.IDSelector | None
    in_recent: faiss.IDSelector | None


def emptied(index: faiss.IndexIVFScalarQuantizer) -> faiss.IndexIVFScalarQuantizer:
    """Return an index with the same centroids and the same codes that holds nothing."""
    quantizer = faiss.IndexFlatIP(index.d)
    quantizer.add(index.quantizer.reconstruct_n(0, index.nlist))
    fresh = faiss.IndexIVFScalarQuantizer(
        quantizer, index.d, index.nlist, index.sq.qtype, faiss.METRIC_INNER_PRODUCT, index.by_residual
    )
    fresh.sq.trained = index.sq.trained
    fresh.is_trained = True
    return fresh


def _nearest(nearness: Vectors, counts: Numbers) -> Numbers:
    """Return the lists nearest to the question that hold anything, until they hold
    `MAX_SCANNED_VECTORS` together.
    """
    order = np.argsort(-nearness, kind="stable")
    order = order[counts[order] > 0]
    enough = int(np.searchsorted(np.cumsum(counts[order]), MAX_SCANNED_VECTORS)) + 1
    return np.ascontiguousarray(order[:enough])


Numbers = npt.NDArray[np.int64]


class Lists:
    """An IVF index, and for each paragraph the lists that hold its views.

    Knowing these, a search under a filter looks into the lists that hold something allowed, and into no others.
    """

    def __init__(self, index: faiss.IndexIVFScalarQuantizer) -> None:
        """Over a trained index whose ids are `views.view_ids`; it may hold vectors, also in a mapped file."""
        self.index = index
        self.inverted = faiss.downcast_InvertedLists(index.invlists)
        self._list_of = self._places()
        held = self._list_of[self._list_of >= 0]
        self.sizes: Numbers = np.bincount(held, minlength=index.nlist)
        """How many vectors each list holds."""

    @classmethod
    def opened(cls, path: Path) -> Lists:
        """Return those in the file, mapped: only the lists that are looked into come into memory.

        Raises `RuntimeError` or `ValueError` when it is no such file.
        """
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        if not isinstance(index, faiss.IndexIVFScalarQuantizer):
            raise ValueError(f"{path} holds another kind of index")
        return cls(index)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs the lists hold."""
        return int(self.sizes.sum()) // VIEWS

    def holds(self) -> Mask:
        """Return which paragraphs the lists hold."""
        held: Mask = self._list_of[:, 0] >= 0
        return held

    def ids_in(self, number: int) -> Ids:
        """Return the FAISS ids in one list, in order."""
        size = int(self.inverted.list_size(number))
        if not size:
            return np.zeros(0, dtype=np.int64)
        ids: Ids = faiss.rev_swig_ptr(self.inverted.get_ids(number), size).copy()
        return ids

    def codes_in(self, number: int) -> npt.NDArray[np.uint8]:
        """Return the codes in one list, in order, a row a vector."""
        size, width = int(self.inverted.list_size(number)), int(self.index.code_size)
        if not size:
            return np.zeros((0, width), dtype=np.uint8)
        codes: npt.NDArray[np.uint8] = faiss.rev_swig_ptr(self.inverted.get_codes(number), size * width).copy()
        return codes.reshape(size, width)

    def add(self, ids: Ids, rows: Vectors) -> None:
        """Take in paragraphs that are not there; `rows` are their views, float32."""
        faiss.omp_set_num_threads(1)
        lists = self.index.quantizer.assign(rows, 1).ravel()
        numbers = view_ids(ids)
        self.index.add_core(len(rows), *map(faiss.swig_ptr, (rows, numbers, lists)))
        if (most := int(ids.max())) >= len(self._list_of):
            more = np.full((most + 1 + most // 8 - len(self._list_of), VIEWS), -1, dtype=np.int32)
            self._list_of = np.vstack([self._list_of, more])
        self._list_of[ids] = lists.reshape(-1, VIEWS)
        self.sizes += np.bincount(lists, minlength=len(self.sizes))

    def remove(self, ids: Ids) -> None:
        """Take out paragraphs; ids that are not there are passed over."""
        here = ids[ids < len(self._list_of)]
        here = here[self._list_of[here, 0] >= 0]
        if len(here):
            self.index.remove_ids(faiss.IDSelectorBatch(view_ids(here)))
            self.sizes -= np.bincount(self._list_of[here].ravel(), minlength=len(self.sizes))
            self._list_of[here] = -1

    def counts(self, mask: Mask) -> Numbers:
        """Return how many vectors of the chosen paragraphs each list holds."""
        many = min(len(mask), len(self._list_of))
        chosen = self._list_of[:many][mask[:many]].ravel()
        return np.bincount(chosen[chosen >= 0], minlength=len(self.sizes))

    def _places(self) -> npt.NDArray[np.int32]:
        every = [self.ids_in(number) for number in range(self.index.nlist)]
        ids = np.concatenate(every)
        lists = np.repeat(np.arange(len(every), dtype=np.int32), [len(one) for one in every])
        places = np.full((int(ids.max(initial=-1)) // VIEWS + 1, VIEWS), -1, dtype=np.int32)
        places.ravel()[ids] = lists
        if np.count_nonzero(places >= 0) != len(ids):
            raise ValueError("a vector is there twice")
        if ((places >= 0).sum(axis=1) % VIEWS).any():
            raise ValueError("a paragraph is there without all its views")
        return places
