"""What `topicbot eval` does: a library to measure, the questions asked, the tables and the JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import RenderableType

from bot.bench.report import ablation_table, fitted_page, report_page
from bot.bench.timing import Progress
from bot.config import Settings
from bot.resources import open_encoder, open_reranker
from embeddings import transfer
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.errors import SourceError
from embeddings.evaluate.ablation import ablation as ablate
from embeddings.evaluate.calibration import Kind, calibrate, near_misses
from embeddings.evaluate.questions import LabelledQuestion, read_questions
from embeddings.evaluate.report import Judged, halves, judge, report
from embeddings.evaluate.stories import PairFigures, read_events, score
from embeddings.evaluate.summaries import SummaryFigures, measure_summaries, read_labelled
from embeddings.evaluate.typos import mistyped
from embeddings.importer import add_sources, check_all_added
from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.text.dates import utc_key
from embeddings.types import Article

Tables = list[tuple[str, RenderableType]]
_CALIBRATION_HALVES = 3


def measure(
    settings: Settings,
    questions_file: Path,
    articles: Sequence[Path],
    half_out: int,
    *,
    ablation: bool,
    fit: bool,
    typos: bool = False,
    keep: bool = False,
    also: Sequence[tuple[Path, Path]] = (),
    progress: Progress,
) -> tuple[dict[str, Any], Tables]:
    """Return the figures as JSON and as titled tables. Raises `TopicbotError` for what can't be read.

    `also` are more questions, each with its articles, that the confidence is fitted on.
    """
    questions = read_questions(questions_file)
    encoder = open_encoder(settings)
    with _measured_folder(settings, articles, encoder, progress) as folder:
        with Library(folder, encoder, reranker=open_reranker(settings)) as library:
            with progress("Asking") as advance:
                judged = judge(library.local, questions, advance)
            places, model = library.places(), library.decision()
            slips = None
            if typos:
                with progress("Asking with a typo each") as advance:
                    slips = report(judge(library.local, mistyped(questions, seed=0), advance), model)
        figures = report(judged, model)
        shape: dict[str, Any] = {"report": finite(asdict(figures))}
        tables: Tables = [(f"{len(questions)} questions", report_page(figures))]
        if slips is not None:
            shape["typos"] = finite(asdict(slips))
            tables.append(("The same with a typo in each question", report_page(slips)))
        if half_out:
            split = report(_ask_halves(folder, encoder, questions, half_out, progress), model)
            shape["half_out"] = finite(asdict(split))
            tables.append((f"The same with half of the articles taken out, {half_out} times", report_page(split)))
        if ablation:
            rows = ablate(judged, places)
            shape["ablation"] = [finite(asdict(row)) for row in rows]
            tables.append(("What each part is worth", ablation_table(rows)))
        if fit:
            kinds = [_kind(questions_file.stem, folder, encoder, questions, progress)]
            for file, texts in also:
                with _measured_folder(settings, [texts], encoder, progress) as other:
                    kinds.append(_kind(file.stem, other, encoder, read_questions(file), progress))
            fitted = calibrate(kinds)
            shape["calibration"] = asdict(fitted) | {"kinds": [finite(asdict(kind)) for kind in fitted.kinds]}
            if keep:
                with Library(settings.data_dir, encoder, database_url=settings.database) as library:
                    library.searcher.keep_confidence(fitted.confidence)
            tables.append(("The confidence, fitted anew (embeddings/weights.py)", fitted_page(fitted)))
    return shape, tables


def measure_stories(settings: Settings, files: Sequence[Path], progress: Progress) -> PairFigures:
    """Return how well articles of the same event are found, when labelled articles come in by date.

    Raises `TopicbotError` for what can't be read.
    """
    events = {article: event for file in files for article, event in read_events(file).items()}
    encoder = open_encoder(settings)
    articles = sorted((one for file in files for one in _read(file)), key=_date)
    with TemporaryDirectory() as folder, Library(folder, encoder) as library, progress("Adding") as advance:
        for number, article in enumerate(articles, start=1):
            library.local.add(article)
            advance(number, len(articles))
        return score(library.local.stories(), events)


def measure_summaries_of(
    settings: Settings, labelled_file: Path, articles: Sequence[Path], progress: Progress
) -> tuple[SummaryFigures, dict[str, Any]]:
    """Return how good summaries and chosen sentences are, and the same as JSON. Raises `TopicbotError`."""
    labelled = read_labelled(labelled_file)
    encoder = open_encoder(settings)
    with (
        _measured_folder(settings, articles, encoder, progress) as folder,
        Library(folder, encoder) as library,
        progress("Summarising") as advance,
    ):
        found = measure_summaries(library, labelled, advance)
    return found, finite(asdict(found))


def _read(file: Path) -> Iterator[Article]:
    for found in read(file):
        if isinstance(found, SourceError):
            raise found
        if isinstance(found, Article):
            yield found


def _date(article: Article) -> str:
    return utc_key(article.published_at) if article.published_at else ""


@contextmanager
def _measured_folder(
    settings: Settings, articles: Sequence[Path], encoder: SentenceTransformerEncoder, progress: Progress
) -> Iterator[Path]:
    """Yield the user's own library, or one made of `articles` and gone afterwards. PostgreSQL's is copied first:
    what is measured is taken apart.
    """
    if not articles and settings.database is None:
        yield settings.data_dir
        return
    with TemporaryDirectory() as folder:
        if not articles:
            with progress("Copying the library") as advance:
                transfer.copy_library(Path(folder), settings.database, None, advance)
            yield Path(folder)
            return
        with Library(folder, encoder) as library, progress("Adding articles") as advance:
            added = add_sources(library.local, articles, None, advance)
        check_all_added(added)
        yield Path(folder)


def _ask_halves(
    folder: Path,
    encoder: SentenceTransformerEncoder,
    questions: Sequence[LabelledQuestion],
    times: int,
    progress: Progress,
) -> list[Judged]:
    every: list[Judged] = []
    for half in halves(folder, encoder, times):
        with progress("Asking with half of the articles") as advance:
            every.extend(judge(half, questions, advance))
    return every


def _kind(
    name: str,
    folder: Path,
    encoder: SentenceTransformerEncoder,
    questions: Sequence[LabelledQuestion],
    progress: Progress,
) -> Kind:
    texts: dict[str, str] = {}
    with Library(folder, encoder) as library:
        for article, _, text in library.places().values():
            texts[article] = f"{texts.get(article, '')}\n{text}"
    close = near_misses(questions, texts, seed=0)
    asked: list[Judged] = []
    missed: list[Judged] = []
    for half in halves(folder, encoder, _CALIBRATION_HALVES):
        with progress("Asking for the fit") as advance:
            asked.extend(judge(half, questions, advance))
        with progress("Asking near misses") as advance:
            missed.extend(judge(half, close, advance))
    return Kind(name, asked, missed)


def finite(figures: dict[str, Any]) -> dict[str, Any]:
    """JSON has no 'not a number': what doesn't apply is null."""
    return {name: _number(value) for name, value in figures.items()}


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        return finite(value)
    if isinstance(value, list | tuple):
        return [_number(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
