"""Exact search over all vectors."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS


class Exact:
    """Inner products of unit vectors (cosine), all of them for every question.

    The vectors are float16, as they are stored: nothing is lost, and half as many bytes are read as with float32.
    """

    def __init__(self, index: faiss.IndexIDMap2) -> None:
        """Over a FAISS index whose ids are `view_ids`; one of an earlier version, in float32, is converted."""
        if isinstance(former := faiss.downcast_index(index.index), faiss.IndexFlat):
            ids, index = faiss.vector_to_array(index.id_map), _empty(former.d)
            index.add_with_ids(former.reconstruct_n(0, former.ntotal), ids)
        self.index = index

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

    def remove(self, ids: Ids) -> None:
        """Forget these paragraphs; ids that it doesn't hold are passed over."""
        if self.index.ntotal and len(ids):
            self.index.remove_ids(view_ids(ids))

    def search(self, vector: Vectors, count: int, allowed: Ids | None) -> list[int]:
        """Return the ids of up to `count` paragraphs nearest in either view, best first, among those allowed."""
        views = min(count * VIEWS, int(self.index.ntotal))
        if not views:
            return []
        parameters = None if allowed is None else faiss.SearchParameters(sel=selector(mask_of(allowed)))
        faiss.omp_set_num_threads(1)  # one question's scan is faster without a second thread to wake
        _, found = self.index.search(vector.reshape(1, -1), views, params=parameters)
        nearest = dict.fromkeys(int(number) // VIEWS for number in found[0] if number >= 0)
        return list(nearest)[:count]


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
