"""A decision fitted on a library's own sentences, for an encoder that nothing is known of."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import MULTILINGUAL, SentenceTransformerEncoder
from embeddings.evaluate import own_fit
from embeddings.evaluate.own_fit import LEAST_QUESTIONS, fit_if_due, fit_to_own, is_due, keep_own_fit, ships_for
from embeddings.evaluate.own_questions import question_of
from embeddings.library import Library
from embeddings.text.terms import terms
from embeddings.types import Article
from embeddings.weights import DEFAULT_CONFIDENCE
from tests.conftest import article
from tests.hashed import HashedEncoder

NAMES = "Alton Bergen Calder Dunmore Elgin Farsund Girvan Halden Irvine Jarrow Kelso Lerwick".split()
WORDS = (
    "bridge council school market herring railway station signal farmer harvest barrel winter storm "
    "lantern copper kettle garden orchard window ladder carpenter hammer ribbon basket candle violin "
    "painter canvas marble statue doctor fever clinic needle bakery flour oven butter cellar bottle "
    "sailor anchor rope harbour ferry ticket teacher pencil lesson library novel printer paper border "
    "soldier drum trumpet village chapel organ priest wedding"
).split()


def _sentence(chance: random.Random) -> str:
    name, (one, *others) = chance.choice(NAMES), chance.sample(WORDS, 6)
    return f"The {one} of {name} and {chance.randint(10, 99)} {' '.join(others)} came too late."


def _articles(seed: int) -> list[Article]:
    chance = random.Random(seed)
    return [
        article(f"Report {number}", *(f"{_sentence(chance)} {_sentence(chance)}" for _ in range(3)))
        for number in range(20)
    ]


AROUND = "Herring was landed at dawn. 鲱鱼在黎明时上岸"


class Squeezed(HashedEncoder):
    """An encoder whose cosines are all high, as those of many models are."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = super().encode(texts) + 0.4
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@pytest.fixture
def few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it matters when a fit is made, not how good it is, few questions do."""
    monkeypatch.setattr(own_fit, "MOST_QUESTIONS", 2 * LEAST_QUESTIONS)


@pytest.fixture
def squeezed(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path, Squeezed()) as library:
        for one in _articles(seed=0):
            library.local.add(one)
        yield library


@pytest.mark.parametrize(
    "sentence",
    [
        "Engineers closed the old railway station near Kelso for nine weeks and replaced the rusty signals.",
        "Die Ingenieure haben den alten Bahnhof bei Kelso neun Wochen lang gesperrt und die Signale erneuert.",
        "工程师们关闭了河边的旧火车站九个星期并更换了生锈的信号灯",
    ],
)
def test_a_question_says_part_of_its_sentence(sentence: str) -> None:
    for seed in range(20):
        found = question_of(sentence, AROUND, random.Random(seed))
        if found is None:
            continue
        text, names = found
        assert text.endswith("?")
        assert len(set(terms(text)) & set(terms(sentence))) < len(set(terms(sentence)))
        assert all(name in sentence and name in text for name in names)
        break
    else:
        pytest.fail("no question was made")


def test_no_question_is_made_of_a_heading_or_a_list() -> None:
    assert question_of("Opening hours", AROUND, random.Random(0)) is None
    assert question_of("apple " * 200, AROUND, random.Random(0)) is None


def test_a_fit_keeps_what_is_not_there_from_being_answered(squeezed: Library) -> None:
    said = squeezed.local.article("report-3")
    assert said is not None
    there = f"what {said.paragraphs[0].text.split('.')[0]}?"
    chance = random.Random(9)
    absent = [f"what {_sentence(chance).removesuffix(' came too late.')}?" for _ in range(20)]
    before = sum(squeezed.local.ask(one).answered for one in absent)
    found = keep_own_fit(squeezed)
    assert found is not None
    assert found.questions >= LEAST_QUESTIONS
    assert found.answered > 0.9
    assert found.near_answered < 0.7
    assert sum(squeezed.local.ask(one).answered for one in absent) < before / 2
    assert squeezed.local.ask(there).answered


@pytest.mark.usefixtures("few_questions")
def test_the_same_library_gives_the_same_fit_and_measuring_changes_nothing(squeezed: Library) -> None:
    assert fit_to_own(squeezed) == fit_to_own(squeezed)
    assert squeezed.decision() == DEFAULT_CONFIDENCE


@pytest.mark.usefixtures("few_questions")
def test_a_fit_is_due_where_none_ships_until_there_is_one(squeezed: Library, tmp_path: Path) -> None:
    assert is_due(squeezed)
    assert keep_own_fit(squeezed) is not None
    assert not is_due(squeezed)
    squeezed.searcher.keep_confidence(squeezed.decision(), own_of=15)
    assert is_due(squeezed), "it has grown fourfold"
    squeezed.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, margin=1.5))
    assert not is_due(squeezed), "somebody has fitted it on labelled questions"
    with Library(tmp_path / "small", HashedEncoder()) as small:
        small.local.add(article("Crane", "A crane was seen."))
        assert not is_due(small)
        assert keep_own_fit(small) is None
        assert small.decision() == DEFAULT_CONFIDENCE


@pytest.mark.usefixtures("few_questions")
def test_a_fit_that_somebody_keeps_while_one_is_made_by_itself_is_not_replaced(squeezed: Library) -> None:
    labelled = replace(DEFAULT_CONFIDENCE, margin=1.5)

    def advance(done: int, _total: int) -> None:
        if done == LEAST_QUESTIONS:
            squeezed.searcher.keep_confidence(labelled)

    assert fit_if_due(squeezed, advance) is None
    assert squeezed.decision() == labelled
    assert fit_if_due(squeezed) is None
    assert squeezed.decision() == labelled
    assert keep_own_fit(squeezed) is not None, "whoever asks for it replaces it"
    assert squeezed.decision() != labelled


@pytest.mark.usefixtures("few_questions")
def test_a_fit_that_could_not_be_made_is_tried_again_when_the_library_has_grown(tmp_path: Path) -> None:
    with Library(tmp_path, Squeezed()) as library:
        library.local.add(article("Prices", *(f"{number} EUR." for number in range(40))))
        assert is_due(library)
        assert fit_if_due(library) is None
        assert not is_due(library)
        for one in _articles(seed=0)[:10]:
            library.local.add(one)
        assert not is_due(library), "70 paragraphs are not twice 40"
        for one in _articles(seed=0)[10:]:
            library.local.add(one)
        assert is_due(library)
        assert fit_if_due(library) is not None
        assert not is_due(library)


def test_a_fit_ships_for_the_packaged_model_and_for_multilingual_alone() -> None:
    assert ships_for(SentenceTransformerEncoder())
    assert ships_for(SentenceTransformerEncoder(MULTILINGUAL))
    assert not ships_for(HashedEncoder())


@pytest.mark.usefixtures("few_questions")
def test_both_databases_give_the_same_fit(squeezed: Library, tmp_path: Path, postgres_url: str) -> None:
    with Library(tmp_path / "none", Squeezed(), database_url=postgres_url) as library:
        for one in _articles(seed=0):
            library.local.add(one)
        assert is_due(library)
        assert keep_own_fit(library) == keep_own_fit(squeezed)
        assert library.decision() == squeezed.decision()
        assert not is_due(library)


@pytest.mark.usefixtures("few_questions")
def test_questions_are_asked_among_their_own_teams_articles(tmp_path: Path) -> None:
    with Library(tmp_path, Squeezed()) as library:
        for team in ("T1", "T2"):
            for one in _articles(seed=0):
                library.of(team).add(one)
        found = fit_to_own(library)
        assert found is not None
        assert found.near_answered < 0.7, "the other team's copies would answer"
