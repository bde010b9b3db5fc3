"""Adding very many articles with several workers, or with Ray: how long it takes, and how much memory.

    python -m tests.load.bulk PARAGRAPHS [--tiny] [--postgres] -- --workers 2
    python -m tests.load.bulk PARAGRAPHS [--tiny] [--postgres] -- --ray local
    python -m tests.load.bulk PARAGRAPHS --indexing

Writes a .jsonl file of recombined sample texts, ten paragraphs an article, and runs `topicbot add` on it with the
options after `--`. Prints what memory its processes had from time to time, files that they have mapped left out
(Pss_Anon, proc(5)), then a line of JSON. `--tiny`: a model of few weights, to measure all but that. `--again` runs
the same command a second time, when everything is there. `--indexing` only compares how long a load into
PostgreSQL takes with the index over the vectors (384 numbers, the tests' encoder) made before it and after it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from bot.bench.corpus import PARAGRAPHS, Material, material, recombined
from embeddings.encoding.processes import Workers
from embeddings.errors import SourceError
from embeddings.importer import load
from embeddings.ingest.files import read, sources
from embeddings.library import Library, open_database
from embeddings.store import metadata
from embeddings.store.tables import paragraph
from tests.conftest import EXAMPLES
from tests.hashed import HashedEncoder
from tests.load.stores import database
from tests.tiny import make_tiny_model

FIRST, STEP = datetime(2020, 1, 1), timedelta(minutes=25)


SECONDS = 0.5


ROWS = 12


@dataclass
class Memory:
    """What memory the processes had, in megabytes: at each moment the command itself, and all of them."""

    moments: list[tuple[float, float, float, int]] = field(default_factory=list)
    ended: Event = field(default_factory=Event)

    def watch(self, pid: int) -> None:
        """Look every half second until told to end."""
        started = monotonic()
        while not self.ended.wait(SECONDS):
            below = list(descendants(pid))
            own = resident(pid)
            self.moments.append((monotonic() - started, own, own + sum(map(resident, below)), 1 + len(below)))


def descendants(pid: int) -> Iterator[int]:
    """The processes that this one, and its own, have started (proc(5))."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, file.read_text().split()):
                yield child
                yield from descendants(child)


def resident(pid: int) -> float:
    """Megabytes of its own: no files that it has mapped, as SQLite its database; 0 for one that has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) / 1024
    return 0.0


def write(path: Path, paragraphs: int) -> None:
    """The file to add; it is never held whole."""
    given, chance = texts(), random.Random(paragraphs)
    with path.open("w", encoding="utf-8") as file:
        for number in range(paragraphs // PARAGRAPHS):
            parts = [
                " ".join(" ".join(sentence) for sentence in recombined(given, chance)) for _ in range(PARAGRAPHS)
            ]
            line = {
                "id": f"article-{number}",
                "title": " ".join(chance.sample(given.words, 6)),
                "text": "\n\n".join(parts),
                "published_at": (FIRST + number * STEP).isoformat(),
            }
            file.write(json.dumps(line) + "\n")


def texts() -> Material:
    """The words of the sample articles."""
    with tempfile.TemporaryDirectory() as folder, Library(folder, HashedEncoder()) as library:
        for path in sources(EXAMPLES / "articles"):
            for found in read(path):
                if not isinstance(found, SourceError):
                    library.local.add(found)
        return material(library)


def add(file: Path, environment: dict[str, str], options: list[str]) -> tuple[dict[str, object], float, Memory]:
    """Run the command; gives what it printed, the seconds and the memory."""
    memory, started = Memory(), monotonic()
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "add", str(file), "--json", *options],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    watching = Thread(target=memory.watch, args=(running.pid,))
    watching.start()
    said, _ = running.communicate()
    memory.ended.set()
    watching.join()
    return json.loads(said), monotonic() - started, memory


@contextmanager
def store(folder: Path, *, postgres: bool) -> Iterator[str | None]:
    """Where the library is kept."""
    if not postgres:
        yield None
        return
    with database([]) as url:
        yield url


def show(memory: Memory) -> None:
    """Print some of the moments."""
    table = Table("Seconds", "The command, MB", "All processes, MB", "Processes", box=None, pad_edge=False)
    for moment in memory.moments[:: max(1, len(memory.moments) // ROWS)]:
        table.add_row(f"{moment[0]:.0f}", f"{moment[1]:,.0f}", f"{moment[2]:,.0f}", str(moment[3]))
    Console(width=100).print(table)


def cpu_seconds() -> float:
    """Of all processes that have ended and been waited for by whoever started them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def indexing(file: Path) -> None:
    """Load the file into two empty databases, the index made first or last, and print the seconds."""
    make = partial(HashedEncoder, dim=384)
    for first in (True, False, True, False):
        with (
            database([]) as url,
            Library(file.parent, make(), database_url=url) as library,
            Workers(1, make, library.encoder.fingerprint) as workers,
        ):
            if first:
                with library.database.writing() as connection:
                    metadata.claim(connection, metadata.Model("hashed", 384, library.encoder.fingerprint))
            else:
                library.begin_loading()
            started = monotonic()
            count = sum(1 for _ in load(library.local, read(file), workers))
            loaded = monotonic()
            library.warm()
            told = {
                "index": "first" if first else "last",
                "articles": count,
                "loaded_s": round(loaded - started, 1),
            }
            sys.stdout.write(json.dumps({**told, "with_index_s": round(monotonic() - started, 1)}) + "\n")


def main() -> None:
    """Write the file, add it, print."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("paragraphs", type=int)
    for option in ("--tiny", "--postgres", "--again", "--indexing"):
        wanted.add_argument(option, action="store_true")
    own, _, options = " ".join(sys.argv[1:]).partition(" -- ")
    asked = wanted.parse_args(own.split())
    with tempfile.TemporaryDirectory() as name, store(Path(name), postgres=asked.postgres) as url:
        folder, file = Path(name), Path(name) / "big.jsonl"
        write(file, asked.paragraphs)
        if asked.indexing:
            indexing(file)
            return
        environment = {**os.environ, "TOPICBOT_DATA_DIR": str(folder / "data")}
        if url is not None:
            environment["TOPICBOT_DATABASE_URL"] = url
        if asked.tiny:
            environment["TOPICBOT_EMBEDDING_MODEL"] = str(make_tiny_model(folder))
        for _ in range(2 if asked.again else 1):
            before = cpu_seconds()
            report, seconds, memory = add(file, environment, options.split())
            used = cpu_seconds() - before
            show(memory)
            opened = open_database(folder / "data", url)
            with opened.reading() as connection:
                held = connection.scalar(select(func.count()).select_from(paragraph))
            opened.close()
            most = max(memory.moments, key=lambda moment: moment[2])
            told = {
                "file_mb": round(file.stat().st_size / 1e6),
                "options": options,
                **report,
                "there": held,
                "all_seconds": round(seconds, 1),
                "cpu_seconds": round(used, 1),
                "paragraphs_a_second": round(asked.paragraphs / seconds, 1),
                "most_mb": round(most[2]),
                "command_most_mb": round(max(moment[1] for moment in memory.moments)),
            }
            sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
