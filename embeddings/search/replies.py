"""A question in the text, in a chat or a list of questions: what answers it is the paragraph after it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.search.question import Question
from embeddings.search.ranking import Ranked
from embeddings.store import paragraphs
from embeddings.store.paragraphs import Found
from embeddings.text.answer_types import in_sentence
from embeddings.text.question_words import OPENERS

T = TypeVar("T")
_ASKS = ("?", "？", "؟", "?”", '?"')
_BEGINS = re.compile(rf"\W*+(?:{OPENERS})\b", re.IGNORECASE)
"""How a sentence begins that asks from its first word on: "… , but will they?" tells something first."""


def replied(
    connection: Connection,
    question: Question,
    ranked: list[Ranked],
    chances: list[float],
    rows: Mapping[int, Found],
) -> tuple[list[Ranked], list[float]]:
    """Return the passages and their chances; where the best one only asks the question, the paragraph after it
    comes first, if it is among those that are judged; as likely as that, if it states what is asked.

    `rows` are the paragraphs of the first passages, by their ids.
    """
    best = rows.get(ranked[0].candidate.id) if ranked else None
    if best is None or not _only_asks(question, best, ranked[0].sentence):
        return ranked, chances
    same = [
        place
        for place, one in enumerate(ranked[1 : len(chances)], start=1)
        if one.candidate.article_key == ranked[0].candidate.article_key
    ]
    found = paragraphs.passages(connection, [ranked[place].candidate.id for place in same])
    place = next((one for one in same if _follows(found.get(ranked[one].candidate.id), best)), None)
    if place is None:
        return ranked, chances
    follower = found[ranked[place].candidate.id].text
    is_answer = not question.kind or bool(in_sentence(follower) & question.kind)
    chance = max(chances[place], chances[0]) if is_answer else chances[place]
    return (
        [ranked[place], *_without(ranked, place)],
        [chance, *_without(chances, place)],
    )


def _only_asks(question: Question, found: Found, sentence: int) -> bool:
    """Return whether a passage ends in a question, and its sentence is that or states nothing of what is asked."""
    if not found.text.rstrip().endswith(_ASKS):
        return False
    spans = spans_from_blob(found.sentence_spans)
    chosen = found.text[slice(*spans[sentence])]
    if sentence == len(spans) - 1:
        return bool(_BEGINS.match(chosen.rpartition(": ")[2]))  # without the name of who asks it in a chat
    return bool(question.kind) and not in_sentence(chosen) & question.kind


def _follows(one: Found | None, best: Found) -> bool:
    return one is not None and one.position == best.position + 1 and not one.text.rstrip().endswith(_ASKS)


def _without(items: Sequence[T], place: int) -> list[T]:
    return [*items[:place], *items[place + 1 :]]
