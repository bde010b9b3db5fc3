"""Making the base of a large library's index: centroids and codes from a sample, then all vectors in batches.

The codes are small enough to be put together in memory; the vectors themselves go to a file at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.index.base import Pause
from embeddings.index.flat import Mask, mask_of, selector, view_ids
from embeddings.index.ivf import Approximate, fresh_index, parts_of, quantizer_of, remove_views, turned
from embeddings.index.stored import write_views
from embeddings.store import paragraphs as lookup
from embeddings.store.tables import VIEWS

_LIST, _SAMPLED = 2000, 50
"""Vectors a list, and vectors of the sample a centroid."""

_SAMPLED_LEAST = 10_000
_PARTS, _OF = (4, 5, 6), 12
"""Of a vector's numbers these twelfths are tried as codes with half a byte for each: with 384, 128 to 192 numbers,
64 to 96 bytes …"""

_TRIED_FROM, _COMPARED, _QUESTIONS = 10_000, 2000, 200
"""… from this many vectors of the sample, by comparing 2,000 of them with 200 others, of whatever age …"""

_FINER = 2 / 3
"""… and are taken when their error is at most this share of that of half a byte for two numbers, as they come with
half as many candidates."""

_INSIDE = 0.95
"""Texts of another kind may use directions that the codes leave out: they are made anew when less of the vectors'
squares than this is in those that they are of."""

_ROUNDS = 8
_OUTGROWN = 3
_BATCH = 5000
"""Paragraphs that are taken from the database at once."""

_BATCH_SIZE = 10_000


def build(
    connection: Connection, draft: Path, dim: int, old: tuple[Approximate, int] | None, pause: Pause
) -> tuple[Path, Path]:
    """Write the base that holds what `connection` sees into the folder `draft`; return its file and that of the
    vectors.

    What `old` holds in its base, which is at the revision beside it, is taken over but for what has changed since,
    unless the library has outgrown its centroids.
    """
    faiss.omp_set_num_threads(1)  # beside the questions, not before them
    count = lookup.tally(connection)[0]
    if old is not None and not _fits(connection, old[0], dim, count, pause):
        old = None
    made, views = draft / "base", draft / "views"
    changed, gone = lookup.changes(connection, old[1] if old else 0)
    if old is None:
        many = max(_lists(count) * _SAMPLED, _SAMPLED_LEAST) // VIEWS
        index = train(_sample(connection, dim, many, pause), _lists(count), pause)
    else:
        index = faiss.clone_index(old[0].base.whole)
    inner, matrix = parts_of(index)
    if old is not None:
        out = selector(mask_of(lookup.touched(connection, old[1])))
        remove_views(inner, out, range(inner.nlist))
    with views.open("wb") as file:
        if old is not None and old[0].stored is not None:
            old[0].stored.copy(file, _without(old[0].base.holds(), gone))
        while batch := list(islice(changed, _BATCH)):
            pause()
            ids = np.array([number for number, _ in batch], dtype=np.int64)
            blobs = [blob for _, blob in batch]
            inner.add_with_ids(turned(from_blob(b"".join(blobs), dim), matrix), view_ids(ids))
            write_views(file, ids, blobs)
    index.ntotal = inner.ntotal
    faiss.write_index(index, str(made))
    return made, views


def train(sample: Vectors, lists: int, pause: Pause) -> faiss.Index:
    """Return an empty index whose centroids and codes fit the sample, float32, unit length.

    Spherical k-means: Dhillon and Modha, "Concept Decompositions for Large Sparse Text Data" (2001).
    """
    chance = np.random.default_rng(0)
    centroids = sample[chance.choice(len(sample), lists, replace=False)]
    for _ in range(_ROUNDS):
        quantizer = quantizer_of(centroids)
        sums = np.zeros_like(centroids)
        for start in range(0, len(sample), _BATCH_SIZE):
            pause()
            rows = sample[start : start + _BATCH_SIZE]
            nearest = quantizer.assign(rows, 1).ravel()
            order = np.argsort(nearest, kind="stable")
            numbers, firsts = np.unique(nearest[order], return_index=True)
            sums[numbers] += np.add.reduceat(rows[order], firsts)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        elsewhere = sample[chance.choice(len(sample), lists, replace=False)]  # for centroids nothing is near to
        centroids = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), elsewhere)
    return _coded(sample, centroids, pause)


def _coded(sample: Vectors, centroids: Vectors, pause: Pause) -> faiss.Index:
    """Return an empty index with these centroids and the smallest codes that tell more of the sample than half a
    byte for two numbers does, or these where there are none.

    Text uses some directions more than others. In the principal ones, mixed so that all tell alike as in Gong et
    al., "Iterative quantization" (2013), half a byte for each number may tell more with fewer bytes.
    """
    dim = sample.shape[1]
    plain = _trained(sample, centroids, 2 - dim % 2)  # four would need thousands of candidates in a dense library
    order = np.random.default_rng(0).permutation(len(sample))  # the sample begins with the oldest
    rows, questions = sample[order[:_COMPARED]], sample[order[-_QUESTIONS:]]
    most = _FINER * _error(plain, None, rows, questions)
    axes = np.linalg.eigh(sample.T @ sample)[1][:, ::-1].T
    for part in _PARTS:
        pause()
        kept = dim * part // _OF
        if not kept or len(sample) < _TRIED_FROM:
            continue
        mixed = np.linalg.qr(np.random.default_rng(0).standard_normal((kept, kept)))[0]
        matrix = np.ascontiguousarray(mixed @ axes[:kept], dtype=np.float32)
        index = _trained(turned(sample, matrix), turned(centroids, matrix), 1)
        if _error(index, matrix, rows, questions) <= most:
            turning = faiss.LinearTransform(dim, kept, False)
            faiss.copy_array_to_vector(matrix.ravel(), turning.A)
            turning.is_trained = True
            return faiss.IndexPreTransform(turning, index)
    return plain


def _trained(sample: Vectors, centroids: Vectors, together: int) -> faiss.IndexIVFPQFastScan:
    """Return an empty index with codes for this many numbers each, which fit the sample."""
    index = fresh_index(quantizer_of(centroids), together)
    index.pq.cp.min_points_per_centroid = 1  # or FAISS warns on stderr about a small library
    index.train(sample)  # the codes alone: the centroids are there
    index.pq.sync_transposed_centroids()  # makes codes sooner
    return index


def _error(index: faiss.IndexIVFPQFastScan, matrix: Vectors | None, rows: Vectors, questions: Vectors) -> float:
    """Return how far cosines by the codes are from the vectors' own, as a standard deviation."""
    decoded = index.pq.decode(index.pq.compute_codes(turned(rows, matrix)))
    return float((questions @ rows.T - turned(questions, matrix) @ decoded.T).std())


def _sample(connection: Connection, dim: int, most: int, pause: Pause) -> Vectors:
    """Return the views of this many paragraphs, or of all, picked at random; float32."""
    ids = lookup.paragraph_ids(connection)
    many = min(len(ids), most)
    picked = np.sort(np.random.default_rng(0).choice(ids, many, replace=False))
    rows = []
    for start in range(0, many, _BATCH_SIZE // VIEWS):
        pause()
        found = lookup.views(connection, picked[start : start + _BATCH_SIZE // VIEWS].tolist())
        rows.append(from_blob(b"".join(found.values()), dim))
    return np.concatenate(rows)


def _lists(paragraphs: int) -> int:
    return max(1, paragraphs * VIEWS // _LIST)


def _fits(connection: Connection, old: Approximate, dim: int, count: int, pause: Pause) -> bool:
    """Return whether the centroids and the codes of this index are fit for a library of `count` paragraphs."""
    lists = old.base.index.nlist
    if old.stored is None or not lists / _OUTGROWN <= _lists(count) <= lists * _OUTGROWN:
        return False
    if old.base.matrix is None:
        return True
    rows = _sample(connection, dim, _COMPARED // VIEWS, pause)
    return bool(np.square(old.base.turned(rows)).sum() >= _INSIDE * np.square(rows).sum())


def _without(held: Mask, gone: Sequence[int]) -> Mask:
    """Return which of the paragraphs remain when these are gone."""
    left = held.copy()
    numbers = np.array(gone, dtype=np.int64)
    left[numbers[numbers < len(left)]] = False
    return left
