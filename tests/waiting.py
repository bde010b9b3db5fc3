"""Waiting for what another thread or process does, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST = 300.0
"""Seconds after which a wait is in vain; only a machine that does much beside the tests needs more than a few."""


def eventually(condition: Callable[[], T], seconds: float = LONGEST) -> T:
    """Return what `condition` returns once it is true, or what it returned last."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found
