"""Words to terms: what a question and an article have in common although they are written differently."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.terms import FUNCTION_WORDS, distinct, is_figure, name_terms, term_hash, terms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Alibaba PLEDGED it.", ["alibaba", "pledged", "it"]),
        ("China's firms, and Alibaba’s.", ["china", "firms", "and", "alibaba"]),
        ("Müller’s café, naïve", ["muller", "cafe", "naive"]),
        ("straße STRASSE", ["strasse", "strasse"]),
        ("e-mail/COVID-19", ["e", "mail", "covid", "19"]),
        ("", []),
        ("… — !?", []),
    ],
)
def test_words_are_lower_case_without_accents_and_possessives(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,500 yuan", ["1500", "yuan"]),
        ("12,345,678", ["12345678"]),
        ("$2.75", ["2.75"]),
        ("1,234.5", ["1234.5"]),
        ("39.2 trillion.", ["39.2", "trillion"]),
        ("version 1.2.3", ["version", "1.2.3"]),
        ("3,14 or 1,2345", ["3", "14", "or", "1", "2345"]),
        ("In 2021, 500 came in 2020,2021.", ["in", "2021", "500", "came", "in", "2020", "2021"]),
        ("5G", ["5g"]),
    ],
)
def test_a_figure_is_one_word(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_chinese_character_is_a_word() -> None:
    assert words("中国的GDP、数字") == ["中", "国", "的", "gdp", "数", "字"]


@given(st.text(st.characters(codec="utf-8", categories=["L", "M", "Zs"]), max_size=40))
def test_composed_and_decomposed_letters_give_the_same_words(text: str) -> None:
    assert words(unicodedata.normalize("NFC", text)) == words(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What did Alibaba pledge?", "Alibaba pledged"),
        ("firms that pledge", "a firm pledges"),
        ("she said", "they say"),
        ("the mice", "a mouse"),
        ("1,500 cafés", "1500 cafe"),
        ("China's economy", "the economies of China"),
    ],
)
def test_forms_of_a_word_share_a_term(one: str, other: str) -> None:
    assert sorted(terms(one)) == sorted(terms(other)) != []


def test_terms_keep_order_and_repetition() -> None:
    assert terms("Tencent and Alibaba and Tencent in 2021") == ["tencent", "alibaba", "tencent", "2021"]


def test_a_question_of_function_words_has_no_terms() -> None:
    assert terms("What is it, and how much of this don't they have?") == []
    assert terms(" ".join(FUNCTION_WORDS)) == []


@given(st.text(max_size=20))
def test_the_lowest_bit_of_a_hash_tells_whether_the_term_holds_a_digit(term: str) -> None:
    hashed = term_hash(term)
    assert 0 < hashed < 2**32
    assert is_figure(hashed) == any(c.isdigit() for c in term)


@pytest.mark.parametrize("term", ["xohetvi", "avkjnmdo", ""])
def test_a_hash_is_not_0_although_the_checksum_is(term: str) -> None:
    assert term_hash(term) == 2


@pytest.mark.parametrize(
    ("term", "hashed"), [("pledge", 2992650836), ("2021", 3819134701), ("5g", 809378995), ("中", 3587267210)]
)
def test_hashes_are_those_that_libraries_already_hold(term: str, hashed: int) -> None:
    assert term_hash(term) == hashed


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What did Alibaba pledge in 2021?", {"alibaba", "2021"}),
        ("what did tencent pledge?", {"tencent"}),
        ("what did alibaba's chief say?", {"alibaba"}),
        ("Tencent pledged what?", {"tencent"}),
        ("who is katie bouman", {"katie", "bouman"}),
        ("How big is China's economy?", {"china"}),
        ("what is said of 5g and of 1500 yuan?", {"5g", "1500"}),
        ("What did Émile say?", {"emile"}),
        ("what did 腾讯 pledge", {"腾", "讯"}),
    ],
)
def test_names_and_figures_of_a_question_are_found(question: str, names: set[str]) -> None:
    assert name_terms(question) == names


@pytest.mark.parametrize(
    "question", ["How much did the firms pledge?", "who are the internet giants", "What?", ""]
)
def test_a_question_of_common_words_has_no_names(question: str) -> None:
    assert name_terms(question) == frozenset()


def test_the_first_word_s_capital_makes_it_no_name() -> None:
    assert name_terms("Pledges made by whom?") == frozenset()


def test_distinct_items_keep_their_first_place() -> None:
    assert distinct(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_figures_in_questions_stay_whole() -> None:
    assert name_terms("who pledged 1,500 yuan") == {"1500"}
    assert name_terms("did it cost 2.75 dollars") == {"2.75"}


def test_latin_words_among_chinese_ones_stand_alone() -> None:
    assert words("2021年 在iPhone手机上") == ["2021", "年", "在", "iphone", "手", "机", "上"]


def test_indic_words_keep_their_vowel_signs() -> None:
    assert words("हिन्दी भाषा") == ["हिन्दी", "भाषा"]
