"""Follow-up questions, read together with the question before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.search.follow_up import readings, subject

PLEDGE = "What did Alibaba pledge?"


def read(question: str, previous: str = PLEDGE) -> tuple[str, ...]:
    return readings(question, previous, subject(previous))


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("What did Alibaba pledge?", "Alibaba"),
        ("what did alibaba pledge?", "alibaba"),
        ("Alibaba pledged what?", "Alibaba"),
        ("Tencent?", "Tencent"),
        ("What is Alibaba's pledge?", "Alibaba"),
        ("What did Xi’s wife say?", "Xi"),
        ("Who is Lei Jun?", "Lei Jun"),
        ("What did Lei Jun's firm Xiaomi pledge?", "Lei Jun"),
        ("What did Alibaba and Tencent pledge?", "Alibaba"),
        ("When did the World Internet Conference open?", "World Internet Conference"),
        ("What did Jean-Luc Picard say?", "Jean-Luc Picard"),
        ("What is GPT-4?", "GPT-4"),
        ("how big was the fine?", ""),
        ("", ""),
    ],
)
def test_a_question_is_about_its_first_name(question: str, about: str) -> None:
    assert subject(question) == about


@pytest.mark.parametrize(
    ("previous", "question", "reading"),
    [
        # a pronoun stands for the subject, once
        (PLEDGE, "and how much was it fined?", "how much was Alibaba fined?"),
        (PLEDGE, "And how much did they pay?", "how much did Alibaba pay?"),
        (PLEDGE, "who founded it?", "who founded Alibaba?"),
        (PLEDGE, "It was fined?", "Alibaba was fined?"),
        (PLEDGE, "did they pay it?", "did Alibaba pay it?"),
        ("Who is Lei Jun?", "where does he live?", "where does Lei Jun live?"),
        ("Who is Lei Jun?", "who knows him?", "who knows Lei Jun?"),
        ("what did alibaba pledge?", "who founded it?", "who founded alibaba?"),
        # a possessive becomes one
        (PLEDGE, "what are their plans?", "what are Alibaba's plans?"),
        (PLEDGE, "so how big was its fine?", "how big was Alibaba's fine?"),
        ("Who is Lei Jun?", "what is his firm?", "what is Lei Jun's firm?"),
        # the same asked of another
        (PLEDGE, "what about Tencent?", "What did Tencent pledge?"),
        (PLEDGE, "And how about Tencent", "What did Tencent pledge?"),
        (PLEDGE, "what about Lei Jun?", "What did Lei Jun pledge?"),
        (PLEDGE, "and Tencent?", "What did Tencent pledge?"),
        (PLEDGE, "And the World Internet Conference?", "What did the World Internet Conference pledge?"),
        (PLEDGE, "and when did Tencent pay?", "when did Tencent pay?"),
        (PLEDGE, "and Tencent's fine?", "Tencent's fine?"),
        ("what did alibaba pledge?", "what about tencent?", "what did tencent pledge?"),
        ("What is Alibaba's pledge?", "what about Tencent?", "What is Tencent's pledge?"),
        ("Who is Lei Jun?", "what about Pony Ma?", "Who is Pony Ma?"),
        # a bare question asks on
        (PLEDGE, "when?", "What did Alibaba pledge, when?"),
        (PLEDGE, "and why?", "What did Alibaba pledge, why?"),
        (PLEDGE, "ok, thanks, and when?", "What did Alibaba pledge, when?"),
        (PLEDGE, "how much?", "What did Alibaba pledge, how much?"),
        (PLEDGE, "in 2022?", "What did Alibaba pledge, in 2022?"),
        ("How big was the fine?", "why?", "How big was the fine, why?"),
        # words without a name may be about the subject
        (PLEDGE, "so how big was the fine?", "how big was the fine Alibaba?"),
        # a question with a name of its own, or nothing to refer to, stands alone
        (PLEDGE, "what did Lei Jun say?", "what did Lei Jun say?"),
        (PLEDGE, "what did tencent say?", "what did tencent say?"),
        ("What does Webb see?", "how far from Earth is it?", "how far from Earth is Webb?"),
        (PLEDGE, "is it true that Tencent paid?", "is it true that Tencent paid?"),
        (PLEDGE, "But how much was Tencent fined?", "how much was Tencent fined?"),
        ("How big was the fine?", "who paid it?", "who paid it?"),
        ("How big was the fine?", "what about Tencent?", "what about Tencent?"),
    ],
)
def test_a_follow_up_is_first_read_as_it_is_most_likely_meant(previous: str, question: str, reading: str) -> None:
    assert read(question, previous)[0] == reading


@pytest.mark.parametrize("question", ["what about Tencent?", "when?", "how big was the fine?"])
def test_what_may_be_a_new_question_is_also_read_as_it_stands(question: str) -> None:
    assert read(question)[-1] == question
    assert len(read(question)) == 2


def test_a_name_that_begins_like_a_link_is_whole() -> None:
    assert read("Y Combinator layoffs?")[0] == "Y Combinator layoffs?"
    assert read("y Tencent?")[0] == "What did Tencent pledge?"


def test_names_with_signs_of_patterns_are_taken_as_they_are() -> None:
    assert readings("what about C++ (new)?", "What is A.B(1)?", "A.B")[0] == "What is C++ (new)(1)?"
    assert readings("who made it?", "What is \\1?", "\\1")[0] == "who made \\1?"


@given(question=st.text(max_size=40), previous=st.text(max_size=40))
def test_any_text_has_a_reading(question: str, previous: str) -> None:
    assert 1 <= len(readings(question, previous, subject(previous))) <= 2


def test_an_abbreviation_beside_a_possessive_is_no_subject_of_its_own() -> None:
    assert read("who is its CEO?") == ("who is Alibaba's CEO?",)


@pytest.mark.parametrize(
    ("question", "nonsense"),
    [
        ("what about it?", "What did it pledge?"),
        ("what about in 2022?", "What did in 2022 pledge?"),
        ("what about 2022?", "What did 2022 pledge?"),
    ],
)
def test_what_about_asks_of_another_only_when_another_is_named(question: str, nonsense: str) -> None:
    assert read(question)[0] != nonsense


def test_a_year_is_no_subject() -> None:
    assert subject("orders from the islands 2023") == ""
    assert subject("what did 2023 bring for Xiaomi?") == "Xiaomi"
