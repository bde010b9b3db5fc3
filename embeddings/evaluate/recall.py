"""How many of the nearest paragraphs an index finds, compared with numpy over all vectors."""

from __future__ import annotations

from itertools import islice

import numpy as np

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.scope import Scope
from embeddings.store import metadata
from embeddings.store import paragraphs as lookup
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS
from embeddings.team import TeamLibrary

NEAREST, _BATCH_SIZE = 10, 5000


def recall(library: TeamLibrary, vectors: Vectors, collection: str | None = None) -> float:
    """Return the share of the ten paragraphs nearest to each vector, by numpy, that the index finds.

    Of the whole library, or of a collection.
    """
    index = library.library.index
    scope = Scope(None if collection is None else (collection,)).of(library.team)
    version = library.database.version()
    with library.database.reading() as connection:
        model = metadata.model(connection)
        if model is None:
            return 1.0
        allowed = None if collection is None else lookup.ids_within(connection, scope)
        rows = lookup.changes(connection, 0)[0]
        ids, scores = np.zeros((len(vectors), 0), dtype=np.int64), np.zeros((len(vectors), 0), dtype=np.float32)
        while batch := list(islice(rows, _BATCH_SIZE)):
            numbers = np.array([number for number, _ in batch], dtype=np.int64)
            views = from_blob(b"".join(blob for _, blob in batch), vectors.shape[1])
            nearer = (vectors @ views.T).reshape(len(vectors), -1, VIEWS).max(axis=2)
            if allowed is not None:
                inside = np.isin(numbers, allowed)
                numbers, nearer = numbers[inside], nearer[:, inside]
            ids, scores = _best(ids, scores, numbers, nearer)
        reach = index.within(connection, model, scope, version)
        found = [index.nearest(reach, vector, NEAREST) for vector in vectors]
    hits = sum(len(set(own) & set(best.tolist())) for own, best in zip(found, ids, strict=True))
    return hits / ids.size


def _best(ids: Ids, scores: Vectors, more: Ids, their_scores: Vectors) -> tuple[Ids, Vectors]:
    """Return the nearest of those known and those that come with `more`: one row a vector, best first."""
    ids = np.hstack([ids, np.broadcast_to(more, their_scores.shape)])
    scores = np.hstack([scores, their_scores])
    best = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
    return np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)
