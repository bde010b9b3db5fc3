"""Inner products with stored vectors, which are float16: FAISS needs no copy of them in float32."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors


def cosines(codes: npt.NDArray[np.uint8], vector: Vectors) -> Vectors:
    """Return the inner product of each row with the vector, float32, which is a cosine for unit vectors.

    `codes` has the bytes of a vector in float16 in each row. For one that is damaged, with numbers that are none,
    it is endlessly low.
    """
    found = np.full(len(codes), -np.inf, dtype=np.float32)
    if not len(codes):
        return found
    index = faiss.IndexScalarQuantizer(len(vector), faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(codes)
    faiss.omp_set_num_threads(1)  # a second thread would only be waited for
    scores, places = index.search(vector.reshape(1, -1), len(codes))
    are_numbers = places[0] >= 0
    found[places[0][are_numbers]] = scores[0][are_numbers]
    return found
