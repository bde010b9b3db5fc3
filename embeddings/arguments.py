"""What a program passes to the library, checked: a wrong value raises `InvalidInputError` in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from inspect import signature
from typing import Any

from embeddings.errors import InvalidInputError
from embeddings.scope import Scope
from embeddings.text.dates import within_calendar
from embeddings.types import Article

Bound = date | str | None
"""An end of a period: a date or a datetime, ISO 8601 text for either, or nothing."""

_FIELDS = tuple(signature(Article.from_text).parameters)


def article_of(given: Article | Mapping[str, Any]) -> Article:
    """Return the article itself, or the one that a mapping like `{"title": …, "text": …}` describes."""
    if isinstance(given, Article):
        return given
    if not isinstance(given, Mapping):
        raise InvalidInputError(
            f"An article can't be a {type(given).__name__}. Pass an Article or a mapping like "
            '{"title": …, "text": …}; `read(path)` reads files.'
        )
    unknown = [str(name) for name in given if name not in _FIELDS]
    missing = [name for name in ("title", "text") if name not in given]
    if unknown or missing:
        wrong = f"has no {missing[0]!r}" if missing else f"has {unknown[0]!r}, which no article has"
        raise InvalidInputError(f"The article {wrong}. It may have: {', '.join(_FIELDS)}.")
    return Article.from_text(**given)


def narrowed(scope: Scope, since: Bound, until: Bound, collection: str | None) -> Scope:
    """Return the scope within this period and collection too; a day counts from its first to its last second."""
    first, last = _moment("since", since, time.min), _moment("until", until, time.max)
    first, last = first or scope.since, last or scope.until
    if first is not None and last is not None and first > last:
        raise InvalidInputError(f"'since' ({first:%Y-%m-%d}) is after 'until' ({last:%Y-%m-%d}). Swap them.")
    if collection is None:
        return scope if (since, until) == (None, None) else replace(scope, since=first, until=last)
    return replace(scope, since=first, until=last, collections=(text_of("collection", collection),))


def count_of(name: str, value: int) -> int:
    """Return a count of at least one."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidInputError(f"{name!r} is {value!r}. Pass a whole number from 1 on.")
    return value


def text_of(name: str, value: str) -> str:
    """Return the value, which must be text."""
    if not isinstance(value, str):
        raise InvalidInputError(f"{name!r} is {value!r}, which is not text. Pass a str.")
    return value


def _moment(name: str, value: Bound, of_day: time) -> datetime | None:
    """Return the aware moment; without a zone in UTC, and of a day `of_day`."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
        is_day = not isinstance(read, datetime) or (
            isinstance(value, str) and len(value.strip()) <= len("2021-09-26")
        )
        moment = datetime.combine(read, of_day) if is_day else read
    except (ValueError, TypeError) as error:
        raise InvalidInputError(
            f"{name!r} is {value!r}, which is not a date. Pass a date, a datetime, or text like 2021-09-26."
        ) from error
    if not isinstance(moment, datetime):
        raise InvalidInputError(f"{name!r} is {value!r}, which is not a date. Pass a date or a datetime.")
    return within_calendar(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
