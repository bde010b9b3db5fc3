"""Fitting the confidence: when the best passage answers the question, and when it only looks like it.

Four kinds of questions teach it, from libraries with half of their articles taken out: those whose article is
there, the same without the paragraph that answers, those whose article is not there, and near misses, made by
putting another question's name into a question ("What did Tencent pledge?").
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from embeddings.errors import QuestionError, TopicbotError
from embeddings.evaluate.absence import without
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.evaluate.report import Judged
from embeddings.search.decide import EVIDENCE, evidence
from embeddings.search.pipeline import Measured, order
from embeddings.weights import Confidence

NEAR_MISS_WEIGHT = 0.5
"""A near miss counts half: some stay answerable, since the name was not what was asked for."""

_BOTH = 2
_NAME = re.compile(r"(?<=\s)[A-Z][\w'’.-]*\w(?:\s+(?:of\s+(?:the\s+)?)?[A-Z][\w'’-]*\w)*")


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted confidence, and how many questions of each kind it was fitted on."""

    confidence: Confidence
    answerable: int
    unanswerable: int
    near_misses: int


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


def calibrate(asked: Sequence[Judged], missed: Sequence[Judged]) -> Calibration:
    """Return the logistic regression over the evidence that tells answerable questions from the rest.

    Each answerable question teaches twice: as it is, and with its answering paragraph taken out.
    """
    known = [(one.measured, one.answerable, 1.0) for one in asked if one.measured is not None]
    near = [
        (one.measured, False, NEAR_MISS_WEIGHT) for one in missed if one.measured is not None and one.answerable
    ]
    taken = [
        (without(one.measured, one.right), False, 1.0) for one in asked if one.measured is not None and one.right
    ]
    cases = [
        (_evidence(measured), label, weight) for measured, label, weight in [*known, *near, *taken] if measured
    ]
    if len({label for _, label, _ in cases}) < _BOTH:
        raise QuestionError(
            "The confidence can't be fitted: it needs questions that the articles answer and some they don't. "
            "Give more questions with an article, over at least two articles."
        )
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise TopicbotError("Fitting needs scikit-learn. Install it: pip install 'topicbot[bench]'") from error
    weights = np.array([weight for _, _, weight in cases])
    labels = np.array([label for _, label, _ in cases])
    weights[~labels] *= weights[labels].sum() / weights[~labels].sum()
    fit = LogisticRegression(C=3, max_iter=5000).fit(
        np.array([one for one, _, _ in cases]), labels, sample_weight=weights
    )
    positives = sum(label for _, label, _ in known)
    return Calibration(
        Confidence(
            **{name: round(float(value), 2) for name, value in zip(EVIDENCE, fit.coef_[0], strict=True)},
            intercept=round(float(fit.intercept_[0]), 2),
        ),
        positives,
        len(known) - positives + len(taken),
        len(near),
    )


def _evidence(measured: Measured) -> tuple[float, ...]:
    best = order(measured)[:_BOTH]
    return tuple(evidence(measured.question, measured.features, measured.idf, best)[0].tolist())
