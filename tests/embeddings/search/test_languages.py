"""Questions in another language than the articles: the answer says so."""

from __future__ import annotations

from embeddings.library import Library
from embeddings.types import Article, Paragraph

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
