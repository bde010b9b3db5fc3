"""Which paragraphs lie in a scope: the articles from SQL, their paragraphs from memory."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, func, select

from embeddings.store import lookup, settings
from embeddings.store.lookup import Ids
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.types import Scope

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
        current = settings.revision(connection)
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
