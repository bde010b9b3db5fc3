"""How often somebody may do something."""

from __future__ import annotations

from collections.abc import Callable

from cachetools import TTLCache

_MINUTE, _MOST_KNOWN = 60.0, 10_000


class Rate:
    """Counts by name within a minute."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self._counts: TTLCache[tuple[str, int], int] = TTLCache(_MOST_KNOWN, 2 * _MINUTE, clock)

    def is_over(self, name: str) -> bool:
        """Return whether the name has used up this minute."""
        return self._counts.get(self._key(name), 0) >= self._most

    def count(self, name: str) -> bool:
        """Count one more; returns whether it is within the limit."""
        if self.is_over(name):
            return False
        self._counts[self._key(name)] = self._counts.get(self._key(name), 0) + 1
        return True

    def _key(self, name: str) -> tuple[str, int]:
        return name, int(self._clock() // _MINUTE)
