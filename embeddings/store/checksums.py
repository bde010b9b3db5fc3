"""Checksums of stored rows: computed where a row is written, compared where it is read.

CRC-32 finds every change of up to four bytes in a row and all but one in four billion of the larger ones. It is no
guard against people who can write to the database: they could write the checksum too.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

SHOWN = ("article_key", "position", "text", "heading", "page", "is_table", "label", "sentence_spans")
"""The columns of a paragraph that are shown or cited …"""

SCORED = ("article_key", "term_hashes", "views", "sentence_vectors", "sentence_kinds")
"""… those that decide its score …"""

INDEXED = ("terms", "context_terms")
"""… and those that the keyword index is made of: `doctor` and backups compare these."""

ARTICLE = (
    "key", "team_id", "id", "id_given", "origin", "content_hash", "title", "url", "source", "author",
    "published_at", "published_utc", "collection", "added_at", "language", "text_hash", "quiet",
)  # fmt: skip
LINK = ("article_key", "team_id", "origin", "url", "title", "source")
TELLING = ("article_key", "team_id", "story_id", "moment", "copy_of", "vector", "marks")

Row = Mapping[str, Any] | RowMapping


def checksum(*values: object) -> int:
    """Return the CRC-32 of these values of a row, in this order; the same in both databases."""
    # One step for the many texts: this is done some forty times for a question.
    parts = [one.encode("utf-8", "surrogatepass") if type(one) is str else _bytes(one) for one in values]
    return zlib.crc32(b"\x1f".join((*parts, b"")))


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return b"\x00" if value is None else b"%d" % int(value)


def is_scored(article_key: int, rest: Sequence[bytes], expected: int) -> bool:
    """Return whether the `SCORED` columns of a row are what was written; `rest` are those after the first."""
    try:
        return zlib.crc32(b"\x1f".join([b"%d" % article_key, *rest, b""])) == expected
    except TypeError:  # a blob that has become text
        return False


def of_row(row: Row, columns: tuple[str, ...]) -> int:
    """Return the checksum of these columns of a row."""
    return checksum(*[row[name] for name in columns])


def is_sound(row: Row, columns: tuple[str, ...], name: str = "checksum") -> bool:
    """Return whether the columns of a row are what was written: `name` is the column of its checksum."""
    try:
        return bool(row[name] == of_row(row, columns))
    except (TypeError, ValueError):  # a number that has become text
        return False
