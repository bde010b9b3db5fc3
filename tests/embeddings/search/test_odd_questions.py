"""Questions that nobody would print, and libraries in many languages: each gets an answer or a clear refusal."""

from __future__ import annotations

import pytest

from embeddings.errors import QuestionError
from embeddings.library import Library
from embeddings.search.question import MAX_LENGTH
from embeddings.types import Article, Paragraph

SEEN = {
    "en": ("The crane", "The crane was seen on the bank of the river.", "where was the crane seen?"),
    "de": ("Der Kranich", "Der Kranich wurde am Ufer des Flusses gesehen.", "wo wurde der Kranich gesehen?"),
    "es": ("La grulla", "La grulla fue vista en la orilla del río.", "¿dónde fue vista la grulla?"),
    "fr": ("La grue", "La grue a été vue au bord de la rivière.", "où est-ce que la grue a été vue?"),
    "zh": ("鹤", "这只鹤在河岸上被看见。", "鹤在哪里被看见?"),
}


@pytest.fixture
def seen(library: Library) -> Library:
    for code, (title, text, _) in SEEN.items():
        library.local.add(Article(title, (Paragraph(text),), code))
    return library


@pytest.mark.slow
def test_in_a_library_of_five_languages_each_question_finds_its_own(seen: Library) -> None:
    for code, (_, _, question) in SEEN.items():
        found = seen.local.ask(question)
        assert (found.passages[0].citation.article_id, found.languages) == (code, None)


@pytest.mark.parametrize("letters", [MAX_LENGTH, MAX_LENGTH - 1])
def test_a_question_of_a_thousand_letters_is_searched(seen: Library, letters: int) -> None:
    question = ("where was the crane seen on the river " * 40)[:letters].rstrip().ljust(letters, "?")
    assert seen.local.ask(question).passages[0].citation.article_id == "en"
    assert not seen.local.ask("q" * letters).answered


def test_one_letter_more_is_refused_with_the_limit(seen: Library) -> None:
    with pytest.raises(QuestionError, match="1,000"):
        seen.local.ask("q" * (MAX_LENGTH + 1))


def test_a_word_said_many_times_counts_once(seen: Library) -> None:
    once, often = seen.local.ask("crane?"), seen.local.ask("crane " * 100)
    assert often.passages[0].citation == once.passages[0].citation
    assert len(often.question) > 500


@pytest.mark.parametrize(
    "question", ["鹤 crane Kranich grulla?", "cr\u0430ne was seen where?", "where ΨΩ ж crane seen 鹤?"]
)
def test_mixed_scripts_find_what_they_name(seen: Library, question: str) -> None:
    assert seen.local.ask(question).passages[0].citation.article_id in ("en", "zh")


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\ufeff", "\u2060", "\u00ad"])
def test_characters_without_width_change_nothing(seen: Library, unseen: str) -> None:
    plain = seen.local.ask("where was the crane seen?")
    found = seen.local.ask(f"{unseen}where was{unseen} the cra{unseen}ne seen?{unseen}")
    assert found.answered == plain.answered
    assert abs(found.confidence - plain.confidence) < 0.02
    with pytest.raises(QuestionError):
        seen.local.ask(unseen * 3)
