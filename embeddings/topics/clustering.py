"""Whether two articles tell the same event, or are even the same text: pure functions over what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

import numpy as np

from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.text.similarity import logistic
from embeddings.text.terms import term_hash
from embeddings.topics.figures import figures
from embeddings.topics.names import names

WINDOW = timedelta(days=7)
"""Articles farther apart than this never tell the same event."""

SAME_EVENT = 0.5
"""The probability from which an article joins a story."""

SAME_TEXT = 0.8
"""The share of words in common (Jaccard) from which an article is a copy of another."""

_NAMES_APART, _FIGURES_APART = 4, 1
NEAREST = 40
"""So many of the articles in the window are looked at closely: those with the most similar title and lead."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What an article can be told by, as hashes (`terms.term_hash`): names, figures with their unit, all words."""

    names: frozenset[int]
    figures: frozenset[int]
    words: frozenset[int]


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic regression over pairs of articles (docs/topics.md says on which)."""

    lead: float = 9.85
    """Cosine of title and lead."""
    names: float = 13.6
    """How many names both have, beside how many the one with fewer has."""
    figures: float = 3.6
    """The same of figures."""
    days: float = -0.94
    """Days between them."""
    intercept: float = -4.98


DEFAULT_WEIGHTS = Weights()


def marks(title: str, paragraphs: Iterable[tuple[str, bytes, str]]) -> Marks:
    """The marks of an article, from its paragraphs' text, sentence spans and index terms, as the store has them.

    Names come from the paragraphs alone: in a title every word may be a capital.
    """
    named: set[str] = set()
    counted: set[str] = set()
    words: set[str] = set()
    for text, spans, terms in paragraphs:
        words.update(terms.split())
        counted.update(f"{unit} {value:.6g}" for unit, values in figures(text).items() for value in values)
        for start, end in spans_from_blob(spans):
            named.update(name.casefold() for name in names(text[start:end]))
    return Marks(*(frozenset(map(term_hash, found)) for found in (named, counted, words)))


def marks_to_blob(own: Marks) -> bytes:
    """The marks as three lines of little-endian uint32, each ended by a 0."""
    lines = [[*sorted(found), 0] for found in astuple(own)]
    return np.array([one for line in lines for one in line], dtype="<u4").tobytes()


def read_marks(blob: bytes) -> Marks:
    """The marks in such a blob."""
    every = np.frombuffer(blob, dtype="<u4")
    ends = np.flatnonzero(every == 0)
    starts = [0, *(ends[:-1] + 1)]
    return Marks(*(frozenset(every[start:end].tolist()) for start, end in zip(starts, ends, strict=True)))


def probability(
    cosine: float, one: Marks, other: Marks, apart: timedelta, weights: Weights = DEFAULT_WEIGHTS
) -> float:
    """How likely it is, 0 to 1, that two articles with this cosine of title and lead tell the same event."""
    if apart > WINDOW:
        return 0.0
    return logistic(
        weights.intercept
        + weights.lead * cosine
        + weights.names * _shared(one.names, other.names, _NAMES_APART)
        + weights.figures * _shared(one.figures, other.figures, _FIGURES_APART)
        + weights.days * (apart / timedelta(days=1))
    )


def is_copy(one: Marks, other: Marks) -> bool:
    """Whether one text is the other's, lightly edited at most."""
    either = len(one.words | other.words)
    return bool(either) and len(one.words & other.words) >= SAME_TEXT * either


def fitting_stories(likely: Mapping[str, Sequence[float]]) -> list[str]:
    """The stories that an article may join, best first, given its probability with each story's articles.

    Single-pass clustering, as in Allan, Papka and Lavrenko, "On-line New Event Detection and Tracking" (SIGIR
    1998), with average linkage: one odd article does not chain two stories together.
    """
    scores = {story: sum(found) / len(found) for story, found in likely.items()}
    fitting = [story for story, score in scores.items() if score >= SAME_EVENT]
    return sorted(fitting, key=lambda story: (-scores[story], story))


def apart(one: str, other: str) -> timedelta:
    """The time between two moments, as the store writes them."""
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))


def _shared(one: frozenset[int], other: frozenset[int], apart: int) -> float:
    """The share of the smaller set that both have, as if it had `apart` more: one name in common proves little."""
    return len(one & other) / (min(len(one), len(other)) + apart)
