"""A file of the paragraphs' stored vectors, by which candidates are put in order without the database."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from embeddings.encoding.backends.base import Vectors
from embeddings.index.flat import Mask
from embeddings.index.halves import cosines
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS

_BLOCK = 5000
"""Paragraphs that are copied at once."""


class StoredViews:
    """The views of paragraphs as the database has them, at the place that follows from the paragraph's id.

    Read, not mapped: a page for each candidate would stay in the process's memory.
    """

    def __init__(self, path: Path, dim: int) -> None:
        """Over a finished file. It is usable as long as this is, even when its name is gone."""
        self._dim = dim
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def scores(self, ids: Iterable[int], vector: Vectors) -> Vectors:
        """Return the cosine of each paragraph's nearer view with the vector. Each id must be in the file."""
        size, read, file = _size(self._dim), os.pread, self._file
        rows = b"".join([read(file, size, number * size) for number in ids])
        codes = np.frombuffer(rows, dtype=np.uint8).reshape(-1, 2 * self._dim)
        scores: Vectors = cosines(codes, vector).reshape(-1, VIEWS).max(axis=1)
        return scores

    def copy(self, into: BinaryIO, kept: Mask) -> None:
        """Write what the file holds of the chosen paragraphs into another one, at the same places."""
        size = _size(self._dim)
        for start in range(0, len(kept), _BLOCK):
            chosen = kept[start : start + _BLOCK]
            if chosen.any():
                rows = np.frombuffer(os.pread(self._file, len(chosen) * size, start * size), dtype=np.uint8)
                rows = rows.reshape(-1, size) * chosen[: len(rows) // size, None]
                into.seek(start * size)
                into.write(rows.tobytes())


def write_views(into: BinaryIO, ids: Ids, blobs: list[bytes]) -> None:
    """Write the views of these paragraphs, as the database has them, at the places that their ids give."""
    ends = [*(np.flatnonzero(np.diff(ids) != 1) + 1).tolist(), len(ids)]
    start = 0
    for end in ends:
        rows = b"".join(blobs[start:end])
        into.seek(int(ids[start]) * (len(rows) // (end - start)))
        into.write(rows)
        start = end


def _size(dim: int) -> int:
    return dim * VIEWS * 2  # float16
