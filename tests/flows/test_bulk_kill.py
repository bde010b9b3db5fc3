"""Killed at any moment of a load over several processes: in the end each article is there once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from embeddings.encoding.processes import Workers
from embeddings.importer import load
from embeddings.ingest.files import read
from embeddings.library import Library, open_database
from embeddings.store.tables import article
from embeddings.types import Added
from tests.children import Child
from tests.flows.test_kill import ARTICLES, write_articles
from tests.hashed import HashedEncoder
from tests.load.bulk import descendants

pytestmark = pytest.mark.kill


KILLS = 9


INTERRUPTED = 600
"""Articles of the load that Ctrl+C ends: more than are read before the first is written."""


def load_all(wire: Connection, folder: Path, source: Path, url: str | None) -> None:
    """In the child: add the articles with two workers, and tell each one's id."""
    with Library(folder, HashedEncoder(), database_url=url) as library:
        with Workers(2, HashedEncoder, library.encoder.fingerprint) as workers:
            library.begin_loading()
            for _, added in load(library.local, read(source), workers):
                assert isinstance(added, Added)
                wire.send(added.article_id)
        library.warm()


def lives(pid: int) -> bool:
    """Whether the process does anything more: one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_killed_at_any_moment_a_load_goes_on_where_it_was(tmp_path: Path, database_url: str | None) -> None:
    chance = random.Random(7)
    source, folder = tmp_path / "articles.jsonl", tmp_path / "library"
    write_articles(source)
    told: set[str] = set()
    for number in range(KILLS):
        child = Child(load_all, folder, source, database_url)
        told |= set(child.read(len(told) + chance.randint(0, 20)))
        time.sleep(chance.random() * 0.05)
        workers = list(descendants(child.pid))
        if number % 3 == 2:  # a worker: the load goes on
            for pid in workers[:1]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            told |= set(child.read(10))
        child.kill()
        told |= set(child.read())
        child.end()
        deadline = time.monotonic() + 300
        while any(lives(pid) for pid in workers):
            assert time.monotonic() < deadline, "a worker outlives its parent"
            time.sleep(0.02)
        with Library(folder, HashedEncoder(), database_url=database_url) as library:
            held = {one.citation.article_id: one.paragraphs for one in library.local.articles()}
            assert told <= held.keys(), "an article whose adding was told is gone"
            assert set(held.values()) <= {3}, "an article is there in part"
            assert library.check() == []
    child = Child(load_all, folder, source, database_url)
    out = child.read()
    assert child.end() == 0
    with Library(folder, HashedEncoder(), database_url=database_url) as library:
        assert [one.citation.article_id for one in library.local.articles()][::-1] == [
            f"a{n}" for n in range(ARTICLES)
        ]
        assert library.local.stats().paragraphs == 3 * ARTICLES
        assert library.check() == []
    assert len(out) == ARTICLES


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> dict[str, str]:
    """The environment of `topicbot` with a small model of its own."""
    mine = {
        "TOPICBOT_DATA_DIR": str(tmp_path / "data"),
        "TOPICBOT_EMBEDDING_MODEL": str(tiny_model),
        "PYTHONFAULTHANDLER": "1",
    }
    return {**os.environ, **mine}


def add(settings: dict[str, str], source: Path) -> subprocess.Popen[str]:
    """`topicbot add` with two workers, in a session of its own, as a shell gives each command."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "add", str(source), "--workers", "2", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=settings,
        cwd=source.parent,
        text=True,
        start_new_session=True,
        # A shell that began these tests in the background may have told them to ignore Ctrl+C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # sets one handler
    )


def report(running: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, what it printed, and what it told."""
    try:
        out, told = running.communicate(timeout=300)
    except subprocess.TimeoutExpired:  # then every thread says where it is
        running.send_signal(signal.SIGABRT)
        raise AssertionError(running.communicate()[1]) from None
    return running.returncode, json.loads(out), told


def count(folder: Path) -> int:
    """How many articles there are, of however many are being added."""
    opened = open_database(folder)
    with closing(opened), opened.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(article)) or 0)


@contextmanager
def all_but_the_last(source: Path) -> Iterator[None]:
    """Make the file a pipe that brings all of its lines but the last, which comes only when the block ends.

    So a load of it is never finished inside the block, however late this process gets its turn.
    """
    lines, ends = source.read_bytes().splitlines(keepends=True), threading.Event()
    source.unlink()
    os.mkfifo(source)

    def feed() -> None:
        with suppress(BrokenPipeError), source.open("wb", buffering=0) as pipe:
            for line in lines[:-1]:
                pipe.write(line)
            ends.wait()
            pipe.write(lines[-1])

    feeding = threading.Thread(
        target=feed, daemon=True
    )  # a load that never opens the pipe must not hold the tests
    feeding.start()
    try:
        yield
    finally:
        ends.set()
    feeding.join(300)
    source.unlink()
    source.write_bytes(b"".join(lines))


def test_ctrl_c_ends_it_with_what_is_done_kept_and_the_same_command_does_the_rest(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    source, folder = tmp_path / "articles.jsonl", tmp_path / "data"
    write_articles(source, INTERRUPTED)
    with all_but_the_last(source):
        running = add(settings, source)
        while not count(folder):  # pytest's own limit ends a load that never begins
            assert running.poll() is None, running.communicate()
            time.sleep(0.05)
        workers = list(descendants(running.pid))
        os.killpg(running.pid, signal.SIGINT)
        code, first, told = report(running)
    assert (code, first["failed"]) == (1, [])
    assert "What was added is kept" in first["stopped"]
    assert "Traceback" not in told
    assert workers
    assert not any(lives(pid) for pid in workers)
    there = count(folder)
    assert first["added"] <= there < INTERRUPTED
    code, second, _ = report(add(settings, source))
    assert code == 0
    assert (second["added"], second["unchanged"]) == (INTERRUPTED - there, there)
    assert count(folder) == INTERRUPTED
