"""How many of the truly nearest paragraphs a library's vector index finds."""

from __future__ import annotations

from itertools import islice

import numpy as np
from sqlalchemy import Connection, select

from embeddings.encode import from_blob
from embeddings.encoder import Vectors
from embeddings.library import Library
from embeddings.store import lookup
from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS, article, paragraph

NEAREST = 10
_AT_ONCE = 5000


def recall(library: Library, vectors: Vectors, collection: str | None = None) -> float:
    """The share of the ten paragraphs nearest to each vector, by numpy, that the index finds.

    Of the whole library, or of a collection.
    """
    with library.database.reading() as connection:
        index = library.vector_index(connection)
        index.sync(connection)
        allowed = None if collection is None else _inside(connection, collection)
        best = _nearest(connection, vectors, allowed)
        found = [index.search(vector, NEAREST, allowed, connection) for vector in vectors]
    hits = sum(len(set(own) & set(ids.tolist())) for own, ids in zip(found, best, strict=True))
    return hits / best.size


def _inside(connection: Connection, collection: str) -> Ids:
    """Sorted ids of the paragraphs in the collection."""
    owned = select(paragraph.c.id).join(article, article.c.key == paragraph.c.article_key)
    query = owned.where(article.c.collection == collection).order_by(paragraph.c.id)
    return np.fromiter(connection.scalars(query), dtype=np.int64)


def _nearest(connection: Connection, vectors: Vectors, allowed: Ids | None) -> Ids:
    """Ids of the paragraphs nearest in either view, among those allowed: one row a vector, best first."""
    rows, _ = lookup.changes(connection, 0)
    ids, scores = np.zeros((len(vectors), 0), dtype=np.int64), np.zeros((len(vectors), 0), dtype=np.float32)
    while batch := list(islice(rows, _AT_ONCE)):
        numbers = np.array([number for number, _ in batch], dtype=np.int64)
        views = from_blob(b"".join(blob for _, blob in batch), vectors.shape[1])
        nearer = (vectors @ views.T).reshape(len(vectors), -1, VIEWS).max(axis=2)
        if allowed is not None:
            inside = np.isin(numbers, allowed)
            numbers, nearer = numbers[inside], nearer[:, inside]
        ids = np.hstack([ids, np.broadcast_to(numbers, nearer.shape)])
        scores = np.hstack([scores, nearer])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        ids, scores = np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)
    return ids
