"""One thing written in several ways counts as one."""

from __future__ import annotations

import pytest

from embeddings.search.question import parse
from embeddings.text.terms import terms


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("what did the U.S. say?", "The US says nothing."),
        ("what did the US say?", "The U.S. says nothing."),
        ("who leads the G.S.A.?", "She leads the GSA."),
        ("songs of the 1980's", "The song was written in the 1980s."),
        ("songs of the eighties", "The song was written in the 1980s."),
        ("was it four weeks?", "It took 4 weeks."),
        ("the 12 members", "It has twelve members."),
        ("what do Alaskans eat?", "In Alaska they eat fish."),
        ("Who is the Brazilian envoy?", "The envoy of Brazil is here."),
        ("What are the Xiaomi phones?", "Xiaomis are phones."),
        ("how many came in June", "May: 4 · Jun: 9"),
        ("what does it cost per month", "The monthly fee is due."),
        ("yearly fee", "It is paid once a year."),
        ("who leads IT?", "Department: IT"),
    ],
)
def test_each_term_of_the_question_stands_in_the_text_in_one_of_its_forms(question: str, written: str) -> None:
    held = set(terms(written))
    asked = parse(question)
    common = [forms for forms in asked.forms if held & set(forms)]
    assert common, (asked.forms, held)


def test_us_the_pronoun_is_no_country() -> None:
    assert terms("They told us nothing.") == terms("They told nothing.")


def test_it_the_pronoun_is_no_department() -> None:
    assert terms("It rained on the IT staff.") == ["rain", *terms("IT"), "staff"]
    assert terms("IT WAS LATE. IT'S OVER.") == ["late"]


def test_mars_is_no_month() -> None:
    assert all("mar" not in forms for forms in parse("what happened in March").forms)
    assert all("march" not in forms for forms in parse("who landed on Mars?").forms)
