"""Writing many new articles at once, a thousand paragraphs a second, where `articles.save` takes one by one.

Works inside the transaction that it is handed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from sqlalchemy import Connection, func, insert, select

from embeddings.dates import utc_key
from embeddings.encode import EncodedParagraph
from embeddings.store import links, settings
from embeddings.store.articles import content_hash
from embeddings.store.stories import own_story_id
from embeddings.store.tables import VIEWS, telling
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.topics.same_event import Marks, to_blob
from embeddings.types import DEFAULT_COLLECTION, Article

Encoded = tuple[Article, Sequence[EncodedParagraph]]


def write_new(connection: Connection, fresh: Sequence[Encoded], team: str, added_at: str) -> None:
    """Write articles that the caller knows to be new, by id and by text, each with its encoded paragraphs.

    They are one change of the library. Each tells a story of its own: none is looked for.
    """
    first = (connection.scalar(select(func.max(articles.c.key))) or 0) + 1
    revision = settings.next_revision(connection)
    connection.execute(
        insert(articles),
        [_article_row(article, key, team, added_at) for key, (article, _) in enumerate(fresh, start=first)],
    )
    connection.execute(
        insert(paragraphs),
        [
            {"article_key": key, "position": position, "revision": revision, **asdict(row)}
            for key, (_, rows) in enumerate(fresh, start=first)
            for position, row in enumerate(rows)
        ],
    )
    connection.execute(
        insert(telling),
        [_telling_row(*encoded, key, team, added_at) for key, encoded in enumerate(fresh, start=first)],
    )


def _article_row(article: Article, key: int, team: str, added_at: str) -> dict[str, object]:
    return {
        "key": key,
        "team_id": team,
        "id": article.id or article.name,
        "id_given": article.id is not None,
        "origin": article.origin,
        "content_hash": content_hash(article),
        "text_hash": links.text_hash(article),
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "author": article.author,
        "published_at": article.published_at,
        "published_utc": utc_key(article.published_at) if article.published_at else None,
        "collection": article.collection or DEFAULT_COLLECTION,
        "added_at": article.added_at or added_at,
        "language": article.language,
        "quiet": True,
    }


def _telling_row(
    article: Article, rows: Sequence[EncodedParagraph], key: int, team: str, added_at: str
) -> dict[str, object]:
    words = np.unique(np.frombuffer(b"".join(row.term_hashes for row in rows), dtype="<u4"))
    marks = Marks(frozenset(), frozenset(), frozenset(words[words > 0].tolist()))
    lead = rows[0].views
    return {
        "article_key": key,
        "team_id": team,
        "story_id": own_story_id(team, article.id or article.name, added_at),
        "moment": utc_key(article.published_at or article.added_at or added_at),
        "copy_of": None,
        "vector": lead[: len(lead) // VIEWS],
        "marks": to_blob(marks),
    }
