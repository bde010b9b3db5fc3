"""A sentence that says another of a kind than the question does not answer it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.library import Library
from embeddings.search.contrasts import says_another
from embeddings.search.pipeline import order
from tests.conftest import article
from tests.hashed import HashedEncoder

SAID = [
    (
        "Regatta",
        "Maja Lindholm won the gold medal in the single sculls.",
        "who won the {} medal?",
        "gold",
        "silver",
    ),
    ("Airline", "Flight 12 to Bergen leaves at 7:40 from gate B.", "when does flight {} leave?", "12", "21"),
    ("Museum", "The deputy director is Anton Reiss.", "who is the {} director?", "deputy", "assistant"),
    (
        "Sales",
        "Sales in the first quarter were 14 million.",
        "what were sales in the {} quarter?",
        "first",
        "third",
    ),
    ("Commuting", "Who comes by bike gets 12 euros.", "what do I get for coming by {}?", "bike", "train"),
    ("Parties", "The summer party takes place in the garden.", "where is the {} party?", "summer", "winter"),
    ("Trade", "Imports of steel fell by 8 per cent.", "by how much did {} of steel fall?", "imports", "exports"),
    (
        "Kantine",
        "Am Montag gibt es in der Kantine Linsensuppe.",
        "was gibt es am {} in der Kantine?",
        "Montag",
        "Freitag",
    ),
    ("Gates", "The northern gate was built in 1421.", "when was the {} gate built?", "northern", "southern"),
]


@pytest.fixture(scope="module")
def said(model: SentenceTransformerEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("said"), model) as library:
        for title, text, *_ in SAID:
            library.local.add(article(title, text))
        yield library


@pytest.mark.parametrize(("asked", "one", "other"), [case[2:] for case in SAID])
def test_a_question_on_one_is_answered_and_on_another_is_not(
    said: Library, asked: str, one: str, other: str
) -> None:
    assert said.local.ask(asked.format(one)).answered
    assert not said.local.ask(asked.format(other)).answered


def test_a_passage_that_says_both_may_answer(tmp_path: Path) -> None:
    both = "Maja Lindholm won the gold medal. Ines Duarte won the silver medal."
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Regatta", both, "Nobody won a bronze medal in flight 7 of 9 boats."))
        for question in ("who won the gold medal?", "who won the silver medal?"):
            assert library.local.ask(question).answered


@pytest.mark.parametrize(
    ("question", "contrary"),
    [
        ("who won the silver medal?", True),
        ("who won the gold medal?", False),
        ("who won the medal in heat 7?", True),
        ("who won the medal in heat 4?", False),
        ("who won the medal in heat four?", False),
        ("who won the medal in 1984?", False),
        ("who won the medals?", False),
    ],
)
def test_words_of_a_kind_and_figures_beside_a_word_are_compared(
    tmp_path: Path, question: str, contrary: bool
) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Regatta", "It rained. Maja Lindholm won the gold medal in heat 4 of 9."))
        measured = library.local.measure(question)
        assert measured is not None
        assert says_another(measured.question, order(measured)).any() == contrary


def test_a_period_that_the_article_bears_out_is_not_contradicted_by_a_sentence(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        for month, said in (("June", "July"), ("August", "September")):
            library.local.add(
                article(f"Minutes of {month} 2025", f"The council wants the new bridge to open in {said} 2025.")
            )
        found = library.local.ask("when will the new bridge open, in the minutes of June 2025?")
        assert found.answered
        assert found.passages[0].citation.title == "Minutes of June 2025"
