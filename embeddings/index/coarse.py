"""The vectors of an exact index in one byte a number: they say which vectors have to be compared exactly."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.store.paragraphs import Ids

_MOST, _LEAST = 127, 1e-3
_TOO_LONG = 1.5  # no rounding makes a unit vector as long
_ROUNDING = 1e-4  # of the sums in float32


class Coarse:
    """Vectors by their places, in the order in which they were added; those after a removed one move up.

    A scan is bound by memory, so bytes are compared in less than half the time of float16.
    """

    def __init__(self, dim: int, most: float = 0.0) -> None:
        """Hold nothing yet. `most` is the largest number that vectors will have; 0 for that of the first ones."""
        signed = faiss.ScalarQuantizer.QT_8bit_direct_signed
        self._index = faiss.IndexScalarQuantizer(dim, signed, faiss.METRIC_INNER_PRODUCT)
        self._scale, self._error = _MOST / max(most, _LEAST) if most else 0.0, 0.0

    def add(self, rows: Vectors) -> None:
        """Add these vectors, at most of unit length, at the end.

        One that is damaged, with numbers that are none or far too long, counts as zeros.
        """
        if not len(rows):
            return
        rows = _sound(rows)
        if not self._scale:
            self._scale = _MOST / max(largest(rows), _LEAST)
        bytes_ = np.clip(np.rint(rows * self._scale), -_MOST, _MOST)
        self._index.add(bytes_)
        off = np.linalg.norm(rows - bytes_ / self._scale, axis=1).max()
        self._error = max(self._error, float(off))

    def holds(self, rows: Vectors) -> bool:
        """Return whether these vectors' numbers are within the bytes; otherwise they would be cut off."""
        return not self._scale or largest(rows) * self._scale <= _MOST + 0.5

    def remove(self, places: Ids) -> None:
        """Remove the vectors at these places."""
        self._index.remove_ids(faiss.IDSelectorBatch(places))

    def search(self, vector: Vectors, count: int, allowed: npt.NDArray[np.bool_] | None) -> tuple[Ids, float]:
        """Return the places of the `count` vectors that seem nearest to a unit vector, among those allowed.

        And the cosine with it that none of the others exceeds.
        """
        selector = None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        parameters = None if selector is None else faiss.SearchParameters(sel=selector)
        scale = _MOST / max(float(np.abs(vector).max()), _LEAST)
        asked = np.rint(vector * scale)  # FAISS multiplies bytes by bytes
        scores, found = self._index.search(asked.reshape(1, -1), count, params=parameters)
        places: Ids = found[0][found[0] >= 0]
        if len(places) < count:
            return places, -1.0
        # |qx - q'x'| <= |q - q'| |x| + |q'| |x - x'|
        off = float(np.linalg.norm(vector - asked / scale))
        off += (1 + off) * self._error
        return places, float(scores[0, -1]) / (scale * self._scale) + off + _ROUNDING


def largest(rows: Vectors) -> float:
    """Return the largest number in these vectors, whatever its sign, apart from damaged ones."""
    return float(np.abs(_sound(rows)).max(initial=0.0))


def _sound(rows: Vectors) -> Vectors:
    """Return the vectors with zeros for damaged ones, whose length no unit vector has or which isn't a number."""
    with np.errstate(invalid="ignore", over="ignore"):
        are_sound = np.linalg.norm(rows, axis=1) <= _TOO_LONG
    return rows if are_sound.all() else np.where(are_sound[:, None], rows, np.float32(0.0))
