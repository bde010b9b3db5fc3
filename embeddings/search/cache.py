"""Answers that were given already, for as long as the library stays as it is."""

from __future__ import annotations

import threading

from cachetools import LRUCache

from embeddings.scope import TeamScope
from embeddings.text.periods import Period
from embeddings.types import Answer

Asked = tuple[str, TeamScope, int | None, Period | None, bool, float]
"""A question as it was typed, its scope, the number of passages wanted, the period that comes first, whether it is
taken to the letter, and by how much the threshold is shifted."""

_MAX_ANSWERS = 500


class Answers:
    """The last answers at one version of the database. Any number of threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: LRUCache[Asked, Answer] = LRUCache(_MAX_ANSWERS)
        self._version = -1

    def find(self, asked: Asked, version: int) -> Answer | None:
        """Return the answer that was given at this very version, or `None`."""
        with self._lock:
            return self._known.get(asked) if version == self._version else None

    def keep(self, asked: Asked, version: int, answer: Answer) -> None:
        """Remember the answer; `version` is that before the library was read for it."""
        with self._lock:
            if version != self._version:
                self._known.clear()
                self._version = version
            self._known[asked] = answer
