"""Fitting the confidence: when the best passage answers the question, and when it only looks like it.

Three kinds of questions teach it, from libraries with half of their articles taken out: those whose article is
there, those whose article is not, and near misses, made by putting another question's name into a question
("What did Tencent pledge?").
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embeddings.errors import QuestionError, TopicbotError
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.evaluate.report import Judged
from embeddings.search.pipeline import decide
from embeddings.search.ranking import missing_names
from embeddings.weights import DEFAULT_CONFIDENCE, Confidence

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

    `texts` gives each article's text: the name must stand in it, and no word of the new name may. The `article`
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
    """The logistic regression over score and missing names that tells answerable questions from the rest."""
    known = [(one, one.answerable, 1.0) for one in asked if one.measured is not None]
    near = [(one, False, NEAR_MISS_WEIGHT) for one in missed if one.measured is not None and one.answerable]
    cases = known + near
    if len({label for _, label, _ in cases}) < _BOTH:
        raise QuestionError(
            "The confidence can't be fitted: it needs questions that the articles answer and some they don't. "
            "Give more questions with an article, over at least two articles."
        )
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise TopicbotError("Fitting needs scikit-learn. Install it: pip install 'topicbot[bench]'") from error
    fit = LogisticRegression(C=10).fit(
        np.array([_features(one) for one, _, _ in cases]),
        np.array([label for _, label, _ in cases]),
        sample_weight=np.array([weight for _, _, weight in cases]),
    )
    score, missing = (float(value) for value in fit.coef_[0])
    positives = sum(label for _, label, _ in known)
    return Calibration(
        Confidence(score, missing, float(fit.intercept_[0]), DEFAULT_CONFIDENCE.threshold),
        positives,
        len(known) - positives,
        len(near),
    )


def _features(judged: Judged) -> npt.NDArray[np.float64]:
    measured = judged.measured
    if measured is None:
        return np.zeros(2)
    best = decide(measured)[0][0]
    return np.array([best.score, missing_names(measured.question, measured.features, measured.idf, best)])
