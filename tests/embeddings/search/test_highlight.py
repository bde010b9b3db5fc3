"""Which part of a paragraph is marked."""

from __future__ import annotations

import pytest

from embeddings.library import Library
from embeddings.search.highlight import highlight
from embeddings.text.sentences import sentences
from embeddings.types import Article, Paragraph


@pytest.mark.parametrize(
    ("text", "sentence", "marked"),
    [
        ("Is parking free? Yes, after six. On working days it costs €45.", 0, "Is parking free? Yes, after six."),
        ("Is parking free? Yes, after six. On working days it costs €45.", 1, "Yes, after six."),
        ("It costs €45. Is that too much?", 1, "Is that too much?"),
        ("The price is as follows: A space costs €45.", 0, "The price is as follows: A space costs €45."),
        (
            "They are:\nThe lease ended.\nThe roof leaked.\nIt was far.",
            0,
            "They are:\nThe lease ended.\nThe roof leaked.\nIt was far.",
        ),
        ("There are two reasons. First, it leaked. It rained.", 0, "There are two reasons. First, it leaked."),
        ("There are two rooms. One is red.", 0, "There are two rooms."),
    ],
)
def test_a_question_in_the_text_is_marked_with_its_answer(text: str, sentence: int, marked: str) -> None:
    span = highlight(text, sentences(text), sentence)
    assert text[span.start : span.end] == marked


def test_terms_side_by_side_decide_between_paragraphs_with_the_same_words(library: Library) -> None:
    library.local.add(
        Article(
            "Minutes",
            (
                Paragraph("The mobile team in China met the chairman of another firm for lunch."),
                Paragraph("The chairman of China Mobile met the team of another firm for lunch."),
            ),
            "minutes",
        )
    )
    assert library.local.ask("chairman China Mobile").passages[0].paragraph == 1
