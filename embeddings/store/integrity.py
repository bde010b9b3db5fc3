"""Whether what is stored is what was written: texts against their hash, vectors against what vectors can be."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from sqlalchemy import Connection, RowMapping, bindparam, create_engine, select
from sqlalchemy.exc import DBAPIError

from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.store import metadata
from embeddings.store.tables import VIEWS
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs

_LENGTH_OFF = 0.02
"""How far from 1 the length of a vector may be after its numbers were rounded to half precision."""

_LISTED = 10
_SHOWN = 200
"""The most paragraphs of an article whose text is checked whenever it is shown: a millisecond's work."""


@dataclass(frozen=True, slots=True)
class Damage:
    """An article whose stored rows are not those that were written, and why."""

    team_id: str
    article_id: str
    title: str
    reason: str


def damaged(connection: Connection) -> Iterator[Damage]:
    """Yield every damaged article. Reads the whole library, one article at a time."""
    model = metadata.model(connection)
    dim = model.dim if model else 0
    query = select(
        articles.c.key, articles.c.team_id, articles.c.id, articles.c.title, articles.c.content_hash
    ).order_by(articles.c.key)
    for row in connection.execute(query).mappings().all():
        own = select(paragraphs).where(paragraphs.c.article_key == row["key"]).order_by(paragraphs.c.position)
        reason = _fault(row, connection.execute(own).mappings().all(), dim)
        if reason:
            yield Damage(row["team_id"], row["id"], row["title"], reason)


def altered(connection: Connection, keys: Collection[int]) -> dict[int, str]:
    """Return which of these articles hold another text than was added, by key, with their ids.

    For a few articles that are about to be shown: reads their texts, not their vectors. Articles of very many
    paragraphs are left to `damaged`.
    """
    own = select(articles.c.key, articles.c.id, articles.c.title, articles.c.content_hash)
    texts = (
        select(paragraphs.c.article_key, paragraphs.c.heading, paragraphs.c.text)
        .where(paragraphs.c.article_key == bindparam("key"))
        .order_by(paragraphs.c.position)
        .limit(_SHOWN + 1)
    )
    found = {}
    for article in connection.execute(own.where(articles.c.key.in_(keys))).mappings().all():
        rows = connection.execute(texts, {"key": article["key"]}).mappings().all()
        if len(rows) <= _SHOWN and not _is_as_added(article, rows):
            found[article["key"]] = article["id"]
    return found


def faults(connection: Connection) -> list[str]:
    """Return the damaged articles in a sentence or two, with what to do; empty when there are none."""
    found = list(damaged(connection))
    if not found:
        return []
    named = ", ".join(f"{one.article_id} ({one.reason})" for one in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return [
        f"{len(found)} articles are damaged: {named}{more}. Remove them with `topicbot articles remove ID`, then "
        "add them again, or restore a backup."
    ]


def _fault(article: RowMapping, rows: Sequence[RowMapping], dim: int) -> str | None:
    try:
        if not _is_as_added(article, rows):
            return "its text differs from what was added"
        if [row["position"] for row in rows] != list(range(len(rows))):
            return "paragraphs are missing"
        return next((reason for row in rows if (reason := _vector_fault(row, dim))), None)
    except (ValueError, TypeError, UnicodeError):
        return "it can't be read"


def _is_as_added(article: RowMapping, rows: Sequence[RowMapping]) -> bool:
    parts = [article["title"], *(f"{row['heading'] or ''}\n{row['text']}" for row in rows)]
    content = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest() == str(article["content_hash"])


def _vector_fault(row: RowMapping, dim: int) -> str | None:
    spans, count = spans_from_blob(row["sentence_spans"]), len(row["sentence_kinds"])
    if len(spans) != count or any(not 0 <= start < end <= len(row["text"]) for start, end in spans):
        return "its sentences' places are wrong"
    views, sentences = _lengths(row["views"], dim), _lengths(row["sentence_vectors"], dim)
    if len(views) != VIEWS or len(sentences) != count + 1:
        return "vectors are missing"
    # The row before the first sentence is that of the previous paragraph, or zeros.
    are_unit = np.abs(np.concatenate([views, sentences[1:]]) - 1) <= _LENGTH_OFF
    before = sentences[0] == 0 or abs(sentences[0] - 1) <= _LENGTH_OFF
    return None if bool(are_unit.all()) and before else "its vectors are wrong"


def are_vectors(blob: bytes, dim: int) -> bool:
    """Return whether the blob holds rows of `dim` numbers, each row of unit length or zeros."""
    try:
        lengths = _lengths(blob, dim)
    except ValueError:  # rows of another length
        return False
    return bool(((np.abs(lengths - 1) <= _LENGTH_OFF) | (lengths == 0)).all())


def _lengths(blob: bytes, dim: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the length of each vector; infinite or not a number where a number in it is."""
    rows = np.frombuffer(blob, dtype="<f2").reshape(-1, dim).astype(np.float32)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows)), dtype=np.float32)


def copy_faults(file: Path) -> list[str]:
    """Return what is wrong with the articles in a copy of a SQLite library that nobody writes to."""
    engine = create_engine(f"sqlite:///file:{quote(str(file.absolute()))}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            return faults(connection)
    except DBAPIError as error:
        # Without SQLite's own words: they may quote what an article says.
        return [
            f"{file.name} can't be read ({type(error.orig).__name__}): it is damaged. Restore a backup with "
            "`topicbot restore FILE --force`."
        ]
    finally:
        engine.dispose()
