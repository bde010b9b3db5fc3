"""Questions that ask for two things."""

from __future__ import annotations

import pytest

from embeddings.library import Library
from embeddings.search.parts import parts
from embeddings.types import Article, Paragraph

RULES = Article(
    "House rules",
    (
        Paragraph("The canteen serves lunch from noon to two."),
        Paragraph("Bikes are kept in the cellar behind the gate."),
        Paragraph("Annual leave is twenty-eight days a year."),
        Paragraph("Parental leave is two weeks, fully paid."),
    ),
    "rules",
)


@pytest.mark.parametrize(
    ("question", "asked_for"),
    [
        (
            "when does the canteen open and where are bikes kept?",
            ("when does the canteen open", "where are bikes kept"),
        ),
        ("What did Acme pledge, and when was it fined?", ("What did Acme pledge", "when was Acme fined?")),
        ("What is the difference between annual and parental leave?", ("annual leave", "parental leave")),
        (
            "compare the price of lunch for staff and for guests",
            ("the price of lunch for staff", "the price of lunch for guests"),
        ),
        ("how does annual leave compare with parental leave?", ("annual leave", "parental leave")),
        ("What did Acme and Bolt pledge?", ()),
        ("how and why did Nordhall pull out?", ()),
        ("when was the house sold and who bought it?", ()),
        ("who is the head of research and development?", ()),
        ("and how much?", ()),
    ],
)
def test_a_question_is_taken_apart_where_it_asks_for_two_things(question: str, asked_for: tuple[str, ...]) -> None:
    assert tuple(one.rstrip("?") for one in parts(question)) == tuple(one.rstrip("?") for one in asked_for)


def test_each_part_gets_its_passage(library: Library) -> None:
    library.local.add(RULES)
    found = library.local.ask("when does the canteen serve lunch and where are bikes kept?", limit=2)
    assert [one.paragraph for one in found.passages] == [0, 1]
    assert [one.rank for one in found.passages] == [1, 2]
    compared = library.local.ask("What is the difference between annual and parental leave?", limit=None)
    assert {2, 3} <= {one.paragraph for one in compared.passages}
    assert all(one.relevant for one in compared.passages)


def test_a_part_without_an_answer_is_named(library: Library) -> None:
    library.local.add(RULES)
    found = library.local.ask("where are bikes kept and what did the quagga eat?", limit=None)
    assert found.answered
    assert found.notes == ("I found nothing on “what did the quagga eat”.",)
