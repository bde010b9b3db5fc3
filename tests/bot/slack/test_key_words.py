"""What is in bold in an answering sentence."""

from __future__ import annotations

import pytest

from bot.slack.key_words import figures_in, key_words


@pytest.mark.parametrize(
    ("question", "sentence", "marked"),
    [
        ("how much was Quint fined?", "Quint was fined 18.2 billion yuan.", ["Quint", "fined 18.2 billion yuan"]),
        ("when did it open?", "It opened on 10 April 2021.", ["opened", "10 April 2021"]),
        ("who lit the lamp?", "Otis Quint lit the lamp.", ["Otis Quint lit", "lamp"]),
        ("which standard?", "The standard IFRS S1 applies.", ["standard"]),
        ("what fell?", "Prices fell by 30 per cent, to $2.75.", ["fell", "30 per cent", "$2.75"]),
        ("what?", "", []),
    ],
)
def test_figures_and_words_of_the_question_are_marked(question: str, sentence: str, marked: list[str]) -> None:
    assert [sentence[start:end] for start, end in key_words(sentence, question)] == marked


def test_figures_are_listed_once() -> None:
    assert figures_in("From 3 people to 5 people, 3 people more.") == "3 people, 5 people"
