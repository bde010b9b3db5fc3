"""Knowing a feed's entry again, though its address, title or id has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from embeddings.ingest.addresses import identity
from embeddings.ingest.feed import Entry
from embeddings.store.entries import Known


class Recall:
    """The entries that a source has brought before, by all that one can be known again by."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._known: dict[tuple[str, ...], list[Known]] = defaultdict(list)
        for one in known:
            for mark in _marks(one):
                self._known[mark].append(one)

    def find(self, entry: Entry) -> Known | None:
        """The entry as it was known before: by its id, else its address, else its title and date.

        What several known entries share tells nothing, unless one of them is the same to the letter.
        """
        for mark in _marks(entry):
            found = self._known.get(mark, [])
            same = [one for one in found if one.digest == entry.digest]
            if same or len(found) == 1:
                return (same or found)[0]
        return None


def _marks(entry: Entry | Known) -> Iterator[tuple[str, ...]]:
    if entry.guid is not None:
        yield "id", entry.guid
    if entry.url is not None:
        yield "address", identity(entry.url)
    if entry.title and entry.published_at:
        yield "title", entry.title, entry.published_at
