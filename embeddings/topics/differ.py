"""Passages of one answer that give different figures on the same thing."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings.text.terms import terms
from embeddings.topics.figures import differ, figures
from embeddings.types import Passage

_SAME_THING = 0.3
"""Jaccard similarity of two sentences' words from which their figures are about the same thing."""


def differing(passages: Sequence[Passage]) -> tuple[tuple[int, ...], ...]:
    """Groups of ranks of relevant passages from several articles whose highlights give figures that differ."""
    relevant = [one for one in passages if one.relevant]
    facts = [_Fact(one) for one in relevant]
    groups: list[list[_Fact]] = []
    for fact in facts:
        for group in groups:
            if any(fact.contradicts(other) for other in group):
                group.append(fact)
                break
        else:
            groups.append([fact])
    return tuple(tuple(fact.rank for fact in group) for group in groups if len(group) > 1)


class _Fact:
    """The highlighted sentence of a passage: its words without figures, and its figures."""

    def __init__(self, passage: Passage) -> None:
        sentence = passage.text[passage.highlight.start : passage.highlight.end]
        self.rank = passage.rank
        self.article = passage.citation.article_id
        self.words = frozenset(term for term in terms(sentence) if not any(c.isdigit() for c in term))
        self.figures = figures(sentence)

    def contradicts(self, other: _Fact) -> bool:
        alike = len(self.words & other.words) >= _SAME_THING * len(self.words | other.words)
        return self.article != other.article and alike and differ(self.figures, other.figures)
