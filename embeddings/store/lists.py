"""Vectors in inverted lists: each stands in the list of the centroid nearest to it, as one byte a dimension."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoder import Vectors
from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS
from embeddings.store.views import Mask, selector, view_ids

Numbers = npt.NDArray[np.int64]


class Lists:
    """An IVF index, and for each paragraph the lists in which its views stand.

    Knowing these, a search under a filter looks into the lists that hold something allowed, and into no others.
    """

    def __init__(self, index: faiss.IndexIVFScalarQuantizer) -> None:
        """Over a trained index whose ids are `views.view_ids`; it may hold vectors, also in a mapped file."""
        self.index = index
        self.inverted = faiss.downcast_InvertedLists(index.invlists)
        self._list_of = self._places()
        held = self._list_of[self._list_of >= 0]
        self.sizes: Numbers = np.bincount(held, minlength=index.nlist)
        """How many vectors stand in each list."""

    @classmethod
    def opened(cls, path: Path) -> Lists:
        """Those in the file, mapped: only the lists that are looked into come into memory.

        Raises `RuntimeError` or `ValueError` when it is no such file.
        """
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        if not isinstance(index, faiss.IndexIVFScalarQuantizer):
            raise ValueError(f"{path} holds another kind of index")
        return cls(index)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs stand in the lists."""
        return int(self.sizes.sum()) // VIEWS

    def holds(self) -> Mask:
        """Which paragraphs stand in the lists."""
        held: Mask = self._list_of[:, 0] >= 0
        return held

    def ids_in(self, number: int) -> Ids:
        """The FAISS ids in one list, in order."""
        size = int(self.inverted.list_size(number))
        if not size:
            return np.zeros(0, dtype=np.int64)
        ids: Ids = faiss.rev_swig_ptr(self.inverted.get_ids(number), size).copy()
        return ids

    def codes_in(self, number: int) -> npt.NDArray[np.uint8]:
        """The codes in one list, in order, a row a vector."""
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

    def counts(self, mask: Mask | None) -> Numbers:
        """How many vectors of the chosen paragraphs stand in each list."""
        if mask is None:
            return self.sizes
        many = min(len(mask), len(self._list_of))
        chosen = self._list_of[:many][mask[:many]].ravel()
        return np.bincount(chosen[chosen >= 0], minlength=len(self.sizes))

    def search(
        self, vector: Vectors, lists: Numbers, nearness: Vectors, count: int, mask: Mask | None
    ) -> tuple[Vectors, Ids]:
        """Scores (higher is better) and FAISS ids of the best `count` vectors in these lists, -1 where there are
        fewer. `nearness` is the inner product of `vector` and each list's centroid.
        """
        scores = np.empty(count, dtype=np.float32)
        found = np.empty(count, dtype=np.int64)
        chosen = None if mask is None else selector(mask)  # FAISS holds no reference to it
        self.index.search_preassigned_c(
            1,
            faiss.swig_ptr(vector),
            count,
            *map(faiss.swig_ptr, (lists, nearness, scores, found)),
            False,
            faiss.SearchParametersIVF(nprobe=len(lists), sel=chosen),
        )
        return scores, found

    def _places(self) -> npt.NDArray[np.int32]:
        every = [self.ids_in(number) for number in range(self.index.nlist)]
        ids = np.concatenate(every)
        lists = np.repeat(np.arange(len(every), dtype=np.int32), [len(one) for one in every])
        if len(np.unique(ids)) != len(ids):
            raise ValueError("a vector stands in two lists")
        places = np.full((int(ids.max(initial=-1)) // VIEWS + 1, VIEWS), -1, dtype=np.int32)
        places.ravel()[ids] = lists
        if ((places >= 0).sum(axis=1) % VIEWS).any():
            raise ValueError("a paragraph stands there without all its views")
        return places
