"""Questions with one slip of the finger each, made by rule."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from embeddings.evaluate.questions import LabelledQuestion

_WORD = re.compile(r"[A-Za-z]{4,}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def mistyped(questions: Sequence[LabelledQuestion], seed: int) -> list[LabelledQuestion]:
    """Return each question with one of its longer words mistyped: a letter left out, added, changed, or moved."""
    chance = random.Random(seed)
    return [replace(one, question=_slip(one.question, chance)) for one in questions]


def _slip(question: str, chance: random.Random) -> str:
    found = list(_WORD.finditer(question))
    if not found:
        return question
    word = chance.choice(found)
    typed = word[0]
    at = chance.randrange(len(typed) - 1)
    letter = chance.choice(_LETTERS)
    slips = (
        typed[:at] + typed[at + 1 :],
        typed[:at] + letter + typed[at:],
        typed[:at] + letter + typed[at + 1 :],
        typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :],
    )
    return question[: word.start()] + chance.choice(slips) + question[word.end() :]
