"""The order of the passages when a question names a time or a paper: after scoring, before they are shown."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from embeddings.search import pipeline, series
from embeddings.search.pipeline import Measured, Searcher
from embeddings.search.preference import prefer
from embeddings.search.ranking import Ranked, confidence
from embeddings.search.reading import asked_as
from embeddings.text.calendar import is_word_of_time
from embeddings.text.periods import Period
from embeddings.types import Answer, TeamScope
from embeddings.weights import DEFAULT_CONFIDENCE

_NEAR = 0.6
"""Of a paper that is named, the passages that score this share of its best come before all others."""


def answer(
    searcher: Searcher,
    connection: Connection,
    text: str,
    measured: Measured | None,
    scope: TeamScope,
    limit: int,
    preferred: Period | None,
) -> Answer:
    """Return the answer to a question whose candidates are measured: its best passages, up to `limit`."""
    asked = asked_as(text, scope, preferred)
    if measured is None:
        return Answer(text, False, 0.0, (), 0.0, asked)
    with searcher.timing("ranking"):
        ranked, sure, notes = _order(searcher, connection, measured, scope, preferred)
    with searcher.timing("passages"):
        found = pipeline.passages(connection, ranked, limit)
    return Answer(text, sure >= DEFAULT_CONFIDENCE.threshold, round(sure, 4), found, 0.0, asked, notes)


def _order(
    searcher: Searcher, connection: Connection, measured: Measured, scope: TeamScope, preferred: Period | None
) -> tuple[list[Ranked], float, tuple[str, ...]]:
    """Return the candidates in their order, the confidence that the first answers the question, and notes."""
    ranked, sure = pipeline.decide(measured)
    if preferred is not None:
        ranked = prefer(connection, measured, ranked, preferred)
        sure = max(sure, _confidence(measured, ranked[0]))
    keys = [one.candidate.article_key for one in ranked]
    choice = series.choose(connection, scope, measured.question.text, keys)
    notes = (choice.note,) if choice.note is not None else ()
    named = searcher.measure_articles(connection, measured, choice.keys) if choice.keys else None
    if named is None:
        return ranked, sure, notes
    own, _ = pipeline.decide(named)
    first = [one for one in own if one.score >= _NEAR * own[0].score]
    known = {one.candidate.id for one in first}
    rest = [one for one in ranked if one.candidate.id not in known]
    return [*first, *rest], _confidence(named, own[0]), notes


def _confidence(measured: Measured, best: Ranked) -> float:
    """The confidence in a passage whose paper or period bears the time that the question names."""
    names = frozenset(term for term in measured.question.names if not is_word_of_time(term))
    question = replace(measured.question, names=names)
    return confidence(question, measured.features, measured.idf, best, DEFAULT_CONFIDENCE)
