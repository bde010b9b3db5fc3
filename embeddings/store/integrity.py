"""Whether what is stored is what was written: rows against their checksums, vectors against what they can be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from sqlalchemy import Connection, RowMapping, bindparam, create_engine, event, select
from sqlalchemy.exc import DBAPIError

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.store import checksums, copies, metadata, roll, stories
from embeddings.store.checksums import is_sound
from embeddings.store.sqlite import read_any_text
from embeddings.store.tables import VIEWS
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import paragraph_checksum as sums

_LENGTH_OFF = 0.02
"""How far from 1 the length of a vector may be after its numbers were rounded to half precision."""

_LISTED = 10


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
    lost_links, lost_stories = set(copies.damaged(connection)), set(stories.damaged(connection))
    for row in connection.execute(select(articles).order_by(articles.c.key)).mappings().all():
        reason = _fault(row, connection.execute(_OWN, {"key": row["key"]}).mappings().all(), dim)
        if not reason and row["id"] in lost_links:
            reason = "one of its other addresses is wrong"
        if not reason and row["id"] in lost_stories:
            reason = "the story that it belongs to is wrong"
        if reason:
            yield Damage(row["team_id"], row["id"], row["title"], reason)


def faults(connection: Connection) -> list[str]:
    """Return the missing and the damaged articles in a sentence or two each, with what to do; empty when all is
    well.
    """
    missing, found = roll.faults(connection), list(damaged(connection))
    if not found:
        return missing
    named = ", ".join(f"{one.article_id} ({one.reason})" for one in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return [
        *missing,
        f"{len(found)} articles are damaged: {named}{more}. Remove them with `topicbot articles remove ID`, then "
        "add them again, or restore a backup.",
    ]


_OWN = (
    select(paragraphs, sums.c.shown, sums.c.scored, sums.c.indexed)
    .outerjoin(sums, sums.c.paragraph_id == paragraphs.c.id)
    .where(paragraphs.c.article_key == bindparam("key"))
    .order_by(paragraphs.c.position)
)


def _fault(article: RowMapping, rows: Sequence[RowMapping], dim: int) -> str | None:
    try:
        if not is_sound(article, checksums.ARTICLE):
            return "what is kept of it beside its text is wrong"
        if not _is_as_added(article, rows) or not all(is_sound(row, checksums.SHOWN, "shown") for row in rows):
            return "its text differs from what was added"
        if [row["position"] for row in rows] != list(range(len(rows))):
            return "paragraphs are missing"
        return next((reason for row in rows if (reason := _vector_fault(row, dim) or _sum_fault(row))), None)
    except (ValueError, TypeError, UnicodeError):
        return "it can't be read"


def _sum_fault(row: RowMapping) -> str | None:
    if not is_sound(row, checksums.SCORED, "scored"):
        return "what decides its score is wrong"
    return None if is_sound(row, checksums.INDEXED, "indexed") else "its words in the keyword index are wrong"


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
    return are_lengths(lengths)


def are_lengths(lengths: Vectors) -> bool:
    """Return whether each is the length of a unit vector, or 0."""
    return bool(((np.abs(lengths - 1) <= _LENGTH_OFF) | (lengths == 0)).all())


def _lengths(blob: bytes, dim: int) -> Vectors:
    """Return the length of each vector; infinite or not a number where a number in it is."""
    rows = np.frombuffer(blob, dtype="<f2").reshape(-1, dim).astype(np.float32)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows)), dtype=np.float32)


def copy_faults(file: Path) -> list[str]:
    """Return what is wrong with the articles in a copy of a SQLite library that nobody writes to."""
    engine = create_engine(f"sqlite:///file:{quote(str(file.absolute()))}?mode=ro&immutable=1&uri=true")
    event.listen(engine, "connect", read_any_text)
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
