"""Which slots have come. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.digests.schedule import slots
from bot.store.digests import Digest

_SKIPPED = 100


@dataclass(frozen=True, slots=True)
class Due:
    """A digest whose time has come: the slot to post, `None` when all are too late, and those to pass over."""

    digest: Digest
    slot: datetime | None
    skipped: tuple[datetime, ...] = ()


def due(digests: Iterable[Digest], handled: Mapping[str, datetime], now: datetime, latest: timedelta) -> list[Due]:
    """What is due, oldest slot first; `handled` is the newest slot of each digest that was seen to already.

    Of the slots that were missed the newest is posted, when it is at most `latest` old; the others are skipped.
    """
    found = []
    for digest in digests:
        if digest.paused_at is not None:
            continue
        missed = slots(digest.schedule, max(handled.get(digest.id, digest.starts_at), digest.starts_at), now)
        if missed:
            *older, newest = missed
            in_time = now - newest <= latest
            skipped = older if in_time else missed
            found.append(Due(digest, newest if in_time else None, tuple(skipped[-_SKIPPED:])))
    return sorted(found, key=lambda one: (one.slot or now, one.digest.id))
