"""Which sentences are about a subject: for summaries, digests and alerts alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embeddings.search.features import Floats
from embeddings.search.find import Measured
from embeddings.search.rank import Ranked, rank

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
