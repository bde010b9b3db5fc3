"""Adding many articles: encoded elsewhere, checked and written here, in the order in which they are given.

So the library comes out as it would had they been added one by one, whenever the work is broken off: a group of
articles is written whole or not at all, and those that are there need not be encoded again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from embeddings.bulk.encoding import Elsewhere, Encoded, Rows
from embeddings.errors import SourceError
from embeddings.library import Library
from embeddings.types import LOCAL_TEAM, Added, Article

T = TypeVar("T")

_PARAGRAPHS = 48
"""So many paragraphs make a group: seconds of work, which are lost when its process is."""
_FOUND = 200


@dataclass(slots=True)
class _Group(Generic[T]):
    """Some of what is given, in order, and the places of the articles that must be encoded."""

    found: list[T] = field(default_factory=list)
    lacking: list[int] = field(default_factory=list)

    @property
    def articles(self) -> dict[int, Article]:
        """The articles by their places."""
        return {place: one for place, one in enumerate(self.found) if isinstance(one, Article)}

    @property
    def is_full(self) -> bool:
        """Whether no more should be put in."""
        paragraphs = sum(len(one.paragraphs) for one in self.articles.values())
        return paragraphs >= _PARAGRAPHS or len(self.found) >= _FOUND


def load(
    library: Library, given: Iterable[T], elsewhere: Elsewhere, *, team: str = LOCAL_TEAM
) -> Iterator[tuple[T, Added | SourceError | None]]:
    """Add every article that is given; each comes out with what became of it, anything else as it came.

    An article that could not be encoded comes with a `SourceError`. Raises what `Library.add` raises, and
    `TopicbotError` when `elsewhere` can't go on.
    """
    waiting: deque[_Group[T]] = deque()

    def lacking() -> Iterator[Sequence[Article]]:
        for group in _groups(given):
            articles = group.articles
            needed = library.lacks(list(articles.values()), team=team)
            group.lacking = [place for place, lacks in zip(articles, needed, strict=True) if lacks]
            waiting.append(group)
            yield [articles[place] for place in group.lacking]

    for encoded in elsewhere.encoded(lacking()):
        group = waiting.popleft()
        done = _write(library, group, encoded, team)
        for place, one in enumerate(group.found):
            yield one, done.get(place)


def _groups(given: Iterable[T]) -> Iterator[_Group[T]]:
    group: _Group[T] = _Group()
    for one in given:
        group.found.append(one)
        if group.is_full:
            yield group
            group = _Group()
    if group.found:
        yield group


def _write(library: Library, group: _Group[T], encoded: Encoded, team: str) -> dict[int, Added | SourceError]:
    """Write the group's articles; gives what became of each, by its place."""
    found = dict(zip(group.lacking, encoded, strict=True))
    done: dict[int, Added | SourceError] = {
        place: one for place, one in found.items() if isinstance(one, SourceError)
    }
    rows: dict[int, Rows] = {place: one for place, one in found.items() if not isinstance(one, SourceError)}
    kept = {place: one for place, one in group.articles.items() if place not in done}
    if kept:
        added = library.add_encoded([(one, rows.get(place)) for place, one in kept.items()], team=team)
        done.update(zip(kept, added, strict=True))
    return done
