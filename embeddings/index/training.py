"""Making the base of a large library's index: centroids from a sample, lists streamed to a file.

Memory stays bounded: vectors come from the database a batch at a time, and full parts go to files of their own,
from which the lists are put together one after another.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.index.flat import Mask, mask_of
from embeddings.index.ivf import Lists, emptied
from embeddings.store import paragraphs as lookup
from embeddings.store.tables import VIEWS

Pause = Callable[[], None]
"""Called between steps of the work; it ends the work by raising."""

_LIST, _SAMPLED = 1000, 50
"""Vectors a list, and vectors of the sample a centroid."""

_SAMPLED_LEAST = 10_000
_ROUNDS = 8
_MARGIN = 0.1
"""The share by which codes reach beyond what the sample holds, on either side."""

_OUTGROWN = 3
_BATCH, _PART = 5000, 100_000
"""Paragraphs that are taken from the database at once, and those that make a part."""

_BATCH_SIZE = 10_000


def build(connection: Connection, draft: Path, dim: int, old: tuple[Lists, int] | None, pause: Pause) -> Path:
    """Write the base that holds what `connection` sees into the folder `draft`; return the file.

    What `old` holds, a base with the revision that it is at, is taken over but for what has changed since,
    unless the library has outgrown its centroids.
    """
    faiss.omp_set_num_threads(1)  # beside the questions, not before them
    count = lookup.tally(connection)[0]
    if old is not None and _outgrown(old[0].index.nlist, count):
        old = None
    since = old[1] if old else 0
    trained = emptied(old[0].index) if old else train(_sample(connection, dim, count, pause), _lists(count), pause)
    changed, gone = lookup.changes(connection, since)
    parts: list[Lists] = []
    ids = [np.array(gone, dtype=np.int64)]
    while part := _part(changed, trained, draft / f"part-{len(parts)}.faiss", pause):
        parts.append(part)
        ids.append(np.flatnonzero(part.holds()))
    kept = [(old[0], ~_padded(mask_of(np.concatenate(ids)), old[0]))] if old else []
    path = draft / "base.faiss"
    join(path, trained, [*kept, *((part, part.holds()) for part in parts)], pause)
    return path


def train(sample: Vectors, lists: int, pause: Pause) -> faiss.IndexIVFScalarQuantizer:
    """Return an empty index whose centroids and codes fit the sample, float32, unit length.

    Spherical k-means: Dhillon and Modha, "Concept Decompositions for Large Sparse Text Data" (2001).
    """
    chance = np.random.default_rng(0)
    centroids = sample[chance.choice(len(sample), lists, replace=False)]
    for _ in range(_ROUNDS):
        quantizer = faiss.IndexFlatIP(sample.shape[1])
        quantizer.add(centroids)
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
    quantizer = faiss.IndexFlatIP(sample.shape[1])
    quantizer.add(centroids)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, sample.shape[1], lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.sq.rangestat_arg = _MARGIN
    index.train(sample)  # the codes alone: the centroids are there
    return index


def join(
    path: Path, trained: faiss.IndexIVFScalarQuantizer, parts: Sequence[tuple[Lists, Mask]], pause: Pause
) -> None:
    """Write the chosen paragraphs of these parts, which share their centroids, as one index, list by list.

    FAISS would put the index together in memory. Its file is that of an empty index up to the lists; there follow
    their number, the bytes of a code, the lists' sizes, and each list's codes and ids.
    """
    sizes = np.sum([part.counts(mask) for part, mask in parts], axis=0)
    trained.ntotal = int(sizes.sum())
    head = faiss.serialize_index(trained).tobytes()
    trained.ntotal = 0
    nothing = b"ilar" + struct.pack("<QQ", trained.nlist, trained.code_size) + b"sprs" + struct.pack("<Q", 0)
    if not head.endswith(nothing):
        raise RuntimeError(f"FAISS {faiss.__version__} writes another format of inverted lists")
    with path.open("wb") as file:
        file.write(head.removesuffix(nothing))
        file.write(nothing[:20] + b"full" + struct.pack("<Q", trained.nlist) + sizes.astype("<u8").tobytes())
        for number in range(trained.nlist):
            pause()
            inside = [(part, ids, mask[ids // VIEWS]) for part, mask in parts if len(ids := part.ids_in(number))]
            for part, _, chosen in inside:
                file.write(part.codes_in(number)[chosen].tobytes())
            for _, ids, chosen in inside:
                file.write(ids[chosen].astype("<i8").tobytes())


def _part(
    changed: Iterator[tuple[int, bytes]], trained: faiss.IndexIVFScalarQuantizer, path: Path, pause: Pause
) -> Lists | None:
    """Return the next paragraphs in lists of their own, mapped; `None` at the end."""
    part = Lists(emptied(trained))
    while part.paragraphs < _PART and (batch := list(islice(changed, _BATCH))):
        pause()
        ids = np.array([number for number, _ in batch], dtype=np.int64)
        part.add(ids, from_blob(b"".join(views for _, views in batch), trained.d))
    if not part.paragraphs:
        return None
    faiss.write_index(part.index, str(path))
    mapped = Lists.opened(path)
    path.unlink()  # it stays as long as it is mapped
    return mapped


def _sample(connection: Connection, dim: int, count: int, pause: Pause) -> Vectors:
    """Views of as many paragraphs, picked at random, as the centroids need; float32."""
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


def _padded(mask: Mask, part: Lists) -> Mask:
    """Return the mask, as long as the ids in the part need."""
    padded = np.zeros(max(len(mask), len(part.holds())), dtype=np.bool_)
    padded[: len(mask)] = mask
    return padded
