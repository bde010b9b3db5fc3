"""How good summaries and chosen sentences are: labelled subjects and questions in, measures out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.errors import SourceError
from embeddings.evaluate.measures import mean
from embeddings.library import Library
from embeddings.search.pipeline import order
from embeddings.search.ranking import sentence_scores
from embeddings.text.sentences import sentences
from embeddings.topics.points import is_boilerplate
from embeddings.topics.references import reference
from embeddings.types import Point
from embeddings.weights import DEFAULT_WEIGHTS

_SHARE, _LEAST = 0.8, 2
"""Of the best passage those sentences answer that score at least this share of the best one, and this many at
least."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with the sentences that answer it, or a subject with facts, each in any of several wordings."""

    text: str
    is_subject: bool
    sentences: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SummaryFigures:
    """The figures, each 0 to 1, or not a number where nothing counts.

    `precision`, `recall` and `f1` are those of the sentences chosen for questions, `coverage` the share of the
    subjects' facts among their points; of the points `dangling` ones point back without saying at what, and
    `boilerplate` ones could end any text. `missed` are the facts that no point has, by subject.
    """

    questions: int
    subjects: int
    precision: float
    recall: float
    f1: float
    coverage: float
    dangling: float
    boilerplate: float
    missed: tuple[tuple[str, str], ...]


def read_labelled(path: Path) -> list[Labelled]:
    """Return the labelled lines of a `.jsonl` file; lines with neither sentences nor facts are left out.

    Raises `SourceError` for a line that is none.
    """
    found = []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"can't be read: {error}. Check the path.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            is_subject = "subject" in fields
            text = str(fields["subject"] if is_subject else fields["question"])
            facts = tuple(tuple(map(str, wordings)) for wordings in fields.get("facts") or ())
            labelled = Labelled(text, is_subject, tuple(map(str, fields.get("sentences") or ())), facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"{path}, line {number}", _SHAPE) from error
        if labelled.sentences or labelled.facts:
            found.append(labelled)
    if not found:
        raise SourceError(str(path), f"holds no labelled line. {_SHAPE}")
    return found


def measure_summaries(
    library: Library, labelled: Sequence[Labelled], progress: Callable[[int, int], None] | None = None
) -> SummaryFigures:
    """Ask every question and summarise every subject, and count."""
    places = library.places()
    shares: list[tuple[float, float, float]] = []
    covered: list[float] = []
    missed: list[tuple[str, str]] = []
    points: list[Point] = []
    for done, one in enumerate(labelled, start=1):
        if one.is_subject:
            found = library.local.topic(one.text).points
            points.extend(found)
            for fact in one.facts:
                is_there = any(wording in point.text for wording in fact for point in found)
                covered.append(float(is_there))
                if not is_there:
                    missed.append((one.text, fact[0]))
        else:
            shares.append(agreement(answering(library, one.text, places), one.sentences))
        if progress is not None:
            progress(done, len(labelled))
    return SummaryFigures(
        questions=len(shares),
        subjects=sum(one.is_subject for one in labelled),
        precision=mean([one for one, _, _ in shares]),
        recall=mean([one for _, one, _ in shares]),
        f1=mean([one for _, _, one in shares]),
        coverage=mean(covered),
        dangling=mean([float(is_dangling(one)) for one in points]),
        boilerplate=mean([float(is_boilerplate(one.text)) for one in points]),
        missed=tuple(missed),
    )


def answering(library: Library, question: str, places: dict[int, tuple[str, int, str]]) -> list[str]:
    """Return the sentences of the best passage that answer the question; none when the library has no passage."""
    measured = library.local.measure(question)
    if measured is None:
        return []
    best = order(measured)[0]
    scores = sentence_scores(measured.question, measured.features, measured.idf, DEFAULT_WEIGHTS)
    own = scores[measured.features.owner == measured.features.owner[best.row]]
    least = min(_SHARE * float(own.max()), float(np.sort(own)[-_LEAST:][0]))
    text = places[best.candidate.id][2]
    spans = sentences(text)
    return [text[start:end] for (start, end), score in zip(spans, own, strict=True) if score >= least]


def agreement(chosen: Sequence[str], right: Sequence[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the chosen sentences; one inside the other counts as the same."""
    hits = sum(any(one in other or other in one for other in right) for one in chosen)
    found = sum(any(one in other or other in one for other in chosen) for one in right)
    precision = hits / len(chosen) if chosen else 0.0
    recall = found / len(right) if right else math.nan
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def is_dangling(point: Point) -> bool:
    """Return whether a point begins with what points back, and does not say at what."""
    return point.antecedent is None and reference(point.text) is not None


_SHAPE = 'It needs {"subject": "…", "facts": [["…"]]} or {"question": "…", "sentences": ["…"]}.'
