"""Stored vectors become the very numbers that they are."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.encoding.paragraphs import from_blob
from embeddings.index.halves import from_halves


def test_every_number_is_as_numpy_reads_it() -> None:
    blob = np.arange(
        2**16, dtype="<u2"
    ).tobytes()  # all of float16: small ones, endless ones, and those that are none
    found = from_halves(blob, 64)
    assert (found.dtype, found.shape) == (np.dtype(np.float32), (1024, 64))
    np.testing.assert_array_equal(found, from_blob(blob, 64))
    assert from_halves(b"", 64).shape == (0, 64)


@pytest.mark.parametrize("length", [1, 127, 130])
def test_a_blob_without_a_whole_number_of_rows_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="reshape"):
        from_halves(bytes(length), 64)
