"""Fitting the confidence on several kinds of text at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import QuestionError
from embeddings.evaluate.calibration import SURE_RIGHT, Kind, calibrate, lowest_sure
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.evaluate.report import judge, report
from embeddings.library import Library
from embeddings.types import Article, Paragraph
from embeddings.weights import DEFAULT_CONFIDENCE
from tests.hashed import HashedEncoder

BIRDS = {"crane": "river bank", "heron": "mill pond", "stork": "church roof", "owl": "hollow oak"}
PRICES = {"copper": "four dollars", "nickel": "nine dollars", "cobalt": "two dollars", "tin": "six dollars"}


def _kind(folder: Path, name: str, answers: dict[str, str], said: str, asked: str) -> Kind:
    questions = [
        LabelledQuestion(asked.format(subject), subject, answers=(answer,)) for subject, answer in answers.items()
    ]
    questions += [LabelledQuestion(asked.format(one), None) for one in ("quagga", "zinc", "ibex")]
    with Library(folder / name, HashedEncoder()) as library:
        for subject, answer in answers.items():
            about = Paragraph(f"Much has been written on {subject} over the years.")
            library.local.add(Article(subject, (Paragraph(said.format(subject, answer)), about), subject))
        return Kind(name, judge(library.local, questions), [])


@pytest.fixture
def kinds(tmp_path: Path) -> tuple[Kind, Kind]:
    return (
        _kind(tmp_path, "birds", BIRDS, "The {} was seen at the {} in May.", "where was the {} seen in May?"),
        _kind(
            tmp_path, "prices", PRICES, "A pound of {} cost {} in June.", "what did a pound of {} cost in June?"
        ),
    )


@pytest.mark.slow
def test_kinds_are_fitted_together_and_each_is_measured_without_itself(kinds: tuple[Kind, Kind]) -> None:
    fitted = calibrate(kinds)
    assert [(one.name, one.left_out) for one in fitted.kinds] == [
        ("birds", True), ("prices", True), ("birds", False), ("prices", False),
    ]  # fmt: skip
    assert (fitted.answerable, fitted.unanswerable) == (8, 3 + 3 + 8)
    for one in fitted.kinds:
        assert one.answered == 1
        assert one.near_auroc > 0.9
        assert not fitted.sure_holds or one.found_right >= SURE_RIGHT * one.found or not one.left_out


def test_one_kind_is_fitted_and_measured_on_itself(kinds: tuple[Kind, Kind]) -> None:
    fitted = calibrate(kinds[:1])
    assert [(one.name, one.left_out) for one in fitted.kinds] == [("birds", False)]


def test_found_needs_nine_in_ten_right_on_each_kind() -> None:
    good = (np.full(50, 0.96), np.ones(50, dtype=np.bool_))
    mixed = (np.repeat([0.925, 0.955], 20), np.repeat([False, True], 20))
    assert lowest_sure([good]) == (0.9, True)
    assert lowest_sure([good, mixed]) == (0.93, True)
    wrong = (np.full(50, 0.995), np.zeros(50, dtype=np.bool_))
    assert lowest_sure([good, wrong]) == (0.99, False)
    few = (np.full(3, 0.995), np.zeros(3, dtype=np.bool_))
    assert lowest_sure([good, few]) == (0.9, True)
    assert lowest_sure([few]) == (0.99, False)


def test_kinds_without_an_answerable_question_cannot_be_fitted(kinds: tuple[Kind, Kind]) -> None:
    absent = [replace(kind, asked=[one for one in kind.asked if not one.answerable]) for kind in kinds]
    with pytest.raises(QuestionError, match="can't be fitted"):
        calibrate(absent)


def test_the_report_counts_by_the_decision_that_the_library_keeps(tmp_path: Path) -> None:
    asked = [LabelledQuestion("where was the crane seen in May?", "crane", answers=("river bank",))]
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(Article("crane", (Paragraph("The crane was seen at the river bank in May."),), "crane"))
        library.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, threshold=0.999, sure=0.9995))
        assert not library.local.ask(asked[0].question).answered
        found = report(judge(library.local, asked), library.decision())
        assert found.answered == 0
        library.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, sure=0.01))
        found = report(judge(library.local, asked), library.decision())
        assert (found.answered, found.sure) == (1, 1)
