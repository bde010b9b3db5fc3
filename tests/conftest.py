"""What many tests share: the real model, the sample articles with it, and a small fast library."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from typing import Any

import pytest
import typer.main
import typer.testing
from hypothesis import settings
from sqlalchemy import Engine, event
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

from embeddings import transfer
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.ingest.files import read, sources
from embeddings.library import Library
from embeddings.store import sqlite
from embeddings.store.sqlite import SqliteDatabase
from embeddings.types import Article, Paragraph
from tests import children, kept
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer
from tests.site import Site, web_site
from tests.vectors import KeptVectors

EXAMPLES = Path(__file__).parents[1] / "examples"


# The same examples each time, so that no run depends on luck; "search" looks for new ones.
settings.register_profile("whole", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("quick", max_examples=10, deadline=None, derandomize=True)
settings.register_profile("search", max_examples=3_000, deadline=None)
settings.load_profile("whole")

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def article(title: str, *texts: str, **fields: Any) -> Article:
    """An article with these paragraphs."""
    return Article(title=title, paragraphs=tuple(Paragraph(text) for text in texts), name=title, **fields)


_SLOW = {"model", "samples", "samples_folder", "tiny_model"}
"""Fixtures that load a model."""

_WEIGHTS = {"slack": 5, "bots": 5, "postgres": 5, "slow": 30, "kill": 300}
"""How long a test with the fixture or mark takes about, in tests without one."""

_TOGETHER = {
    f"tests/{file}.py": what
    for what, files in {
        # Loading it takes a process several seconds.
        "PyTorch": (
            "bot/bench/test_encoding",
            "bot/bench/test_page",
            "bot/operations/test_doctor",
            "bot/server/test_errors",
            "embeddings/encoding/test_backends",
            "embeddings/encoding/test_encoder",
            "embeddings/encoding/test_openvino",
            "embeddings/encoding/test_roles",
            "embeddings/search/test_rerank",
        ),
        # Their children are forked from one process, which loads the whole program (`tests.children`).
        "kills": tuple(name.replace(".", "/").removeprefix("tests/") for name in children.LOADED),
    }.items()
    for file in files
}
"""Files that one worker of the tests takes, because they share what is expensive to load."""


def pytest_configure() -> None:
    """A model is converted once a machine, not once a test that starts the program."""
    os.environ["TOPICBOT_MODEL_CACHE"] = str(kept.models_folder())
    gc.disable()  # until all is collected: nearly all of it stays


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector never has to go through it, and runs seldom."""
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.hookimpl(trylast=True)  # when all fixtures have ended
def pytest_sessionfinish() -> None:
    """What tests left behind is collected once; pytest, which does so ten times, then has little to go through."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark tests by the fixtures they take, `slow` with a model, `postgres` on a server.

    Of those that are chosen, the files that take longest begin first, so that no worker is left with one when the
    others are done.
    """
    for item in items:
        assert isinstance(item, pytest.Function)
        fixtures = set(item.fixturenames)
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if fixtures & _SLOW:
            item.add_marker(pytest.mark.slow)
        chosen = any(isinstance(one, str) and one == "postgres" for one in values)
        if chosen or fixtures & {"postgres", "postgres_url"}:
            item.add_marker(pytest.mark.postgres)
    yield
    weights: Counter[Path] = Counter()
    for item in items:
        assert isinstance(item, pytest.Function)
        names = [*item.fixturenames, *(mark.name for mark in item.iter_markers())]
        weights[item.path] += max((_WEIGHTS.get(name, 1) for name in names), default=1)
    items.sort(key=lambda item: (-weights[item.path], item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """With `--dist loadfile` a worker takes the next file, and one of them all files that load the same."""

    class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return _TOGETHER.get(file, file)

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def _new_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New SQLite files are copies of one that the migrations made: those would take half of the quick suite."""
    folder, migrate = tmp_path_factory.mktemp("databases"), SqliteDatabase._migrate

    def copied_or_migrated(database: SqliteDatabase, migrations: str, schema: str) -> None:
        kept = folder / migrations.replace("/", "-")
        is_new = not database.path.exists()
        if is_new and kept.exists():
            with suppress(OSError):  # the database says it in its own words
                shutil.copyfile(kept, database.path)
        migrate(database, migrations, schema)
        if is_new and not kept.exists():
            database.close()  # all of it in the one file
            shutil.copyfile(database.path, kept.with_suffix(f".{get_ident()}"))
            kept.with_suffix(f".{get_ident()}").rename(kept)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "_migrate", copied_or_migrated)
        yield


@pytest.fixture(scope="session", autouse=True)
def _fast_engines() -> Iterator[None]:
    """Engines share the statements that one of them compiled, and don't wait for the disk: no test cuts the power.

    What is killed here are processes of their own, which this doesn't reach.
    """
    create = sqlite._engine
    first: Engine | None = None

    def engine(path: Path, busy_seconds: float, are_texts_checked: bool) -> Engine:
        nonlocal first
        made = create(path, busy_seconds, are_texts_checked)
        first = first or made
        made.dialect = first.dialect  # a part of the key by which SQLAlchemy keeps compiled statements
        made._compiled_cache = first._compiled_cache

        @event.listens_for(made, "connect")
        def _on_connect(raw: sqlite3.Connection, _record: object) -> None:
            raw.execute("PRAGMA synchronous = OFF")

        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_engine", engine)
        yield


@pytest.fixture(scope="session", autouse=True)
def _commands_read_once() -> Iterator[None]:
    """Typer's runner would read the signatures of all commands for each one that it runs, which takes longer than
    most of them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        yield


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on 127.0.0.1."""
    with web_site() as found:
        yield found


@pytest.fixture(scope="session")
def model() -> SentenceTransformerEncoder:
    """The packaged model."""
    return kept.encoder()


@pytest.fixture(scope="session")
def samples_folder(model: SentenceTransformerEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed library of the sample articles."""
    folder = tmp_path_factory.mktemp("samples")
    with Library(folder, KeptVectors(model)) as library:
        for path in sources(EXAMPLES / "articles"):
            for found in read(path):
                assert isinstance(found, Article)
                library.local.add(found)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server. As root it runs as another user, whom pytest would lock out of its own folders."""
    with TemporaryDirectory(prefix="topicbot-postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder))
        yield server
        server.end()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def samples(
    request: pytest.FixtureRequest, samples_folder: Path, model: SentenceTransformerEncoder
) -> Iterator[Library]:
    """The sample articles in each store, answered with the real model. Tests must not change them."""
    with ExitStack() as opened:
        url = None
        if request.param == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.url(opened.enter_context(server.fresh()))
            transfer.copy_library(samples_folder, None, url, lambda *_: None)
        yield opened.enter_context(Library(samples_folder, model, database_url=url))


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The address of an empty database in PostgreSQL."""
    return postgres.url(postgres.emptied())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The test runs on both stores: nothing for the embedded one, an empty database in PostgreSQL."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def library(tmp_path: Path, database_url: str | None) -> Iterator[Library]:
    """An empty library with the fast encoder."""
    with Library(tmp_path / "library", HashedEncoder(), now=lambda: NOON, database_url=database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def tiny_model() -> Path:
    """A sentence-transformers model of a few thousand weights: another model than the packaged one."""
    return kept.tiny_model()
