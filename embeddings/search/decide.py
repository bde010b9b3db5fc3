"""Whether a passage answers, or only looks like it: a logistic regression over a few readable numbers.

Fitted on questions whose article was taken out, on questions whose paragraph alone was (a near miss, as people
meet them), and on several kinds of text at once: `topicbot eval --calibrate`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields

import numpy as np

from embeddings.search.features import Features, Floats
from embeddings.search.question import Question
from embeddings.search.ranking import Ranked
from embeddings.text.answer_types import SURE
from embeddings.text.similarity import logistic
from embeddings.weights import DEFAULT_CONFIDENCE, Confidence


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a passage. Shares are of the question's idf mass, 0 to 1."""

    missing_names: float
    """Share in names and figures which neither the passage nor its surroundings contain."""
    in_paragraph: float
    """Share that the paragraph itself covers …"""
    carried: float
    """… that the one before it covers besides, where the sentence refers back to that …"""
    in_surroundings: float
    """… and with title, lead and previous paragraph."""
    sentence: float
    """Cosine of question and sentence."""
    window: float
    """By how much it is higher for the sentence together with the one before it; 0 where it is not."""
    paragraph: float
    """Cosine of question and paragraph."""
    joined: float
    """By how much it is higher in the view with the previous paragraph; 0 where it is not."""
    margin: float
    """By how much the passage's score is above the best other one's; negative below it."""
    kind_missing: float
    """1 when a number or a time is asked for, and the sentence states none."""


EVIDENCE = tuple(one.name for one in fields(Evidence))


def evidence(question: Question, features: Features, idf: Floats, ranked: Sequence[Ranked]) -> list[Evidence]:
    """Return what speaks for each of the ranked passages, which are given best first."""
    total = float(idf.sum()) or 1.0
    named = np.array([term in question.names for term in question.terms], dtype=np.bool_)
    asks = bool(question.kind & SURE)
    found = []
    for place, one in enumerate(ranked):
        row = one.row
        around = features.in_paragraph[row] | features.in_previous[row] | features.in_title[row]
        carried = features.in_previous[row] & features.refers_back[row] & ~features.in_paragraph[row]
        other = ranked[0].score if place else (ranked[1].score if len(ranked) > 1 else 0.0)
        found.append(
            Evidence(
                missing_names=float((idf * (named & ~around)).sum() / total),
                in_paragraph=float((idf * features.in_paragraph[row]).sum() / total),
                carried=float((idf * carried).sum() / total),
                in_surroundings=float((idf * around).sum() / total),
                sentence=float(features.sentence[row]),
                window=float(max(0.0, features.window[row] - features.sentence[row])),
                paragraph=float(features.plain_view[row]),
                joined=float(max(0.0, features.joined_view[row] - features.plain_view[row])),
                margin=one.score - other,
                kind_missing=float(asks and not features.kind[row]),
            )
        )
    return found


def to_json(model: Confidence) -> str:
    """Return the model as a library keeps it."""
    return json.dumps(asdict(model))


def from_json(text: str | None) -> Confidence:
    """Return the model that `to_json` wrote; the shipped one for `None`, and for one of other evidence."""
    try:
        return Confidence(**json.loads(text)) if text else DEFAULT_CONFIDENCE
    except (TypeError, ValueError):
        return DEFAULT_CONFIDENCE


def probability(one: Evidence, model: Confidence) -> float:
    """Probability that the passage answers the question, 0 to 1."""
    weights = (getattr(model, name) for name in EVIDENCE)
    return logistic(model.intercept + sum(w * x for w, x in zip(weights, astuple(one), strict=True)))
