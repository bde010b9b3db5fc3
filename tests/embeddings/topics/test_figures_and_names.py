"""Figures with their units, and names by their capitals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.topics.figures import agree, figures
from embeddings.topics.names import count_names, names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("about $15 billion", {"dollar": {15e9}}),
        ("100 billion yuan, about $15bn", {"yuan": {100e9}, "dollar": {15e9}}),
        ("at least 1,400 workers and 38.6 per cent", {"worker": {1400.0}, "%": {38.6}}),
        ("on 10 April 2021 at 9 am", {}),
        ("in 2021 and 2022", {}),
        ("£2.5m or 2.5%", {"pound": {2.5e6}, "%": {2.5}}),
    ],
)
def test_figures(text: str, found: dict[str, set[float]]) -> None:
    assert figures(text) == found


def test_figures_of_one_unit_agree_when_they_are_rounded_alike() -> None:
    fifteen, rounded = figures("$15 billion"), figures("$14.6 billion")
    assert agree(fifteen, rounded, 1e6)
    assert not agree(fifteen, figures("$10 billion"), 1e6)
    assert not agree(figures("14 people"), figures("14 people"), 1e6)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Alibaba's chief executive, Daniel Zhang, said so.", ["Alibaba", "Daniel Zhang"]),
        ("The Bank of England cut its rate on Monday in March.", ["Bank of England"]),
        ("Investors sold shares of HSBC.", ["HSBC"]),
        ("It rained.", []),
        ("In 2023 the court fined Telvia NOK 40 million over hidden charges.", ["Telvia"]),
        ("Employees2 may take leave after six months; see the table.", []),
        ("Its shares fell on Friday.", []),
        ("Echoing Zhang's words, Rita Moss spoke of a fair price.", ["Zhang", "Rita Moss"]),
        ("Ola Berg, CEO of Chinese Didi, called for longer loans.", ["Ola Berg", "Didi"]),
    ],
)
def test_names(sentence: str, found: list[str]) -> None:
    assert names(sentence) == found


def test_a_last_name_counts_for_the_whole_name() -> None:
    texts = [{"Daniel Zhang"}, {"Zhang", "Otto Lind"}, {"Zhang"}]
    assert count_names(texts, ()) == [("Daniel Zhang", 3), ("Otto Lind", 1)]
    assert count_names(texts, {"daniel zhang"}) == [("Otto Lind", 1)]


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    assert all(value >= 0 for values in figures(text).values() for value in values)
    assert all(name.strip() for name in names(text))
