"""Whether a passage answers, or only looks like it: a logistic regression over a few readable numbers.

Fitted on questions whose article was taken out, on questions whose paragraph alone was (a near miss, as people
meet them), and on several kinds of text at once: `topicbot eval --calibrate`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from embeddings.search.contrasts import says_another
from embeddings.search.features import Features, Floats
from embeddings.search.question import Question
from embeddings.search.ranking import Ranked
from embeddings.text.answer_types import SURE
from embeddings.text.similarity import logistic
from embeddings.weights import DEFAULT_CONFIDENCE, Confidence

_CONTRARY = 1.5
"""What a sentence adds to the share of missing names that says another of a kind than the question does."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for passages, a column each. Shares are of the question's idf mass, 0 to 1."""

    missing_names: Floats
    """Share in names and figures which neither the passage nor its surroundings contain; and much more where the
    sentence says another of a kind, "gold" or "flight 12" where "silver" or "flight 21" is asked for."""
    in_paragraph: Floats
    """Share that the paragraph itself covers. Where its sentence refers back ("The e-commerce giant …"), what the
    one before it covers counts too, and names from farther back, as far as the sentence holds the question's other
    words."""
    in_sentence: Floats
    """Of the words that are no names, the share that the sentence itself holds."""
    sentence: Floats
    """Cosine of question and sentence."""
    paragraph: Floats
    """Cosine of question and paragraph."""
    joined: Floats
    """By how much it is higher in the view with the previous paragraph; 0 where it is not."""
    margin: Floats
    """By how much the passage's score is above the best other one's; negative below it."""
    kind_missing: Floats
    """1 when a number or a time is asked for, and the sentence states none."""


EVIDENCE = tuple(one.name for one in fields(Evidence))


def evidence(question: Question, features: Features, idf: Floats, ranked: Sequence[Ranked]) -> Floats:
    """Return what speaks for each of the ranked passages, which are given best first.

    Shape `(len(ranked), len(EVIDENCE))`, float64; the columns are the fields of `Evidence` in their order.
    """
    rows = np.fromiter((one.row for one in ranked), dtype=np.intp, count=len(ranked))
    scores = np.array([one.score for one in ranked])
    share = idf / (float(idf.sum()) or 1.0)
    named = np.array([term in question.names for term in question.terms], dtype=np.bool_)
    in_paragraph, in_previous = features.in_paragraph[rows], features.in_previous[rows]
    around = in_paragraph | in_previous | features.in_title[rows]
    in_earlier = features.in_earlier[rows]
    contrary = (says_another(question, ranked) & ~around).any(axis=1)
    carried = in_previous & features.refers_back[rows][:, np.newaxis] & ~in_paragraph
    common = np.where(named, 0.0, share)
    in_sentence = features.in_sentence[rows] @ common / (float(common.sum()) or 1.0)
    others = np.full(len(ranked), scores[0] if len(ranked) else 0.0)
    others[:1] = scores[1] if len(ranked) > 1 else 0.0
    paragraph = features.plain_view[rows]
    of_other_kind = (features.kind[rows] == 0) * float(bool(question.kind & SURE))
    columns = Evidence(
        missing_names=(named & ~around & ~in_earlier) @ share + _CONTRARY * contrary,
        in_paragraph=in_paragraph @ share + (carried | in_earlier) @ share * in_sentence,
        in_sentence=in_sentence,
        sentence=features.sentence[rows],
        paragraph=paragraph,
        joined=np.maximum(0.0, features.joined_view[rows] - paragraph),
        margin=scores - others,
        kind_missing=of_other_kind,
    )
    return np.column_stack([getattr(columns, name) for name in EVIDENCE]).astype(np.float64)


def to_json(model: Confidence) -> str:
    """Return the model as a library keeps it."""
    return json.dumps(asdict(model))


def from_json(text: str | None, shipped: Confidence = DEFAULT_CONFIDENCE) -> Confidence:
    """Return the model that `to_json` wrote; the shipped one for `None`, and for one of other evidence."""
    try:
        return Confidence(**json.loads(text)) if text else shipped
    except (TypeError, ValueError):
        return shipped


def probabilities(rows: Floats, model: Confidence) -> list[float]:
    """Return the probability, 0 to 1, that each passage answers the question; `rows` are those of `evidence`."""
    weights = np.array([getattr(model, name) for name in EVIDENCE])
    return [logistic(value) for value in (rows @ weights + model.intercept).tolist()]
