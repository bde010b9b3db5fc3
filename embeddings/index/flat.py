"""Exact search over all vectors."""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.index.coarse import Coarse, largest
from embeddings.index.halves import cosines
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS

_TAKEN = 4
"""How many times as many views as are wanted are compared exactly. With three times as many, one question in ten
about what a library of 10,000 paragraphs doesn't hold is compared with all vectors, with four none."""

_ROOM = 1.1
"""How much larger numbers may become before the coarse vectors are built once more."""

_BLOCK = 10_000


class Exact:
    """The nearest by inner products of unit vectors (cosine), whichever they are.

    The vectors are float16, as they are stored. Of many, coarser ones say which need not be compared.
    """

    def __init__(self, index: faiss.IndexIDMap2) -> None:
        """Over a FAISS index whose ids are `view_ids`; one of an earlier version, in float32, is converted."""
        if isinstance(former := faiss.downcast_index(index.index), faiss.IndexFlat):
            ids, index = faiss.vector_to_array(index.id_map), _empty(former.d)
            index.add_with_ids(former.reconstruct_n(0, former.ntotal), ids)
        self.index = index
        self._half = faiss.downcast_index(index.index)
        self._coarse = self._coarsened()

    @classmethod
    def empty(cls, dim: int) -> Exact:
        """Return one that holds nothing yet."""
        return cls(_empty(dim))

    @property
    def paragraphs(self) -> int:
        """How many paragraphs it holds."""
        return int(self.index.ntotal) // VIEWS

    def ids(self) -> Ids:
        """Sorted ids of the paragraphs that it holds with all their views."""
        ids, counts = np.unique(faiss.vector_to_array(self.index.id_map) // VIEWS, return_counts=True)
        whole: Ids = ids[counts == VIEWS]
        return whole

    def put(self, ids: Ids, rows: Vectors) -> None:
        """Hold these paragraphs, known or new; `rows` are their views, float32, `VIEWS` a paragraph in order."""
        self.remove(ids)
        self.index.add_with_ids(rows, view_ids(ids))
        if self._coarse.holds(rows):
            self._coarse.add(rows)
        else:
            self._coarse = self._coarsened(_ROOM)

    def remove(self, ids: Ids) -> None:
        """Forget these paragraphs; ids that it doesn't hold are passed over."""
        if self.index.ntotal and len(ids):
            known = faiss.vector_to_array(self.index.id_map)
            places = np.flatnonzero(np.isin(known, view_ids(ids)))
            if len(places):  # FAISS asks of each of its ids whether it is among them: new paragraphs' never are
                self._coarse.remove(places)
                self.index.remove_ids(view_ids(ids))

    def search(self, vector: Vectors, count: int, allowed: Ids | None) -> list[int]:
        """Return the ids of up to `count` paragraphs nearest in either view, best first, among those allowed."""
        views = min(count * VIEWS, int(self.index.ntotal))
        if not views:
            return []
        mask = None if allowed is None else mask_of(allowed)
        faiss.omp_set_num_threads(1)  # one question's scan is faster without a second thread to wake
        found = self._compared(vector, views, mask)
        if found is None:
            parameters = None if mask is None else faiss.SearchParameters(sel=selector(mask))
            _, ids = self.index.search(vector.reshape(1, -1), views, params=parameters)
            found = ids[0]
        return list(dict.fromkeys((found[found >= 0] // VIEWS).tolist()))[:count]

    def _coarsened(self, room: float = 1.0) -> Coarse:
        """Return coarse vectors of all that are held, with `room` for numbers larger by this factor."""
        coarse = Coarse(self.index.d, room * max(map(largest, self._blocks()), default=0.0))
        for rows in self._blocks():
            coarse.add(rows)
        return coarse

    def _blocks(self) -> Iterator[Vectors]:
        total = int(self.index.ntotal)
        for start in range(0, total, _BLOCK):
            yield self._half.reconstruct_n(start, min(_BLOCK, total - start))

    def _compared(self, vector: Vectors, views: int, mask: Mask | None) -> Ids | None:
        """Return the ids of as many views, nearest first, after comparing those that may be among them.

        `None` where that may be too many: then all are compared.
        """
        total = int(self.index.ntotal)
        if total <= _TAKEN * views:
            return None
        ids = faiss.rev_swig_ptr(self.index.id_map.data(), total)  # not copied: there are as many as vectors
        allowed = None
        if mask is not None:
            numbers = ids // VIEWS
            allowed = mask[np.minimum(numbers, len(mask) - 1)] & (numbers < len(mask))
        places, most_of_others = self._coarse.search(vector, _TAKEN * views, allowed)
        stored = faiss.rev_swig_ptr(self._half.codes.data(), total * self._half.code_size)
        scores = cosines(stored.reshape(total, -1)[places], vector)
        order = np.argsort(-scores, kind="stable")[:views]
        if len(order) == views and scores[order[-1]] < most_of_others:
            return None
        found: Ids = ids[places[order]]
        return found


def _empty(dim: int) -> faiss.IndexIDMap2:
    half = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap2(half)


Mask = npt.NDArray[np.bool_]
"""Whether each paragraph is chosen, by its id. Ids beyond the end are not."""


def view_ids(ids: Ids) -> Ids:
    """Return the FAISS ids, `paragraph id * VIEWS + view`, of all views of these paragraphs, in their order."""
    views: Ids = (ids[:, None] * VIEWS + np.arange(VIEWS)).ravel()
    return views


def mask_of(ids: Ids) -> Mask:
    """Return the mask in which these ids, and no others, are chosen."""
    mask = np.zeros(int(ids.max()) + 1 if len(ids) else 0, dtype=np.bool_)
    mask[ids] = True
    return mask


def selector(mask: Mask) -> faiss.IDSelector:
    """Restricts FAISS to the views of the chosen paragraphs."""
    return faiss.IDSelectorBitmap(np.packbits(np.repeat(mask, VIEWS), bitorder="little"))
