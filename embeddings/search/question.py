"""A question, ready to be searched with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from embeddings.errors import QuestionError
from embeddings.search.correct import Frequencies, correct
from embeddings.text.answer_types import AnswerType, of_question
from embeddings.text.forms import forms
from embeddings.text.terms import distinct, name_terms, terms, words

MAX_LENGTH = 1000
"""The most characters that a question may have."""


@dataclass(frozen=True, slots=True)
class Question:
    """`terms` are distinct, in order; `names` are those of them that are names or figures.

    `forms` are, for each term, the terms of the index that count as it, itself first. `corrected` are words that
    were read as others, as they were typed, with what they were read as. In a timeless one, the period that it
    names is borne out by the article, not by a sentence.
    """

    text: str
    terms: tuple[str, ...]
    names: frozenset[str]
    kind: AnswerType
    forms: tuple[tuple[str, ...], ...]
    corrected: Mapping[str, str] = field(default_factory=dict)
    is_timeless: bool = False


def stripped(text: str) -> str:
    """Return the question in `text`, each white space in it one space.

    Raises `QuestionError` when it is empty, without words, or too long.
    """
    found = " ".join(text.split())
    if not found:
        raise QuestionError('The question is empty. Ask something like "what did Alibaba pledge?".')
    if len(found) > MAX_LENGTH:
        raise QuestionError(
            f"The question has {len(found):,} characters; the most is {MAX_LENGTH:,}. Ask it in a sentence."
        )
    if not _is_text(found):
        raise QuestionError("The question holds bytes that are not UTF-8 text. Type it again.")
    written = words(found)
    if not written or (len(written) == 1 and len(written[0]) == 1 and written[0].isascii()):
        raise QuestionError(
            f'The question "{found}" has no word to look for. Ask something like "what did Alibaba pledge?".'
        )
    return found


def parse(text: str) -> Question:
    """Return the question in `text`, ready to be searched with. Raises what `stripped` raises."""
    text = stripped(text)
    names = name_terms(text)
    ways = {term: forms(term, word, is_name=term in names) for word in words(text) for term in terms(word)}
    once = tuple(distinct(terms(text)))
    return Question(text, once, names, of_question(text), tuple(ways.get(term, (term,)) for term in once))


def read_as(question: Question, frequencies: Frequencies) -> Question:
    """Return the question with its mistyped words read as the library's own."""
    corrected = correct(question.text, frequencies)
    if not corrected.words:
        return question
    return replace(parse(corrected.text[:MAX_LENGTH]), corrected=corrected.words)


def _is_text(text: str) -> bool:
    """Return whether every character can be stored: bytes that were no UTF-8 come in as halves of characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def idf(
    question_forms: Sequence[Sequence[str]], frequencies: Mapping[str, int], paragraphs: int
) -> npt.NDArray[np.float64]:
    """Return how much each term tells, shape `(terms,)`: rare terms most, those in no paragraph most of all.

    The form of Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), section 3.1, with 1
    added inside the logarithm so that it never falls below 0.
    """
    counts = (min(paragraphs, sum(frequencies.get(form, 0) for form in forms)) for forms in question_forms)
    return np.array([math.log(1 + (paragraphs - n + 0.5) / (n + 0.5)) for n in counts], dtype=np.float64)
