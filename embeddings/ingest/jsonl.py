"""JSON Lines: one article a line. A bad line is reported with its number and the rest is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from embeddings.errors import SourceError
from embeddings.text.dates import iso_date
from embeddings.text.sentences import paragraphs
from embeddings.types import Article, Citation, Paragraph

_FIELDS = ("id", "url", "source", "author", "published_at", "collection", "language")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A source as an export holds it, with its entries."""

    fields: dict[str, Any]


def read_jsonl(path: Path) -> Iterator[Article | SourceError]:
    """Yield each line's article, or its error; the sources of an export are passed over, as are
    blank lines. The file is never held whole.
    """
    empty = True
    seen, again = set[int](), Counter[int]()  # hashes of origins: a third of what the origins would take
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            empty = False
            try:
                found = _read(line, path)
            except ValueError as error:
                yield SourceError(f"{path}, line {number}", f"{error}. Mend the line and add the file again.")
                continue
            if found is None:
                continue
            if found.added_at is not None:
                yield found
                continue
            # Lines that share title or URL are articles of their own: "News in brief" comes every day.
            mark = hash(found.origin)
            if mark in seen:
                again[mark] += 1
                found = replace(found, origin=f"{found.origin}#{again[mark] + 1}")
            seen.add(mark)
            yield found
    if empty:
        yield SourceError(str(path), "is empty. Put one article a line into it, as JSON.")


def subscriptions(path: Path) -> Iterator[Subscription]:
    """Yield the sources in an export."""
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b'{"subscription"'):
                fields = _parsed(line)
                if isinstance(fields["subscription"], dict):
                    yield Subscription(fields["subscription"])


def _read(line: bytes, path: Path) -> Article | None:
    fields = _parsed(line)
    if isinstance(fields.get("subscription"), dict):
        return None
    article = _article(fields, path)
    return _exported(article, fields) if "added_at" in fields else article


def _exported(article: Article, fields: dict[str, Any]) -> Article:
    """Return the article with what only an export says of it."""
    try:
        paragraphs_ = tuple(
            Paragraph(one["text"], one["heading"], one["page"], bool(one.get("table")), one.get("label"))
            for one in fields["paragraphs"]
        )
        also_at = tuple(
            Citation(article.id or "", one["title"], one["url"], one["source"]) for one in fields["also_at"]
        )
        return replace(
            article,
            paragraphs=paragraphs_,
            origin=_optional(fields, "origin"),
            added_at=_iso(_required(fields, "added_at")),
            also_at=also_at,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the line is of an export, but its {error} can't be read") from error


def _article(fields: dict[str, Any], path: Path) -> Article:
    title, text = _required(fields, "title"), _required(fields, "text")
    optional: dict[str, Any] = {name: _optional(fields, name) for name in _FIELDS}
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
    """Return the value without blanks around it. Half of a surrogate pair is valid JSON, but no encoding can store
    it.
    """
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
