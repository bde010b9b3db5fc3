"""Whether two articles tell the same event, or are even the same text: pure functions over what is kept."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.text.similarity import logistic
from embeddings.text.terms import term_hash, terms
from embeddings.topics.figures import figures
from embeddings.topics.names import Name, names_of

WINDOW = timedelta(days=7)
"""Articles farther apart than this never tell the same event."""

SAME_EVENT = 0.5
"""The probability from which an article joins a story."""

SAME_TEXT = 0.8
"""The share of words in common (Jaccard) from which an article is a copy of another."""

NEAREST = 24
"""This many of the articles in the window are compared closely: those with the most similar title and lead."""

_LEAD = 2
"""This many sentences after the title say what happened, and to whom."""

_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_BUCKETS = 1 << 16
_FEWEST = 60
"""In a smaller window a word is as rare as if there were this many articles in it."""

_MANY = 40
"""From this number on, hashes are weighed by numpy, fewer one by one: each is then the faster way."""

_NAMES_APART, _FIGURES_APART, _LEAD_APART = 4, 1, 2.0
_UNNAMED = 0.3
"""How far an article whose first sentences name nobody agrees with any other."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What an article can be recognised by, as hashes (`terms.term_hash`).

    `names` are those of its paragraphs, `figures` those with their unit, `words` all index terms. Of title and
    first sentences: `actors` are the terms of their names, `happened` their other terms, and `days` are the
    days of the week that the article names. The last three are empty for articles stored by earlier versions.
    """

    names: frozenset[int]
    figures: frozenset[int]
    words: frozenset[int]
    actors: frozenset[int] = field(default=frozenset())
    happened: frozenset[int] = field(default=frozenset())
    days: frozenset[int] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic regression over pairs of articles (docs/topics.md says on which)."""

    lead: float = 6.41
    """Cosine of title and lead."""
    words: float = 1.28
    """Cosine of all words, each weighed by how rare it is in the window."""
    names: float = 3.60
    """How many names both have, beside how many the one with fewer has."""
    actors: float = 4.71
    """How far either's first names are found in the other: two firms cut jobs, but not the same."""
    happened: float = 4.54
    """How far either's first words are found in the other: one firm bids, and cuts jobs."""
    figures: float = 1.55
    """How many figures both have, beside how many the one with fewer has."""
    weekday: float = 0.40
    """1 when both name one day of the week, -1 when they name different ones."""
    days: float = -0.48
    """Days between them."""
    intercept: float = -5.64


DEFAULT_WEIGHTS = Weights()


class Rarity(dict[int, float]):
    """How much each hash tells, by how few of the articles around have it: the square of its idf."""

    def __init__(self, blobs: Sequence[bytes]) -> None:
        """Take it from the marks of these articles, as stored."""
        every = np.frombuffer(b"".join(blobs), dtype="<u4")
        counts = np.bincount(every & (_BUCKETS - 1), minlength=_BUCKETS)
        by_count = np.log((max(len(blobs), _FEWEST) + 10) / (np.arange(counts.max() + 1) + 1.5)) ** 2
        self._weights = by_count[counts]

    def __missing__(self, hashed: int) -> float:
        weight = self[hashed] = float(self._weights[hashed & (_BUCKETS - 1)])
        return weight

    def mass(self, hashes: frozenset[int]) -> float:
        """Return the weight of these hashes together."""
        if len(hashes) < _MANY:
            return sum(map(self.__getitem__, hashes))
        buckets = np.fromiter(hashes, dtype=np.int64, count=len(hashes)) & (_BUCKETS - 1)
        return float(self._weights[buckets].sum())


def marks(title: str, paragraphs: Iterable[tuple[str, bytes, str]]) -> Marks:
    """Return the marks of an article, from its paragraphs' text, sentence spans and index terms, as the store has
    them."""
    counted: set[str] = set()
    every: set[str] = set(terms(title))
    sentences = [title]
    for text, spans, own in paragraphs:
        every.update(own.split())
        counted.update(_figures(text))
        sentences.extend(text[start:end] for start, end in spans_from_blob(spans))
    named = names_of(sentences)
    first = range(min(len(sentences), _LEAD + 1))
    parts = _terms(name for found in named for name in found)
    return Marks(
        names=_hashed({name.text.casefold() for found in named[1:] for name in found}),
        figures=_hashed({*counted, *_figures(title)}),
        words=_hashed(every),
        actors=_hashed(_terms(name for number in first for name in named[number])),
        happened=_hashed({term for number in first for term in terms(sentences[number])} - parts),
        days=_hashed({match[0] for sentence in sentences for match in _WEEKDAY.finditer(sentence)}),
    )


def marks_to_blob(own: Marks) -> bytes:
    """Return the marks as lines of little-endian uint32, each ended by a 0."""
    lines = [[*sorted(getattr(own, one.name)), 0] for one in fields(own)]  # `astuple` copies each set
    return np.array([one for line in lines for one in line], dtype="<u4").tobytes()


@lru_cache(maxsize=512)
def read_marks(blob: bytes) -> Marks:
    """Return the marks in such a blob."""
    every = np.frombuffer(blob, dtype="<u4")
    ends = np.flatnonzero(every == 0)[: len(fields(Marks))]
    starts = [0, *(ends[:-1] + 1)]
    return Marks(*(frozenset(every[start:end].tolist()) for start, end in zip(starts, ends, strict=True)))


def probability(
    cosine: float,
    one: Marks,
    other: Marks,
    apart: timedelta,
    rarity: Rarity,
    weights: Weights = DEFAULT_WEIGHTS,
) -> float:
    """Return how likely it is, 0 to 1, that two articles with this cosine of title and lead tell the
    same event.
    """
    if apart > WINDOW:
        return 0.0
    mass = rarity.mass
    both = mass(one.words & other.words)
    names = min(len(one.names), len(other.names))
    figures = min(len(one.figures), len(other.figures))
    return logistic(
        weights.intercept
        + weights.lead * cosine
        + weights.words * both / max(1e-9, math.sqrt(mass(one.words) * mass(other.words)))
        + weights.names * len(one.names & other.names) / (names + _NAMES_APART)
        + weights.actors * _found_in_each_other(one.actors, one, other.actors, other, rarity)
        + weights.happened * _found_in_each_other(one.happened, one, other.happened, other, rarity)
        + weights.figures * len(one.figures & other.figures) / (figures + _FIGURES_APART)
        + weights.weekday * _weekday(one, other)
        + weights.days * (apart / timedelta(days=1))
    )


def is_copy(one: Marks, other: Marks) -> bool:
    """Return whether one text is the other's, lightly edited at most."""
    both = len(one.words & other.words)
    return both > 0 and both >= SAME_TEXT * (len(one.words) + len(other.words) - both)


def fitting_stories(likely: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the stories that an article may join, best first, given its probability with each story's articles.

    Single-pass clustering, as in Allan, Papka and Lavrenko, "On-line New Event Detection and Tracking" (SIGIR
    1998), with average linkage: one odd article does not chain two stories together.
    """
    scores = {story: sum(found) / len(found) for story, found in likely.items()}
    fitting = [story for story, score in scores.items() if score >= SAME_EVENT]
    return sorted(fitting, key=lambda story: (-scores[story], story))


def apart(one: str, other: str) -> timedelta:
    """Return the time between two moments, as the store writes them."""
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))


def _found_in_each_other(
    first: frozenset[int], one: Marks, second: frozenset[int], other: Marks, rarity: Rarity
) -> float:
    """Return the mean share, by rarity, of either's first words that are found anywhere in the other."""

    def share(hashes: frozenset[int], whole: Marks) -> float:
        if not hashes:
            return _UNNAMED
        return rarity.mass(hashes & whole.words) / (rarity.mass(hashes) + _LEAD_APART)

    return (share(first, other) + share(second, one)) / 2


def _weekday(one: Marks, other: Marks) -> int:
    if not one.days or not other.days:
        return 0
    return 1 if one.days & other.days else -1


def _terms(names: Iterable[Name]) -> set[str]:
    """Return the index terms of names: "Dembry" is found in "Cal Dembry"."""
    return {term for name in names for term in terms(name.text)}


def _figures(text: str) -> set[str]:
    return {f"{unit} {value:.6g}" for unit, values in figures(text).items() for value in values}


def _hashed(found: Iterable[str]) -> frozenset[int]:
    return frozenset(map(term_hash, found))
