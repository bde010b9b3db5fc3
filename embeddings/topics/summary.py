"""A summary from its material: points, figures that differ, timeline, names, sources, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from embeddings.text.dates import day_of
from embeddings.text.terms import terms
from embeddings.topics.differ import Claim, differing
from embeddings.topics.material import Material
from embeddings.topics.names import count_names
from embeddings.topics.points import choose
from embeddings.types import Bucket, Citation, Event, Named, Passage, Point, TopicSummary

_TIMELINE, _NAMED, _SOURCES, _CONFLICTS = 12, 10, 50, 3
_WEIGHED = 80
"""How many of the best statements are searched for figures that differ."""


def summarise(subject: str, given: Material | None, passages: tuple[Passage, ...]) -> TopicSummary:
    """Return the summary of the material; with too little of it, the nearest passages instead of points."""
    if given is None:
        return TopicSummary(subject, False, (), (), (), (), (), (), passages, 0.0)
    chosen, cited = points(given), sources(given)
    return TopicSummary(
        subject=subject,
        enough=bool(chosen),
        points=chosen,
        conflicts=conflicts(given),
        timeline=timeline(cited, given.stories),
        named=named(given, subject),
        sources=cited,
        coverage=coverage(cited),
        passages=() if chosen else passages,
        took_ms=0.0,
    )


def points(given: Material) -> tuple[Point, ...]:
    """Return the key points; none when there are too few for a summary.

    The newest article comes first, and what is of one article keeps its order.
    """
    chosen = choose(given.statements, given.vectors, given.most)
    if len(chosen) < given.least:
        return ()
    found = sorted((given.point(number) for number in chosen), key=lambda point: (point.paragraph, point.start))
    best = {given.point(number).citation.article_id: -rank for rank, number in reversed(list(enumerate(chosen)))}

    def age(point: Point) -> tuple[str, int]:
        return point.citation.published_at or "", best[point.citation.article_id]

    return tuple(sorted(found, key=age, reverse=True))


def conflicts(given: Material) -> tuple[tuple[Point, ...], ...]:
    """Return groups of statements that give different figures on the same thing, oldest first in each."""
    numbers = [number for number, one in enumerate(given.statements) if one.figures][:_WEIGHED]
    found = [given.point(number) for number in numbers]
    claims = [Claim(one.text, one.citation.article_id, one.citation.published_at) for one in found]
    groups = differing(claims, given.vectors[numbers]) if numbers else []
    return tuple(tuple(found[number] for number in group) for group in groups[:_CONFLICTS])


def sources(given: Material) -> tuple[Citation, ...]:
    """Return the articles about the subject: the most relevant ones, from old to new."""
    ranked = dict.fromkeys(given.paragraphs[one.paragraph_id].citation for one in given.statements)
    return tuple(sorted(list(ranked)[:_SOURCES], key=lambda cited: cited.published_at or ""))


def timeline(cited: Sequence[Citation], same_story: Mapping[str, str]) -> tuple[Event, ...]:
    """Return the newest stories, from old to new, each by its first article; `same_story` is article id to story
    id.
    """
    first: dict[str, Event] = {}
    for one in cited:
        day = day_of(one.published_at).isoformat() if one.published_at else None
        first.setdefault(same_story.get(one.article_id, one.article_id), Event(day, one.title, one.article_id))
    return tuple(list(first.values())[-_TIMELINE:])


def named(given: Material, subject: str) -> tuple[Named, ...]:
    """Return who and what is named most in the paragraphs about the subject, the subject itself left out."""
    own = set(terms(subject))
    every = count_names(given.named, {subject.lower()})
    kept = [(name, count) for name, count in every if not own & set(terms(name))]
    return tuple(Named(name, count) for name, count in kept[:_NAMED])


def coverage(cited: Sequence[Citation]) -> tuple[Bucket, ...]:
    """Return how many articles each day, week (from Monday), month or year has, gaps filled in; the unit by the
    span.
    """
    days = sorted(day_of(one.published_at) for one in cited if one.published_at)
    if not days:
        return ()
    length = days[-1] - days[0]
    begin = next((unit for longest, unit in _UNITS if length <= longest), _year)
    counts: dict[date, int] = {}
    current = begin(days[0])
    while current <= days[-1]:
        counts[current] = 0
        current = begin(current + _STEPS[begin])
    for one in days:
        counts[begin(one)] += 1
    return tuple(Bucket(start.isoformat(), count) for start, count in counts.items())


def _day(day: date) -> date:
    return day


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)


def _year(day: date) -> date:
    return day.replace(month=1, day=1)


_UNITS = ((timedelta(days=31), _day), (timedelta(weeks=27), _week), (timedelta(days=1500), _month))

_STEPS = {
    _day: timedelta(days=1),
    _week: timedelta(days=7),
    _month: timedelta(days=32),
    _year: timedelta(days=367),
}
