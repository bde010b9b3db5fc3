"""Answers that were given already, for as long as the library stays as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict

from embeddings.text.periods import Period
from embeddings.types import Answer, Scope

Asked = tuple[str, Scope, int, Period | None]
"""A question as it was typed, its scope, the number of passages wanted, and the period that comes first."""

_REMEMBERED = 500


class Answers:
    """The last answers at one version of the database. Any number of threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Asked, Answer] = OrderedDict()
        self._version = -1

    def find(self, asked: Asked, version: int) -> Answer | None:
        """The answer that was given at this very version, or `None`."""
        with self._lock:
            if version != self._version or asked not in self._known:
                return None
            self._known.move_to_end(asked)
            return self._known[asked]

    def keep(self, asked: Asked, version: int, answer: Answer) -> None:
        """Remember the answer; `version` is that before the library was read for it."""
        with self._lock:
            if version != self._version:
                self._known.clear()
                self._version = version
            self._known[asked] = answer
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
