"""Which articles tell the same story: placing each article as it comes in, and listing the stories.

Every function works inside the transaction that it is handed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection, RowMapping, func, select

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.store import paragraphs
from embeddings.store.articles import citation
from embeddings.store.tables import article as articles
from embeddings.store.tables import telling
from embeddings.types import Scope, Story


def is_any_missing(connection: Connection) -> bool:
    """Whether an article was stored before stories were."""
    counts = [connection.scalar(select(func.count()).select_from(table)) for table in (articles, telling)]
    return counts[0] != counts[1]


def own_story_id(team: str, article_id: str, added_at: str) -> str:
    """The id of the story that begins with this article; an article that comes again begins another."""
    return hashlib.sha256(f"{team}\x00{article_id}\x00{added_at}".encode()).hexdigest()[:16]


def listed(connection: Connection, scope: Scope, *, grouped: bool = True) -> list[Story]:
    """The stories with an article in the scope, newest first, those without a date last; whole but for articles in
    other collections.

    Not `grouped`, every article is a story of its own.
    """
    joined = articles.c.key == telling.c.article_key
    inside = select(telling.c.story_id).join(articles, joined).where(paragraphs.within(scope))
    seen = replace(scope, since=None, until=None, added_since=None)
    visible = paragraphs.within(seen if grouped else scope)
    query = select(telling, articles).join(articles, joined).where(visible, telling.c.story_id.in_(inside))
    rows = connection.execute(
        query.order_by(telling.c.moment, articles.c.key), paragraphs.bounds(scope)
    ).mappings()
    members: dict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        members[row["story_id"] if grouped else own_story_id(row["team_id"], row["id"], row["added_at"])].append(
            row
        )
    found = [_story(story_id, told) for story_id, told in members.items()]
    return sorted(found, key=lambda story: (_is_dated(story), story.last_seen, story.story_id), reverse=True)


def of_articles(connection: Connection, keys: Iterable[int]) -> dict[str, str]:
    """Article id to story id, for the articles with these keys."""
    query = select(articles.c.id, telling.c.story_id).join(telling, telling.c.article_key == articles.c.key)
    return dict(connection.execute(query.where(articles.c.key.in_(list(keys)))).all())


def vectors(connection: Connection, team: str, story_ids: Sequence[str]) -> dict[str, Vectors]:
    """The mean vector of title and lead of each of the team's stories, unit length."""
    query = select(telling.c.story_id, telling.c.vector).where(
        telling.c.team_id == team, telling.c.story_id.in_(list(story_ids))
    )
    found: dict[str, list[bytes]] = defaultdict(list)
    for story_id, vector in connection.execute(query):
        found[story_id].append(vector)
    return {story_id: _unit(vector_rows(blobs).sum(axis=0)) for story_id, blobs in found.items()}


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
    """The title of the article nearest to the middle of all; of several the first."""
    rows = vector_rows([row["vector"] for row in told])
    return str(told[int((rows @ rows.sum(axis=0)).round(4).argmax())]["title"])


def lead_vector(views: bytes) -> bytes:
    """The vector of "title: first paragraph", as stored: the first of a paragraph's two views."""
    return views[: len(views) // 2]


def vector_rows(blobs: Sequence[bytes]) -> Vectors:
    """Return the stored vectors as a matrix, a row each."""
    return from_blob(b"".join(blobs), len(blobs[0]) // 2)


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
