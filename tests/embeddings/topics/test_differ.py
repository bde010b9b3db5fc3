"""Passages of one answer with different figures on the same thing."""

from __future__ import annotations

from embeddings.topics.differ import differing_passages
from embeddings.types import Citation, Highlight, Passage


def passage(rank: int, article: str, text: str, *, relevant: bool = True) -> Passage:
    return Passage(rank, 0.9, Citation(article, article), 0, text, Highlight(0, len(text)), relevant=relevant)


def test_two_articles_with_different_figures_on_one_thing_are_reported() -> None:
    found = differing_passages(
        [
            passage(1, "a", "The regulator fined Alibaba $2.75 billion in April."),
            passage(2, "b", "The regulator fined Alibaba $2.2 billion."),
            passage(3, "c", "Didi lost $19 billion of its value."),
        ]
    )
    assert found == ((1, 2),)


def test_equal_figures_and_irrelevant_passages_are_no_difference() -> None:
    one = passage(1, "a", "The regulator fined Alibaba $2.75 billion.")
    assert differing_passages([one, passage(2, "b", "The regulator fined Alibaba $2.76 billion.")]) == ()
    assert (
        differing_passages([one, passage(2, "b", "The regulator fined Alibaba $2.2 billion.", relevant=False)])
        == ()
    )


def test_an_article_that_contradicts_itself_is_reported() -> None:
    one = passage(1, "a", "The regulator fined Alibaba $2.75 billion.")
    assert differing_passages([one, passage(2, "a", "The regulator fined Alibaba $2.2 billion.")]) == ((1, 2),)
    assert differing_passages([one, passage(2, "a", "The regulator fined Tencent $2.2 billion.")]) == ()


def test_an_answer_and_a_summary_know_wage_growth_from_inflation() -> None:
    wages = passage(1, "a", "Wages in Norvik grew by 5.1 per cent in the year to March.")
    prices = passage(2, "b", "Inflation in Norvik was 3.2 per cent in the year to March.")
    assert differing_passages([wages, prices]) == ()
    again = passage(2, "b", "Wages in Norvik grew by 4.2 per cent in the year to March.")
    assert differing_passages([wages, again]) == ((1, 2),)
