"""What is measured of each candidate sentence, before anything is weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.search.question import Question
from embeddings.store.integrity import are_lengths, are_vectors
from embeddings.store.paragraphs import Candidate
from embeddings.store.tables import VIEWS
from embeddings.text.answer_types import AnswerType
from embeddings.text.terms import term_hash
from embeddings.weights import Weights

Floats = npt.NDArray[np.float64]
_CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Features:
    """One row a candidate sentence; `owner` (int) is its candidate's place, `place` its number in the paragraph.

    The cosines are 1-d, as are `kind` (0 or 1) and `refers_back`. The boolean arrays have one column a question
    term and tell where it is: in the sentence, its paragraph or the headings above it, the previous paragraph, the
    title or first paragraph. `in_earlier` are names that the sentence refers back to over more than one
    paragraph; `search.references` finds them. `adjacent` has one column a pair of neighbouring terms: whether they
    are next to each other in the sentence.
    """

    owner: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    sentence: Floats
    window: Floats
    plain_view: Floats
    joined_view: Floats
    kind: Floats
    refers_back: npt.NDArray[np.bool_]
    in_sentence: npt.NDArray[np.bool_]
    in_paragraph: npt.NDArray[np.bool_]
    in_previous: npt.NDArray[np.bool_]
    in_title: npt.NDArray[np.bool_]
    in_earlier: npt.NDArray[np.bool_]
    adjacent: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Unscored:
    """Candidates of which all is measured but the cosines: the question's vector need not be known.

    `rows` has the vectors of each candidate's sentences, float32, after that of the sentence before the paragraph;
    `own` are the places of the former. `windows` is the length of each row with the one before it added, `views`
    the vectors of the paragraphs, `VIEWS` for each. The other fields are those of `Features`.
    """

    candidates: Sequence[Candidate]
    rows: Vectors
    own: npt.NDArray[np.intp]
    windows: Vectors
    views: Vectors
    owner: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    kind: Floats
    refers_back: npt.NDArray[np.bool_]
    in_sentence: npt.NDArray[np.bool_]
    in_paragraph: npt.NDArray[np.bool_]
    in_previous: npt.NDArray[np.bool_]
    in_title: npt.NDArray[np.bool_]
    adjacent: npt.NDArray[np.bool_]


def measure(question: Question, vector: Vectors, candidates: Sequence[Candidate]) -> Features:
    """Return the features of every sentence of every candidate; `vector` is the question's, unit length."""
    return compare(vector, [read(question, candidates, len(vector))])


def sound(candidates: Sequence[Candidate], dim: int) -> list[Candidate]:
    """Return those whose vectors can be vectors: a damaged page must not win with an endless score."""
    return [one for one in candidates if are_vectors(one.views + one.sentence_vectors, dim)]


def read(question: Question, candidates: Sequence[Candidate], dim: int) -> Unscored:
    """Return what is measured of the candidates without the question's vector, which has `dim` numbers.

    Raises `ValueError` unless all are `sound`.
    """
    counts = np.array([len(c.sentence_kinds) for c in candidates], dtype=np.intp)
    starts = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(candidates)), counts)
    place = np.arange(len(owner)) - starts[owner]
    rows = from_blob(b"".join(c.sentence_vectors for c in candidates), dim)
    views = from_blob(b"".join(c.views for c in candidates), dim)
    squares = _products(rows, rows)
    if not (are_lengths(np.sqrt(squares)) and are_lengths(np.sqrt(_products(views, views)))):
        raise ValueError("a row is no vector")
    windows = squares.copy()  # |a + b|² = |a|² + |b|² + 2ab
    windows[1:] += squares[:-1] + 2 * _products(rows[1:], rows[:-1])
    kinds = np.frombuffer(b"".join(c.sentence_kinds for c in candidates), dtype=np.uint8)
    hashes = [c.term_hashes for c in candidates]
    every_hash = np.frombuffer(b"".join(hashes), dtype="<u4")
    line_of = np.cumsum(every_hash == 0)  # for a zero, which ends a line, how many lines there are up to it
    lines, pairs = _contains(every_hash, line_of, question.forms)
    totals = np.diff(line_of[np.cumsum([len(one) // 4 for one in hashes]) - 1], prepend=0)
    firsts = np.cumsum(totals) - totals  # each one's sentences, then the context's lines, then its headings' one
    own_lines = place + firsts[owner]
    in_sentence = lines[own_lines]
    title, lead, previous = (lines[firsts + counts + line] for line in range(_CONTEXT_LINES))
    has_path = totals > counts + _CONTEXT_LINES
    path = lines[firsts + totals - 1] & has_path[:, None]
    return Unscored(
        candidates=candidates,
        rows=rows,
        own=np.arange(len(owner)) + owner + 1,
        windows=np.sqrt(np.maximum(windows, 0.0)),
        views=views,
        owner=owner,
        place=place,
        kind=(kinds & int(question.kind) > 0).astype(np.float64),
        refers_back=kinds & int(AnswerType.REFERS_BACK) > 0,
        in_sentence=in_sentence,
        in_paragraph=(np.logical_or.reduceat(in_sentence, starts) | path)[owner],
        in_previous=previous[owner],
        in_title=(title | lead)[owner],
        adjacent=pairs[own_lines],
    )


def compare(vector: Vectors, parts: Sequence[Unscored]) -> Features:
    """Return the features of the candidates in these parts, one part after the other, compared with the
    question's vector, unit length.
    """
    cosines = [one.rows @ vector for one in parts]
    views = [(one.views @ vector).reshape(-1, VIEWS)[one.owner] for one in parts]
    windows = [
        (found[one.own] + found[one.own - 1]) / np.maximum(one.windows[one.own], 1e-9)
        for found, one in zip(cosines, parts, strict=True)
    ]
    before = np.cumsum([0, *(len(one.candidates) for one in parts)]).tolist()
    in_title = _joined(parts, "in_title")
    return Features(
        owner=np.concatenate([one.owner + first for one, first in zip(parts, before, strict=False)]),
        place=_joined(parts, "place"),
        sentence=np.concatenate(
            [found[one.own] for found, one in zip(cosines, parts, strict=True)], dtype=np.float64
        ),
        window=np.concatenate(windows, dtype=np.float64),
        plain_view=np.concatenate([one[:, 0] for one in views], dtype=np.float64),
        joined_view=np.concatenate([one[:, 1] for one in views], dtype=np.float64),
        kind=_joined(parts, "kind"),
        refers_back=_joined(parts, "refers_back"),
        in_sentence=_joined(parts, "in_sentence"),
        in_paragraph=_joined(parts, "in_paragraph"),
        in_previous=_joined(parts, "in_previous"),
        in_title=in_title,
        in_earlier=np.zeros_like(in_title),
        adjacent=_joined(parts, "adjacent"),
    )


def _joined(parts: Sequence[Unscored], name: str) -> npt.NDArray[Any]:
    return np.concatenate([getattr(one, name) for one in parts])


def _products(one: Vectors, other: Vectors) -> Vectors:
    """Return the inner product of each row of one matrix with that of the other."""
    found: Vectors = np.einsum("ij,ij->i", one, other)
    return found


def coverage(features: Features, idf: Floats, weights: Weights) -> Floats:
    """Share of the question's idf mass that each sentence and its surroundings cover, 0 to 1.

    A term counts whole in the sentence itself and less the farther from it it is.
    """
    total = idf.sum()
    if total == 0:
        return np.zeros(len(features.owner))
    previous = np.where(features.refers_back, weights.in_previous_meant, weights.in_previous)
    level = np.maximum.reduce(
        [
            features.in_sentence * 1.0,
            features.in_paragraph * weights.in_paragraph,
            features.in_previous * previous[:, None],
            features.in_title * weights.in_title,
            features.in_earlier * weights.in_previous_meant,
        ]
    )
    covered: Floats = level @ idf / total
    return covered


def adjacency(features: Features, idf: Floats) -> Floats:
    """Return how much of the question each sentence holds side by side, 0 to 1: pairs of its terms, by their idf
    mass.
    """
    mass = idf[:-1] + idf[1:]
    if not mass.sum():
        return np.zeros(len(features.owner))
    share: Floats = features.adjacent @ mass / mass.sum()
    return share


def _contains(
    every: npt.NDArray[np.uint32], line: npt.NDArray[np.intp], terms: Sequence[Sequence[str]]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which terms, in any of their forms, occur in which lines of all the paragraphs, shape `(lines,
    terms)`. `line` is the number of each hash's line.

    And which neighbouring terms are there next to each other, shape `(lines, terms - 1)`.
    """
    count = int(line[-1])
    at = [_places(every, forms) for forms in terms]
    found = np.zeros((count, len(terms)), dtype=np.bool_)
    pairs = np.zeros((count, max(0, len(terms) - 1)), dtype=np.bool_)
    for number, places in enumerate(at):
        found[line[places], number] = True
        if number:
            both = at[number - 1][:-1] & places[1:]
            pairs[line[1:][both], number - 1] = True
    return found, pairs


def _places(every: npt.NDArray[np.uint32], forms: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return where a form begins or ends: one of several words is there with the first and the last of them."""
    found = np.zeros(len(every), dtype=np.bool_)
    for form in forms:
        first, *rest = form.split(" ")
        here = every == term_hash(first)
        for distance, word in enumerate(rest, start=1):
            here[:-distance] &= every[distance:] == term_hash(word)
            here[-distance:] = False
        found |= here
        if rest:
            found[len(rest) :] |= here[: -len(rest)]
    return found
