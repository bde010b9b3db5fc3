"""Where candidates come from: the embedded store with its FAISS index, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from embeddings.encoder import Vectors
from embeddings.store import lookup, postgres_search
from embeddings.store.index import VectorIndex
from embeddings.types import Scope


class Finder(Protocol):
    """Finds paragraphs within one scope, as one connection sees them.

    `bounds` is what others have to cut paragraphs down by to stay in the scope; `None` when that is all there is.
    """

    bounds: Scope | None

    def paragraphs(self) -> int:
        """How many paragraphs the library holds, of all teams."""

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many paragraphs of the library each term stands, context left out; missing: in none."""

    def keywords(self, terms: Sequence[str], limit: int) -> dict[int, float]:
        """Ids of up to `limit` paragraphs in the scope with their BM25 score, higher is better, best first."""

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """Ids of up to `limit` paragraphs in the scope nearest in either view, best first."""


class EmbeddedFinder:
    """FAISS for vectors, FTS5 for keywords."""

    def __init__(self, connection: Connection, index: VectorIndex, scope: Scope) -> None:
        """Brings the index to what `connection` sees."""
        index.sync(connection)
        self._connection, self._index = connection, index
        self._allowed = lookup.ids_within(connection, scope)
        self.bounds = scope if self._allowed is not None else None

    def paragraphs(self) -> int:
        """As in `Finder`."""
        return self._index.paragraphs

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """As in `Finder`."""
        return lookup.document_frequencies(self._connection, terms)

    def keywords(self, terms: Sequence[str], limit: int) -> dict[int, float]:
        """As in `Finder`."""
        return lookup.keyword_matches(self._connection, terms, self.bounds, limit)

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """As in `Finder`."""
        return self._index.search(vector, limit, self._allowed, self._connection)


class PostgresFinder:
    """pgvector for vectors, a tsvector with BM25 in SQL for keywords."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        """Looks at the database alone; there is nothing to bring up to date."""
        self._connection, self._scope = connection, scope
        self.bounds: Scope | None = scope

    def paragraphs(self) -> int:
        """As in `Finder`."""
        return postgres_search.paragraphs(self._connection)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """As in `Finder`."""
        return postgres_search.document_frequencies(self._connection, terms)

    def keywords(self, terms: Sequence[str], limit: int) -> dict[int, float]:
        """As in `Finder`."""
        return postgres_search.keyword_matches(self._connection, terms, self._scope, limit)

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """As in `Finder`."""
        return postgres_search.nearest(self._connection, vector, self._scope, limit)
