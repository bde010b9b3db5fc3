"""What a question asks for, and what a sentence states and leans on."""

from __future__ import annotations

import pytest

from embeddings.kinds import Kind, asked, held

BOTH = Kind.NUMBER | Kind.TIME


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the summit open?", Kind.TIME),
        ("since when is it open", Kind.TIME),
        ("In what year did it open?", Kind.TIME),
        ("Which day was it?", Kind.TIME),
        ("How much did Alibaba pledge?", Kind.NUMBER),
        ("how many firefighters came", Kind.NUMBER),
        ("How long did it take?", Kind.NUMBER),
        ("What percentage voted for it?", Kind.NUMBER),
        ("How many came when it opened?", Kind.TIME),
        ("Who opened the summit?", Kind.NONE),
        ("What did Alibaba pledge?", Kind.NONE),
        ("How did it begin?", Kind.NONE),
        ("Does it close whenever it rains?", Kind.NONE),
        ("", Kind.NONE),
    ],
)
def test_the_words_of_a_question_tell_what_it_asks_for(question: str, kind: Kind) -> None:
    assert asked(question) == kind


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Alibaba pledged 100 billion yuan.", Kind.NUMBER),
        ("Two ships came.", Kind.NUMBER),
        ("About half of them left.", Kind.NUMBER),
        ("Wuzhen welcomed its guests in 2021.", BOTH),
        ("A tower was built in 1859.", BOTH),
        ("Hubble was born in the 1990s.", BOTH),
        ("Beams from the 19th century burned.", BOTH),
        ("Doors opened on Sunday.", Kind.TIME),
        ("Doors open in May.", Kind.TIME),
        ("Doors may open.", Kind.NONE),
        ("A march was held.", Kind.NONE),
        ("Someone often left.", Kind.NONE),
        ("Guests came to Wuzhen.", Kind.NONE),
        ("", Kind.NONE),
    ],
)
def test_the_words_of_a_sentence_tell_what_it_states(sentence: str, kind: Kind) -> None:
    assert held(sentence) == kind


@pytest.mark.parametrize(
    "sentence",
    [
        "The e-commerce giant made a promise.",
        "It made a promise.",
        "it's a promise.",
        "“They made a promise,” said Li Wei.",
        "Their promise was kept.",
        "This promise was kept.",
    ],
)
def test_a_sentence_whose_subject_was_named_before_refers_back(sentence: str) -> None:
    assert held(sentence) == Kind.REFERS_BACK


@pytest.mark.parametrize(
    "sentence",
    [
        "Alibaba made a promise.",
        "The Guardian told its readers.",
        "He Lifeng made a promise.",
        "There was a promise.",
        "Italy made a promise.",
        "Firms said that they made it.",
    ],
)
def test_a_sentence_that_names_its_subject_does_not_refer_back(sentence: str) -> None:
    assert held(sentence) == Kind.NONE


def test_a_sentence_may_state_both_and_refer_back() -> None:
    assert held("It opened on 26 September 2021.") == BOTH | Kind.REFERS_BACK
