"""Every number that search is tuned by, in one place. `topicbot eval --ablation` shows what each is worth;
`topicbot eval --calibrate` finds the confidence's. docs/retrieval.md has the tables and the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """The score of a sentence is the weighted sum of its features, each 0 to 1, higher is better.

    A paragraph scores as its best sentence, divided by `total` to lie between 0 and 1.
    """

    sentence: float = 0.7
    """Cosine of question and sentence."""
    window: float = 0.3
    """Cosine of question and the sentence joined with the one before it (the mean of their vectors)."""
    paragraph: float = 0.5
    """Cosine of question and paragraph: the plain view mixed with the better of the two views …"""
    neighbours: float = 0.25
    """… in which the better one counts this much; 0 leaves the view with the previous paragraph out."""
    coverage: float = 0.8
    """Share of the question's idf mass that the sentence and its surroundings cover."""
    kind: float = 0.1
    """The sentence states the kind of answer that is asked for: a number or a time."""

    in_paragraph: float = 0.7
    """How much a term counts for coverage that stands elsewhere in the paragraph, not in the sentence itself."""
    in_previous: float = 0.6
    """… that stands only in the previous paragraph …"""
    in_previous_meant: float = 0.9
    """… to which the sentence refers back: it begins "The e-commerce giant …" or "He …"."""
    in_title: float = 0.5
    """… that stands only in the title, the heading or the first paragraph."""

    @property
    def total(self) -> float:
        """The most that the features can sum up to."""
        return self.sentence + self.window + self.paragraph + self.coverage + self.kind


@dataclass(frozen=True, slots=True)
class Confidence:
    """Logistic regression over two numbers: the best passage's score, and the share of the question's idf mass
    that lies in names and figures which neither the passage nor its surroundings contain.
    """

    score: float = 16.5
    missing_names: float = -8.5
    intercept: float = -6.95
    threshold: float = 0.5
    """A question counts as answered from this confidence on."""


DEFAULT_WEIGHTS = Weights()
DEFAULT_CONFIDENCE = Confidence()
CANDIDATES = 40
"""Paragraphs taken for a question from the vector index, nearest in either view, and from the keyword index, best
BM25 first: so many from each."""

KEYWORD_TERMS = 2
"""So many of a question's rarest terms are looked up in the keyword index, however common they are …"""

KEYWORD_ROWS = 500
"""… and more of them as long as all together they stand in no more paragraphs than this."""

SAME_TEXT = 0.8
"""Jaccard similarity of two paragraphs' terms from which they count as one text in two articles."""
