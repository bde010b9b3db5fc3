"""Passages of one answer with different figures on the same thing."""

from __future__ import annotations

from embeddings.topics.differ import differing
from embeddings.types import Citation, Highlight, Passage


def passage(rank: int, article: str, text: str, *, relevant: bool = True) -> Passage:
    return Passage(rank, 0.9, Citation(article, article), 0, text, Highlight(0, len(text)), relevant=relevant)


def test_two_articles_with_different_figures_on_one_thing_are_reported() -> None:
    found = differing(
        [
            passage(1, "a", "The regulator fined Alibaba $2.75 billion in April."),
            passage(2, "b", "The regulator fined Alibaba $2.2 billion."),
            passage(3, "c", "Didi lost $19 billion of its value."),
        ]
    )
    assert found == ((1, 2),)


def test_equal_figures_the_same_article_and_irrelevant_passages_are_no_difference() -> None:
    one = passage(1, "a", "The regulator fined Alibaba $2.75 billion.")
    assert differing([one, passage(2, "b", "The regulator fined Alibaba $2.76 billion.")]) == ()
    assert differing([one, passage(2, "a", "The regulator fined Alibaba $2.2 billion.")]) == ()
    assert differing([one, passage(2, "b", "The regulator fined Alibaba $2.2 billion.", relevant=False)]) == ()
