"""Fitting the confidence: when the best passage answers the question, and when it only looks like it.

Four kinds of questions teach it, from libraries with half of their articles taken out: those whose article is
there, the same without the paragraph that answers, those whose article is not there, and near misses, made by
putting another question's name into a question ("What did Tencent pledge?").

Texts of several kinds are fitted together, each weighing the same. How such a fit does on a kind that it has never
seen is measured by leaving each out in turn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embeddings.errors import QuestionError, TopicbotError
from embeddings.evaluate.absence import without
from embeddings.evaluate.measures import auroc, calibration_error, mean
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.evaluate.report import Judged
from embeddings.search.decide import EVIDENCE, evidence, probabilities
from embeddings.search.pipeline import Measured, order
from embeddings.weights import DEFAULT_CONFIDENCE, Confidence

NEAR_MISS_WEIGHT = 0.5
"""A near miss counts half: some stay answerable, since the name was not what was asked for."""

SURE_RIGHT = 0.9
"""Of the answers called "Found" at least this share has to be right, on each kind of text."""

_ENOUGH = 10
"""A kind with fewer answers called "Found" doesn't tell what share of them is right."""
_SURE_FROM = tuple(round(0.9 + 0.01 * step, 2) for step in range(10))
_BOTH = 2
_NAME = re.compile(r"(?<=\s)[A-Z][\w'’.-]*\w(?:\s+(?:of\s+(?:the\s+)?)?[A-Z][\w'’-]*\w)*")


@dataclass(frozen=True, slots=True)
class Kind:
    """Questions on one kind of text: the outcomes of those asked, and of near misses made of them."""

    name: str
    asked: Sequence[Judged]
    missed: Sequence[Judged]


@dataclass(frozen=True, slots=True)
class KindFigures:
    """How a fit does on one kind; `left_out` tells whether it was made without that kind.

    Shares are 0 to 1: of the answerable questions answered, of the same without their paragraph, and of those that
    nothing answers; `found_right` is how many of the `found` were right. Lower is better for `near_answered`,
    `unanswerable_answered` and `calibration_error`.
    """

    name: str
    left_out: bool
    answered: float
    near_answered: float
    unanswerable_answered: float
    near_auroc: float
    calibration_error: float
    found: int
    found_right: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted confidence, how many questions of each sort it was fitted on, and what it does on each kind.

    `sure_holds` tells whether `confidence.sure` keeps `SURE_RIGHT` on every kind; where no threshold does, it is
    the highest that was tried.
    """

    confidence: Confidence
    answerable: int
    unanswerable: int
    near_misses: int
    sure_holds: bool
    kinds: tuple[KindFigures, ...]


@dataclass(frozen=True, slots=True)
class _Cases:
    """One kind's evidence, a row a case. `answers`: the best passage may answer. `right`: it does.

    `source` is where a case comes from: asked, a near miss, or asked with the answering paragraph taken out.
    """

    name: str
    rows: npt.NDArray[np.float64]
    answers: npt.NDArray[np.bool_]
    right: npt.NDArray[np.bool_]
    source: npt.NDArray[np.intp]


_ASKED, _MISSED, _TAKEN = range(3)


def near_misses(questions: Sequence[LabelledQuestion], texts: dict[str, str], seed: int) -> list[LabelledQuestion]:
    """Questions with a name of theirs swapped for one from a question about another article.

    `texts` has each article's text: the name must occur in it, and no word of the new name may. The `article`
    of a near miss is the one that it is close to.
    """
    chance = random.Random(seed)
    names = [(name, q.article) for q in questions for name in _NAME.findall(q.question)]
    made = []
    for question in questions:
        text = texts.get(question.article or "", "").casefold()
        own = [name for name in _NAME.findall(question.question) if name.casefold() in text]
        foreign = [
            name
            for name, article in chance.sample(names, min(len(names), 50))
            if article != question.article and not any(word.casefold() in text for word in name.split())
        ]
        if own and foreign:
            swapped = question.question.replace(chance.choice(own), foreign[0], 1)
            made.append(replace(question, question=swapped))
    return made


def calibrate(kinds: Sequence[Kind]) -> Calibration:
    """Return the logistic regression over the evidence that tells answerable questions from the rest.

    Each answerable question teaches twice: as it is, and with its answering paragraph taken out. With several
    kinds, the figures of each and the limit of "Found" come from fits on the others.
    """
    cases = [_cases(kind) for kind in kinds]
    if not any(one.answers.any() for one in cases) or all(one.answers.all() for one in cases):
        raise QuestionError(
            "The confidence can't be fitted: it needs questions that the articles answer and some they don't. "
            "Give more questions with an article, over at least two articles."
        )
    together = _fit(cases)
    others = [[one for one in cases if one is not left] for left in cases]
    held_out = [_fit(some) if _teaches(some) else together for some in others]
    asked = [one.source == _ASKED for one in cases]
    sure, holds = lowest_sure(
        [(_chances(c, model)[own], c.right[own]) for c, model, own in zip(cases, held_out, asked, strict=True)]
    )
    shown = [
        _figures(one, model, sure, left_out=model is not together)
        for one, model in zip(cases, held_out, strict=True)
    ]
    if len(cases) > 1:
        shown += [_figures(one, together, sure, left_out=False) for one in cases]
    sources = np.concatenate([one.source for one in cases])
    positives = sum(int(one.answers.sum()) for one in cases)
    missed = int((sources == _MISSED).sum())
    return Calibration(
        replace(together, sure=sure), positives, len(sources) - missed - positives, missed, holds, tuple(shown)
    )


def _cases(kind: Kind) -> _Cases:
    found: list[tuple[Measured | None, bool, bool, int]] = [
        (one.measured, one.answerable, one.answerable and one.rank == 1, _ASKED) for one in kind.asked
    ]
    found += [(one.measured, False, False, _MISSED) for one in kind.missed if one.answerable]
    found += [
        (without(one.measured, one.right), False, False, _TAKEN)
        for one in kind.asked
        if one.measured is not None and one.right
    ]
    known = [
        (_evidence(measured), answers, right, source)
        for measured, answers, right, source in found
        if measured is not None
    ]
    return _Cases(
        kind.name,
        np.array([row for row, _, _, _ in known]).reshape(-1, len(EVIDENCE)),
        np.array([answers for _, answers, _, _ in known], dtype=np.bool_),
        np.array([right for _, _, right, _ in known], dtype=np.bool_),
        np.array([source for _, _, _, source in known], dtype=np.intp),
    )


def _teaches(cases: Sequence[_Cases]) -> bool:
    return len({bool(label) for one in cases for label in one.answers}) == _BOTH


def _fit(cases: Sequence[_Cases]) -> Confidence:
    """Return the fit on these kinds: each weighs the same, and in each what answers as much as what doesn't."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise TopicbotError("Fitting needs scikit-learn. Install it: pip install 'topicbot[bench]'") from error
    each = sum(int(one.answers.sum()) for one in cases) / len(cases)
    weights = []
    for one in cases:
        weight = np.where(one.source == _MISSED, NEAR_MISS_WEIGHT, 1.0)
        for side in (one.answers, ~one.answers):
            weight[side] *= each / (weight[side].sum() or 1.0)
        weights.append(weight)
    fit = LogisticRegression(C=3, max_iter=5000).fit(
        np.concatenate([one.rows for one in cases]),
        np.concatenate([one.answers for one in cases]),
        sample_weight=np.concatenate(weights),
    )
    return Confidence(
        **{name: round(float(value), 2) for name, value in zip(EVIDENCE, fit.coef_[0], strict=True)},
        intercept=round(float(fit.intercept_[0]), 2),
    )


def _chances(cases: _Cases, model: Confidence) -> npt.NDArray[np.float64]:
    return np.array(probabilities(cases.rows, model))


def lowest_sure(judged: Sequence[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]) -> tuple[float, bool]:
    """Return the lowest probability from which on `SURE_RIGHT` of each kind's answers were right, and whether
    there is one; the highest that was tried where there is none.

    Of each kind are given the probabilities of its answers, and which of them were right. A kind with fewer than
    ten answers from a probability on doesn't decide on that one.
    """
    for least in _SURE_FROM:
        found = [right[chances >= least] for chances, right in judged]
        enough = [right for right in found if right.size >= _ENOUGH]
        if enough and all(right.mean() >= SURE_RIGHT for right in enough):
            return least, True
    return _SURE_FROM[-1], False


def _figures(cases: _Cases, model: Confidence, sure: float, *, left_out: bool) -> KindFigures:
    chances = _chances(cases, model)
    shown = chances >= DEFAULT_CONFIDENCE.threshold
    asked, taken = cases.source == _ASKED, cases.source == _TAKEN
    there, absent = asked & cases.answers, asked & ~cases.answers
    compared, counted = there | taken, asked | taken
    found = asked & (chances >= sure)
    return KindFigures(
        cases.name,
        left_out,
        answered=mean(shown[there].tolist()),
        near_answered=mean(shown[taken].tolist()),
        unanswerable_answered=mean(shown[absent].tolist()),
        near_auroc=auroc(chances[compared].tolist(), there[compared].tolist()),
        calibration_error=calibration_error(chances[counted].tolist(), cases.answers[counted].tolist()),
        found=int(found.sum()),
        found_right=int(cases.right[found].sum()),
    )


def _evidence(measured: Measured) -> tuple[float, ...]:
    best = order(measured)[:_BOTH]
    return tuple(evidence(measured.question, measured.features, measured.idf, best)[0].tolist())
