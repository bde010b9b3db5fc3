"""A name that a sentence refers back to counts as there, also when it is several paragraphs away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.library import Library
from embeddings.weights import FARTHEST_REFERENCE
from tests.conftest import article

CARRIER = (
    "Passengers of a young airline waited for hours this weekend because crews were missing.",
    "Belvaro Air began three years ago with two leased aircraft and now flies to thirty cities.",
    "Unions say that pilots are asked to work on their days off.",
    "Airports in Faro opened their lounges to families with small children.",
    "The carrier cancelled 112 flights and offers refunds.",
)
CLIMBER = (
    "A winter ascent of the northern wall succeeded for the first time.",
    "Nobody in the valley believed that Oddny Fossheim would attempt it alone.",
    "Storms closed the pass for three weeks, and the hut ran out of wood.",
    "She carried 19 kilos of food on her back.",
)
MINE = (
    "A tin mine that closed a generation ago will open again.",
    "Its new owner is Tolvane Minerals, which pumped the shafts dry.",
    "Older people in the village still keep helmets in their sheds.",
)


@pytest.fixture(scope="module")
def reports(model: SentenceTransformerEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("reports"), model) as library:
        library.local.add(article("Cheap seats, few staff", *CARRIER))
        library.local.add(article("Alone on the wall", *CLIMBER))
        yield library


@pytest.mark.parametrize(
    ("question", "paragraph"),
    [
        ("how many flights did Belvaro cancel?", 4),
        ("how many kilos of food did Oddny Fossheim carry?", 3),
        ("how many kilos of food did fossheim carry?", 3),
    ],
)
def test_a_name_from_farther_back_is_meant_by_a_pronoun_or_a_definite_noun(
    reports: Library, question: str, paragraph: int
) -> None:
    found = reports.local.ask(question)
    assert found.answered
    assert found.passages[0].paragraph == paragraph


@pytest.mark.parametrize(
    "question",
    [
        "how many flights did Condrano Air cancel?",  # half of the name is there
        "how many flights did Oddny Fossheim cancel?",  # the name of another article
        "how many flights did Faro cancel?",  # a place, which cancels nothing
        "how many flights did Belvaro Air cancel in Oslo?",
    ],
)
def test_another_name_is_not_meant(reports: Library, question: str) -> None:
    measured = reports.local.measure(question)
    assert measured is not None
    of_carrier = [
        measured.candidates[owner].title == "Cheap seats, few staff" for owner in measured.features.owner
    ]
    assert any(of_carrier)
    assert not measured.features.in_earlier[of_carrier].any()


def test_a_sentence_with_a_subject_of_its_own_refers_to_nothing(library: Library) -> None:
    library.local.add(article("Mine to open again", *MINE, "Rivals expect 1,500 tonnes of tin a year."))
    measured = library.local.measure("how many tonnes does Tolvane expect?")
    assert measured is not None
    assert not measured.features.in_earlier.any()


@pytest.mark.parametrize(("between", "is_meant"), [(FARTHEST_REFERENCE - 1, True), (FARTHEST_REFERENCE, False)])
def test_a_name_is_meant_over_a_few_paragraphs_only(library: Library, between: int, is_meant: bool) -> None:
    filler = [f"Villagers told story number {number} about their helmets." for number in range(between)]
    last = "The company expects 1,500 tonnes of tin a year."
    library.local.add(article("Mine to open again", *MINE[:2], *filler, last))
    measured = library.local.measure("how many tonnes does Tolvane expect?")
    assert measured is not None
    assert measured.features.in_earlier.any() == is_meant
