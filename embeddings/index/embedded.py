"""The embedded search index: FAISS for vectors, FTS5 for words."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, func, select, text

from embeddings.encoding.backends.base import Vectors
from embeddings.index.base import rarest
from embeddings.index.vectors import VectorIndex
from embeddings.store import metadata
from embeddings.store import paragraphs as lookup
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.types import Scope

COUNTED = 1000
"""Up to so many paragraphs a word's are counted; how many more hold it is estimated …"""

_WINDOWS, _WIDTH = 8, 2000
"""… from so many stretches of so many ids, evenly apart."""

_DRIFT = 0.05
"""An estimate holds until the library has grown or shrunk by this share."""

_ESTIMATES = 50_000
BM25_ROWS = 1000
"""BM25 looks at every paragraph that holds a word: it is asked while the words stand in no more than so many …"""

_ROWS = 1000
"""… and of commoner words so many paragraphs, the newest, are told apart by which of the words they hold …"""

_TERMS = 4
"""… of so many of the question's words, the rarest."""


class Keywords:
    """Keyword search in one library. It remembers how common the common words are."""

    def __init__(self) -> None:
        self._estimates: dict[str, tuple[int, int]] = {}

    def frequencies(self, connection: Connection, terms: Sequence[str], paragraphs: int) -> dict[str, int]:
        """In how many of the library's `paragraphs` each term stands, context left out.

        Terms that stand nowhere are missing. Beyond `COUNTED` the number is an estimate.
        """
        known = {term: self._remembered(term, paragraphs) for term in terms}
        counted = connection.execute(
            _COUNTS, {"terms": json.dumps([term for term in terms if not known[term]]), "most": COUNTED + 1}
        )
        found: dict[str, int] = dict(counted.all())
        common = [term for term, count in found.items() if count > COUNTED]
        known.update(found)
        known.update(self._estimated(connection, common, paragraphs) if common else {})
        return {term: number for term, number in known.items() if number}

    def _remembered(self, term: str, paragraphs: int) -> int:
        number, of = self._estimates.get(term, (0, 0))
        return number if abs(paragraphs - of) <= _DRIFT * of else 0

    def _estimated(self, connection: Connection, terms: Sequence[str], paragraphs: int) -> dict[str, int]:
        """How many paragraphs hold each term, as far as the stretches of ids tell."""
        least, most = connection.execute(_ENDS).one()
        width = min(_WIDTH, (most + 1 - least) // _WINDOWS)
        firsts = np.linspace(least, most + 1 - width, _WINDOWS, dtype=np.int64)
        values = {"terms": json.dumps(list(terms)), "firsts": json.dumps(firsts.tolist()), "width": width}
        times = (most + 1 - least) / (_WINDOWS * width)
        found = {term: max(COUNTED, round(held * times)) for term, held in connection.execute(_SAMPLE, values)}
        if len(self._estimates) >= _ESTIMATES:
            self._estimates.clear()
        self._estimates.update({term: (number, paragraphs) for term, number in found.items()})
        return found


def best_by_bm25(
    connection: Connection, terms: Sequence[str], allowed: Ids | None, limit: int
) -> dict[int, float]:
    """Paragraph ids with their BM25 score, higher is better, best first: FTS5 over own and context terms.

    The work grows with the number of paragraphs that hold any of the terms.
    """
    if not terms:
        return {}
    match = " OR ".join(map(_quoted, terms))
    rows = connection.execute(_BM25, {"match": match, "limit": limit if allowed is None else -1}).all()
    if allowed is not None:
        inside = _inside(np.array([number for number, _ in rows], dtype=np.int64), allowed)
        rows = [row for row, chosen in zip(rows, inside, strict=True) if chosen][:limit]
    return {number: -score for number, score in rows}


def best_by_terms(
    connection: Connection,
    frequencies: Mapping[str, int],
    weights: Mapping[str, float],
    allowed: Ids | None,
    limit: int,
) -> dict[int, float]:
    """Paragraph ids with the sum of the weights of the terms in them or their context, best first, then newest.

    Of the rarest term the newest paragraphs are taken, so many at most, and those of every other that is as rare;
    commoner terms count where one of these stands too.
    """
    terms = sorted(frequencies, key=lambda term: (frequencies[term], term))[:_TERMS]
    rare = [term for term in terms if frequencies[term] <= _ROWS] or terms[:1]
    first, last = (int(allowed[0]), int(allowed[-1])) if allowed is not None else (0, _LAST)
    found = [_holding(connection, _NEWEST, _quoted(term), first, last) for term in rare]
    oldest = min((int(ids.min()) for ids in found if len(ids)), default=_LAST)
    either = " OR ".join(map(_quoted, rare))
    found += [
        _holding(connection, _BOTH, f"({either}) AND {_quoted(term)}", oldest, last)
        for term in terms
        if term not in rare
    ]
    order = [*rare, *(term for term in terms if term not in rare)]
    ids, places = np.unique(np.concatenate(found), return_inverse=True)
    sums = np.bincount(places, np.repeat([weights[term] for term in order], [len(one) for one in found]))
    if allowed is not None:
        inside = _inside(ids, allowed)
        ids, sums = ids[inside], sums[inside]
    best = np.lexsort((-ids, -sums))[:limit]
    return dict(zip(ids[best].tolist(), sums[best].tolist(), strict=True))


def _holding(connection: Connection, query: str, match: str, first: int, last: int) -> Ids:
    """Ids between these two of paragraphs that match."""
    rows = connection.exec_driver_sql(query, (match, first, last, _ROWS)).scalars()
    return np.fromiter(rows, dtype=np.int64)


def _inside(ids: Ids, allowed: Ids) -> npt.NDArray[np.bool_]:
    """Which of the ids are among those allowed, which are sorted."""
    places = np.minimum(np.searchsorted(allowed, ids), len(allowed) - 1)
    inside: npt.NDArray[np.bool_] = allowed[places] == ids
    return inside


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


_COUNTS = text(
    """
    SELECT value, (SELECT count(*) FROM (
        SELECT rowid FROM keyword WHERE keyword MATCH 'terms : "' || replace(value, '"', '""') || '"' LIMIT :most
    )) FROM json_each(:terms)
    """
)

_ENDS = text("SELECT (SELECT min(id) FROM paragraph), (SELECT max(id) FROM paragraph)")

_SAMPLE = text(
    """
    SELECT term.value, sum((SELECT count(*) FROM keyword
                            WHERE keyword MATCH 'terms : "' || replace(term.value, '"', '""') || '"'
                            AND rowid BETWEEN first.value AND first.value + :width - 1))
    FROM json_each(:terms) AS term, json_each(:firsts) AS first GROUP BY term.value
    """
)

_BM25 = text(
    """
    SELECT rowid, bm25(keyword) AS score FROM keyword WHERE keyword MATCH :match
    ORDER BY score, rowid LIMIT :limit
    """
)

# Past SQLAlchemy's work on each row: there are thousands.
_BOTH = "SELECT rowid FROM keyword WHERE keyword MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?"
_NEWEST = _BOTH.replace("LIMIT", "ORDER BY rowid DESC LIMIT")
_LAST = 2**62
_REMEMBERED = 16
_FEW = 2000
"""The paragraphs of so many articles come from the database, as long as those of all are not in memory."""


class Scopes:
    """The paragraphs in the scopes that were asked for last, in one library. Any number of threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._article_of: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)  # 0 where there is no paragraph
        self._revision = 0
        self._known: OrderedDict[Scope, Ids | None] = OrderedDict()
        self._version = -1

    def within(self, connection: Connection, scope: Scope, version: int) -> Ids | None:
        """Sorted ids of the paragraphs in the scope, or `None` when it is the whole library.

        `version` is the database's before `connection` began to read: as long as it stays, what was found holds.
        """
        with self._lock:
            if version != self._version:
                self._known.clear()
                self._version = version
            if scope in self._known:
                self._known.move_to_end(scope)
                return self._known[scope]
            found = self._found(connection, scope)
            self._known[scope] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            return found

    def load(self, connection: Connection) -> None:
        """Take what every scope needs into memory now rather than with the first one."""
        with self._lock:
            self._catch_up(connection)

    def _found(self, connection: Connection, scope: Scope) -> Ids | None:
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
            more = np.zeros(most + 1 + most // 8 - len(self._article_of), dtype=np.int64)
            self._article_of = np.concatenate([self._article_of, more])
        self._article_of[gone[gone < len(self._article_of)]] = 0
        self._article_of[ids] = keys
        self._revision = current


def _is_everything(connection: Connection, scope: Scope) -> bool:
    """Whether every article of the library lies in the scope, for it names but a team, and there is no other."""
    if lookup.bounds(scope).keys() != {"team"}:
        return False
    first, last = connection.execute(_TEAMS).one()
    return bool(first == last == scope.team)


def _article_keys(connection: Connection, scope: Scope) -> Ids:
    """The keys of the articles in the scope, in any order."""
    query = select(articles.c.key).where(lookup.within(scope))
    return np.fromiter(connection.scalars(query, lookup.bounds(scope)), dtype=np.int64)


def _owners(connection: Connection, since: int) -> tuple[Ids, Ids]:
    """Ids of the paragraphs that were added or changed after revision `since`, and each one's article's key."""
    if since:
        rows = connection.execute(_OWNED, {"since": since}).all()
        ids, keys = (np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1))
        return ids, keys
    ranges = np.array(connection.exec_driver_sql(_RANGES).all(), dtype=np.int64).reshape(-1, 4)
    whole = ranges[:, 2] - ranges[:, 1] + 1 == ranges[:, 3]  # written at once and never changed: most articles
    keys, firsts, _, counts = ranges[whole].T
    ids = np.repeat(firsts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    odd = _owned_by(connection, ranges[~whole, 0])
    return np.concatenate([ids, odd[:, 0]]), np.concatenate([np.repeat(keys, counts), odd[:, 1]])


def _owned_by(connection: Connection, keys: Ids) -> Ids:
    """Ids and article keys of the paragraphs of these articles, a row each, in any order."""
    rows = connection.exec_driver_sql(_OWNED_BY, (json.dumps(keys.tolist()),)).all()
    return np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 2)


_TEAMS = select(
    select(func.min(articles.c.team_id)).scalar_subquery(),
    select(func.max(articles.c.team_id)).scalar_subquery(),
)

_OWNED = select(paragraphs.c.id, paragraphs.c.article_key).where(paragraphs.c.revision > bindparam("since"))
_OWNED_BY = "SELECT id, article_key FROM paragraph WHERE article_key IN (SELECT value FROM json_each(?))"
_RANGES = "SELECT article_key, min(id), max(id), count(*) FROM paragraph GROUP BY article_key"


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
