"""Approximate search: inverted lists of small codes, whose best are put in order by the stored vectors.

The codes are those of Jégou, Douze and Schmid, "Product quantization for nearest neighbor search" (2011), 4 bits
for two numbers, laid out as in André, Kermarrec and Le Scouarnec, "Cache locality is not enough: high-performance
nearest neighbor search with product quantization fast scan" (2015): 32 are compared at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.index.flat import Mask, mask_of, selector, view_ids
from embeddings.index.stored import StoredViews
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS

MIN_SCANNED_VECTORS, MAX_SCANNED_VECTORS, _SCANNED_SHARE = 80_000, 240_000, 8
"""An eighth of all vectors, within these bounds, is compared with a question: those in the lists nearest to it
that hold any that are allowed. docs/performance.md has what other numbers would find."""

_MAX_PASSED = 640_000
"""Under a rare filter the search ends after this many, those that are not allowed included, as soon as there are
enough candidates: the nearest are in the nearest lists."""

_BY_CODES, _BY_FINE_CODES = 800, 400
"""This many of the best vectors by their codes are compared by their stored numbers; fewer where each code is of
one number, for these are nearer to the vectors."""

_NEIGHBOURS = 16

_MORE = 20
"""At least this many further candidates: the vectors have the last word."""

_FILTERS = 8


class Approximate:
    """A large base that is only read, and `recent`, which holds what was added or changed since.

    Both have the same centroids. What left the base or changed is `gone` from it.
    """

    def __init__(self, base: Lists, stored: StoredViews | None = None, recent: Lists | None = None) -> None:
        """Make one: `stored` has the vectors of the base; without it candidates stay in the order of their codes.

        `recent` is one that was kept of this base; there may be more in it than is gone from the base.
        """
        self.base = base
        self.stored = stored
        self.recent = recent or Lists(emptied(base.index), base.matrix)
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

    def search(self, vector: Vectors, count: int, allowed: Ids | None) -> tuple[dict[int, float], list[int]]:
        """Return the `count` paragraphs of the base that are nearest in either view, among those allowed, best
        first, with their cosines by the stored vectors; and others that may be as near, the best by codes first.

        The others are what is recent, or all where nothing is stored. When few are allowed, all are compared.
        """
        vector = np.ascontiguousarray(vector, dtype=np.float32)  # FAISS reads it in place
        chosen = self._filter(allowed)
        coded = self.base.turned(vector)
        nearness = self._centroids @ coded
        wanted = count + max(count // 2, _MORE)
        by_codes = _BY_CODES if self.base.matrix is None else _BY_FINE_CODES
        many = wanted * VIEWS if self.stored is None else max(wanted * VIEWS, by_codes)
        lists = nearest_lists(nearness, chosen.counts, self.base.sizes + self.recent.sizes, many)
        if not len(lists):
            return {}, []
        near = np.ascontiguousarray(nearness[lists])
        scores = np.full((2, many), -np.inf, dtype=np.float32)
        ids = np.full((2, many), -1, dtype=np.int64)
        for place, (part, within) in enumerate(((self.base, chosen.in_base), (self.recent, chosen.in_recent))):
            if part.paragraphs:
                asked, *rest = map(faiss.swig_ptr, (coded, lists, near, scores[place], ids[place]))
                parameters = faiss.SearchParametersIVF(nprobe=len(lists), sel=within)
                part.index.search_preassigned_c(1, asked, many, *rest, False, parameters)
        best = np.argsort(-scores, axis=None, kind="stable")[:many]
        best = best[ids.ravel()[best] >= 0]
        found = list(dict.fromkeys((ids.ravel()[best] // VIEWS).tolist()))
        return self._compared(np.array(found, dtype=np.int64), vector, count)

    def _compared(self, found: Ids, vector: Vectors, count: int) -> tuple[dict[int, float], list[int]]:
        """Return what `search` returns of the paragraphs that are nearest by their codes, best first."""
        if self.stored is None:
            return {}, found.tolist()
        based = np.zeros(len(found), dtype=np.bool_)
        inside = found < len(self._held)
        based[inside] = self._held[found[inside]] & ~self._gone[found[inside]]
        ids = found[based].tolist()
        scores = self.stored.scores(ids, vector)
        best = np.argsort(-scores, kind="stable")[:count].tolist()
        return {ids[place]: float(scores[place]) for place in best}, found[~based].tolist()

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


_KINDS = (faiss.IndexIVFPQFastScan, faiss.IndexIVFScalarQuantizer)
"""The kinds of index that are searched. Those with scalar codes come from folders of earlier versions."""


def fresh_index(quantizer: faiss.Index, together: int) -> faiss.IndexIVFPQFastScan:
    """Return an untrained index with the centroids of this one, and codes for this many numbers each."""
    dim = quantizer.d
    return faiss.IndexIVFPQFastScan(
        quantizer, dim, quantizer.ntotal, dim // together, 4, faiss.METRIC_INNER_PRODUCT
    )


def emptied(index: faiss.IndexIVF) -> faiss.IndexIVF:
    """Return an index with the same centroids and the same codes that holds nothing."""
    quantizer = faiss.clone_index(index.quantizer)
    if isinstance(index, faiss.IndexIVFPQFastScan):
        fresh = fresh_index(quantizer, index.pq.dsub)
        fresh.pq = index.pq
    else:
        fresh = faiss.IndexIVFScalarQuantizer(
            quantizer, index.d, index.nlist, index.sq.qtype, faiss.METRIC_INNER_PRODUCT, index.by_residual
        )
        fresh.sq.trained = index.sq.trained
    fresh.is_trained = True
    return fresh


def quantizer_of(centroids: Vectors) -> faiss.IndexHNSWFlat:
    """Return what finds the nearest of these centroids, unit length, by a graph: of 1,000 vectors 996 get the very
    nearest, in a quarter of the time of comparing all.
    """
    quantizer = faiss.IndexHNSWFlat(centroids.shape[1], _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    quantizer.add(np.ascontiguousarray(centroids))
    return quantizer


def nearest_lists(nearness: Vectors, counts: Numbers, sizes: Numbers, least: int) -> Numbers:
    """Return the lists nearest to the question that hold anything allowed, until they hold enough.

    That is an eighth of all vectors, but at least `MIN_SCANNED_VECTORS` that are allowed and at most
    `MAX_SCANNED_VECTORS`; or at least `least` among `_MAX_PASSED`.
    """
    many = min(max(MIN_SCANNED_VECTORS, int(sizes.sum()) // _SCANNED_SHARE), MAX_SCANNED_VECTORS)
    order = np.argsort(-nearness, kind="stable")
    order = order[counts[order] > 0]
    found, passed = np.cumsum(counts[order]), np.cumsum(sizes[order])
    enough = (found >= many) | ((passed >= _MAX_PASSED) & (found >= least))
    return np.ascontiguousarray(order[: int(np.argmax(enough)) + 1] if enough.any() else order)


Numbers = npt.NDArray[np.int64]


def remove_views(index: faiss.IndexIVF, chosen: faiss.IDSelector, lists: Iterable[int]) -> None:
    """Take the vectors that the selector chooses out of an index; they are in these lists.

    FAISS leaves codes behind the end of a list, and mixes those that are put there next with what it finds,
    so that is cleared.
    """
    index.remove_ids(chosen)
    inverted = faiss.downcast_InvertedLists(index.invlists)
    if not isinstance(inverted, faiss.BlockInvertedLists):
        return
    packer, together, size = inverted.packer, inverted.n_per_block, inverted.block_size
    nothing = np.zeros(packer.code_size, dtype=np.uint8)
    for number in lists:
        whole, within = divmod(int(inverted.list_size(number)), together)
        if within:
            codes = faiss.rev_swig_ptr(inverted.get_codes(number), (whole + 1) * size)
            last = codes[whole * size :].reshape(1, size)
            for place in range(within, together):
                packer.pack_1(nothing, place, last)


def parts_of(index: faiss.Index) -> tuple[faiss.Index, Vectors | None]:
    """Return the index itself, in memory of this one, and the matrix in front of it, if there is one."""
    if not isinstance(index, faiss.IndexPreTransform):
        return index, None
    turning = faiss.downcast_VectorTransform(index.chain.at(0))
    matrix: Vectors = faiss.vector_to_array(turning.A).reshape(turning.d_out, turning.d_in)
    return faiss.downcast_index(index.index), matrix


def turned(rows: Vectors, matrix: Vectors | None) -> Vectors:
    """Return vectors as the numbers that the codes are of. FAISS itself takes twice the time."""
    return rows if matrix is None else np.ascontiguousarray(rows @ matrix.T)


class Lists:
    """An IVF index, and for each paragraph the lists that hold its views.

    Knowing these, a search under a filter looks into the lists that hold something allowed, and into no others.
    """

    def __init__(self, index: faiss.Index, matrix: Vectors | None = None) -> None:
        """Over a trained index whose ids are `flat.view_ids`; it may hold vectors.

        Vectors are turned by `matrix`, or by the one in front of the index, into the fewer numbers that the codes
        are of. Raises `ValueError` when the index is of another kind.
        """
        self.whole = index
        """The index as it is kept in a file."""
        index, own = parts_of(index)
        if not isinstance(index, _KINDS):
            raise ValueError(f"{type(index).__name__} is another kind of index")
        self.index, self.matrix = index, matrix if own is None else own
        if isinstance(index, faiss.IndexIVFPQFastScan):
            index.pq.sync_transposed_centroids()  # makes codes sooner; FAISS doesn't write it
        self.inverted = faiss.downcast_InvertedLists(index.invlists)
        self._list_of = self._places()
        self.sizes: Numbers = np.array([self.inverted.list_size(number) for number in range(index.nlist)])
        """How many vectors each list holds."""

    @property
    def is_earlier(self) -> bool:
        """Whether an earlier version has made it."""
        return isinstance(self.index, faiss.IndexIVFScalarQuantizer)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs the lists hold."""
        return int(self.sizes.sum()) // VIEWS

    def holds(self) -> Mask:
        """Return which paragraphs the lists hold."""
        held: Mask = self._list_of[:, 0] >= 0
        return held

    def _ids_in(self, number: int) -> Ids:
        """Return the FAISS ids in one list, in its own memory: usable until the list changes."""
        size = int(self.inverted.list_size(number))
        ids: Ids = faiss.rev_swig_ptr(self.inverted.get_ids(number), size) if size else np.zeros(0, dtype=np.int64)
        return ids

    def turned(self, rows: Vectors) -> Vectors:
        """Return vectors as the numbers that the codes are of."""
        return turned(rows, self.matrix)

    def add(self, ids: Ids, rows: Vectors) -> None:
        """Take in paragraphs that are not there; `rows` are their views, float32."""
        faiss.omp_set_num_threads(1)
        rows = self.turned(rows)
        lists = self.index.quantizer.assign(rows, 1).ravel()
        self.index.add_with_ids(rows, view_ids(ids))
        if (most := int(ids.max())) >= len(self._list_of):
            more = np.full((most + 1 + most // 8 - len(self._list_of), VIEWS), -1, self._list_of.dtype)
            self._list_of = np.vstack([self._list_of, more])
        self._list_of[ids] = lists.reshape(-1, VIEWS)
        self.sizes += np.bincount(lists, minlength=len(self.sizes))

    def remove(self, ids: Ids) -> None:
        """Take out paragraphs; ids that are not there are passed over."""
        here = ids[ids < len(self._list_of)]
        here = here[self._list_of[here, 0] >= 0]
        if len(here):
            lists = np.unique(self._list_of[here])
            remove_views(self.index, faiss.IDSelectorBatch(view_ids(here)), lists[lists >= 0].tolist())
            self.sizes -= np.bincount(self._list_of[here].ravel(), minlength=len(self.sizes))
            self._list_of[here] = -1

    def counts(self, mask: Mask) -> Numbers:
        """Return how many vectors of the chosen paragraphs each list holds."""
        many = min(len(mask), len(self._list_of))
        chosen = self._list_of[:many][mask[:many]].ravel()
        return np.bincount(chosen[chosen >= 0], minlength=len(self.sizes))

    def _places(self) -> npt.NDArray[np.signedinteger]:
        most = max(int(self._ids_in(number).max(initial=-1)) for number in range(self.index.nlist))
        places = np.full((most // VIEWS + 1, VIEWS), -1, np.min_scalar_type(-self.index.nlist))
        for number in range(self.index.nlist):
            places.ravel()[self._ids_in(number)] = number
        if np.count_nonzero(places >= 0) != self.inverted.compute_ntotal():
            raise ValueError("a vector is there twice")
        if ((places >= 0).sum(axis=1) % VIEWS).any():
            raise ValueError("a paragraph is there without all its views")
        return places
