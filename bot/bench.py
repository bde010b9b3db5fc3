"""`topicbot bench`: how long asking takes beside encoding the question, at several sizes of library."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from bot.adding import add_sources, check_all_added
from embeddings.encoder import Encoder, SentenceTransformerEncoder, Vectors
from embeddings.evaluate.questions import read_questions
from embeddings.library import Library
from embeddings.types import Article, Paragraph

_WARM_UP, _QUESTIONS = 10, 200
_JITTER = 0.03
_SHUFFLED_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Measurement:
    """One size's figures, milliseconds: medians and 95th percentiles over the same questions, asked in turn."""

    paragraphs: int
    encode_p50: float
    ask_p50: float
    ask_p95: float
    ratio: float
    """Median of asking by median of encoding the question alone; lower is better."""
    open_ms: float


class ScatteredEncoder:
    """Stands in while a large library is filled: real vectors, scattered a little, picked by the text's hash.

    The vectors lie in clusters as real ones do; what they are like for speed, not which text they belong to,
    matters here. A question is encoded by the real model.
    """

    def __init__(self, model: Encoder, vectors: Vectors) -> None:
        self._model = model
        self._vectors = vectors
        self.name, self.dim, self.fingerprint = model.name, model.dim, model.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit-length row a text."""
        seeds = [zlib.crc32(text.encode()) for text in texts]
        noise = np.stack([np.random.default_rng(seed).normal(0, _JITTER, self.dim) for seed in seeds])
        rows = self._vectors[np.array(seeds) % len(self._vectors)] + noise.astype(np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def bench(
    questions_file: Path,
    articles: Sequence[Path],
    sizes: Sequence[int],
    model: str | None,
    progress: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
) -> Iterator[Measurement]:
    """Fill libraries of these sizes with recombined paragraphs of `articles` and ask them the questions."""
    encoder = SentenceTransformerEncoder(model)
    questions = [one.question for one in read_questions(questions_file)][:_QUESTIONS]
    with TemporaryDirectory() as folder:
        with Library(folder, encoder) as library, progress("Adding articles") as advance:
            check_all_added(add_sources(library, articles, None, advance))
            texts = [text for _, _, text in library.places().values()]
        vectors = encoder.encode(texts)
    for size in sizes:
        with TemporaryDirectory() as folder:
            with (
                Library(folder, ScatteredEncoder(encoder, vectors)) as filled,
                progress(f"Filling {size}") as advance,
            ):
                for done, article in enumerate(_recombined(texts, size), start=1):
                    filled.add(article)
                    advance(done * _PARAGRAPHS, size)
            yield _measure(Path(folder), encoder, questions, size)


_PARAGRAPHS = 10


def _recombined(texts: Sequence[str], size: int) -> Iterator[Article]:
    """Articles of ten paragraphs, a third of whose words are swapped for words from anywhere in the texts."""
    chance = random.Random(size)
    words = " ".join(texts).split()

    def paragraph() -> Paragraph:
        own = chance.choice(texts).split()
        for _ in range(int(len(own) * _SHUFFLED_SHARE)):
            own[chance.randrange(len(own))] = chance.choice(words)
        return Paragraph(" ".join(own))

    endless = iter(paragraph, None)
    for number in range(size // _PARAGRAPHS):
        yield Article(
            " ".join(chance.sample(words, 6)), tuple(islice(endless, _PARAGRAPHS)), name=f"article-{number}"
        )


def _measure(folder: Path, encoder: Encoder, questions: Sequence[str], size: int) -> Measurement:
    started = perf_counter()
    library = Library(folder, encoder)
    library.warm()
    opened = _since(started)
    encoding, asking = [], []
    with library:
        for question in questions[:_WARM_UP]:
            library.ask(f"{question} (to warm up)")  # the library remembers a question's vector
        for question in questions:
            started = perf_counter()
            encoder.encode([question])
            encoding.append(_since(started))
            started = perf_counter()
            library.ask(question)
            asking.append(_since(started))
    encode_p50, ask_p50 = float(np.median(encoding)), float(np.median(asking))
    return Measurement(size, encode_p50, ask_p50, float(np.percentile(asking, 95)), ask_p50 / encode_p50, opened)


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
