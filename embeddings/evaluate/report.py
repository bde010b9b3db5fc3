"""Asking a library questions with known answers, and counting."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from embeddings.encoding.encoder import Encoder
from embeddings.evaluate.measures import auroc, hit_at, ndcg, reciprocal_rank
from embeddings.evaluate.questions import LabelledQuestion
from embeddings.library import Library, TeamLibrary
from embeddings.search.pipeline import Measured, decide
from embeddings.weights import DEFAULT_CONFIDENCE

Places = dict[int, tuple[str, int, str]]
"""Paragraph id to article id, position and text."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One question's outcome. `rank` counts from 1, `None` when the right passage was not found; `answerable`
    tells whether the library holds the answer's article; `measured` is kept for ablation and calibration.
    """

    question: LabelledQuestion
    answerable: bool
    rank: int | None
    confidence: float
    measured: Measured | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one evaluation, each 0 to 1 and higher is better, or not a number where nothing counts.

    Ranking is counted over the answerable questions. `accuracy` is that of the decision to answer or not over
    all questions; `answered` and `declined` are its two sides; `auroc` that of the confidence.
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


def judge(
    library: TeamLibrary,
    questions: Sequence[LabelledQuestion],
    progress: Callable[[int, int], None] | None = None,
) -> list[Judged]:
    """Ask every question and find the right passage's rank."""
    held = {summary.citation.article_id for summary in library.articles()}
    places = library.library.places()
    judged = []
    for done, question in enumerate(questions, start=1):
        measured = library.measure(question.question)
        order, confidence = ([], 0.0) if measured is None else _decided(measured)
        judged.append(
            Judged(question, question.article in held, first_right(question, order, places), confidence, measured)
        )
        if progress is not None:
            progress(done, len(questions))
    return judged


def first_right(question: LabelledQuestion, order: Iterable[int], places: Places) -> int | None:
    """The rank, from 1, of the first right paragraph among these ids."""
    return next((rank for rank, one in enumerate(order, start=1) if question.is_right(*places[one])), None)


def report(judged: Sequence[Judged]) -> Report:
    """The figures over these outcomes."""
    ranks = [one.rank for one in judged if one.answerable]
    sure = [one.confidence >= DEFAULT_CONFIDENCE.threshold for one in judged]
    right = [said == one.answerable for said, one in zip(sure, judged, strict=True)]
    return Report(
        questions=len(judged),
        answerable=len(ranks),
        hit_at_1=hit_at(ranks, 1),
        hit_at_5=hit_at(ranks, 5),
        mrr=reciprocal_rank(ranks),
        ndcg_at_10=ndcg(ranks),
        auroc=auroc([one.confidence for one in judged], [one.answerable for one in judged]),
        accuracy=_share(right),
        answered=_share([ok for ok, one in zip(right, judged, strict=True) if one.answerable]),
        declined=_share([ok for ok, one in zip(right, judged, strict=True) if not one.answerable]),
    )


def halves(folder: Path, encoder: Encoder, seeds: int) -> Iterator[TeamLibrary]:
    """Copies of the library in `folder`, each with another random half of its articles taken out.

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


def _decided(measured: Measured) -> tuple[list[int], float]:
    ranked, confidence = decide(measured)
    return [one.candidate.id for one in ranked], confidence


def _share(outcomes: Sequence[bool]) -> float:
    return sum(outcomes) / len(outcomes) if outcomes else math.nan
