"""`topicbot bench`: how long a library takes to ask, change and open, at several sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from bot.adding import add_sources, check_all_added
from bot.filling import Material, fill, material
from bot.memory import anonymous, mapped
from embeddings.encode import from_blob
from embeddings.encoder import Encoder, SentenceTransformerEncoder, Vectors
from embeddings.evaluate.questions import read_questions
from embeddings.library import DATABASE_FILE, INDEX_FOLDER, Library
from embeddings.store import lookup
from embeddings.store.index import EXACT
from embeddings.store.tables import VIEWS
from embeddings.types import Article, Paragraph

_WARM_UP, _QUESTIONS, _ARTICLES = 20, 200, 10
_NEAREST, _AT_ONCE = 10, 5000
_ENCODING = "encoding"


@dataclass(frozen=True, slots=True)
class Times:
    """Median, 95th and 99th percentile, milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """One size's figures, times in milliseconds: over the same questions, each asked once."""

    paragraphs: int
    encode_p50: float
    ask_p50: float
    ask_p95: float
    ratio: float
    """Median of asking by median of encoding the question alone; lower is better."""
    open_ms: float
    """Opening the library, until its index is in step."""
    ask_p99: float
    retrieval: Times
    """Asking without encoding."""
    stages: Mapping[str, Times]
    """The parts of asking, in order."""
    repeated: Times
    """Asking the same question again."""
    index: str
    """"exact" or "approximate"."""
    recall_at_10: float
    """Share of the ten paragraphs nearest to a question, by numpy, that the vector index finds."""
    add_ms: float
    """Median of adding an article until the index has it, encoding apart."""
    remove_ms: float
    """Median of removing one until the index has forgotten it."""
    build_seconds: float
    """Making the index from the database."""
    fill_seconds: float
    index_bytes: int
    """The index's files."""
    resident_bytes: int | None
    """Memory that the index takes, of its mapped file what was touched; `None` where the system doesn't tell."""
    database_bytes: int


@dataclass(slots=True)
class Stopwatch:
    """Takes the times of stages that end one after another."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    last: float = 0.0

    def start(self) -> None:
        """The first stage begins."""
        self.last = perf_counter()

    def __call__(self, stage: str) -> None:
        """The stage ends, and the next one begins."""
        now = perf_counter()
        self.times[stage].append((now - self.last) * 1000)
        self.last = now


class TimedEncoder:
    """Another encoder, with the milliseconds that it took so far."""

    def __init__(self, model: Encoder) -> None:
        self._model = model
        self.name, self.dim, self.fingerprint = model.name, model.dim, model.fingerprint
        self.took = 0.0

    def encode(self, texts: Sequence[str]) -> Vectors:
        """What the other encoder gives."""
        started = perf_counter()
        rows = self._model.encode(texts)
        self.took += _since(started)
        return rows


def bench(
    questions_file: Path,
    articles: Sequence[Path],
    sizes: Sequence[int],
    model: str | None,
    progress: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
    exact: int = EXACT,
) -> Iterator[Measurement]:
    """Fill libraries of these sizes with recombined paragraphs of `articles` and measure each.

    Those of more than `exact` paragraphs get an approximate index.
    """
    encoder = SentenceTransformerEncoder(model)
    questions = list(dict.fromkeys(one.question for one in read_questions(questions_file)))[:_QUESTIONS]
    with (
        TemporaryDirectory() as folder,
        Library(folder, encoder) as library,
        progress("Adding articles") as advance,
    ):
        check_all_added(add_sources(library, articles, None, advance))
        given = material(library)
    for size in sizes:
        with TemporaryDirectory() as folder:
            started = perf_counter()
            with Library(folder, encoder, exact=exact) as filled, progress(f"Filling {size:,}") as advance:
                fill(filled, given, size, advance)
                filling = _since(started) / 1000
                started = perf_counter()
                filled.warm()
                building = _since(started) / 1000
            with progress(f"Asking {size:,}"):
                yield measure(Path(folder), encoder, questions, given, exact, filling, building)


def measure(
    folder: Path,
    encoder: Encoder,
    questions: Sequence[str],
    given: Material,
    exact: int = EXACT,
    fill_seconds: float = 0.0,
    build_seconds: float = 0.0,
) -> Measurement:
    """The figures of the library in the folder, whose index is built. Articles of `given` come and go."""
    encoder.encode(["a question to warm up"])
    before = anonymous()
    watch, timed = Stopwatch(), TimedEncoder(encoder)
    started = perf_counter()
    library = Library(folder, timed, exact=exact, lap=watch)
    library.warm()
    opened = _since(started)
    after = anonymous()
    with library:
        paragraphs = library.stats().paragraphs
        encoding, asking, repeated = _asked(library, encoder, questions, watch)
        stages = {stage: _times(found) for stage, found in watch.times.items()}
        retrieval = _times([ask - own for ask, own in zip(asking, watch.times[_ENCODING], strict=True)])
        recall, kind = _recall(library, encoder.encode(questions))
        files = (folder / INDEX_FOLDER).glob("*.faiss")
        written = sum(path.stat().st_size for path in files)
        touched = mapped(folder / INDEX_FOLDER)
        adding, removing = _changed(library, timed, given)
    return Measurement(
        paragraphs=paragraphs,
        encode_p50=_times(encoding).p50,
        ask_p50=_times(asking).p50,
        ask_p95=_times(asking).p95,
        ratio=_times(asking).p50 / _times(encoding).p50,
        open_ms=opened,
        ask_p99=_times(asking).p99,
        retrieval=retrieval,
        stages=stages,
        repeated=_times(repeated),
        index=kind,
        recall_at_10=recall,
        add_ms=adding,
        remove_ms=removing,
        build_seconds=build_seconds,
        fill_seconds=fill_seconds,
        index_bytes=written,
        resident_bytes=None if None in (before, after, touched) else (after or 0) - (before or 0) + (touched or 0),
        database_bytes=(folder / DATABASE_FILE).stat().st_size,
    )


def _asked(
    library: Library, encoder: Encoder, questions: Sequence[str], watch: Stopwatch
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of encoding each question alone, of asking it, and of asking it again."""
    for question in questions[:_WARM_UP]:
        library.ask(f"{question} (to warm up)")  # the library remembers a question's vector
    watch.times.clear()
    encoding, asking, repeated = [], [], []
    for question in questions:
        started = perf_counter()
        encoder.encode([question])
        encoding.append(_since(started))
        watch.start()
        started = watch.last
        library.ask(question)
        asking.append(_since(started))
        started = perf_counter()
        library.ask(question)
        repeated.append(_since(started))
    return encoding, asking, repeated


def _recall(library: Library, vectors: Vectors) -> tuple[float, str]:
    """Recall of the vector index at ten, and its kind."""
    with library.database.reading() as connection:
        index = library.vector_index(connection)
        index.sync(connection)
        found = [index.search(vector, _NEAREST, None, connection) for vector in vectors]
        rows, _ = lookup.changes(connection, 0)
        ids, scores = np.zeros((len(vectors), 0), dtype=np.int64), np.zeros((len(vectors), 0), dtype=np.float32)
        while batch := list(islice(rows, _AT_ONCE)):
            views = from_blob(b"".join(blob for _, blob in batch), vectors.shape[1])
            nearer = (vectors @ views.T).reshape(len(vectors), -1, VIEWS).max(axis=2)
            numbers = np.broadcast_to([number for number, _ in batch], nearer.shape)
            ids, scores = np.hstack([ids, numbers]), np.hstack([scores, nearer])
            best = np.argsort(-scores, axis=1, kind="stable")[:, :_NEAREST]
            ids, scores = np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)
    hits = sum(len(set(own) & set(best.tolist())) for own, best in zip(found, ids, strict=True))
    return hits / ids.size, index.kind


def _changed(library: Library, timed: TimedEncoder, given: Material) -> tuple[float, float]:
    """Medians of adding and of removing an article, until the index knows it, encoding apart."""
    adding, removing = [], []
    for number in range(_ARTICLES):
        own = [given.paragraphs[(number + step) % len(given.paragraphs)] for step in range(_ARTICLES)]
        texts = tuple(Paragraph(" ".join(word for sentence in one for word in sentence)) for one in own)
        started, timed.took = perf_counter(), 0.0
        added = library.add(Article(f"Added {number}", texts, f"added-{number}", published_at="2026-01-01"))
        library.warm()
        adding.append(_since(started) - timed.took)
        started = perf_counter()
        library.remove(added.article_id)
        library.warm()
        removing.append(_since(started))
    return _times(adding).p50, _times(removing).p50


def _times(found: Sequence[float]) -> Times:
    return Times(*(float(np.percentile(found, share)) for share in (50, 95, 99)))


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
