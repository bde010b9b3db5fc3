"""PostgreSQL and all who work with it killed at random: nothing acknowledged is lost, nothing half there."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from embeddings.library import Library
from tests.flows.test_kill import write_articles
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer

pytestmark = pytest.mark.kill


KILLS, ADDERS = 4, 2


# A child adds articles one after the other and tells each id when its adding has returned; then it asks for the
# article. While the server is away it waits, and goes on by itself when the server is back.
CHILD = """
import sys, time
from pathlib import Path
from embeddings.errors import StoreError
from embeddings.ingest.files import read
from embeddings.library import Library
from tests.hashed import HashedEncoder
def insist(act):
    while True:
        try:
            return act()
        except StoreError as error:
            sys.stderr.write(f"{error}\\n")
            time.sleep(0.05)

library = insist(lambda: Library(sys.argv[1], HashedEncoder(), database_url=sys.argv[2]))
for article in list(read(Path(sys.argv[3])))[int(sys.argv[4])::int(sys.argv[5])]:
    added = insist(lambda: library.local.add(article))
    print("added", added.article_id, flush=True)
    answer = insist(lambda: library.local.ask(article.paragraphs[0].text, limit=10))
    found = any(one.citation.article_id == added.article_id for one in answer.passages)
    print("found" if found else "missed", added.article_id, flush=True)
"""


class Adder:
    """A child that is started again as often as it is killed, and all that it has told."""

    def __init__(self, folder: Path, url: str, source: Path, number: int) -> None:
        self._arguments = [str(folder), url, str(source), str(number), str(ADDERS)]
        self.told: list[str] = []
        self.begin()

    def begin(self) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-c", CHILD, *self._arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        self._reader = Thread(target=self._read, args=(self.running,))
        self._reader.start()

    def _read(self, running: subprocess.Popen[str]) -> None:
        for line in running.stdout or ():
            self.told.append(line.strip())

    def end(self, seconds: float) -> int:
        """Wait for its end; gives the exit code."""
        code = self.running.wait(seconds)
        self._reader.join()
        assert self.running.stdout is not None
        self.running.stdout.close()
        return code

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
            if one.running.poll() is None:
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
