"""What a question asks for, and what a sentence states and leans on."""

from __future__ import annotations

import pytest

from embeddings.text.answer_types import AnswerType, in_sentence, of_question

BOTH = AnswerType.NUMBER | AnswerType.TIME


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the summit open?", AnswerType.TIME),
        ("since when is it open", AnswerType.TIME),
        ("In what year did it open?", AnswerType.TIME),
        ("Which day was it?", AnswerType.TIME),
        ("How much did Alibaba pledge?", AnswerType.NUMBER),
        ("how many firefighters came", AnswerType.NUMBER),
        ("How long did it take?", AnswerType.NUMBER),
        ("What percentage voted for it?", AnswerType.NUMBER),
        ("How many came when it opened?", AnswerType.TIME),
        ("Who opened the summit?", AnswerType.PERSON),
        ("Where did it open?", AnswerType.PLACE),
        ("Why did it close?", AnswerType.REASON),
        ("What did Lei Jun say about it?", AnswerType.SPEECH),
        ("What did Alibaba pledge?", AnswerType.NONE),
        ("How did it begin?", AnswerType.NONE),
        ("Does it close whenever it rains?", AnswerType.NONE),
        ("how heavy is the crate", AnswerType.NUMBER),
        ("price of the blue chair", AnswerType.NUMBER),
        ("what's the monthly rent", AnswerType.NUMBER),
        ("why did the price rise", AnswerType.REASON),
        ("who sets the price", AnswerType.PERSON),
        ("deadline for the tender", AnswerType.TIME),
        ("opening hours of the pool", AnswerType.TIME),
        ("Wann beginnt die Messe?", AnswerType.TIME),
        ("wie schwer ist die Kiste", AnswerType.NUMBER),
        ("Was kostet der Eintritt?", AnswerType.NUMBER),
        ("Wer leitet den Chor?", AnswerType.PERSON),
        ("Warum ist das Bad zu?", AnswerType.REASON),
        ("Combien coûte le billet ?", AnswerType.NUMBER),
        ("Quand ouvre le musée ?", AnswerType.TIME),
        ("Qui dirige l'orchestre ?", AnswerType.PERSON),
        ("¿Dónde está la piscina?", AnswerType.PLACE),
        ("", AnswerType.NONE),
    ],
)
def test_the_words_of_a_question_tell_what_it_asks_for(question: str, kind: AnswerType) -> None:
    assert of_question(question) == kind


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Alibaba pledged 100 billion yuan.", AnswerType.NUMBER),
        ("Two ships came.", AnswerType.NUMBER),
        ("About half of them left.", AnswerType.NUMBER),
        ("Wuzhen welcomed its guests in 2021.", BOTH),
        ("A tower was built in 1859.", BOTH),
        ("Hubble was born in the 1990s.", BOTH),
        ("Beams from the 19th century burned.", BOTH),
        ("Doors opened on Sunday.", AnswerType.TIME),
        ("Doors open in May.", AnswerType.TIME),
        ("Doors may open.", AnswerType.NONE),
        ("Doors open at 9:30.", BOTH),
        ("It closes at 5 pm.", BOTH | AnswerType.REFERS_BACK),
        ("Wages are paid on the 28th.", BOTH),
        ("Delivered: 14/02/25", BOTH),
        ("Due: 3 Sept", BOTH),
        ("Die Halle bleibt bis Mai zu.", AnswerType.TIME),
        ("Le magasin ouvre le 2 avril.", BOTH),
        ("Room 12 is on the 3rd floor.", AnswerType.NUMBER),
        ("Sandwiches come with mayo.", AnswerType.NONE),
        ("A march was held.", AnswerType.NONE),
        ("Someone often left.", AnswerType.NONE),
        ("Guests came to Wuzhen.", AnswerType.NONE),
        ("", AnswerType.NONE),
    ],
)
def test_the_words_of_a_sentence_tell_what_it_states(sentence: str, kind: AnswerType) -> None:
    assert in_sentence(sentence) & (BOTH | AnswerType.REFERS_BACK) == kind


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
    assert in_sentence(sentence) & (BOTH | AnswerType.REFERS_BACK) == AnswerType.REFERS_BACK


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
    assert in_sentence(sentence) & (BOTH | AnswerType.REFERS_BACK) == AnswerType.NONE


def test_a_sentence_may_state_both_and_refer_back() -> None:
    assert in_sentence("It opened on 26 September 2021.") == BOTH | AnswerType.REFERS_BACK


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Lei Jun spoke next.", AnswerType.PERSON),
        ("The chairman spoke next.", AnswerType.PERSON),
        ("It was held in Wuzhen.", AnswerType.PLACE),
        ("Bikes go into the cellar.", AnswerType.PLACE),
        ("It closed because of the rain.", AnswerType.REASON),
        ("A leak led to the recall.", AnswerType.REASON),
        ("He said so.", AnswerType.SPEECH),
    ],
)
def test_persons_places_reasons_and_speech_are_likely_kinds_of_answer(sentence: str, kind: AnswerType) -> None:
    assert kind in in_sentence(sentence)


def test_a_month_is_no_place() -> None:
    assert AnswerType.PLACE not in in_sentence("it opened in March.")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("price of the blue chair", AnswerType.NUMBER),
        ("what is the deposit?", AnswerType.NUMBER),
        ("rent strike organisers", AnswerType.NONE),
        ("what is the cost of living crisis", AnswerType.NONE),
        ("price controls in Venezuela", AnswerType.NONE),
        ("our rent arrears policy", AnswerType.NONE),
    ],
)
def test_an_amount_is_asked_for_by_its_name_alone(question: str, kind: AnswerType) -> None:
    assert of_question(question) == kind
