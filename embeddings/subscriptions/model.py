"""A source: a feed or a page that is polled. And when: pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from embeddings.web.downloader import NOTHING_KNOWN, Validators

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
"""The shortest and the longest time between two checks of a source."""

FIRST = timedelta(hours=1)
FAILING = timedelta(days=7)
"""A source that fails for so long is paused."""

MOST_DAYS = 36_500
"""The longest that a source may keep its articles, unless it keeps them always."""

_SOONER, _LATER, _BACK_OFF = 0.5, 1.5, 2.0
_DOUBLINGS = 10
GONE = 410


class Kind(StrEnum):
    """What a source is."""

    FEED = "feed"
    PAGE = "page"


class SourceHealth(StrEnum):
    """How a source is doing."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class LookSummary:
    """What the last check of a source found: how many entries its feed listed, and how many of them were taken
    (added or updated), known already, and left out, by reason.
    """

    listed: int = 0
    taken: int = 0
    known: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A feed or a page. Its articles go into `collection`, and are removed after `keep_days` days.

    `interval` is how long it is left alone after a check; `changed_at` when something new last came. `imported`:
    its first import is done. `failing_since`, `failures` (in a row) and `error` say how it fails. `paused_by` is
    who paused it, or "topicbot" when it failed too long. `added_by` is the Slack user who added it, if any.
    `last_look` counts what the last look that went well found.
    """

    id: str
    url: str
    kind: Kind
    title: str
    added_at: datetime
    next_at: datetime
    interval: timedelta = FIRST
    collection: str | None = None
    keep_days: int | None = None
    added_by: str | None = None
    checked_at: datetime | None = None
    changed_at: datetime | None = None
    validators: Validators = NOTHING_KNOWN
    failing_since: datetime | None = None
    failures: int = 0
    error: str | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    imported: bool = False
    last_look: LookSummary | None = None
    key: int = 0

    @property
    def health(self) -> SourceHealth:
        """How it is doing."""
        if self.paused_at is not None:
            return SourceHealth.PAUSED
        if self.failing_since is not None:
            return SourceHealth.FAILING
        return SourceHealth.OK if self.checked_at is not None else SourceHealth.NEW


OWN_NAME = "topicbot"
"""Who paused a source that failed too long."""


def looked_at(source: Source, now: datetime, *, news: bool, every: timedelta | None = None) -> Source:
    """Return the source after a check that went well: sooner again when there was news, later when there was none.

    `every` is how often the source itself wants to be checked, at most.
    """
    interval = source.interval * (_SOONER if news else _LATER)
    interval = min(LONGEST, max(SHORTEST, interval, every or SHORTEST))
    return replace(
        source,
        checked_at=now,
        changed_at=now if news else source.changed_at,
        interval=interval,
        next_at=now + interval,
        failing_since=None,
        failures=0,
        error=None,
    )


def failed(
    source: Source, now: datetime, error: str, *, retry_after: float | None = None, gone: bool = False
) -> Source:
    """Return the source after a look that failed: left alone ever longer, and paused after a week, or when it is
    gone.
    """
    wait = min(LONGEST, SHORTEST * _BACK_OFF ** min(source.failures, _DOUBLINGS))
    asked = timedelta(seconds=min(retry_after or 0.0, LONGEST.total_seconds()))
    since = source.failing_since or now
    pause = gone or now - since >= FAILING
    return replace(
        source,
        checked_at=now,
        next_at=now + max(wait, asked),
        failing_since=since,
        failures=source.failures + 1,
        error=error,
        paused_at=now if pause else source.paused_at,
        paused_by=OWN_NAME if pause else source.paused_by,
    )


def resumed(source: Source, now: datetime) -> Source:
    """Return the source, to be checked at once, with a clean slate."""
    return replace(source, paused_at=None, paused_by=None, failing_since=None, failures=0, error=None, next_at=now)
