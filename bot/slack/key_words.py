"""The words of an answering sentence that a hurried reader looks for."""

from __future__ import annotations

import re

from embeddings.text.answer_types import AnswerType, of_question
from embeddings.text.terms import terms
from embeddings.topics.names import find_names

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan\.|Feb\.|Mar\."
    r"|Apr\.|Aug\.|Sept?\.|Oct\.|Nov\.|Dec\.)"
)
_FIGURE = re.compile(
    rf"\b\d{{1,2}} {_MONTH}(?: \d{{4}}\b)?|\b{_MONTH} \d{{1,2}}\b(?:, \d{{4}}\b)?|\b{_MONTH} \d{{4}}\b"
    r"|(?:[$€£¥]\s?)?(?<!\w)\d++(?:[.,]\d++)*+(?:\s?%|\s(?:per cent|percent))?"
    r"(?:\s(?:thousand|million|billion|trillion)\b)?"
    r"(?:\s(?:dollars?|euros?|pounds?|yuan|yen|francs?|people|years?|months?|weeks?|days?|hours?|minutes?"
    r"|kilomet(?:re|er)s?|km|tonnes?|tons?|miles?|degrees?)\b)?"
)
_MOST = 160


def key_words(sentence: str, question: str) -> list[tuple[int, int]]:
    """Return the spans of a sentence's figures and of the question's words in it, in order and without overlap.

    Where a person or a place is asked for, names count too. What only a blank parts is one span.
    """
    asked = set(terms(question))
    spans = [match.span() for match in _FIGURE.finditer(sentence)]
    spans += [match.span() for match in _WORD.finditer(sentence) if asked.intersection(terms(match[0]))]
    if of_question(question) in (AnswerType.PERSON, AnswerType.PLACE):
        spans += [(name.start, name.end) for name in find_names(sentence)]
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and not sentence[found[-1][1] : start].strip():
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def figures_in(sentence: str) -> str:
    """Return the figures of a sentence, as they are written; empty when there is none."""
    return ", ".join(dict.fromkeys(match[0] for match in _FIGURE.finditer(sentence)))[:_MOST]
