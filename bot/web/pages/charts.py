"""A subject's coverage and timeline as drawings: geometry for the template, which writes the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from embeddings.types import Bucket, Event

WIDTH, HEIGHT = 600, 120
_GAP, _LABELS, _EDGE = 2.0, 20, 8
_MAX_DOTS = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time: where it is drawn, from the top left corner, and what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Dot:
    """One event of the timeline."""

    x: float
    y: float
    day: str
    headline: str
    article_id: str


def bars(coverage: Sequence[Bucket]) -> list[Bar]:
    """Return a bar for each span of time, as high as it has articles."""
    most = max((one.articles for one in coverage), default=0)
    if not most:
        return []
    step, room = WIDTH / len(coverage), HEIGHT - _LABELS
    return [
        Bar(
            round(place * step, 1),
            round(room - room * one.articles / most, 1),
            round(max(step - _GAP, 1), 1),
            round(room * one.articles / most, 1),
            str(one.start),
            one.articles,
        )
        for place, one in enumerate(coverage)
    ]


def dots(timeline: Sequence[Event]) -> list[Dot]:
    """Return the newest dated events along an axis of time; those that would cover each other go upwards."""
    dated = [(day, one) for one in timeline if (day := _day(one.date)) is not None][-_MAX_DOTS:]
    if not dated:
        return []
    first, last = min(day for day, _ in dated), max(day for day, _ in dated)
    span = max((last - first).days, 1)
    room, found, height = WIDTH - 2 * _EDGE, list[Dot](), dict[int, int]()
    for day, one in dated:
        x = _EDGE + room * (day - first).days / span
        place = round(x / (2 * _EDGE))
        height[place] = height.get(place, -1) + 1
        y = HEIGHT - _LABELS - _EDGE - (2 * _EDGE * height[place]) % (HEIGHT - _LABELS - 2 * _EDGE)
        found.append(Dot(round(x, 1), float(y), day.isoformat(), one.headline, one.article_id))
    return found


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat((value or "")[:10])
    except ValueError:
        return None
