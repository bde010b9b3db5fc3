"""Abbreviations count as what the texts say that they are short for."""

from __future__ import annotations

import pytest

from embeddings.library import Library
from embeddings.search.abbreviations import abbreviations, meaning
from embeddings.search.pipeline import order
from embeddings.search.question import parse
from embeddings.types import Article, Paragraph


@pytest.mark.parametrize(
    ("term", "text", "written"),
    [
        ("dif", "Each team has a delivery in full (DIF) figure.", "delivery in full"),
        ("otif", "The on-time-in-full rate (OTIF) was 91 per cent.", None),
        ("otif", "Our key figure, on-time-in-full (OTIF), was 91 per cent.", "on-time-in-full"),
        (
            "gsa",
            "It was bought by the General Services Administration, GSA for short.",
            "General Services Administration",
        ),
        ("ptb", "The PTB (Physical Test Bureau) sees every kettle.", "Physical Test Bureau"),
        ("rod", "The PTB (Register of Deeds) keeps it.", None),
        ("ceo", "Nothing of that kind.", "chief executive"),
        ("xyz", "Some words before it (XYZ) tell nothing.", None),
    ],
)
def test_what_an_abbreviation_is_short_for(term: str, text: str, written: str | None) -> None:
    assert meaning(term, [text]) == written


def test_only_short_words_that_no_dictionary_has_are_abbreviations() -> None:
    assert abbreviations(parse("what is our KPI for the kitchen?")) == ["kpi"]
    assert abbreviations(parse("who is the ceo of the firm?")) == ["ceo"]
    assert abbreviations(parse("how many bikes fit into the cellar?")) == []


def test_a_passage_that_writes_it_out_holds_the_abbreviation(library: Library) -> None:
    library.local.add(
        Article(
            "Guide",
            (
                Paragraph("Every team has a storm damage index (SDI) of its own."),
                Paragraph("The storm damage index of the harbour was ninety in June."),
                Paragraph("The index of the harbour library lists damage by storm."),
            ),
            "guide",
        )
    )
    measured = library.local.measure("what was the SDI of the harbour?")
    assert measured is not None
    place = measured.question.terms.index("sdi")
    held = {one.candidate.id: bool(measured.features.in_sentence[one.row, place]) for one in order(measured)}
    assert [held[key] for key in sorted(held)] == [True, True, False]
