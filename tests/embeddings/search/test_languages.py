"""Questions in another language than the articles: the answer says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoding.backends.base import Vectors
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.evaluate.report import judge
from embeddings.library import Library
from embeddings.types import Article, Paragraph
from embeddings.weights import CONFIDENCE_OF, CROSS_LANGUAGE_OF, DEFAULT_CONFIDENCE
from tests.hashed import HashedEncoder

CRANE = Article(
    "The crane returns",
    (Paragraph("The crane was seen on the bank of the river, and nobody knows where it is in the winter."),),
    "crane",
)
KRANICH = Article(
    "Der Kranich kehrt zurück",
    (Paragraph("Der Kranich wurde am Ufer gesehen, und niemand weiß, wo er im Winter ist und was er frisst."),),
    "kranich",
)


def test_a_question_in_another_language_than_the_passages_is_named_as_one(library: Library) -> None:
    library.local.add(CRANE)
    found = library.local.ask("wo ist der Kranich im Winter?", limit=None)
    assert found.languages == ("de", "en")
    assert found.to_dict()["languages"] == {"question": "de", "passages": "en"}
    assert any("German" in one and "English" in one for one in found.notes)


def test_nothing_is_said_where_the_languages_agree_or_are_not_clear(library: Library) -> None:
    library.local.add(CRANE)
    for question in ("where was the crane in the winter?", "crane river", "Kranich"):
        found = library.local.ask(question)
        assert (found.languages, found.notes, found.to_dict()["languages"]) == (None, (), None)
    library.local.add(KRANICH)
    assert library.local.ask("wo wurde der Kranich gesehen?", limit=1).languages is None


class Bilingual(HashedEncoder):
    """An encoder that takes a few German words for the English ones."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        english = {"kranich": "crane", "winter": "winter", "fluss": "river", "ufer": "bank"}
        return super().encode([" ".join(english.get(w, w) for w in text.lower().split()) for text in texts])


def test_a_model_that_reads_both_languages_answers_across_them_by_its_cosines(tmp_path: Path) -> None:
    question = "wo ist der kranich im winter am ufer"
    by_words = replace(DEFAULT_CONFIDENCE, intercept=-12.0)
    by_cosines = replace(DEFAULT_CONFIDENCE, missing_names=0.0, in_paragraph=0.0, in_sentence=0.0, intercept=1.0)
    encoder = Bilingual("reads-both")
    with pytest.MonkeyPatch.context() as patch, Library(tmp_path, encoder) as library:
        patch.setitem(CONFIDENCE_OF, encoder.name, by_words)
        library.local.add(CRANE)
        assert not library.local.ask(f"{question}?").answered
        patch.setitem(CROSS_LANGUAGE_OF, encoder.name, by_cosines)
        for limit in (1, 5, None):
            found = library.local.ask(question, limit=limit)
            assert (found.answered, found.languages) == (True, ("de", "en"))
        assert not library.local.ask("where was the crane in the winter?").answered, "both are English"
        labelled = [LabelledQuestion(question, "crane", 0)]
        assert judge(library.local, labelled)[0].confidence == pytest.approx(found.confidence, abs=1e-4)
        library.searcher.keep_confidence(replace(by_words, margin=2.0))
        assert not library.local.ask(question).answered, "the library's own decision is kept to"
