"""Everything that a library holds as JSON Lines, and back: nothing but the vectors is lost, and they come again.

A line is an article as `topicbot add` reads it, with what plain lines leave out (`paragraphs` with headings and
pages, `origin`, `added_at`, `language`, `also_at`), or a source: `{"subscription": {…, "entries": […]}}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from embeddings.errors import DamagedError
from embeddings.store import articles
from embeddings.subscriptions import entries, store
from embeddings.team import TeamLibrary
from embeddings.text.controls import escape_json
from embeddings.types import StoredArticle


def lines(library: TeamLibrary) -> Iterator[str]:
    """Yield each article, oldest first, then each source, as a line of JSON without its end.

    Raises `DamagedError` at the end when there were damaged articles, which were left out.
    """
    damaged: list[str] = []
    with library.database.reading() as connection:
        for article_id, origin in articles.ids(connection, library.team):
            try:
                stored = articles.load(connection, article_id, [library.team])
            except DamagedError:
                damaged.append(article_id)
                continue
            if stored is not None:
                yield escape_json(json.dumps(_article(stored, origin), ensure_ascii=False))
        for source in store.every(connection, library.team):
            yield escape_json(json.dumps({"subscription": entries.pack(connection, source)}, ensure_ascii=False))
    if damaged:
        raise DamagedError(damaged)


def _article(stored: StoredArticle, origin: str | None) -> dict[str, Any]:
    fields = asdict(stored.citation)
    fields["id"] = fields.pop("article_id")
    also_at = [{"url": one.url, "title": one.title, "source": one.source} for one in stored.also_at]
    return {
        "title": fields.pop("title"),
        "text": "\n\n".join(one.text for one in stored.paragraphs),
        **fields,
        "origin": origin,
        "added_at": stored.added_at,
        "language": stored.language,
        "paragraphs": [asdict(one) for one in stored.paragraphs],
        "also_at": also_at,
    }
