"""`topicbot bench --part encoding`: how long starting, encoding and adding take, and beside them the plain way."""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from bot.bench.baseline import first_answers
from bot.config import Settings
from bot.metrics import TimedEncoder
from embeddings.encoding.backends import available
from embeddings.encoding.encoder import Encoder, SentenceTransformerEncoder
from embeddings.encoding.processes import OwnProcess
from embeddings.errors import SourceError, TopicbotError
from embeddings.evaluate.questions import read_questions
from embeddings.importer import load
from embeddings.ingest.files import read, sources
from embeddings.library import Library
from embeddings.team import TeamLibrary
from embeddings.text.sentences import sentences
from embeddings.text.terms import terms
from embeddings.types import Article

if TYPE_CHECKING:
    from bot.bench.baseline import Way

_QUESTIONS, _WARM_UP, _PARTS = 100, 5, 6
_OWN, _SAME = "topicbot", "the same paragraphs"
_MATRIX, _PRODUCTS = 1024, 10


@dataclass(frozen=True, slots=True)
class QuestionTimes:
    """Milliseconds that one backend takes for a question alone, and seconds for loading its model."""

    backend: str
    load_seconds: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Adding:
    """Seconds by stage. `write` is what is left: the transaction, and looking for copies and stories."""

    paragraphs: int
    texts: int
    """Distinct texts that were encoded: paragraphs and sentences, each with the title before it."""
    split: float
    terms: float
    encode: float
    write: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """The plain way over the same articles, turn about. Ratios: topicbot's by the plain way's, medians."""

    paragraphs_per_second: float
    paragraphs_ratio: float
    """Paragraphs a second; higher is better. topicbot encodes each paragraph's sentences as well."""
    paragraphs_cpu_ratio: float
    """The same by CPU time, all threads': on a busy machine the wall clock tells of the others."""
    texts_ratio: float
    """Distinct texts a second by the plain way's paragraphs a second; higher is better."""
    same_texts_ratio: float
    """Speed of encoding the very same paragraphs, nothing else; higher is better."""
    same_texts_cpu_ratio: float
    ask_ratio: float
    """Time for an answer, medians; lower is better."""
    matrix_gflops_float32: float
    matrix_gflops_bfloat16: float
    """What PyTorch reaches in a product of square matrices: the most that encoding could."""


@dataclass(frozen=True, slots=True)
class Txtai:
    """txtai over the same articles, turn about; the fields are those of `Baseline`."""

    paragraphs_per_second: float
    paragraphs_ratio: float
    paragraphs_cpu_ratio: float
    ask_ratio: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured. `starts` are median seconds of new processes; `peak_mb` is this process's
    memory after adding. `baseline` and `txtai` are `None` when they weren't measured."""

    starts: dict[str, float]
    questions: list[QuestionTimes]
    adding: Adding
    peak_mb: float
    baseline: Baseline | None
    txtai: Txtai | None


def bench_encoding(
    questions_file: Path,
    files: Sequence[Path],
    settings: Settings,
    *,
    baseline: bool,
    advance: Callable[[int, int], None],
    repeats: int = 3,
) -> Figures:
    """Measure with the model and the encoder backend of the settings, in a library that is gone afterwards.

    `repeats`: how often each new process is started.
    """
    asked = [one.question for one in read_questions(questions_file)][:_QUESTIONS]
    articles = list(_articles(files))
    if not articles or not asked:
        raise TopicbotError("There is nothing to measure: name at least one article and one question.")
    with TemporaryDirectory() as name:
        folder = Path(name)
        chosen, *backends = _encoders(settings, folder / "models")
        loaded = _seconds(chosen.encode, ["What is new?"])
        others = other_ways(chosen.folder) if baseline else []
        with Library(folder, chosen) as library:
            adding, took = _add(library, chosen, articles, others, advance)
            asking = _ask_all(library, others, asked)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        questions = _question_times([chosen, *backends], asked, loaded)
        starts = first_answers(settings, folder, chosen.folder, repeats)
    plain = _baseline(adding, took, asking) if "the plain way" in asking else None
    txtai = _txtai(adding, took, asking["txtai"]) if "txtai" in asking else None
    return Figures(starts, questions, adding, peak, plain, txtai)


def _articles(files: Sequence[Path]) -> Iterator[Article]:
    for file in (one for named in files for one in sources(named)):
        for found in read(file):
            if isinstance(found, SourceError):
                raise found
            if isinstance(found, Article):
                yield found


def _encoders(settings: Settings, cache: Path) -> list[SentenceTransformerEncoder]:
    """Return the one of the settings, then each backend that there is."""
    names = [settings.encoder_backend, *available()]
    return [SentenceTransformerEncoder(settings.embedding_model, backend=one, cache=cache) for one in names]


def _question_times(
    encoders: Sequence[SentenceTransformerEncoder], asked: Sequence[str], loaded: float
) -> list[QuestionTimes]:
    """Return each question goes to every backend, one after the other, so that all meet the same moments.

    The first was `loaded` in these seconds, converted if need be.
    """
    loads = [loaded, *(_seconds(one.encode, ["What is new?"]) for one in encoders[1:])]
    times: list[list[float]] = [[] for _ in encoders]
    for question in [*asked[:_WARM_UP], *asked]:
        for own, encoder in zip(times, encoders, strict=True):
            own.append(_seconds(encoder.encode, [question]) * 1000)
    names = ["chosen", *available()]
    return [
        QuestionTimes(f"{name}: {one.backend.about}", load, *np.percentile(own[_WARM_UP:], [50, 95, 99]).tolist())
        for name, one, load, own in zip(names, encoders, loads, times, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Took:
    """Seconds by the wall clock, and of CPU time of all threads."""

    wall: float
    cpu: float


def _add(
    library: Library,
    encoder: Encoder,
    articles: Sequence[Article],
    others: Sequence[Way],
    advance: Callable[[int, int], None],
) -> tuple[Adding, dict[str, list[_Took]]]:
    """Add the articles in parts, each other way after each part the same: the stages, and what each part took."""
    timed = TimedEncoder(encoder)
    library.encoder = timed
    split, term, count = 0.0, 0.0, 0
    took: dict[str, list[_Took]] = defaultdict(list)
    for done, part in enumerate(_parts(articles), start=1):
        texts = [paragraph.text for article in part for paragraph in article.paragraphs]
        took[_OWN].append(_took(add_articles, library.local, part))
        split += _seconds(list, map(sentences, texts))
        term += _seconds(list, map(terms, [*texts, *texts]))  # whole, by sentence
        for other in others:
            took[other.name].append(_took(other.add, texts))
        if others:
            took[_SAME].append(_took(encoder.encode, texts))
        count += len(texts)
        advance(done, _PARTS)
    library.encoder = encoder
    total = sum(one.wall for one in took[_OWN])
    write = max(total - timed.seconds - split - term, 0.0)
    return Adding(count, timed.texts, split, term, timed.seconds, write, total), took


def add_articles(library: TeamLibrary, articles: Sequence[Article]) -> None:
    """Add the articles as `topicbot add` does: several are encoded, and written, together."""
    for _ in load(library, articles, OwnProcess(library.library.encoder)):
        pass


def _baseline(adding: Adding, took: Mapping[str, Sequence[_Took]], asking: Mapping[str, float]) -> Baseline:
    wall, cpu = _ratios(took["the plain way"], took[_OWN])
    return Baseline(
        adding.paragraphs / sum(one.wall for one in took["the plain way"]),
        wall,
        cpu,
        wall * adding.texts / adding.paragraphs,
        *_ratios(took["the plain way"], took[_SAME]),
        asking["the plain way"],
        *_matrix_gflops(),
    )


def _txtai(adding: Adding, took: Mapping[str, Sequence[_Took]], asking: float) -> Txtai:
    rate = adding.paragraphs / sum(one.wall for one in took["txtai"])
    return Txtai(rate, *_ratios(took["txtai"], took[_OWN]), asking)


def _ratios(theirs: Sequence[_Took], ours: Sequence[_Took]) -> tuple[float, float]:
    """Return the median over the parts of their time by ours: by the wall clock, and CPU time."""
    pairs = list(zip(theirs, ours, strict=True))
    return median(their.wall / our.wall for their, our in pairs), median(
        their.cpu / our.cpu for their, our in pairs
    )


def _took(act: Callable[..., object], *given: object) -> _Took:
    cpu = process_time()
    return _Took(_seconds(act, *given), process_time() - cpu)


def _parts(articles: Sequence[Article]) -> list[Sequence[Article]]:
    size = -(-len(articles) // _PARTS)
    return [articles[start : start + size] for start in range(0, len(articles), size)]


def _ask_all(library: Library, others: Sequence[Way], asked: Sequence[str]) -> dict[str, float]:
    """Median time of an answer by each other way's, asked turn about."""
    ours: list[float] = []
    theirs: dict[str, list[float]] = {other.name: [] for other in others}
    for question in ["What is new?", *asked] if others else ():
        ours.append(_seconds(library.local.ask, question))
        for other in others:
            theirs[other.name].append(_seconds(other.ask, question))
    return {name: median(ours[1:]) / median(found[1:]) for name, found in theirs.items()}


def other_ways(folder: Path) -> list[Way]:
    """Return the plain way with the model in the folder, and txtai where it is installed."""
    from bot.bench.baseline import PlainWay, TxtaiWay

    ways: list[Way] = [PlainWay(folder)]
    with suppress(ImportError):
        ways.append(TxtaiWay(folder))
    return ways


def _matrix_gflops() -> tuple[float, float]:
    """Milliards of operations a second in products of square matrices, on all threads: float32, bfloat16."""
    import torch

    found = []
    for kind in (torch.float32, torch.bfloat16):
        matrix = torch.ones(_MATRIX, _MATRIX, dtype=kind)
        best = min(_seconds(torch.matmul, matrix, matrix) for _ in range(_PRODUCTS))
        found.append(2 * _MATRIX**3 / best / 1e9)
    return found[0], found[1]


def _seconds(act: Callable[..., object], *given: object) -> float:
    started = perf_counter()
    act(*given)
    return perf_counter() - started
