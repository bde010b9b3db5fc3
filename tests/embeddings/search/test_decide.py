"""The decision to answer: how it is read, kept and changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.wording import confidence_words
from embeddings.evaluate.absence import without
from embeddings.library import Library
from embeddings.search.decide import EVIDENCE, evidence, from_json, to_json
from embeddings.search.pipeline import judged, order
from embeddings.types import Article, Paragraph
from embeddings.weights import CONFIDENCE_OF, DEFAULT_CONFIDENCE
from tests.hashed import HashedEncoder

CRANE = Article(
    "The crane returns",
    (Paragraph("A crane was seen on the river bank."), Paragraph("Nobody knows where it spends the winter.")),
    "crane",
)


def test_the_weights_have_the_names_of_the_evidence() -> None:
    assert all(hasattr(DEFAULT_CONFIDENCE, name) for name in EVIDENCE)


def test_a_kept_model_is_read_back_and_one_of_other_evidence_is_not() -> None:
    own = replace(DEFAULT_CONFIDENCE, margin=3.5)
    assert from_json(to_json(own)) == own
    assert from_json(None) == from_json("") == from_json('{"score": 1}') == from_json("[") == DEFAULT_CONFIDENCE


def test_another_model_that_ships_decides_by_a_fit_of_its_own(tmp_path: Path) -> None:
    (name,) = CONFIDENCE_OF
    encoder = HashedEncoder()
    encoder.name = name
    with Library(tmp_path, encoder) as library, library.database.reading() as connection:
        assert library.searcher.confidence(connection) == CONFIDENCE_OF[name] != DEFAULT_CONFIDENCE


def test_a_library_decides_with_the_model_that_was_kept_for_it(library: Library) -> None:
    library.local.add(CRANE)
    assert library.local.ask("where was the crane seen?").answered
    library.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, intercept=-99.0))
    assert not library.local.ask("where was the crane seen?").answered
    library.searcher.keep_confidence(None)
    assert library.local.ask("where was the crane seen?").answered


def test_a_librarys_own_limit_of_what_is_sure_decides_the_word_that_people_see(library: Library) -> None:
    library.local.add(CRANE)
    question = "where was the crane seen?"
    confidence = library.local.ask(question).confidence
    for kept, is_sure, said in ((confidence - 0.01, True, "Found"), (confidence + 0.01, False, "Closest passage")):
        library.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, sure=kept))
        for asked in (question, f"{question} and what does nobody know?"):
            assert library.local.ask(asked).sure_from == kept
        found = library.local.ask(question)
        assert (found.is_sure, confidence_words(found)) == (is_sure, said)
    library.searcher.keep_confidence(None)
    assert library.local.ask(question).sure_from == DEFAULT_CONFIDENCE.sure


def test_a_shift_moves_the_threshold_of_one_question_alone(library: Library) -> None:
    library.local.add(CRANE)
    question = "where was the crane seen?"
    confidence = library.local.ask(question).confidence
    library.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, threshold=confidence - 0.01))
    for shift, is_answered in ((0.0, True), (0.02, False), (0.0, True), (-0.02, True)):
        found = library.local.ask(question, shift=shift)
        assert found.answered == is_answered == any(one.relevant for one in found.passages)
        assert found.confidence == confidence


def test_without_a_limit_only_passages_that_belong_to_the_answer_are_listed(library: Library) -> None:
    library.local.add(CRANE)
    found = library.local.ask("where was the crane seen?", limit=None)
    assert found.answered
    assert [one.paragraph for one in found.passages][:1] == [0]
    assert all(one.relevant for one in found.passages)
    assert library.local.ask("what did the quagga eat?", limit=None).passages == ()
    assert not any(one.relevant for one in library.local.ask("what did the quagga eat?", limit=3).passages)


def test_a_typo_is_read_as_the_librarys_word_unless_the_question_is_literal(library: Library) -> None:
    library.local.add(CRANE)
    assert library.local.ask("where was the craen seen?").corrected == {"craen": "crane"}
    assert library.local.ask("where was the craen seen?").answered
    assert library.local.ask("where was the craen seen?", literal=True).corrected == {}


def test_with_its_paragraph_taken_out_a_question_is_less_sure(library: Library) -> None:
    library.local.add(CRANE)
    measured = library.local.measure("where was the crane seen on the bank?")
    assert measured is not None
    ranked = order(measured)
    near = without(measured, {ranked[0].candidate.id})
    assert near is not None
    assert len(near.features.owner) < len(measured.features.owner)
    assert judged(near, order(near))[0] < judged(measured, ranked)[0]
    assert without(measured, {one.candidate.id for one in ranked}) is None
    assert len(evidence(measured.question, measured.features, measured.idf, ranked)) == len(ranked)


def test_what_a_sentence_refers_back_to_counts_as_in_its_paragraph(library: Library) -> None:
    named = Paragraph("Acme opened its meeting in Hangzhou.")
    for first_word in ("The", "Some"):
        text = f"{first_word} company pledged fifteen billion to schools."
        library.local.add(Article(f"{first_word} report", (named, Paragraph(text)), first_word))
    measured = library.local.measure("what did Acme pledge to schools?")
    assert measured is not None
    titles = {one.article_key: one.id for one in sorted(measured.candidates, key=lambda one: one.id)}
    ranked = [one for one in order(measured) if one.candidate.id in titles.values()]
    rows = evidence(measured.question, measured.features, measured.idf, ranked)
    covered = dict(
        zip((one.candidate.article_key for one in ranked), rows[:, EVIDENCE.index("in_paragraph")], strict=True)
    )
    the, some = (covered[key] for key in sorted(covered))
    assert the > 0.99 > some
