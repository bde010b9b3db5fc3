"""What people asked that found nothing, questions of one meaning together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.asking.store import Unanswered
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.roles import encode_questions

SAME_MEANING = 0.7
"""The cosine of two questions from which they ask for the same."""

MAX_QUESTIONS = 500
"""How many of the last different questions are grouped."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one meaning: how often they were asked, when last (aware), and each in its own words."""

    questions: tuple[str, ...]
    times: int
    asked_at: datetime


def gaps(asked: Sequence[Unanswered], encoder: Encoder) -> list[Gap]:
    """Return the questions grouped by meaning, what was asked most first; `asked` is newest first.

    Single-pass clustering: a question joins the group whose newest one it is most like.
    """
    if not asked:
        return []
    vectors = encode_questions(encoder, [one.text for one in asked])
    groups: list[list[int]] = []
    for number in range(len(asked)):
        alike = [float(vectors[group[0]] @ vectors[number]) for group in groups]
        best = max(range(len(groups)), key=alike.__getitem__, default=None)
        if best is not None and alike[best] >= SAME_MEANING:
            groups[best].append(number)
        else:
            groups.append([number])
    found = [
        Gap(
            tuple(asked[number].text for number in group),
            sum(asked[number].times for number in group),
            asked[group[0]].asked_at,
        )
        for group in groups
    ]
    return sorted(found, key=lambda gap: (-gap.times, -gap.asked_at.timestamp()))
