"""The way through a summary, in one place: candidates, what is relevant, points, conflicts, timeline, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob, spans_from_blob
from embeddings.search.features import Floats
from embeddings.search.pipeline import Measured
from embeddings.search.ranking import Ranked, rank, sentence_scores
from embeddings.store import paragraphs as lookup
from embeddings.store import stories
from embeddings.store.paragraphs import Found
from embeddings.text.answer_types import AnswerType
from embeddings.text.dates import day_of
from embeddings.text.terms import terms
from embeddings.topics.figures import differ, figures
from embeddings.topics.names import most_named
from embeddings.topics.points import LEAST, Statement, choose, span, term_hashes
from embeddings.types import Bucket, Citation, Event, Named, Passage, Point, TopicSummary
from embeddings.weights import DEFAULT_WEIGHTS

CANDIDATES = 400
"""Paragraphs taken from each index for a summary."""

_SHARE_OF_BEST = 0.6
"""A sentence is worth a point from this share of the best sentence's score on."""

_STATEMENTS = 300
_TIMELINE, _NAMED, _SOURCES, _CONFLICTS = 12, 10, 50, 3
_STATES, _LEADS, _DANGLES, _AGE = 0.12, 0.1, 0.1, 0.15
_ALIKE_COSINE, _ALIKE_TERMS = 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Material:
    """The paragraphs about a subject, by id, and their statements, best first, each with its vector's row.

    `stories` is the story's id of every article among them.
    """

    paragraphs: dict[int, Found]
    statements: list[Statement]
    vectors: Vectors
    stories: Mapping[str, str]

    def point(self, number: int) -> Point:
        """The statement with this number as a point."""
        one = self.statements[number]
        found = self.paragraphs[one.paragraph_id]
        text = found.text[one.start : one.end]
        return Point(text, found.citation, found.position, one.start, one.end, found.added_at)


def summarise(subject: str, given: Material | None, passages: tuple[Passage, ...]) -> TopicSummary:
    """The summary of the material; with too little of it, the nearest passages instead of points."""
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


def material(connection: Connection, measured: Measured) -> Material:
    """What the candidates hold on the subject: sentences that score high enough and lack no name of it."""
    features = measured.features
    scores = sentence_scores(measured.question, features, measured.idf, DEFAULT_WEIGHTS)
    about = is_about(measured, scores, max(LEAST_SCORE, _SHARE_OF_BEST * float(scores.max())))
    rows = [int(row) for row in np.argsort(-scores, kind="stable") if about[row]]
    owners = features.owner[rows].tolist()
    paragraphs = lookup.passages(connection, sorted({measured.candidates[owner].id for owner in owners}))
    statements: list[Statement] = []
    places: list[tuple[int, int]] = []
    dates = sorted(
        {day_of(found.citation.published_at) for found in paragraphs.values() if found.citation.published_at}
    )
    for row, owner in zip(rows, owners, strict=True):
        candidate, place = measured.candidates[owner], int(features.place[row])
        found = paragraphs[candidate.id]
        bounds = span(found.text, *spans_from_blob(found.sentence_spans)[place])
        if bounds is None or len(statements) == _STATEMENTS:
            continue
        worth = _worth(float(scores[row]), candidate.sentence_kinds[place], found, dates)
        said = found.text[slice(*bounds)]
        marks = term_hashes(said), figures(said)
        statements.append(Statement(candidate.id, *bounds, worth, candidate.article_key, *marks))
        places.append((owner, place))
    told = stories.of_articles(connection, {one.side for one in statements})
    return Material(paragraphs, statements, _vectors(measured, places), told)


def points(given: Material) -> tuple[Point, ...]:
    """The key points, newest state first; none when there are too few for a summary."""
    chosen = choose(given.statements, given.vectors)
    if len(chosen) < LEAST:
        return ()
    found = [given.point(number) for number in chosen]
    return tuple(sorted(found, key=lambda point: point.citation.published_at or "", reverse=True))


def conflicts(given: Material) -> tuple[tuple[Point, ...], ...]:
    """Groups of statements of different articles that say the same with other figures, oldest first in each."""
    alike = given.vectors @ given.vectors.T if given.statements else np.zeros((0, 0))
    groups: list[list[int]] = []
    for one, other in np.argwhere(np.triu(alike >= _ALIKE_COSINE, 1)).tolist():
        if _contradict(given.statements[one], given.statements[other]):
            home = next((group for group in groups if one in group or other in group), None)
            if home is None:
                groups.append([one, other])
            else:
                home += [number for number in (one, other) if number not in home]
    shown = [sorted((given.point(number) for number in group), key=_date_of) for group in groups[:_CONFLICTS]]
    return tuple(tuple(group) for group in shown)


def sources(given: Material) -> tuple[Citation, ...]:
    """The articles about the subject: the most relevant ones, from old to new."""
    ranked = dict.fromkeys(given.paragraphs[one.paragraph_id].citation for one in given.statements)
    return tuple(sorted(list(ranked)[:_SOURCES], key=lambda cited: cited.published_at or ""))


def timeline(cited: Sequence[Citation], same_story: Mapping[str, str]) -> tuple[Event, ...]:
    """The newest stories, from old to new, each by its first article; `same_story` is article id to story id."""
    first: dict[str, Event] = {}
    for one in cited:
        day = day_of(one.published_at).isoformat() if one.published_at else None
        first.setdefault(same_story.get(one.article_id, one.article_id), Event(day, one.title, one.article_id))
    return tuple(list(first.values())[-_TIMELINE:])


def named(given: Material, subject: str) -> tuple[Named, ...]:
    """Who and what is named most in the paragraphs about the subject, the subject itself left out."""
    texts = [
        [found.text[start:end] for start, end in spans_from_blob(found.sentence_spans)]
        for found in given.paragraphs.values()
    ]
    own = set(terms(subject))
    every = most_named(texts, {subject.lower()})
    kept = [(name, count) for name, count in every if not own & set(terms(name))]
    return tuple(Named(name, count) for name, count in kept[:_NAMED])


def coverage(cited: Sequence[Citation]) -> tuple[Bucket, ...]:
    """How many articles each day, week (from Monday), month or year has, gaps filled in; the unit by the span."""
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


def _worth(score: float, kinds: int, found: Found, dates: Sequence[date]) -> float:
    """A statement's relevance: its score, more for a figure or a time and for the lead, less for age."""
    states = bool(kinds & AnswerType.NUMBER) + bool(kinds & AnswerType.TIME)
    factor = (
        1 + _STATES * states + _LEADS * (found.position == 0) - _DANGLES * bool(kinds & AnswerType.REFERS_BACK)
    )
    day = found.citation.published_at
    if day and len(dates) > 1:
        factor *= 1 - _AGE * (1 - dates.index(day_of(day)) / (len(dates) - 1))
    return min(1.0, score * factor)


def _vectors(measured: Measured, places: Sequence[tuple[int, int]]) -> Vectors:
    """The sentences' vectors, a unit row each."""
    dim = measured.dim
    rows = np.zeros((len(places), dim), dtype=np.float32)
    for number, (owner, place) in enumerate(places):
        # a row of the sentence before the paragraph stands ahead of its own
        rows[number] = from_blob(measured.candidates[owner].sentence_vectors, dim)[place + 1]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = rows / np.maximum(lengths, 1e-9)
    return unit


def _contradict(one: Statement, other: Statement) -> bool:
    """Whether two statements of different articles say the same, but for their figures."""
    if one.side == other.side or not differ(one.figures, other.figures):
        return False
    plain, second = (frozenset(t for t in s.terms if not t & 1) for s in (one, other))
    return len(plain & second) >= _ALIKE_TERMS * min(len(plain), len(second))


def _date_of(point: Point) -> str:
    return point.citation.published_at or ""


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

LEAST_SCORE = 0.28
"""A sentence is about the subject from this score on …"""

LEAST_COSINE = 0.25
"""… and from this cosine of it or its paragraph: a few words in common by chance are not enough."""


def is_about(measured: Measured, scores: Floats, least: float = LEAST_SCORE) -> npt.NDArray[np.bool_]:
    """Which sentences are about the subject, shape `(sentences,)`.

    They score at least `least`, are near it in meaning, and they or what stands around them hold all of its names.
    """
    features, question = measured.features, measured.question
    names = np.array([term in question.names for term in question.terms], dtype=np.bool_)
    held = features.in_paragraph | features.in_previous | features.in_title
    near = np.maximum.reduce([features.sentence, features.plain_view, features.joined_view]) >= LEAST_COSINE
    about: npt.NDArray[np.bool_] = (scores >= least) & near & (held | ~names).all(axis=1)
    return about


def best_of_articles(measured: Measured, scores: Floats, least: float = LEAST_SCORE) -> list[Ranked]:
    """The best paragraph about the subject of each article that has one, best first."""
    about = is_about(measured, scores, least)
    found: dict[int, Ranked] = {}
    for one in rank(measured.candidates, measured.features, np.where(about, scores, -1.0)):
        if one.score >= 0:
            found.setdefault(one.candidate.article_key, one)
    return list(found.values())
