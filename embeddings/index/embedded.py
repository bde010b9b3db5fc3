"""The embedded search index: FAISS for vectors, FTS5 for words, memory for scopes."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache
from sqlalchemy import Connection, CursorResult, bindparam, func, select, text
from sqlalchemy.exc import DatabaseError

from embeddings.encoding.backends.base import Vectors
from embeddings.errors import StoreError
from embeddings.index.base import Counts, Pause, Reach, Searchable, rarest
from embeddings.index.keywords import (
    BM25_ROWS,
    Keywords,
    best_by_bm25,
    best_by_terms,
    collect_words,
    count_words,
    forget_words,
    holds,
    keep_counts,
)
from embeddings.index.vectors import EXACT, VectorIndex
from embeddings.scope import TeamScope
from embeddings.store import metadata
from embeddings.store import paragraphs as lookup
from embeddings.store.base import Database
from embeddings.store.metadata import Model
from embeddings.store.paragraphs import Candidate, Ids
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs

_MAX_SCOPES, _ROWS = 16, 10_000
_FEW = 2000
"""The paragraphs of this many articles come from the database, as long as those of all are not in memory."""


class Scopes:
    """The paragraphs in the scopes that were asked for last, in one library. Any number of threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._article_of: npt.NDArray[np.int32] = np.zeros(0, dtype=np.int32)  # 0 where there is no paragraph
        self._revision = 0
        self._known: LRUCache[TeamScope, Ids | None] = LRUCache(_MAX_SCOPES)
        self._version = -1

    def within(self, connection: Connection, scope: TeamScope, version: int) -> Ids | None:
        """Sorted ids of the paragraphs in the scope, or `None` when it is the whole library.

        `version` is the database's before `connection` began to read: as long as it stays, what was found holds.
        """
        with self._lock:
            if version != self._version:
                self._known.clear()
                self._version = version
            if scope not in self._known:
                self._known[scope] = self._found(connection, scope)
            return self._known[scope]

    def load(self, connection: Connection) -> None:
        """Take what every scope needs into memory now rather than with the first one."""
        with self._lock:
            self._catch_up(connection)

    def _found(self, connection: Connection, scope: TeamScope) -> Ids | None:
        if _is_everything(connection, scope):
            return None
        keys = _article_keys(connection, scope)
        if not self._revision and len(keys) <= _FEW:
            return np.sort(_owned_by(connection, keys)[:, 0])
        self._catch_up(connection)
        inside = np.zeros(int(max(keys.max(initial=0), self._article_of.max(initial=0))) + 1, dtype=np.bool_)
        inside[keys] = True
        return np.flatnonzero(inside[self._article_of])

    def _catch_up(self, connection: Connection) -> None:
        """Take in the paragraphs that came and went since the last time."""
        current = metadata.revision(connection)
        if current <= self._revision:
            return
        ids, keys = _owners(connection, self._revision)
        gone = lookup.gone(connection, self._revision) if self._revision else ids[:0]
        most = int(ids.max(initial=-1))
        if most >= len(self._article_of):
            more = np.zeros(most + 1 + most // 8 - len(self._article_of), dtype=np.int32)
            self._article_of = np.concatenate([self._article_of, more])
        self._article_of[gone[gone < len(self._article_of)]] = 0
        self._article_of[ids] = keys
        self._revision = current


def _is_everything(connection: Connection, scope: TeamScope) -> bool:
    """Return whether every article of the library is in the scope, for it names but a team, and there
    is no other.
    """
    if lookup.bounds(scope).keys() != {"owners"}:
        return False
    first, last = connection.execute(_TEAMS).one()
    return first == last and first in scope.owners


def _article_keys(connection: Connection, scope: TeamScope) -> Ids:
    """Return the keys of the articles in the scope, in any order."""
    query = select(articles.c.key).where(lookup.within(scope))
    return np.fromiter(connection.scalars(query, lookup.bounds(scope)), dtype=np.int64)


def _owners(connection: Connection, since: int) -> tuple[Ids, Ids]:
    """Ids of the paragraphs that were added or changed after revision `since`, and each one's article's key."""
    if since:
        rows = connection.execute(_OWNED, {"since": since}).all()
        ids, keys = (np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1))
        return ids, keys
    ranges = _table(connection.exec_driver_sql(_RANGES), 4)
    whole = ranges[:, 2] - ranges[:, 1] + 1 == ranges[:, 3]  # written at once and never changed: most articles
    keys, firsts, _, counts = ranges[whole].T
    ids = np.repeat(firsts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    odd = _owned_by(connection, ranges[~whole, 0])
    return np.concatenate([ids, odd[:, 0]]), np.concatenate([np.repeat(keys, counts), odd[:, 1]])


def _owned_by(connection: Connection, keys: Ids) -> Ids:
    """Ids and article keys of the paragraphs of these articles, a row each, in any order."""
    return _table(connection.exec_driver_sql(_OWNED_BY, (json.dumps(keys.tolist()),)), 2)


def _table(result: CursorResult[Any], columns: int) -> Ids:
    """Return rows of numbers as an array, with only a part of them in memory as rows.

    Made of SQLAlchemy's rows themselves it would take numpy ten times as long.
    """
    parts = [np.array([tuple(row) for row in part], dtype=np.int64) for part in result.partitions(_ROWS)]
    return np.concatenate(parts) if parts else np.zeros((0, columns), dtype=np.int64)


_TEAMS = select(
    select(func.min(articles.c.team_id)).scalar_subquery(),
    select(func.max(articles.c.team_id)).scalar_subquery(),
)

_OWNED = select(paragraphs.c.id, paragraphs.c.article_key).where(paragraphs.c.revision > bindparam("since"))
_OWNED_BY = "SELECT id, article_key FROM paragraph WHERE article_key IN (SELECT value FROM json_each(?))"
_RANGES = "SELECT article_key, min(id), max(id), count(*) FROM paragraph GROUP BY article_key"


class EmbeddedIndex:
    """FAISS for vectors, FTS5 for keywords, memory for scopes.

    Triggers of the database keep the keywords, and the vectors catch up with the paragraphs' revisions: so nothing
    has to be done where paragraphs are written.
    """

    def __init__(self, database: Database, folder: Path, *, exact: int = EXACT) -> None:
        """Keep the vectors' index in `folder`. Beyond `exact` paragraphs it is approximate."""
        self._database, self._folder, self._exact = database, folder, exact
        self._words, self._counts, self._scopes = Keywords(), Counts(), Scopes()
        self._vectors: VectorIndex | None = None
        self.at_once = 1
        self._lock = threading.Lock()

    @property
    def kind(self) -> str:
        """ "database" until an index is loaded or built."""
        vectors = self._vectors
        return vectors.kind if vectors is not None else "database"

    def put(
        self, connection: Connection, keys: Sequence[int], ids: Sequence[int], rows: Sequence[Searchable]
    ) -> None:
        """Leave it to the triggers and to the next question."""

    def forget(self, connection: Connection, ids: Sequence[int]) -> None:
        """Leave it to the triggers and to the next question."""

    def reset(self, connection: Connection, dim: int) -> None:
        """Make the keyword index and the vocabulary anew; the vectors' notices with the next question that the
        model is another.
        """
        connection.execute(text("INSERT INTO keyword(keyword) VALUES ('rebuild')"))
        collect_words(connection)

    def refill(self, connection: Connection, dim: int) -> None:
        """Leave it to the triggers and to the next question."""

    def within(self, connection: Connection, model: Model, scope: TeamScope, version: int) -> Reach:
        """Bring the vectors to what `connection` sees, and find the scope's paragraphs."""
        vectors = self.vectors(connection, model)
        vectors.sync(connection)
        ids = self._scopes.within(connection, scope, version)
        return Reach(connection, model, vectors.paragraphs, scope if ids is not None else None, version, ids)

    def frequencies(self, reach: Reach, terms: Sequence[str]) -> dict[str, int]:
        """Count; for common words estimate."""
        connection, paragraphs = reach.connection, reach.paragraphs
        return self._counts.of(reach, terms, lambda some: self._words.frequencies(connection, some, paragraphs))

    def known(self, reach: Reach, terms: Sequence[str]) -> dict[str, int]:
        """Count in the library, then look for them within reach."""
        found = self.frequencies(reach, terms)
        if reach.ids is None:
            return found
        return {term: number for term, number in found.items() if holds(reach.connection, term, reach.ids)}

    def keywords(
        self, reach: Reach, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """By BM25, or, when that would have to read too many paragraphs, by the words they hold."""
        if reach.ids is not None and not len(reach.ids):
            return {}
        chosen = rarest(frequencies)
        if sum(frequencies[term] for term in chosen) <= BM25_ROWS:
            return best_by_bm25(reach.connection, chosen, reach.ids, limit)
        return best_by_terms(reach.connection, frequencies, weights, reach.ids, limit)

    def nearest(self, reach: Reach, vector: Vectors, limit: int) -> list[int]:
        """Exact in a small library, approximate in a large one."""
        vectors = self.vectors(reach.connection, reach.model)
        return vectors.search(vector, limit, reach.ids, reach.connection)

    def candidates(self, reach: Reach, vector: Vectors, limit: int, known: Collection[int]) -> list[Candidate]:
        """Search, then read the rows."""
        vectors = self.vectors(reach.connection, reach.model)
        nearest = vectors.search(vector, limit, reach.ids, reach.connection)
        found = sorted({*nearest}.difference(known))
        return lookup.candidates(reach.connection, found, reach.bounds)

    def begin_loading(self, model: Model) -> None:
        """Nothing: articles are taken in as fast as they come."""

    def warm(self, model: Model, *, wait: bool, scopes: bool) -> bool:
        """Load the saved vectors, or build an index of them in a thread of its own; `wait` for that."""
        with self._database.reading() as connection:
            vectors = self.vectors(connection, model)
            vectors.sync(connection)
            if scopes:
                self._scopes.load(connection)
        if wait:
            vectors.wait()
        return vectors.rebuilt

    def overwrite_removed(self, connection: Connection) -> None:
        """Merge the keyword index into one part: until then the words of removed paragraphs are in former parts.

        FTS5's own "secure-delete" needs SQLite 3.42, and older ones can't read what it writes.
        """
        connection.execute(text("INSERT INTO keyword(keyword) VALUES ('optimize')"))
        forget_words(connection, lookup.count(connection))

    def check(self, connection: Connection) -> list[str]:
        """Return the database with its keywords; the vectors' index compares itself whenever it is opened."""
        found = [
            f"The database is damaged: {line}."
            for line in connection.scalars(text("PRAGMA quick_check"))
            if line != "ok"
        ]
        try:
            connection.execute(text("INSERT INTO keyword(keyword, rank) VALUES ('integrity-check', 1)"))
        except DatabaseError as error:
            if "malformed" not in str(error.orig):
                raise
            found.append(
                "The keyword index differs from the articles. Run `topicbot reindex`, which makes it anew."
            )
        return found

    def close(self, *, save: bool = True) -> None:
        """Keep the vectors for the next start, unless the library now has another model; stop building."""
        with self._lock:
            vectors, self._vectors = self._vectors, None
        if vectors is None:
            return
        vectors.stop()
        if save:
            with self._database.reading() as connection:
                if metadata.model(connection) == vectors.model:
                    vectors.sync(connection)
            vectors.save()

    def _count_words(self, pause: Pause) -> None:
        """Keep how common the common words are, so that no question has to estimate it."""
        with self._database.reading() as connection:
            paragraphs, counts = lookup.count(connection), count_words(connection, pause)

        def keep(connection: Connection) -> None:
            pause()  # stopped while it waited for another writer
            keep_counts(connection, counts, paragraphs)

        pause()
        with suppress(StoreError):  # another process writes for long: questions go on estimating
            self._database.write(keep)

    def vectors(self, connection: Connection, model: Model) -> VectorIndex:
        """Return the index over the vectors of this model; it may lag behind until it is synced."""
        with self._lock:
            former = self._vectors
            if former is not None and former.model == model:
                return former
            library = metadata.read(connection, "library") or ""
            given = self._folder, library, model, self._database.reading, self._exact
            vectors = VectorIndex(*given, built=self._count_words)
            self._vectors = vectors
        if former is not None:
            former.stop()
        return vectors
