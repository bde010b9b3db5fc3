"""Keep to the pace that Slack sets for reading messages back, before Slack has to refuse a call.

An app that is distributed outside Slack's Marketplace gets one page of 15 messages a minute from each of these
methods in each workspace; any app may be asked to wait. That it is limited is learned from what Slack does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from cachetools import TTLCache

PACED = frozenset({"conversations.history", "conversations.replies"})
"""The methods that have a pace."""

_EVERY, _PAGE = 60.0, 15
"""Seconds between two calls of a limited app, and the messages that it gets with each."""

_REMEMBERED, _MOST = 3600.0, 10_000
"""Seconds for which a pace is kept without anything new of it, and how many are."""

_AGAIN = 300.0
"""A refusal within these seconds of another one shows a pace; one alone is a busy minute."""


class Pacer:
    """When the next call of each method may be made in each workspace. Threads may share it.

    `now` returns seconds. A `name` is a method in a workspace.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now, self._lock = now, threading.Lock()
        self._every: TTLCache[str, float] = TTLCache(_MOST, _REMEMBERED, timer=now)
        self._next: TTLCache[str, float] = TTLCache(_MOST, _REMEMBERED, timer=now)
        self._refused: TTLCache[str, float] = TTLCache(_MOST, _AGAIN, timer=now)

    def wait(self, name: str) -> float:
        """Return the seconds until the call may be made; 0: it may now, and the next one keeps its distance."""
        with self._lock:
            now = self._now()
            left = self._next.get(name, now) - now
            if left > 0:
                return left
            if name in self._every:
                self._next[name] = now + self._every[name]
            return 0.0

    def refused(self, name: str, seconds: float) -> None:
        """Make no call for these `seconds`, and after a second refusal one call in that time from then on."""
        with self._lock:
            if name in self._refused:
                self._every[name] = max(seconds, self._every.get(name, 0.0))
            self._refused[name] = self._next[name] = self._now() + seconds

    def answered(self, name: str, wanted: int, body: Mapping[str, Any]) -> None:
        """Note a page; one of fewer messages than were `wanted`, with more to come, is that of a limited app."""
        has_more = bool((body.get("response_metadata") or {}).get("next_cursor"))
        if has_more and len(body.get("messages") or ()) <= _PAGE < wanted:
            with self._lock:
                self._every[name] = max(_EVERY, self._every.get(name, 0.0))
                self._next[name] = self._now() + self._every[name]


PACER = Pacer()
"""That of this process."""
