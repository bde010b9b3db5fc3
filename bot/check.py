"""One thing that `topicbot doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `advice` says what to do when it is not in order."""

    name: str
    ok: bool
    finding: str
    advice: str = ""
