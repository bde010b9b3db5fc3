"""The order of the passages when a question names a time or a paper: after scoring, before they are shown."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from embeddings.scope import TeamScope
from embeddings.search import pipeline, series
from embeddings.search.languages import language_note, languages_of
from embeddings.search.pipeline import Measured, Searcher
from embeddings.search.preference import prefer
from embeddings.search.ranking import Ranked, fold
from embeddings.search.reading import asked_as
from embeddings.search.replies import replied
from embeddings.store import paragraphs
from embeddings.text.calendar import is_word_of_time
from embeddings.text.periods import Period
from embeddings.types import Answer

_NEAR = 0.6
"""Of a paper that is named, the passages that score this share of its best come before all others."""

_PASSAGES, _JUDGED = 5, 40
"""The most passages without a limit, and how many more are judged: equal texts are folded into one."""

_READ = 2
"""The number of nearest passages whose language is compared with the question's."""


def answer(
    searcher: Searcher,
    connection: Connection,
    text: str,
    measured: Measured | None,
    scope: TeamScope,
    limit: int | None,
    preferred: Period | None,
) -> Answer:
    """Return the answer to a question whose candidates are measured: its best passages, up to `limit`.

    Without a limit those that belong to the answer, at most five, and none when there is no answer.
    """
    asked = asked_as(text, scope, preferred)
    if measured is None:
        return Answer(text, False, 0.0, (), 0.0, asked)
    most = _PASSAGES if limit is None else limit
    with searcher.timing("ranking"):
        model = measured.confidence
        ranked, chances, notes = _order(searcher, connection, measured, scope, preferred, most + _JUDGED)
        kept = fold(ranked, most)
        first = [one.candidate.id for one in ranked[: max(most, _READ)]]
        rows = paragraphs.passages(connection, list({*first, *pipeline.ids_of(kept)}))
        if not rows.keys() >= {*first}:
            ranked, chances = _as_added(connection, ranked, chances)
            kept = fold(ranked, most)
            rows = paragraphs.passages(connection, pipeline.ids_of(kept))
        if not ranked:
            return Answer(text, False, 0.0, (), 0.0, asked)
        after, likely = replied(connection, measured.question, ranked, chances, rows)
        if after is not ranked:
            ranked, chances, kept = after, likely, fold(after, most)
            rows = paragraphs.passages(connection, list({*rows, *pipeline.ids_of(kept)}))
        nearest = (rows.get(one.candidate.id) for one in ranked[:_READ])
        languages = languages_of(text, [one.text for one in nearest if one is not None])
        if languages is not None and (across := searcher.across(model)) is not None:
            model, measured = across, replace(measured, confidence=across)
            anew, judged, _ = _order(searcher, connection, measured, scope, preferred, most + _JUDGED)
            chance_of = {one.candidate.id: chance for one, chance in zip(anew, judged, strict=False)}
            chances = [chance_of.get(one.candidate.id, 0.0) for one in ranked]
        answered = chances[0] >= model.threshold
        if answered and not notes:
            age = series.age_in_story(connection, scope, ranked[0].candidate.article_key)
            notes = (age,) if age is not None else ()
        relevant = frozenset(
            one.candidate.id
            for one, chance in zip(ranked, chances, strict=False)
            if answered and chance >= model.threshold
        )
    with searcher.timing("passages"):
        found = pipeline.shown(connection, kept, rows, relevant)
    if languages is not None:
        notes = (*notes, language_note(languages, answered=answered))
    if limit is None:
        belonging = (one for one in found if one.relevant)
        found = tuple(replace(one, rank=rank) for rank, one in enumerate(belonging, start=1))
    sure = round(chances[0], 4)
    corrected = measured.question.corrected
    return Answer(
        text, answered, sure, found, 0.0, asked, notes, corrected, languages=languages, sure_from=model.sure
    )


def _as_added(
    connection: Connection, ranked: list[Ranked], chances: list[float]
) -> tuple[list[Ranked], list[float]]:
    """Return those that were judged, without paragraphs whose stored text is damaged: no answer rests on them."""
    judged = list(zip(ranked, chances, strict=False))
    known = paragraphs.passages(connection, [one.candidate.id for one, _ in judged])
    sound = [(one, chance) for one, chance in judged if one.candidate.id in known]
    return [one for one, _ in sound], [chance for _, chance in sound]


def _order(
    searcher: Searcher,
    connection: Connection,
    measured: Measured,
    scope: TeamScope,
    preferred: Period | None,
    most: int,
) -> tuple[list[Ranked], list[float], tuple[str, ...]]:
    """Return the best candidates in their order, the chance of each to answer the question, and notes."""
    ranked, model = pipeline.order(measured), measured.confidence
    chances = pipeline.judged(measured, ranked[:most], model)
    if preferred is not None:
        by_id = {one.candidate.id: chance for one, chance in zip(ranked, chances, strict=False)}
        ranked = prefer(connection, measured, ranked, preferred)
        timeless = pipeline.judged(_timeless(measured), ranked[:most], model)
        chances = [
            max(chance, by_id.get(one.candidate.id, 0.0)) for one, chance in zip(ranked, timeless, strict=False)
        ]
    titles = {one.candidate.article_key: one.candidate.title for one in ranked}
    choice = series.choose(connection, scope, measured.question.text, titles)
    notes = (choice.note,) if choice.note is not None else ()
    named = searcher.measure_articles(connection, measured, choice.keys) if choice.keys else None
    if named is None:
        return ranked, chances, notes
    own = pipeline.order(named)
    first = [one for one in own if one.score >= _NEAR * own[0].score][:most]
    known = {one.candidate.id for one in first}
    rest = [(one, chance) for one, chance in zip(ranked, chances, strict=False) if one.candidate.id not in known]
    return (
        [*first, *(one for one, _ in rest)],
        [*pipeline.judged(_timeless(named), first, model), *(chance for _, chance in rest)],
        notes,
    )


def _timeless(measured: Measured) -> Measured:
    """Return the same with no word of time as a name: the paper or the period bears the time that is named."""
    names = frozenset(term for term in measured.question.names if not is_word_of_time(term))
    return replace(measured, question=replace(measured.question, names=names, is_timeless=True))
