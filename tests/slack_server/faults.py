"""Faults that a test asks for: refusals, dropped connections, slowness."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

_ERRORS = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` calls of `target` (a method's name, `response_url`, or `*`)."""

    target: str
    status: int = 200
    retry_after: int | None = None
    error: str | None = None
    drop: str | None = None
    slow: float = 0.0
    times: int = 1

    @property
    def takes_effect(self) -> bool:
        """Whether the call does its work all the same."""
        return self.drop == "after" or self.slow > 0

    @property
    def body(self) -> dict[str, object]:
        """The refusal's JSON."""
        return {"ok": False, "error": self.error or _ERRORS.get(self.status, "fatal_error")}

    @property
    def headers(self) -> dict[str, str]:
        """The refusal's headers."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


@dataclass(slots=True)
class Faults:
    """The faults still to come, first asked first served."""

    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Ask for a fault."""
        if fault.drop not in (None, "before", "after"):
            raise ValueError(f"drop is {fault.drop!r}; use 'before' or 'after'")
        with self._lock:
            self._waiting.append(fault)

    def take(self, target: str) -> Fault | None:
        """The fault that befalls this call of `target`, if any."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fault.target in (target, "*"):
                    fault.times -= 1
                    if fault.times == 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Forget the faults still to come."""
        with self._lock:
            self._waiting.clear()


@dataclass(slots=True)
class Pace:
    """How many messages a second each channel takes; channels not named take any number."""

    limits: dict[str, float] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    distributed: bool = False
    """Whether the app is distributed outside the Marketplace: history and replies once a minute, 15 messages."""

    def too_fast(self, channel: str, now: float) -> bool:
        """Whether a message at `now` comes too soon after the last one taken."""
        if channel not in self.limits:
            return False
        if now < self._next.get(channel, 0.0):
            return True
        self._next[channel] = now + 1 / self.limits[channel]
        return False

    def look_back(self, method: str, team: str, now: float) -> int:
        """Seconds to wait before the method may be called again for the team; 0: it may, and is from now on."""
        name = f"{method} {team}"
        if not self.distributed:
            return 0
        if now < self._next.get(name, 0.0):
            return 60
        self._next[name] = now + 60
        return 0
