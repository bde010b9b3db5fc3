"""Measure adding, asking and recall in libraries of several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from bot.bench.corpus import COLLECTIONS, Material, fill, material_of
from bot.bench.timing import (
    ENCODING,
    Progress,
    Stopwatch,
    Times,
    anonymous,
    asked,
    asked_within,
    mapped,
    since,
    times_of,
)
from bot.metrics import TimedEncoder
from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.paragraphs import from_blob
from embeddings.encoding.roles import encode_questions
from embeddings.evaluate.questions import read_questions
from embeddings.evaluate.recall import recall
from embeddings.index.vectors import EXACT
from embeddings.library import DATABASE_FILE, INDEX_FOLDER, Library
from embeddings.store.tables import VIEWS, paragraph
from embeddings.types import Article, Paragraph

if TYPE_CHECKING:
    from bot.bench.baseline import Way

_QUESTIONS, _ARTICLES = 200, 10
_WITHIN, _BATCH_SIZE = 50, 5000
_PARAGRAPHS = select(paragraph.c.text, paragraph.c.views).order_by(paragraph.c.id)
MOST_FOR_TXTAI = 100_000
"""Beyond, its keyword index takes longer to fill than all that is measured here."""


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
    """Opening the library, until its index is in step and the owners of all paragraphs are in memory."""
    ask_p99: float
    retrieval: Times
    """Asking without encoding."""
    stages: Mapping[str, Times]
    """The parts of asking, in order."""
    repeated: Times
    """Asking the same question again."""
    plain: Times | None
    """Asking the plain way, turn about; `None` when it wasn't asked …"""
    txtai: Times | None
    """… and txtai, which is asked in libraries of up to `MOST_FOR_TXTAI` paragraphs."""
    filtered: Mapping[str, Times]
    """Asking within each collection, without encoding …"""
    filtered_first: Mapping[str, float]
    """… and the first such question of all."""
    filtered_recall: Mapping[str, float]
    """`recall_at_10` among each collection's paragraphs."""
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

    @property
    def others(self) -> dict[str, Times]:
        """The other ways that were asked, by their names."""
        named = {"the plain way": self.plain, "txtai": self.txtai}
        return {name: times for name, times in named.items() if times is not None}


def bench(
    questions_file: Path,
    articles: Sequence[Path],
    sizes: Sequence[int],
    encoder: Encoder,
    progress: Progress,
    exact: int = EXACT,
    others: Sequence[Way] = (),
) -> Iterator[Measurement]:
    """Fill libraries of these sizes with recombined paragraphs of `articles` and measure each, with this encoder.

    Those of more than `exact` paragraphs get an approximate index. The `others` are asked beside them.
    """
    questions = list(dict.fromkeys(one.question for one in read_questions(questions_file)))[:_QUESTIONS]
    given = material_of(articles, encoder, progress)
    for size in sizes:
        with TemporaryDirectory() as folder:
            started = perf_counter()
            with Library(folder, encoder, exact=exact) as filled, progress(f"Filling {size:,}") as advance:
                fill(filled, given, size, advance)
                filling = since(started) / 1000
                started = perf_counter()
                filled.warm()
                building = since(started) / 1000
            with progress(f"Asking {size:,}"):
                yield measure(Path(folder), encoder, questions, given, exact, filling, building, others)


def measure(
    folder: Path,
    encoder: Encoder,
    questions: Sequence[str],
    given: Material,
    exact: int = EXACT,
    fill_seconds: float = 0.0,
    build_seconds: float = 0.0,
    others: Sequence[Way] = (),
) -> Measurement:
    """Return the figures of the library in the folder, whose index is built. Articles of `given` come and go."""
    encode_questions(encoder, ["a question to warm up"])
    before = anonymous()
    watch, timed = Stopwatch(), TimedEncoder(encoder)
    started = perf_counter()
    library = Library(folder, timed, exact=exact, timing=watch)
    library.warm(scopes=True)
    opened = since(started)
    after = anonymous()
    with library:
        paragraphs = library.local.stats().paragraphs
        asked_too = [one for one in others if one.name != "txtai" or paragraphs <= MOST_FOR_TXTAI]
        for other in asked_too:
            other.hold(_paragraphs(library))
        encoding, asking, repeated, theirs = asked(library, encoder, questions, watch, asked_too)
        for other in asked_too:
            other.forget()
        stages = {stage: times_of(found) for stage, found in watch.times.items()}
        retrieval = times_of([ask - own for ask, own in zip(asking, watch.times[ENCODING], strict=True)])
        touched = mapped(folder / INDEX_FOLDER)
        vectors = encode_questions(encoder, questions)
        found = recall(library.local, vectors)
        names = [name for name in COLLECTIONS.values() if name in library.local.stats().collections]
        within = {name: asked_within(library, questions[:_WITHIN], name, watch) for name in names}
        recalls = {name: recall(library.local, vectors[:_WITHIN], name) for name in names}
        files = (folder / INDEX_FOLDER).glob("*.faiss")
        written = sum(path.stat().st_size for path in files)
        kind = library.index.kind
        adding, removing = _changed(library, timed, given)
    used = (after or 0) - (before or 0) + (touched or 0)  # opening may give memory back
    return Measurement(
        paragraphs=paragraphs,
        encode_p50=times_of(encoding).p50,
        ask_p50=times_of(asking).p50,
        ask_p95=times_of(asking).p95,
        ratio=times_of(asking).p50 / times_of(encoding).p50,
        open_ms=opened,
        ask_p99=times_of(asking).p99,
        retrieval=retrieval,
        stages=stages,
        repeated=times_of(repeated),
        plain=times_of(theirs["the plain way"]) if "the plain way" in theirs else None,
        txtai=times_of(theirs["txtai"]) if "txtai" in theirs else None,
        filtered={name: times for name, (_, times) in within.items()},
        filtered_first={name: first for name, (first, _) in within.items()},
        filtered_recall=recalls,
        index=kind,
        recall_at_10=found,
        add_ms=adding,
        remove_ms=removing,
        build_seconds=build_seconds,
        fill_seconds=fill_seconds,
        index_bytes=written,
        resident_bytes=None if None in (before, after, touched) else max(0, used),
        database_bytes=(folder / DATABASE_FILE).stat().st_size,
    )


def _paragraphs(library: Library) -> Iterator[tuple[list[str], Vectors]]:
    """Yield the texts of the library's paragraphs with the vector of each."""
    with library.database.reading() as connection:
        rows = connection.execute(_PARAGRAPHS)
        while batch := rows.fetchmany(_BATCH_SIZE):
            views = from_blob(b"".join(one.views for one in batch), library.encoder.dim)
            yield [one.text for one in batch], np.ascontiguousarray(views[::VIEWS])


def _changed(library: Library, timed: TimedEncoder, given: Material) -> tuple[float, float]:
    """Medians of adding and of removing an article, until the index knows it, encoding apart."""
    adding, removing = [], []
    for number in range(_ARTICLES):
        own = [given.paragraphs[(number + step) % len(given.paragraphs)] for step in range(_ARTICLES)]
        texts = tuple(Paragraph(" ".join(word for sentence in one for word in sentence)) for one in own)
        started, timed.seconds = perf_counter(), 0.0
        added = library.local.add(Article(f"Added {number}", texts, f"added-{number}", published_at="2026-01-01"))
        library.warm()
        adding.append(since(started) - timed.seconds * 1000)
        started = perf_counter()
        library.local.remove(added.article_id)
        library.warm()
        removing.append(since(started))
    return times_of(adding).p50, times_of(removing).p50
