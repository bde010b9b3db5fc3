"""JSON Lines: one article a line. A bad line is told by its number and the rest is read all the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from embeddings.dates import iso_date
from embeddings.errors import SourceError
from embeddings.ingest.split import paragraphs
from embeddings.types import Article, Paragraph

_FIELDS = ("id", "url", "source", "author", "published_at", "collection")


def read_jsonl(path: Path) -> Iterator[Article | SourceError]:
    """Each line's article, or its error. Blank lines are passed over; the file is never held whole."""
    empty = True
    seen: Counter[str] = Counter()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            empty = False
            try:
                article = _article(line, path)
            except ValueError as error:
                yield SourceError(f"{path}, line {number}", f"{error}. Mend the line and add the file again.")
                continue
            # Lines that share title or URL are articles of their own: "News in brief" comes every day.
            seen[article.origin or ""] += 1
            count = seen[article.origin or ""]
            yield article if count == 1 else replace(article, origin=f"{article.origin}#{count}")
    if empty:
        yield SourceError(str(path), "is empty. Put one article a line into it, as JSON.")


def _article(line: bytes, path: Path) -> Article:
    fields = _parsed(line)
    title, text = _required(fields, "title"), _required(fields, "text")
    optional = {name: _optional(fields, name) for name in _FIELDS}
    if optional["published_at"] is not None:
        optional["published_at"] = _iso(optional["published_at"])
    return Article(
        title=title,
        paragraphs=tuple(Paragraph(part) for part in paragraphs(text)),
        name=title,
        origin=optional["url"] or f"{path.resolve().as_uri()}#{title}",
        **optional,
    )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "is not JSON"
        raise ValueError(f"the line {reason}") from error
    if not isinstance(fields, dict):
        raise ValueError('the line is not a JSON object like {"title": …, "text": …}')
    return fields


def _required(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    text = _storable(value, name) if isinstance(value, str) else ""
    if not text:
        raise ValueError(f"the line has no {name!r}, or it is not text")
    return text


def _optional(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if name == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is not text")
    return _storable(value, name) or None


def _storable(value: str, name: str) -> str:
    """The value without blanks around it. Half of a surrogate pair is valid JSON, but no encoding can store it."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{name!r} holds half a character (a lone surrogate)") from error
    return value.replace("\x00", "").strip()


def _iso(value: str) -> str:
    try:
        return iso_date(value)
    except ValueError as error:
        raise ValueError(f"'published_at' is {value!r}, which is not a date like 2021-09-26") from error
