"""Which article tells which story: the rows, and listing the stories.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.scope import TeamScope
from embeddings.store import checksums, paragraphs
from embeddings.store.articles import RowOf, citation, sound
from embeddings.store.checksums import Row, is_sound
from embeddings.store.prepared import Prepared
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph, telling
from embeddings.types import Story

Told = tuple[str, bytes, str, bytes]
"""Text, sentence spans, terms and views of a paragraph: what its article's story is found by."""

_MARKED = 400
"""This many articles of a window are enough to know how rare a word is."""


def is_any_missing(connection: Connection) -> bool:
    """Return whether an article was stored before stories were."""
    counts = [connection.scalar(select(func.count()).select_from(table)) for table in (articles, telling)]
    return counts[0] != counts[1]


def own_story_id(team: str, article_id: str, added_at: str) -> str:
    """Return the id of the story that begins with this article; an article that comes again begins another."""
    return hashlib.sha256(f"{team}\x00{article_id}\x00{added_at}".encode()).hexdigest()[:16]


def unplaced(connection: Connection) -> Sequence[RowMapping]:
    """Return the rows of the articles that were stored before stories were, in order of time."""
    without = select(articles).where(articles.c.key.not_in(select(telling.c.article_key)))
    return connection.execute(without.order_by(articles.c.published_utc, articles.c.key)).mappings().all()


def lead(connection: Connection, key: int) -> bytes | None:
    """Return the vector of title and lead of the article with this key, as its first paragraph stores it."""
    views = connection.scalar(
        select(paragraph.c.views).where(paragraph.c.article_key == key, paragraph.c.position == 0)
    )
    return lead_vector(views) if views is not None else None


def paragraphs_of(connection: Connection, key: int) -> Sequence[Told]:
    """Text, sentence spans, terms and views of the article's paragraphs, in order."""
    return _PARAGRAPHS.rows(connection, {"key": key})


def within_days(connection: Connection, team: str, key: int, first: str, last: str) -> Sequence[Any]:
    """Key, vector and marks of the team's articles between these two moments, but for the one with this `key`.

    Of very many only some have their marks, about `_MARKED` of them: enough to tell how rare a word is.
    """
    window = {"team": team, "key": key, "first": first, "last": last}
    step = 1 + _COUNT.scalar(connection, window) // _MARKED
    return _WINDOW.rows(connection, {**window, "step": step})


def rows_of(connection: Connection, keys: Sequence[int]) -> Sequence[Row]:
    """Return which stories the articles with these keys tell: the rows of the table `telling`, in any order.

    With each come its source, URL, date and origin.
    """
    return _MARKS.mappings(connection, {"keys": list(keys)})


def put(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write which story an article tells: every column of `telling`."""
    _PUT.run(connection, {**values, "checksum": checksums.of_row(values, checksums.TELLING)})


def put_vector(connection: Connection, key: int, vector: bytes) -> None:
    """Write another vector of title and lead."""
    own = select(telling).where(telling.c.article_key == key)
    for row in _sound(connection.execute(own).mappings().all()):
        put(connection, {**_columns(row), "vector": vector})


def merge(connection: Connection, team: str, story: str, into: str) -> None:
    """Have all articles of one story tell another."""
    both = select(telling).where(telling.c.team_id == team, telling.c.story_id == story)
    for row in _sound(connection.execute(both).mappings().all()):
        put(connection, {**_columns(row), "story_id": into})


_LATER = 10


def later_in(connection: Connection, scope: TeamScope, key: int) -> Sequence[Row]:
    """Return the article with this key and then the newest in the scope that tell its story later, newest first.

    Copies of it are none of them, nor are damaged ones; nothing is returned for an undated article.
    """
    own = next(iter(_sound(sound(_OWN.mappings(connection, {"key": key}), "article_checksum"))), None)
    if own is None:
        return ()
    given = paragraphs.bounds(scope)
    values = {"story": own["story_id"], "moment": own["moment"], "original": own["copy_of"] or key}
    later = _later(frozenset(given)).mappings(connection, {**given, **values})
    return (own, *_sound(sound(later, "article_checksum")))


def alone_in(connection: Connection, team: str, key: int) -> str | None:
    """Return the id of the story that the article with this key tells, when no other article tells it."""
    story = _STORY.scalar(connection, {"key": key})
    if story is None or _OTHER.scalar(connection, {"team": team, "story": story, "key": key}) is not None:
        return None
    return str(story)


def is_news(row: Row) -> bool:
    """Return whether an article is a report of its day: of a publisher, from an address, or dated and no document.

    Minutes, papers and manuals, read from files, tell no events.
    """
    if row["source"] or row["url"]:
        return True
    origin = row["origin"] or ""
    return bool(row["published_at"]) and (not origin.startswith("file:") or ".jsonl#" in origin)


def listed(connection: Connection, scope: TeamScope, *, grouped: bool = True, news: bool = False) -> list[Story]:
    """Return the stories with an article in the scope, newest first, undated ones last, whole but for other
    collections.

    Not `grouped`, every article is a story of its own. With `news`, stories without a report are left out.
    """
    joined = articles.c.key == telling.c.article_key
    inside = select(telling.c.story_id).join(articles, joined).where(paragraphs.within(scope))
    seen = replace(scope, since=None, until=None, added_since=None)
    visible = paragraphs.within(seen if grouped else scope)
    query = (
        select(telling, articles, articles.c.checksum.label("article_checksum"))
        .join(articles, joined)
        .where(visible, telling.c.story_id.in_(inside))
    )
    rows = connection.execute(
        query.order_by(telling.c.moment, articles.c.key), paragraphs.bounds(scope)
    ).mappings()
    members: dict[str, list[RowMapping]] = defaultdict(list)
    for row in _sound(sound(rows, "article_checksum")):
        members[row["story_id"] if grouped else own_story_id(row["team_id"], row["id"], row["added_at"])].append(
            row
        )
    found = [_story(story_id, told) for story_id, told in members.items() if not news or any(map(is_news, told))]
    return sorted(found, key=lambda story: (_is_dated(story), story.last_seen, story.story_id), reverse=True)


def of_articles(connection: Connection, keys: Iterable[int]) -> dict[str, str]:
    """Article id to story id, for the articles with these keys."""
    query = select(articles.c.id, telling.c.story_id).join(telling, telling.c.article_key == articles.c.key)
    return dict(connection.execute(query.where(articles.c.key.in_(list(keys)))).all())


def vectors(connection: Connection, owners: Sequence[str], story_ids: Sequence[str]) -> dict[str, Vectors]:
    """Return the mean vector of title and lead of each of the owners' stories, unit length."""
    query = select(telling).where(telling.c.team_id.in_(owners), telling.c.story_id.in_(list(story_ids)))
    found: dict[str, list[bytes]] = defaultdict(list)
    for row in _sound(connection.execute(query).mappings()):
        found[row["story_id"]].append(row["vector"])
    return {story_id: _unit(vector_rows(blobs).sum(axis=0)) for story_id, blobs in found.items()}


def damaged(connection: Connection) -> list[str]:
    """Return the ids of the articles whose story isn't what was written."""
    every = select(telling, articles.c.id).outerjoin(articles, articles.c.key == telling.c.article_key)
    rows = connection.execute(every.order_by(telling.c.article_key)).mappings()
    return [str(row["id"]) for row in rows if not is_sound(row, checksums.TELLING)]


def _sound(rows: Iterable[RowOf]) -> list[RowOf]:
    """Return the rows of `telling` that are what was written: nobody knows which story the others belong to."""
    return [row for row in rows if is_sound(row, checksums.TELLING)]


def _columns(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in checksums.TELLING}


def _story(story_id: str, told: Sequence[RowMapping]) -> Story:
    originals = [row for row in told if row["copy_of"] is None] or list(told)
    by_key = {row["article_key"]: row["id"] for row in told}
    dates = [row["published_at"] or row["added_at"] for row in told]
    return Story(
        story_id=story_id,
        headline=_headline(originals),
        articles=tuple(citation(row) for row in told),
        copies=tuple(row["id"] for row in told if row["copy_of"] in by_key),
        first_seen=dates[0],
        last_seen=dates[-1],
    )


def _is_dated(story: Story) -> bool:
    return any(one.published_at for one in story.articles)


def _headline(told: Sequence[RowMapping]) -> str:
    """Return the title of the article nearest to the middle of all; of several the first."""
    rows = vector_rows([row["vector"] for row in told])
    return str(told[int((rows @ rows.sum(axis=0)).round(4).argmax())]["title"])


def lead_vector(views: bytes) -> bytes:
    """Return the vector of "title: first paragraph", as stored: the first of a paragraph's two views."""
    return views[: len(views) // 2]


def vector_rows(blobs: Sequence[bytes]) -> Vectors:
    """Return the stored vectors as a matrix, a row each."""
    return from_blob(b"".join(blobs), len(blobs[0]) // 2)


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit


# Built once: building a statement takes longer than running it.
_PARAGRAPHS = Prepared(
    select(paragraph.c.text, paragraph.c.sentence_spans, paragraph.c.terms, paragraph.c.views)
    .where(paragraph.c.article_key == bindparam("key"))
    .order_by(paragraph.c.position)
)

_DATED = (
    select(telling, articles, articles.c.checksum.label("article_checksum"))
    .join(articles, articles.c.key == telling.c.article_key)
    .where(articles.c.published_at.is_not(None))
)
_OWN = Prepared(_DATED.where(telling.c.article_key == bindparam("key")))


@cache
def _later(shape: paragraphs.Shape) -> Prepared:
    moment = func.coalesce(telling.c.moment, "")  # by its index SQLite would read all that came later
    query = _DATED.where(
        paragraphs.conditions(shape),
        telling.c.team_id.in_(bindparam("owners", expanding=True)),
        telling.c.story_id == bindparam("story"),
        moment > bindparam("moment"),
        telling.c.copy_of.is_(None) | (telling.c.copy_of != bindparam("original")),
    )
    return Prepared(query.order_by(moment.desc()).limit(_LATER))


_IN_WINDOW = (
    telling.c.team_id == bindparam("team"),
    telling.c.article_key != bindparam("key"),
    telling.c.moment.between(bindparam("first"), bindparam("last")),
)
_COUNT = Prepared(select(func.count()).select_from(telling).where(*_IN_WINDOW))
_WINDOW = Prepared(
    select(
        telling.c.article_key,
        telling.c.vector,
        case((telling.c.article_key % bindparam("step") == 0, telling.c.marks)).label("marks"),
    ).where(*_IN_WINDOW)
)

_STORY = Prepared(select(telling.c.story_id).where(telling.c.article_key == bindparam("key")))
_OTHER = Prepared(
    select(telling.c.article_key)
    .where(
        telling.c.team_id == bindparam("team"),
        telling.c.story_id == bindparam("story"),
        telling.c.article_key != bindparam("key"),
    )
    .limit(1)
)

_INSERT = insert(telling).values({column.name: bindparam(column.name) for column in telling.c})
_PUT = Prepared(
    _INSERT.on_conflict_do_update(
        index_elements=["article_key"],
        set_={column.name: _INSERT.excluded[column.name] for column in telling.c if not column.primary_key},
    )
)

_MARKS = Prepared(
    select(telling, articles.c.source, articles.c.url, articles.c.published_at, articles.c.origin)
    .join(articles, articles.c.key == telling.c.article_key)
    .where(telling.c.article_key.in_(bindparam("keys", expanding=True)))
)
