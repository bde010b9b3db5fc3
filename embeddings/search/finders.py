"""Where candidates come from: the embedded store with its FAISS index, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

from embeddings.encoder import Vectors
from embeddings.search.weights import KEYWORD_ROWS, KEYWORD_TERMS
from embeddings.store import postgres_search
from embeddings.store.index import VectorIndex
from embeddings.store.keywords import BM25_ROWS, Keywords, best_by_bm25, best_by_terms
from embeddings.store.scopes import Scopes
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

    def keywords(
        self, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """Ids of up to `limit` paragraphs in the scope with a score by the words they hold, best first.

        Higher is better. `frequencies` are those of the question's terms, `weights` say how much each term tells.
        """

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """Ids of up to `limit` paragraphs in the scope nearest in either view, best first."""


class EmbeddedFinder:
    """FAISS for vectors, FTS5 for keywords, memory for scopes."""

    def __init__(
        self,
        connection: Connection,
        vectors: VectorIndex,
        keywords: Keywords,
        scopes: Scopes,
        scope: Scope,
        version: int,
    ) -> None:
        """Brings the index to what `connection` sees. `version` is the database's before it began to read."""
        vectors.sync(connection)
        self._connection, self._vectors, self._keywords = connection, vectors, keywords
        self._allowed = scopes.within(connection, scope, version)
        self.bounds = scope if self._allowed is not None else None

    def paragraphs(self) -> int:
        """As in `Finder`."""
        return self._vectors.paragraphs

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """As in `Finder`; of common words it is an estimate."""
        return self._keywords.frequencies(self._connection, terms, self.paragraphs())

    def keywords(
        self, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """By BM25, or, when that would have to look at too many paragraphs, by the words they hold."""
        if self._allowed is not None and not len(self._allowed):
            return {}
        chosen = rarest(frequencies)
        if sum(frequencies[term] for term in chosen) <= BM25_ROWS:
            return best_by_bm25(self._connection, chosen, self._allowed, limit)
        return best_by_terms(self._connection, frequencies, weights, self._allowed, limit)

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """As in `Finder`."""
        return self._vectors.search(vector, limit, self._allowed, self._connection)


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

    def keywords(
        self, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """By BM25."""
        return postgres_search.keyword_matches(self._connection, rarest(frequencies), self._scope, limit)

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """As in `Finder`."""
        return postgres_search.nearest(self._connection, vector, self._scope, limit)


def rarest(frequencies: Mapping[str, int]) -> list[str]:
    """The terms worth searching for, rarest first: the two rarest, and more while they stand in few paragraphs.

    A common word costs a look at every paragraph that holds it and hardly changes the order.
    """
    chosen: list[str] = []
    rows = 0
    for term in sorted(frequencies, key=lambda term: (frequencies[term], term)):
        rows += frequencies[term]
        if len(chosen) >= KEYWORD_TERMS and rows > KEYWORD_ROWS:
            break
        chosen.append(term)
    return chosen
