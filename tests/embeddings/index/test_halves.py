"""Cosines with vectors as they are stored, compared with numpy's."""

from __future__ import annotations

import numpy as np

from embeddings.encoding.backends.base import Vectors
from embeddings.index.halves import cosines

DIM = 96


def vectors(count: int) -> Vectors:
    rows = np.random.default_rng(5).standard_normal((count, DIM)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def test_cosines_are_those_of_the_stored_numbers() -> None:
    halves, asked = vectors(500).astype("<f2"), vectors(501)[-1]
    found = cosines(halves.view(np.uint8), asked)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, halves.astype(np.float32) @ asked, atol=1e-6)
    assert len(cosines(halves[:0].view(np.uint8), asked)) == 0


def test_equal_vectors_have_equal_cosines_and_damaged_ones_the_lowest() -> None:
    halves, asked = vectors(6).astype("<f2"), vectors(7)[-1]
    halves[4] = halves[1]
    halves[2, 3], halves[5] = np.nan, np.inf
    found = cosines(halves.view(np.uint8), asked)
    assert found[4] == found[1]
    assert found[2] == -np.inf
    assert np.isfinite(found[[0, 1, 3, 4]]).all()
