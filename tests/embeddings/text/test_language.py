"""Which language a question is in, and what is a name there."""

from __future__ import annotations

import pytest

from embeddings.text.language import clear_language_of, is_word, language_of
from embeddings.text.terms import name_terms


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("who runs Xiaomi?", "en"),
        ("alibaba fine amount", "en"),
        ("Wie viele Einwohner hat die Stadt?", "de"),
        ("¿Cuántos puntos dejó la defensa?", "es"),
        ("Qui est le directeur de la banque?", "fr"),
        ("Chi è il direttore della banca?", "it"),
        ("Quem é o diretor do banco?", "pt"),
        ("Wie is de directeur van het bedrijf?", "nl"),
        ("谁是首席执行官？", "zh"),
        ("", "en"),
    ],
)
def test_common_words_tell_the_language(question: str, language: str) -> None:
    assert language_of(question) == language


def test_german_nouns_are_no_names_but_names_are() -> None:
    assert name_terms("Wie viele Einwohner hat die Stadt Wuzhen?") == {"wuzhen"}
    assert "einwohner" not in name_terms("Wer zählt die Einwohner von Jacksonville?")


def test_signs_that_are_words_are_no_names() -> None:
    assert is_word("谁", "zh")
    assert name_terms("谁是首席执行官？") == frozenset()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie viele Tage Urlaub gibt es im ersten Jahr?", "de"),
        ("¿Cuántos días de vacaciones hay en el primer año?", "es"),
        ("What is the penalty for late delivery?", "en"),
        ("日本の首都はどこですか", "zh"),
        ("Alibaba fine amount", None),
        ("Volkswagen der", None),
        ("", None),
    ],
)
def test_a_language_is_clear_only_by_several_of_its_common_words(text: str, language: str | None) -> None:
    assert clear_language_of(text) == language
