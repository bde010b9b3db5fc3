"""What was read from a database, for as long as it stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class VersionCache(Generic[K, V]):
    """The last values at one version of a database, as `Database.version` counts them. Any number of threads may
    use one.

    A version is read before the values are: they may be newer than it, never older, and nobody who reads the next
    version gets them.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._known: LRUCache[K, V] = LRUCache(size)
        self._version: int | None = None

    def get(self, version: int, key: K) -> V | None:
        """Return the value that was read at this very version, or `None`."""
        with self._lock:
            return self._known.get(key) if version == self._version else None

    def put(self, version: int, key: K, value: V) -> None:
        """Remember the value; it was read after the version was."""
        with self._lock:
            if version != self._version:
                self._known.clear()
                self._version = version
            self._known[key] = value

    def read(self, version: int, key: K, read: Callable[[], V]) -> V:
        """Return the value of this version, which `read` returns the first time; `None` is never remembered."""
        found = self.get(version, key)
        if found is None:
            found = read()
            self.put(version, key, found)
        return found
