"""PostgreSQL and all who work with it killed at random: nothing acknowledged is lost, nothing half there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest

from embeddings.errors import StoreError
from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.types import Article
from tests.children import Child
from tests.flows.test_kill import write_articles
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer

pytestmark = pytest.mark.kill


KILLS, ADDERS = 4, 2


T = TypeVar("T")


def insist(act: Callable[[], T]) -> T:
    """Return what it returns, tried until the server is there."""
    while True:
        try:
            return act()
        except StoreError:
            time.sleep(0.05)


def add_and_ask(wire: Connection, folder: Path, url: str, source: Path, number: int) -> None:
    """In a child: add articles one after the other and tell each id when its adding has returned; then ask for it.

    While the server is away it waits, and goes on by itself when the server is back.
    """
    library = insist(lambda: Library(folder, HashedEncoder(), database_url=url))
    for article in [one for one in read(source) if isinstance(one, Article)][number::ADDERS]:
        added = insist(partial(library.local.add, article))
        wire.send(f"added {added.article_id}")
        answer = insist(partial(library.local.ask, article.paragraphs[0].text, limit=10))
        is_found = any(one.citation.article_id == added.article_id for one in answer.passages)
        wire.send(f"{'found' if is_found else 'missed'} {added.article_id}")


class Adder:
    """A child that is started again as often as it is killed, and all that it has told."""

    def __init__(self, folder: Path, url: str, source: Path, number: int) -> None:
        self._arguments = folder, url, source, number
        self.told: list[str] = []
        self.begin()

    def begin(self) -> None:
        self.running = Child(add_and_ask, *self._arguments)
        self._reader = Thread(target=self._read, args=(self.running,))
        self._reader.start()

    def _read(self, running: Child) -> None:
        while line := running.read(1):
            self.told += line

    def end(self, seconds: float) -> int | None:
        """Wait for its end; gives the exit code."""
        self._reader.join(seconds)
        return self.running.end()

    def kill(self) -> None:
        self.running.kill()
        self.end(60)

    def ids(self, word: str) -> list[str]:
        return [line.split()[1] for line in self.told if line.startswith(f"{word} ")]


@contextmanager
def adders(folder: Path, url: str, source: Path) -> Iterator[list[Adder]]:
    found = [Adder(folder, url, source, number) for number in range(ADDERS)]
    try:
        yield found
    finally:
        for one in found:
            if one.running.lives:
                one.kill()


def test_the_server_and_its_clients_are_killed_while_adding_and_answering(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    chance = random.Random(6)
    source = tmp_path / "articles.jsonl"
    write_articles(source)
    with postgres.fresh() as name, adders(tmp_path, url := postgres.url(name), source) as children:
        for number in range(KILLS):
            before = sum(len(one.told) for one in children)
            deadline = time.monotonic() + 240
            while sum(len(one.told) for one in children) < before + chance.randint(5, 25):
                assert time.monotonic() < deadline, "nobody goes on after the server came back"
                time.sleep(0.01)
            postgres.kill()
            if number % 2:
                for one in children:
                    one.kill()
            time.sleep(chance.uniform(0, 1))
            postgres.start()
            if number % 2:
                for one in children:
                    one.begin()
        assert [one.end(400) for one in children] == [0] * ADDERS
        acknowledged = {told for one in children for told in one.ids("added")}
        with Library(tmp_path, HashedEncoder(), database_url=url) as library:
            held = {summary.citation.article_id: summary.paragraphs for summary in library.local.articles()}
            assert acknowledged == held.keys()
            assert len(held) == len(source.read_text().splitlines())
            assert set(held.values()) == {3}, "an article is there in part"
            assert library.check() == []
    assert all(one.ids("found") for one in children)
    assert not [told for one in children for told in one.ids("missed")], "an answer missed what was acknowledged"
