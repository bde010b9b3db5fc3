"""A digest and its schedule: what is due when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.clock import zones
from bot.locale.texts import N_
from bot.locale.texts import gettext as _

LAST_DAY = 31
"""The day of the month that means the last one, whatever its number."""

DAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_WORKING, _EVERY = (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7)
_LONGEST_MONTHLY_DAY = 28
_LOOK_BACK = timedelta(days=63)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A local time on days of the week (ISO: 1 is Monday), or on a day of each month (1 to 28, or `LAST_DAY`)."""

    at: time
    zone: str
    days: tuple[int, ...] = ()
    month_day: int | None = None

    def __post_init__(self) -> None:
        if self.zone not in zones():
            raise ValueError(f"{self.zone!r} is not a time zone. Write one like Europe/Berlin.")
        if bool(self.days) == (self.month_day is not None):
            raise ValueError("A schedule has days of the week or a day of the month. Give one of the two.")
        if not set(self.days) <= set(_EVERY):
            raise ValueError(f"{self.days} are not days of the week. Give numbers from 1, Monday, to 7.")
        if self.month_day is not None and not (
            1 <= self.month_day <= _LONGEST_MONTHLY_DAY or self.month_day == LAST_DAY
        ):
            raise ValueError(
                f"{self.month_day} is not in every month. Give 1 to 28, or {LAST_DAY} for the last day."
            )


def slots(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """Return every slot with `after` < slot <= `until`, oldest first."""
    return list(takewhile(lambda slot: slot <= until, _from(schedule, after)))


def following(schedule: Schedule, after: datetime) -> datetime:
    """Return the next slot after this moment."""
    return next(_from(schedule, after))


def before(schedule: Schedule, moment: datetime) -> datetime:
    """Return the last slot before this moment."""
    return [slot for slot in slots(schedule, moment - _LOOK_BACK, moment) if slot < moment][-1]


def describe(schedule: Schedule) -> str:
    """Return the schedule in words: "every Monday and Friday at 09:00 (Europe/Berlin)"."""
    if schedule.month_day == LAST_DAY:
        when = _("on the last day of each month")
    elif schedule.month_day is not None:
        when = _("on day {day} of each month", day=schedule.month_day)
    elif schedule.days == _EVERY:
        when = _("every day")
    elif schedule.days == _WORKING:
        when = _("every working day")
    else:
        *most, last = (_(DAYS[day - 1]) for day in schedule.days)
        when = _("every {day}", day=last)
        if most:
            when = _("every {days} and {day}", days=", ".join(most), day=last)
    return _("{days} at {time} ({zone})", days=when, time=f"{schedule.at:%H:%M}", zone=schedule.zone)


def _from(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield the slots after this moment, without end."""
    if schedule.month_day is None:
        day_of_month, weekdays = "*", ",".join(str(day % 7) for day in schedule.days)
    else:
        day_of_month = "L" if schedule.month_day == LAST_DAY else str(schedule.month_day)
        weekdays = "*"
    expression = f"{schedule.at.minute} {schedule.at.hour} {day_of_month} * {weekdays}"
    # The day before, too: a slot that was moved over a gap may be after a moment that its nominal time precedes.
    start = (after - timedelta(days=1)).astimezone(ZoneInfo(schedule.zone))
    for found in CronSim(expression, start):
        slot = found.astimezone(UTC)
        if slot > after:
            yield slot


_SKIPPED = 100


@dataclass(frozen=True, slots=True)
class Due:
    """A digest whose time has come: the slot to post, `None` when all are too late, and those to pass over."""

    digest: Digest
    slot: datetime | None
    skipped: tuple[datetime, ...] = ()


def due(digests: Iterable[Digest], handled: Mapping[str, datetime], now: datetime, latest: timedelta) -> list[Due]:
    """Return what is due, oldest slot first; `handled` is the newest slot of each digest that was seen to already.

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


@dataclass(frozen=True, slots=True)
class Digest:
    """A subscription. Without `topics` it tells everything new; `collections` is `None` for all of them.

    `most` stories are shown in full, those that score at least `least` (0 to 1) on a topic. Nothing is due before
    `starts_at`. Times are aware.
    """

    id: str
    owner: str
    channel: str
    name: str
    schedule: Schedule
    created_at: datetime
    starts_at: datetime
    topics: tuple[str, ...] = ()
    collections: tuple[str, ...] | None = None
    most: int = 10
    say_empty: bool = False
    least: float = 0.28
    paused_at: datetime | None = None
    paused_why: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a digest knows of a story: its articles when it was posted, and what was asked of it."""

    story_id: str
    article_ids: frozenset[str]
    is_muted: bool
    is_unwanted: bool
