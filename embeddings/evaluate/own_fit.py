"""A decision fitted on a library's own sentences, for an encoder whose cosines nobody has measured before.

Questions are made of sentences, and asked as they are, without the paragraph that answers, without its article,
and with a name swapped. What words tell does not depend on the encoder: those weights stay as shipped, and only
how much the cosines count is fitted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from embeddings.encoding.encoder import PACKAGED_MODEL, Encoder
from embeddings.evaluate.absence import without
from embeddings.evaluate.measures import auroc, mean
from embeddings.evaluate.own_questions import question_of
from embeddings.library import Library
from embeddings.search.decide import EVIDENCE, evidence, probabilities
from embeddings.search.features import Floats
from embeddings.search.pipeline import KeptConfidence, Measured, order
from embeddings.search.ranking import fold
from embeddings.store import paragraphs
from embeddings.text.sentences import sentences
from embeddings.weights import CONFIDENCE_OF, DEFAULT_CONFIDENCE, Confidence

MOST_QUESTIONS, LEAST_QUESTIONS, _PER_PARAGRAPH = 200, 30, 4
_OF_COSINES = ("sentence", "paragraph", "joined", "margin")
_SWAPPED_WEIGHT = 0.5
"""A question with a name swapped counts half, as in `evaluate.calibration`: some stay answerable."""

_GROWN = 4
"""A library with this many times the paragraphs of its last fit is fitted anew."""

_GROWN_AFTER_FAILURE = 2
"""A library whose sentences gave too few questions is tried again with this many times the paragraphs."""

_STRENGTH, _ROUNDS, _EXACT = 10.0, 50, 1e-6
"""Ridge of the fit, chosen with the packaged model; most steps of Newton's method, and how small the last is."""


@dataclass(frozen=True, slots=True)
class OwnFit:
    """A fit on a library's own sentences: from how many questions, and what it does on them (0 to 1).

    `answered` is the share of the questions that get an answer, `near_answered` the same without the paragraph
    that answers, `swapped_answered` with a name swapped (both: lower is better).
    """

    confidence: Confidence
    questions: int
    answered: float
    near_answered: float
    swapped_answered: float
    near_auroc: float


@dataclass(frozen=True, slots=True)
class _Source:
    """A paragraph that questions are made of, and where it is."""

    id: int
    owner: str
    article_key: int
    text: str


@dataclass(frozen=True, slots=True)
class _Made:
    """A question and where it is from; `names` are those of its words that look like names."""

    text: str
    names: tuple[str, ...]
    source: _Source


@dataclass(frozen=True, slots=True)
class _Case:
    """The evidence for the best passage: of which sort the question is, and whether the passage may answer."""

    row: Floats
    sort: int


_AS_MADE, _PARAGRAPH_OUT, _ARTICLE_OUT, _SWAPPED = range(4)


def ships_for(encoder: Encoder) -> bool:
    """Return whether a fit for this encoder's model ships with the program."""
    return encoder.name == PACKAGED_MODEL or encoder.name in CONFIDENCE_OF


def is_due(library: Library) -> bool:
    """Return whether a fit on the library's own sentences is wanted: none ships for its encoder, none was made
    from labelled questions, and the library is large enough, and has grown fourfold since the last one, or twofold
    since one failed.
    """
    return not ships_for(library.encoder) and _is_wanted(*_state(library))


def fit_if_due(library: Library, progress: Callable[[int, int], None] | None = None) -> OwnFit | None:
    """Fit the decision on the library's own sentences where that is due; `None` where nothing was kept.

    A decision that somebody keeps while this one is being fitted is not replaced.
    """
    kept, count = _state(library)
    if ships_for(library.encoder) or not _is_wanted(kept, count):
        return None
    found = _fit_or_note(library, count, progress)
    if found is None:
        return None
    is_kept = library.searcher.keep_confidence(found.confidence, own_of=count, in_place_of=kept)
    return found if is_kept else None


def keep_own_fit(library: Library, progress: Callable[[int, int], None] | None = None) -> OwnFit | None:
    """Have the library decide with a fit on its own sentences from now on, whatever decided before; `None` where
    too few questions can be made of them: what decides stays.
    """
    _, count = _state(library)
    found = _fit_or_note(library, count, progress)
    if found is not None:
        library.searcher.keep_confidence(found.confidence, own_of=count)
    return found


def _state(library: Library) -> tuple[KeptConfidence, int]:
    """Return what the library keeps of a decision of its own, and the number of its paragraphs."""
    with library.database.reading() as connection:
        return library.searcher.kept_confidence(connection), paragraphs.count(connection)


def _is_wanted(kept: KeptConfidence, count: int) -> bool:
    if kept.model is not None and not kept.own_of:
        return False
    return count >= max(LEAST_QUESTIONS, _GROWN * kept.own_of, _GROWN_AFTER_FAILURE * kept.tried_of)


def _fit_or_note(library: Library, count: int, progress: Callable[[int, int], None] | None) -> OwnFit | None:
    """Return a fit; where none can be made, note at which number of paragraphs it was tried."""
    found = fit_to_own(library, progress)
    if found is None and count >= LEAST_QUESTIONS:
        library.searcher.keep_failed_fit(count)
    return found


def fit_to_own(
    library: Library, progress: Callable[[int, int], None] | None = None, seed: int = 0
) -> OwnFit | None:
    """Return a fit on questions made of the library's own sentences; `None` where too few can be made.

    Nothing is changed. Each question is asked among the articles of its own team or audience.
    """
    made = _questions(library, seed)
    if len(made) < LEAST_QUESTIONS:
        return None
    chance = random.Random(seed)
    cases: list[_Case] = []
    for done, one in enumerate(made, start=1):
        cases += _cases(library, one, made, chance)
        if progress is not None:
            progress(done, len(made))
    return _fitted(cases, len(made))


def _questions(library: Library, seed: int) -> list[_Made]:
    """Return questions of some of the paragraphs, one of each while there are enough of them."""
    chance = random.Random(seed)
    with library.database.reading() as connection:
        every = paragraphs.paragraph_ids(connection).tolist()
        some = chance.sample(every, min(len(every), 2 * MOST_QUESTIONS))
        near = sorted({number + step for number in some for step in (-1, 0, 1)})
        places = paragraphs.owners_of(connection, near)
        texts = paragraphs.passages(connection, near)
    made: list[_Made] = []
    for number in some * _PER_PARAGRAPH:  # a small library's paragraphs are asked for several times
        if number not in texts or len(made) == MOST_QUESTIONS:
            continue
        text = texts[number].text
        owner, key = places[number]
        beside = (one for one in (number - 1, number + 1) if one in texts and places[one] == places[number])
        around = " ".join([texts[number].citation.title, *(texts[one].text for one in beside)])
        start, end = chance.choice(sentences(text))
        if (question := question_of(text[start:end], around, chance)) is not None:
            made.append(_Made(*question, _Source(number, owner, key, text)))
    return made


def _cases(library: Library, one: _Made, others: Sequence[_Made], chance: random.Random) -> list[_Case]:
    team = library.of(one.source.owner)
    measured = team.measure(one.text, literal=True)
    if measured is None:
        return []
    of_article = {c.id for c in measured.candidates if c.article_key == one.source.article_key}
    of_text = _same_text(measured, one.source.id)
    asked: list[tuple[Measured | None, int]] = [
        (measured, _AS_MADE),
        (without(measured, of_text), _PARAGRAPH_OUT),
        (without(measured, of_article | of_text), _ARTICLE_OUT),
    ]
    if (swapped := _swapped(one, others, chance)) is not None:
        asked.append((team.measure(swapped, literal=True), _SWAPPED))
    return [_Case(_evidence(found), sort) for found, sort in asked if found is not None]


def _same_text(measured: Measured, number: int) -> frozenset[int]:
    """Return the ids of this paragraph and of those with the same text in other articles."""
    for one in fold(order(measured), len(measured.candidates)):
        ids = frozenset({one.candidate.id, *(same.id for same in one.same_text)})
        if number in ids:
            return ids
    return frozenset({number})


def _swapped(one: _Made, others: Sequence[_Made], chance: random.Random) -> str | None:
    """Return the question with a name of it swapped for one from another article; `None` where none fits."""
    text = one.source.text.casefold()
    foreign = [
        name
        for other in others
        if other.source.article_key != one.source.article_key
        for name in other.names
        if name.casefold() not in text
    ]
    if not one.names or not foreign:
        return None
    return one.text.replace(chance.choice(one.names), chance.choice(foreign), 1)


def _evidence(measured: Measured) -> Floats:
    best = order(measured)[:2]
    row: Floats = evidence(measured.question, measured.features, measured.idf, best)[0]
    return row


def _fitted(cases: Sequence[_Case], questions: int) -> OwnFit:
    rows = np.array([one.row for one in cases])
    sorts = np.array([one.sort for one in cases])
    answers = sorts == _AS_MADE
    weights = np.where(sorts == _SWAPPED, _SWAPPED_WEIGHT, 1.0)
    weights[~answers] *= answers.sum() / weights[~answers].sum()
    free = np.array([name in _OF_COSINES for name in EVIDENCE])
    shipped = np.array([getattr(DEFAULT_CONFIDENCE, name) for name in EVIDENCE])
    fixed = rows[:, ~free] @ shipped[~free]
    *found, intercept = _logistic_regression(rows[:, free], answers * 1.0, weights, fixed)
    names = [name for name in EVIDENCE if name in _OF_COSINES]
    model = replace(
        DEFAULT_CONFIDENCE,
        **{name: round(value, 2) for name, value in zip(names, found, strict=True)},
        intercept=round(intercept, 2),
    )
    chances = np.array(probabilities(rows, model))
    shown = chances >= model.threshold
    near = answers | (sorts == _PARAGRAPH_OUT)
    return OwnFit(
        model,
        questions,
        answered=mean(shown[answers].tolist()),
        near_answered=mean(shown[sorts == _PARAGRAPH_OUT].tolist()),
        swapped_answered=mean(shown[sorts == _SWAPPED].tolist()),
        near_auroc=auroc(chances[near].tolist(), answers[near].tolist()),
    )


def _logistic_regression(rows: Floats, labels: Floats, weights: Floats, fixed: Floats) -> list[float]:
    """Return the coefficients of the columns and the intercept, beside a part of the sum that is fixed.

    Newton's method with a ridge on the coefficients (Hastie, Tibshirani and Friedman, 2009, section 4.4.1) of the
    columns as they vary: one model's cosines are all between 0.7 and 0.9, another's between 0 and 0.8.
    """
    spread = np.maximum(rows.std(axis=0), _EXACT)
    columns = np.column_stack([rows / spread, np.ones(len(rows))])
    ridge = np.diag([_STRENGTH] * rows.shape[1] + [_EXACT])
    found = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        chances = 1 / (1 + np.exp(-np.clip(columns @ found + fixed, -30, 30)))
        slope = columns.T @ (weights * (labels - chances)) - ridge @ found
        curve = (columns.T * (weights * chances * (1 - chances))) @ columns + ridge
        step = np.linalg.solve(curve, slope)
        found += step
        if float(np.abs(step).max()) < _EXACT:
            break
    return [float(one) for one in found / np.append(spread, 1.0)]
