"""`topicbot bench --part encoding`: how long starting, encoding and adding take, and beside them the plain way."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from bot.bench.baseline import first_answers
from bot.config import Settings
from bot.metrics import TimedEncoder
from embeddings.encoding.backends import available
from embeddings.encoding.encoder import Encoder, SentenceTransformerEncoder
from embeddings.errors import SourceError, TopicbotError
from embeddings.evaluate.questions import read_questions
from embeddings.ingest.files import read, sources
from embeddings.library import Library
from embeddings.text.sentences import sentences
from embeddings.text.terms import terms
from embeddings.types import Article

if TYPE_CHECKING:
    from bot.bench.baseline import PlainWay

_QUESTIONS, _WARM_UP, _PARTS = 100, 5, 6
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
    texts_ratio: float
    """Distinct texts a second by the plain way's paragraphs a second; higher is better."""
    same_texts_ratio: float
    """Speed of encoding the very same paragraphs, nothing else; higher is better."""
    ask_ratio: float
    """Time for an answer, medians; lower is better."""
    matrix_gflops_float32: float
    matrix_gflops_bfloat16: float
    """What PyTorch reaches in a product of square matrices: the most that encoding could."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured. `starts` are median seconds of new processes; `peak_mb` is this process's
    memory after adding."""

    starts: dict[str, float]
    questions: list[QuestionTimes]
    adding: Adding
    peak_mb: float
    baseline: Baseline | None


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
        chosen, *others = _encoders(settings, folder / "models")
        loaded = _seconds(chosen.encode, ["What is new?"])
        plain = plain_way(chosen.folder) if baseline else None
        with Library(folder, chosen) as library:
            adding, compared = _add(library, chosen, articles, plain, advance)
            asking = _ask_both(library, plain, asked) if plain else 0.0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        questions = _question_times([chosen, *others], asked, loaded)
        starts = first_answers(settings, folder, chosen.folder, repeats)
    found = Baseline(*compared, asking, *_matrix_gflops()) if plain else None
    return Figures(starts, questions, adding, peak, found)


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


def _add(
    library: Library,
    encoder: Encoder,
    articles: Sequence[Article],
    plain: PlainWay | None,
    advance: Callable[[int, int], None],
) -> tuple[Adding, tuple[float, float, float, float]]:
    """Add the articles in parts, the plain way after each the same: the stages, and how both compare."""
    timed = TimedEncoder(encoder)
    library.encoder = timed
    split, term, total, plain_seconds = 0.0, 0.0, 0.0, 0.0
    rates: list[tuple[float, float, float]] = []
    count = 0
    for done, part in enumerate(_parts(articles), start=1):
        texts = [paragraph.text for article in part for paragraph in article.paragraphs]
        before = timed.texts
        seconds = _seconds(_add_each, library, part)
        split += _seconds(list, map(sentences, texts))
        term += _seconds(list, map(terms, [*texts, *texts]))  # whole, by sentence
        if plain is not None:
            theirs = _seconds(plain.add, texts)
            same = _seconds(encoder.encode, texts)
            rates.append((theirs / seconds, (timed.texts - before) / len(texts) * theirs / seconds, theirs / same))
            plain_seconds += theirs
        total += seconds
        count += len(texts)
        advance(done, _PARTS)
    library.encoder = encoder
    write = max(total - timed.seconds - split - term, 0.0)
    adding = Adding(count, timed.texts, split, term, timed.seconds, write, total)
    if not rates:
        return adding, (0.0, 0.0, 0.0, 0.0)
    paragraphs_ratio, texts_ratio, same_ratio = (median(column) for column in zip(*rates, strict=True))
    return adding, (count / plain_seconds, paragraphs_ratio, texts_ratio, same_ratio)


def _add_each(library: Library, articles: Sequence[Article]) -> None:
    for article in articles:
        library.local.add(article, quiet=True)


def _parts(articles: Sequence[Article]) -> list[Sequence[Article]]:
    size = -(-len(articles) // _PARTS)
    return [articles[start : start + size] for start in range(0, len(articles), size)]


def _ask_both(library: Library, plain: PlainWay, asked: Sequence[str]) -> float:
    """Median time of an answer by the plain way's, asked turn about."""
    library.local.ask("What is new?")
    plain.ask("What is new?")
    ours, theirs = [], []
    for question in asked:
        ours.append(_seconds(library.local.ask, question))
        theirs.append(_seconds(plain.ask, question))
    return median(ours) / median(theirs)


def plain_way(folder: Path) -> PlainWay:
    """Return the plain way with the model in the folder."""
    from bot.bench.baseline import PlainWay

    return PlainWay(folder)


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
