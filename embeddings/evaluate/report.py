"""Asking a library questions with known answers, and counting."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from embeddings.encoding.encoder import Encoder
from embeddings.evaluate.absence import without
from embeddings.evaluate.measures import auroc, calibration_error, hit_at, interval, ndcg, reciprocal_rank
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.library import Library
from embeddings.search.highlight import highlight
from embeddings.search.languages import languages_of
from embeddings.search.pipeline import Measured, order
from embeddings.search.pipeline import judged as judge_passages
from embeddings.search.ranking import Ranked
from embeddings.team import TeamLibrary
from embeddings.text.sentences import sentences
from embeddings.weights import DEFAULT_CONFIDENCE, Confidence

_COMPARED = 2
"""The best passage is judged beside the next one."""

Places = dict[int, tuple[str, int, str]]
"""Paragraph id to article id, position and text."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One question's outcome. `rank` counts from 1, `None` when the right passage was not found; `answerable`
    tells whether the library holds the answer's article; `measured` is kept for ablation and calibration.

    `marked`: the first passage is right, and its highlighted sentence holds the answer. `right` are the ids of
    the right paragraphs, `near` is the confidence with those taken out: how sure of a near miss it would be.
    """

    question: LabelledQuestion
    answerable: bool
    rank: int | None
    confidence: float
    measured: Measured | None
    marked: bool = False
    right: frozenset[int] = frozenset()
    near: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one evaluation, each 0 to 1 and higher is better, or not a number where nothing counts.

    Ranking is counted over the answerable questions. `accuracy` is that of the decision to answer or not over
    all questions; `answered` and `declined` are its two sides; `auroc` that of the confidence. `near_auroc` and
    `near_answered` (lower is better) are about the same questions with their answering paragraph taken out, `sure`
    is how often the first passage was right where the words are "Found". `calibration_error` (lower is better) is
    the expected one over all kinds of absence. `intervals` are the ends of 95 % bootstrap intervals.
    """

    questions: int
    answerable: int
    hit_at_1: float
    hit_at_5: float
    mrr: float
    ndcg_at_10: float
    auroc: float
    accuracy: float
    answered: float
    declined: float
    sentence: float
    near_auroc: float
    near_answered: float
    sure: float
    calibration_error: float
    intervals: dict[str, tuple[float, float]]


def judge(
    library: TeamLibrary,
    questions: Sequence[LabelledQuestion],
    progress: Callable[[int, int], None] | None = None,
) -> list[Judged]:
    """Ask every question and find the right passage's rank."""
    held = {summary.citation.article_id for summary in library.articles()}
    places = library.library.places()
    model = library.library.decision()
    across = library.library.searcher.across(model)
    judged = []
    for done, question in enumerate(questions, start=1):
        measured = library.measure(question.question)
        answerable = question.article in held
        right = _right(question, places) if answerable else frozenset()
        if measured is None:
            judged.append(Judged(question, answerable, None, 0.0, None, right=right))
        else:
            decide = partial(_chance, places=places, model=model, across=across)
            judged.append(_judged(question, measured, places, right, decide, answerable=answerable))
        if progress is not None:
            progress(done, len(questions))
    return judged


def _judged(
    question: LabelledQuestion,
    measured: Measured,
    places: Places,
    right: frozenset[int],
    decide: Callable[[Measured, list[Ranked]], float],
    *,
    answerable: bool,
) -> Judged:
    ranked = order(measured)
    rank = first_right(question, (one.candidate.id for one in ranked), places)
    near = without(measured, right) if right else None
    return Judged(
        question,
        answerable,
        rank,
        decide(measured, ranked),
        measured,
        marked=rank == 1 and _is_marked(question, places[ranked[0].candidate.id][2], ranked[0].sentence),
        right=right,
        near=decide(near, order(near)) if near is not None else None,
    )


def _chance(
    measured: Measured, ranked: list[Ranked], *, places: Places, model: Confidence, across: Confidence | None
) -> float:
    """Return how sure the library is of the best passage, as `ordering.answer` decides it."""
    best = ranked[:_COMPARED]
    if across is not None and languages_of(measured.question.text, [places[one.candidate.id][2] for one in best]):
        model = across
    return judge_passages(measured, best, model)[0]


def _right(question: LabelledQuestion, places: Places) -> frozenset[int]:
    return frozenset(number for number, place in places.items() if question.is_right(*place))


def _is_marked(question: LabelledQuestion, text: str, sentence: int) -> bool:
    span = highlight(text, sentences(text), sentence)
    return any(answer.casefold() in text[span.start : span.end].casefold() for answer in question.answers)


def first_right(question: LabelledQuestion, order: Iterable[int], places: Places) -> int | None:
    """Return the rank, from 1, of the first right paragraph among these ids."""
    return next((rank for rank, one in enumerate(order, start=1) if question.is_right(*places[one])), None)


def report(judged: Sequence[Judged], model: Confidence = DEFAULT_CONFIDENCE) -> Report:
    """Return the figures over these outcomes; `model` is what the library that was asked decides with."""
    there = [one for one in judged if one.answerable]
    ranks = [one.rank for one in there]
    sure = [one.confidence >= model.threshold for one in judged]
    right = [said == one.answerable for said, one in zip(sure, judged, strict=True)]
    near = [one.near for one in there if one.near is not None]
    chances = [one.confidence for one in judged] + near
    labels = [one.answerable for one in judged] + [False] * len(near)
    found = [one.answerable and one.rank == 1 for one in judged if one.confidence >= model.sure]
    answered = [one.confidence >= model.threshold for one in there]
    marked = [one.marked for one in there if one.question.answers]
    return Report(
        questions=len(judged),
        answerable=len(ranks),
        hit_at_1=hit_at(ranks, 1),
        hit_at_5=hit_at(ranks, 5),
        mrr=reciprocal_rank(ranks),
        ndcg_at_10=ndcg(ranks),
        auroc=auroc([one.confidence for one in judged], [one.answerable for one in judged]),
        accuracy=_share(right),
        answered=_share(answered),
        declined=_share([ok for ok, one in zip(right, judged, strict=True) if not one.answerable]),
        sentence=_share(marked),
        near_auroc=auroc([one.confidence for one in there] + near, [True] * len(there) + [False] * len(near)),
        near_answered=_share([one >= model.threshold for one in near]),
        sure=_share(found),
        calibration_error=calibration_error(chances, labels),
        intervals={
            "hit_at_1": interval([rank == 1 for rank in ranks]),
            "sentence": interval(marked),
            "answered": interval(answered),
            "near_answered": interval([one >= model.threshold for one in near]),
        },
    )


def halves(folder: Path, encoder: Encoder, seeds: int) -> Iterator[TeamLibrary]:
    """Yield copies of the library in `folder`, each with another random half of its articles taken out.

    The library must be closed. Each copy is gone when the next is asked for.
    """
    for seed in range(seeds):
        with TemporaryDirectory() as copy:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            with Library(copy, encoder) as opened:
                library = opened.local
                ids = sorted(summary.citation.article_id for summary in library.articles())
                for article_id in random.Random(seed).sample(ids, len(ids) // 2):
                    library.remove(article_id)
                yield library


def _share(outcomes: Sequence[bool]) -> float:
    return sum(outcomes) / len(outcomes) if outcomes else math.nan
