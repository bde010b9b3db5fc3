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
from embeddings.index.ivf import Approximate, fresh_index, quantizer_of
from embeddings.index.stored import write_views
from embeddings.store import paragraphs as lookup
from embeddings.store.tables import VIEWS

_LIST, _SAMPLED = 2000, 50
"""Vectors a list, and vectors of the sample a centroid."""

_SAMPLED_LEAST = 10_000
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
    if old is not None and (old[0].stored is None or _outgrown(old[0].base.index.nlist, count)):
        old = None
    made, views = draft / "base", draft / "views"
    changed, gone = lookup.changes(connection, old[1] if old else 0)
    if old is None:
        index = train(_sample(connection, dim, count, pause), _lists(count), pause)
    else:
        index = faiss.clone_index(old[0].base.index)
        index.remove_ids(selector(mask_of(np.array(gone, dtype=np.int64))))
    with views.open("wb") as file:
        if old is not None and old[0].stored is not None:
            old[0].stored.copy(file, _without(old[0].base.holds(), gone))
        while batch := list(islice(changed, _BATCH)):
            pause()
            ids = np.array([number for number, _ in batch], dtype=np.int64)
            blobs = [blob for _, blob in batch]
            if old is not None:
                index.remove_ids(selector(mask_of(ids)))
            index.add_with_ids(from_blob(b"".join(blobs), dim), view_ids(ids))
            write_views(file, ids, blobs)
    faiss.write_index(index, str(made))
    return made, views


def train(sample: Vectors, lists: int, pause: Pause) -> faiss.IndexIVFPQFastScan:
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
    index = fresh_index(quantizer_of(centroids))
    index.pq.cp.min_points_per_centroid = 1  # or FAISS warns on stderr about a small library
    index.train(sample)  # the codes alone: the centroids are there
    index.pq.sync_transposed_centroids()  # makes codes sooner
    return index


def _sample(connection: Connection, dim: int, count: int, pause: Pause) -> Vectors:
    """Return views of as many paragraphs, picked at random, as the centroids need; float32."""
    ids = lookup.paragraph_ids(connection)
    many = min(len(ids), max(_lists(count) * _SAMPLED, _SAMPLED_LEAST) // VIEWS)
    picked = np.sort(np.random.default_rng(0).choice(ids, many, replace=False))
    rows = []
    for start in range(0, many, _BATCH_SIZE // VIEWS):
        pause()
        found = lookup.views(connection, picked[start : start + _BATCH_SIZE // VIEWS].tolist())
        rows.append(from_blob(b"".join(found.values()), dim))
    return np.concatenate(rows)


def _lists(paragraphs: int) -> int:
    return max(1, paragraphs * VIEWS // _LIST)


def _outgrown(lists: int, paragraphs: int) -> bool:
    return not lists / _OUTGROWN <= _lists(paragraphs) <= lists * _OUTGROWN


def _without(held: Mask, gone: Sequence[int]) -> Mask:
    """Return which of the paragraphs remain when these are gone."""
    left = held.copy()
    numbers = np.array(gone, dtype=np.int64)
    left[numbers[numbers < len(left)]] = False
    return left
