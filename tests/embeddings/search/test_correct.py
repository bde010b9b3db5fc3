"""Typos: what is read as another word, and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from embeddings.search.correct import correct

HELD = {
    "ten": 9,
    "cent": 9,
    "over": 3,
    "stock": 4,
    "ranos": 1,
    "alibaba": 9,
    "pledge": 4,
    "anti": 3,
    "competitive": 3,
    "wetrade": 2,
    "penalty": 2,
    "xiaomi": 3,
    "word": 1,
}


def frequencies(terms: Sequence[str]) -> Mapping[str, int]:
    return {term: HELD[term] for term in terms if term in HELD}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("what did Alibba pledge?", "what did Alibaba pledge?"),
        ("what did ailbaba pledge?", "what did alibaba pledge?"),
        ("what did Alibaba plegde?", "what did Alibaba pledge?"),
        ("waht did Alibaba pledge", "what did Alibaba pledge"),
        ("Whta did Alibaba pledge", "What did Alibaba pledge"),
        ("alibabba's penalty", "alibaba's penalty"),
        ("did alibaba payapenalty", "did alibaba payapenalty"),
        ("whatdid Alibaba pledge", "what did Alibaba pledge"),
    ],
)
def test_a_mistyped_word_is_read_as_the_word_that_the_library_holds(typed: str, read: str) -> None:
    assert correct(typed, frequencies).text == read


@pytest.mark.parametrize(
    "typed",
    [
        "what did Tencent pledge?",
        "what did tencent pledge?",
        "what did Alibaba promise?",
        "what did Theranos pledge?",
        "who runs Xiaomi?",
        "GSA and KPI",
        "did the wrod hold",
        "4G in 2021",
        "что обещала Alibaba",
        "",
        "？！",
    ],
)
def test_names_and_words_that_are_merely_absent_stay(typed: str) -> None:
    found = correct(typed, frequencies)
    assert found.text == typed or found.words == {"wrod": "word"}


def test_what_was_read_is_reported_word_by_word() -> None:
    assert correct("what did Alibba plegde?", frequencies).words == {"Alibba": "Alibaba", "plegde": "pledge"}


def test_a_thousand_letters_are_no_reason_to_look_for_long() -> None:
    asked = 0

    def counted(terms: Sequence[str]) -> Mapping[str, int]:
        nonlocal asked
        asked += len(terms)
        return {}

    correct("qxzzy " * 160, counted)
    correct("q" * 1000, counted)
    assert asked < 20_000
