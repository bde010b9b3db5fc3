"""Every number that search is tuned by, in one place. `topicbot eval --ablation` shows what each is worth;
`topicbot eval --calibrate` finds the confidence's. docs/retrieval.md has the tables and the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """The score of a sentence is the weighted sum of its features, each 0 to 1, higher is better.

    A paragraph scores as its best sentence, divided by `total` to be between 0 and 1.
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
    """The sentence states the kind of answer that is asked for: a number or a time …"""
    kind_likely: float = 0.06
    """… or a person, a place, a reason or speech, which a pattern tells less surely."""
    adjacent: float = 0.1
    """Share of the pairs of neighbouring terms that the sentence holds side by side, by idf mass. A bonus
    beyond `total`, so that scores stay comparable with thresholds that people have set."""

    in_paragraph: float = 0.7
    """How much a term counts for coverage that occurs elsewhere in the paragraph, not in the sentence itself."""
    in_previous: float = 0.6
    """… that occurs only in the previous paragraph …"""
    in_previous_meant: float = 0.9
    """… to which the sentence refers back: it begins "The e-commerce giant …" or "He …". So does a name count that
    is meant from farther back."""
    in_title: float = 0.5
    """… that occurs only in the title, the heading or the first paragraph."""

    @property
    def total(self) -> float:
        """The most that the features can sum up to."""
        return self.sentence + self.window + self.paragraph + self.coverage + self.kind


@dataclass(frozen=True, slots=True)
class Confidence:
    """Logistic regression over what speaks for a passage; the names are those of `search.decide.Evidence`."""

    missing_names: float = -3.87
    in_paragraph: float = 2.67
    in_sentence: float = 1.01
    sentence: float = 2.18
    paragraph: float = 5.15
    joined: float = -6.89
    margin: float = 0.8
    kind_missing: float = -0.5
    intercept: float = -4.97
    threshold: float = 0.27
    """A question counts as answered, and a passage as relevant, from this probability on. Below one half: a
    passage that is shown and does not answer costs a reader less than an answer kept back."""
    sure: float = 0.97
    """From this probability on an answer is called "Found": nine in ten were right there on each kind of text,
    also where half of the questions are near misses (docs/retrieval.md)."""


DEFAULT_WEIGHTS = Weights()
DEFAULT_CONFIDENCE = Confidence()
CONFIDENCE_OF = {
    "multilingual-e5-small-q4": Confidence(
        missing_names=-2.31,
        in_paragraph=4.12,
        in_sentence=0.45,
        sentence=12.19,
        paragraph=11.34,
        joined=-6.15,
        margin=1.2,
        kind_missing=-1.21,
        intercept=-21.47,
    )
}
"""Fits for other models than the packaged one, by the encoder's name: their cosines are of another scale."""
CROSS_LANGUAGE_OF = {
    "multilingual-e5-small-q4": Confidence(
        missing_names=0.0,
        in_paragraph=0.0,
        in_sentence=0.0,
        sentence=18.03,
        paragraph=13.8,
        joined=-26.51,
        margin=12.53,
        kind_missing=0.0,
        intercept=-25.7,
    )
}
"""Fits for a question in another language than the passages nearest to it, for models that read both: there the
cosines alone tell, for hardly a word agrees. Fitted on English questions on German text; 0.38 was taken from the
intercept, for with it half of the near misses were answered."""
CANDIDATES = 40
"""Paragraphs taken for a question from the vector index, nearest in either view, and from the keyword index, best
BM25 first: this many from each."""

FARTHEST_REFERENCE = 5
"""A sentence that begins "The carrier …" or "She …" may mean a name that is this many paragraphs before it."""

KEYWORD_TERMS = 2
"""This many of a question's rarest terms are looked up in the keyword index, however common they are …"""

KEYWORD_ROWS = 500
"""… and more of them as long as all together they occur in at most this many paragraphs."""

SAME_TEXT = 0.8
"""Jaccard similarity of two paragraphs' terms from which they count as one text in two articles."""
