"""Reading for search: candidates with their vectors, passages with their citations, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, distinct, func, select

from embeddings.errors import NotFoundError
from embeddings.scope import TeamScope
from embeddings.store import checksums
from embeddings.store.articles import citation, log_damaged
from embeddings.store.checksums import is_sound
from embeddings.store.prepared import Prepared
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import paragraph_checksum as sums
from embeddings.store.tables import removal
from embeddings.text.dates import iso_seconds, utc_key
from embeddings.types import Citation, Stats

Ids = npt.NDArray[np.int64]
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paragraph that may answer, with all that scoring needs; formats as in `store.tables`.

    `title` is its article's, as it is stored: whether it is damaged shows when the article is cited.
    """

    id: int
    article_key: int
    term_hashes: bytes
    views: bytes
    sentence_vectors: bytes
    sentence_kinds: bytes
    title: str


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph with its citation, ready to be shown."""

    citation: Citation
    position: int
    text: str
    heading: str | None
    page: int | None
    is_table: bool
    label: str | None
    sentence_spans: bytes
    added_at: str


def candidates(connection: Connection, ids: Sequence[int], scope: TeamScope | None) -> list[Candidate]:
    """Return the paragraphs with these ids that are in the scope, in order of id; without a scope all of them.

    Damaged ones are left out, and logged.
    """
    if not ids:
        return []
    rows = _candidate_query(_shape(scope)).rows(connection, {"ids": ids, **bounds(scope)})
    return sound_candidates(connection, rows)


def of_articles(connection: Connection, article_keys: Sequence[int], most: int) -> list[Candidate]:
    """Return at most `most` paragraphs of the articles with these keys, in order of id, without damaged ones."""
    query = CANDIDATES.where(paragraphs.c.article_key.in_(list(article_keys)))
    return sound_candidates(connection, connection.execute(query.order_by(paragraphs.c.id).limit(most)))


def passages(connection: Connection, ids: Sequence[int]) -> dict[int, Found]:
    """Return the paragraphs with these ids, with their citations. Damaged ones are left out, and logged."""
    found, damaged = {}, []
    are_sound: dict[int, bool] = {}  # the rows of articles, which come with each of their paragraphs
    for row in _PASSAGES.mappings(connection, {"ids": ids}):
        key = row["article_key"]
        if key not in are_sound:
            are_sound[key] = is_sound(row, checksums.ARTICLE)
        if are_sound[key] and is_sound(row, checksums.SHOWN, "shown"):
            found[row["number"]] = Found(citation(row), *(row[name] for name in Found.__slots__[1:]))
        else:
            damaged.append(str(row["id"]))
    if damaged:
        log_damaged(damaged)
    return found


def sound_candidates(connection: Connection, rows: Iterable[Sequence[Any]]) -> list[Candidate]:
    """Return the rows of `CANDIDATES`, without damaged ones, which are logged."""
    found, damaged = [], []
    for row in rows:
        if checksums.is_scored(row[1], row[2:-2], row[-1]):
            found.append(Candidate(*row[:-1]))
        else:
            damaged.append(row[1])
    if damaged:
        log_damaged(map(str, connection.scalars(select(articles.c.id).where(articles.c.key.in_(damaged)))))
    return found


def of_article(connection: Connection, owners: Sequence[str], article_id: str) -> list[int]:
    """Return the ids of the paragraphs of one article in their order; none when none of the owners has it."""
    joined = select(paragraphs.c.id).join(articles, articles.c.key == paragraphs.c.article_key)
    own = joined.where(articles.c.team_id.in_(owners), articles.c.id == article_id)
    return list(connection.scalars(own.order_by(paragraphs.c.position)))


def owners_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Paragraph id to the owner and the key of its article, for those of these ids that are there."""
    query = select(paragraphs.c.id, articles.c.team_id, articles.c.key).join(
        articles, articles.c.key == paragraphs.c.article_key
    )
    rows = connection.execute(query.where(paragraphs.c.id.in_(list(ids))))
    return {number: (owner, key) for number, owner, key in rows}


def paragraph_ids(connection: Connection) -> Ids:
    """Return every paragraph's id, sorted."""
    return np.sort(
        np.fromiter(connection.scalars(_IDS), dtype=np.int64)
    )  # sorted here: an index of SQLite is read


def ids_within(connection: Connection, scope: TeamScope) -> Ids:
    """Return the ids of the paragraphs in the scope, sorted."""
    query = _within(_IDS, _shape(scope)).order_by(paragraphs.c.id)
    return np.fromiter(connection.scalars(query, bounds(scope)), dtype=np.int64)


def count(connection: Connection) -> int:
    """Return how many paragraphs there are."""
    return connection.scalar(_COUNT) or 0


def tally(connection: Connection) -> tuple[int, int, int]:
    """Return what tells one set of paragraphs from another: their number, the sum of their ids, and of those'
    hashes.

    Taken from an index of the database, not from the paragraphs.
    """
    count, total, mixed = connection.execute(_TALLY).one()
    return count, total or 0, mixed or 0


def tally_of(ids: Ids) -> tuple[int, int, int]:
    """Return the same of these ids."""
    return len(ids), int(ids.sum()), int((ids * _MIX % _HASHES).sum())


def views(connection: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """Paragraph id to its view vectors, for those of these ids that are there."""
    return dict(connection.execute(_VIEWS, {"ids": ids}).all())


def touched(connection: Connection, since: int) -> Ids:
    """Return the ids of the paragraphs that were added, changed or removed after revision `since`."""
    found = (*connection.scalars(_TOUCHED, {"since": since}), *connection.scalars(_GONE, {"since": since}))
    return np.array(found, dtype=np.int64)


def gone(connection: Connection, since: int) -> Ids:
    """Return the ids of the paragraphs that were removed after revision `since`."""
    return np.fromiter(connection.scalars(_GONE, {"since": since}), dtype=np.int64)


def changes(connection: Connection, since: int) -> tuple[Iterator[tuple[int, bytes]], list[int]]:
    """Yield what changed after revision `since`: ids with their view vectors, and the ids that are gone."""
    rows = connection.execute(_CHANGED, {"since": since}, execution_options={"yield_per": 10_000})
    return ((number, views) for number, views in rows), list(connection.scalars(_GONE, {"since": since}))


def has_collection(connection: Connection, owners: Sequence[str], name: str) -> bool:
    """Return whether one of the owners has an article in the collection."""
    return _IN_COLLECTION.scalar(connection, {"owners": owners, "name": name}) is not None


def check_collection(connection: Connection, owners: Sequence[str], name: str) -> None:
    """Raise `NotFoundError`, naming what there is, when none of the owners has an article in the collection."""
    if has_collection(connection, owners, name):
        return
    known = collections(connection, owners)
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    listed = f"The library has: {', '.join(known[:_LISTED])}{more}." if known else "The library is still empty."
    raise NotFoundError(f"There is no collection {name!r}. {listed}")


def stats(connection: Connection, scope: TeamScope, model: str | None) -> Stats:
    """Return counts of the articles, paragraphs, sentences and collections in the scope."""
    counted = _within(
        select(
            func.count(distinct(articles.c.key)),
            func.count(paragraphs.c.id),
            func.coalesce(func.sum(func.length(paragraphs.c.sentence_kinds)), 0),
        ).select_from(paragraphs),
        _shape(scope),
    )
    n_articles, n_paragraphs, n_sentences = connection.execute(counted, bounds(scope)).one()
    return Stats(n_articles, n_paragraphs, n_sentences, collections(connection, scope.owners), model)


def collections(connection: Connection, owners: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the owners' collections, sorted."""
    return tuple(name for (name,) in _COLLECTIONS.rows(connection, {"owners": owners}))


def sources(connection: Connection, scope: TeamScope, most: int) -> tuple[str, ...]:
    """Return what the citations in the scope name as their source, sorted: those with the most articles."""
    count = func.count()
    query = (
        select(articles.c.source).where(within(scope), articles.c.source.is_not(None)).group_by(articles.c.source)
    )
    return tuple(sorted(connection.scalars(query.order_by(count.desc()).limit(most), bounds(scope))))


def titles(connection: Connection, scope: TeamScope, words: Sequence[str], most: int) -> list[str]:
    """Return the titles in the scope that contain each of these words or parts of words, newest first."""
    named = (articles.c.title.icontains(word, autoescape=True) for word in words)
    newest = articles.c.published_utc.desc().nulls_last(), articles.c.key.desc()
    query = select(articles.c.title).where(within(scope), *named).order_by(*newest).limit(most)
    return list(connection.scalars(query, bounds(scope)))


# Statements are built once for each set of bounds: building one takes as long as running it.
Shape = frozenset[str]
"""The names of a scope's bounds."""

_OWNED = articles.c.team_id.in_(bindparam("owners", expanding=True))
_BOUNDS = {
    "owners": _OWNED,
    "collections": articles.c.collection.in_(bindparam("collections", expanding=True)),
    "since": articles.c.published_utc >= bindparam("since"),
    "until": articles.c.published_utc <= bindparam("until"),
    "added_since": articles.c.added_at >= bindparam("added_since"),
    "quiet": articles.c.quiet == bindparam("quiet"),
    "sources": articles.c.source.in_(bindparam("sources", expanding=True)),
}


def bounds(scope: TeamScope | None) -> dict[str, Any]:
    """Return the parameters of a statement within the scope."""
    if scope is None:
        return {}
    given = {
        "owners": scope.owners,
        "collections": scope.collections,
        "since": utc_key(scope.since) if scope.since else None,
        "until": utc_key(scope.until) if scope.until else None,
        "added_since": iso_seconds(scope.added_since) if scope.added_since else None,
        "quiet": None if scope.quiet else False,
        "sources": scope.sources,
    }
    return {name: value for name, value in given.items() if value is not None}


def _shape(scope: TeamScope | None) -> Shape:
    return frozenset(bounds(scope))


def _within(query: Select[Any], shape: Shape) -> Select[Any]:
    """Return the query over paragraphs, cut down by the bounds of this shape."""
    if not shape:
        return query
    joined = query.join(articles, articles.c.key == paragraphs.c.article_key)
    return joined.where(conditions(shape))


def within(scope: TeamScope) -> ColumnElement[bool]:
    """Return the condition that an article is in the scope; its parameters are those of `bounds`."""
    return conditions(_shape(scope))


def conditions(shape: Shape) -> ColumnElement[bool]:
    """Return the condition that an article is in a scope with these bounds."""
    return and_(*(_BOUNDS[name] for name in sorted(shape)))


@cache
def _candidate_query(shape: Shape) -> Prepared:
    query = CANDIDATES.where(paragraphs.c.id.in_(bindparam("ids", expanding=True)))
    return Prepared((query.where(conditions(shape)) if shape else query).order_by(paragraphs.c.id))


CANDIDATES = (
    select(*(paragraphs.c[name] for name in ("id", *checksums.SCORED)), articles.c.title, sums.c.scored)
    .join(articles, articles.c.key == paragraphs.c.article_key)
    .outerjoin(sums, sums.c.paragraph_id == paragraphs.c.id)
)

_MIX, _HASHES = 2654435761, 2**32
_IDS = select(paragraphs.c.id)
_COUNT = select(func.count()).select_from(paragraphs)

_TALLY = select(func.count(), func.sum(paragraphs.c.id), func.sum(paragraphs.c.id * _MIX % _HASHES)).select_from(
    paragraphs
)

_VIEWS = select(paragraphs.c.id, paragraphs.c.views).where(paragraphs.c.id.in_(bindparam("ids", expanding=True)))
_TOUCHED = select(paragraphs.c.id).where(paragraphs.c.revision > bindparam("since"))
_CHANGED = select(paragraphs.c.id, paragraphs.c.views).where(paragraphs.c.revision > bindparam("since"))
_GONE = select(removal.c.paragraph_id).where(removal.c.revision > bindparam("since"))

_IN_COLLECTION = Prepared(
    select(articles.c.key).where(_OWNED, articles.c.collection == bindparam("name")).limit(1)
)
_COLLECTIONS = Prepared(select(articles.c.collection).distinct().where(_OWNED).order_by(articles.c.collection))

_PASSAGES = Prepared(
    select(
        paragraphs.c.id.label("number"),
        paragraphs.c.article_key,
        paragraphs.c.position,
        paragraphs.c.text,
        paragraphs.c.heading,
        paragraphs.c.page,
        paragraphs.c.is_table,
        paragraphs.c.label,
        paragraphs.c.sentence_spans,
        sums.c.shown,
        articles,
    )
    .join(articles, articles.c.key == paragraphs.c.article_key)
    .outerjoin(sums, sums.c.paragraph_id == paragraphs.c.id)
    .where(paragraphs.c.id.in_(bindparam("ids", expanding=True)))
)
