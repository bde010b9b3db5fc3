"""Random kills and random damage: `python -m tests.load.damage [--kills 100] [--damages 40] …`.

Kills a process that adds articles (`--kills`); damages a data folder (`--damages`: random bytes in pages,
truncated and deleted files: both databases, their logs, the index, the record of the last backup, the backup
itself); damages a PostgreSQL database (`--server-damages`: changed values, deleted rows, emptied and dropped
tables, dropped indexes); kills a PostgreSQL server and its clients (`--server-kills`). `--seed` repeats a run.
Prints a table, and exits with 1 when something acknowledged was lost, or something wrong was served as right, or a
command failed without saying what is wrong and what to do.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from embeddings.library import Library
from tests.flows.test_kill import add_and_kill, write_articles
from tests.flows.test_postgres_kill import Adder
from tests.hashed import HashedEncoder
from tests.load.damaged import BACKUP, damage, make_folder, postgres_trial, trial
from tests.load.damaged_postgres import damage as damage_postgres
from tests.load.damaged_postgres import sound_database
from tests.postgres import PostgresServer

ADDERS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """One kill or damage: what was done, how it ended, and what must not have happened."""

    what: str
    ended: str
    faults: tuple[str, ...] = ()


def killed(folder: Path, count: int, chance: random.Random) -> Iterator[Outcome]:
    """Kill a process that adds articles, `count` times, and open the library after each."""
    source, data = folder / "articles.jsonl", folder / "killed"
    total = 4 * count + 50
    write_articles(source, total)
    kept: set[str] = set()
    for number in range(count):
        after = len(kept) + chance.randint(0, max((total - len(kept)) // 8, 1))
        acknowledged = add_and_kill(data, source, after)
        with Library(data, HashedEncoder()) as library:
            found = {one.citation.article_id: one.paragraphs for one in library.local.articles()}
            faults = [f"lost {len(lost)} articles" for lost in [(acknowledged | kept) - found.keys()] if lost]
            faults += [f"{one} is there in part" for one, paragraphs in found.items() if paragraphs != 3]
            faults += library.check()
            if found and not faults:
                asked = chance.choice(sorted(found))
                answer = library.local.ask(f"Article {asked[1:]} tells in part 1", limit=10)
                if asked not in {one.citation.article_id for one in answer.passages}:
                    faults.append(f"{asked} isn't found")
        kept = set(found)
        yield Outcome(f"kill {number + 1}, SQLite", f"{len(kept)} articles", tuple(faults))


def damaged(folder: Path, count: int, chance: random.Random) -> Iterator[Outcome]:
    """Damage a copy of a sound folder in one way after the other, and see what every command makes of it."""
    sound = make_folder(folder)
    for number in range(count):
        copy = folder / f"damaged-{number}"
        what = damage(sound, copy, chance)
        ended, faults = trial(
            sound, copy, backup_only=what.file == BACKUP, may_be_older=what.file.endswith("-wal")
        )
        yield Outcome(f"{what.file}: {what.done}", ended, tuple(faults))


def server_damaged(folder: Path, count: int, chance: random.Random) -> Iterator[Outcome]:
    """Damage a copy of a sound PostgreSQL database in one way after the other."""
    place = folder / "server"
    place.mkdir()
    server = PostgresServer(place)
    try:
        with sound_database(server, place) as sound:
            for _ in range(count):
                with server.fresh(sound) as name:
                    what = damage_postgres(server.url(name), chance)
                    # Without an index answers are slow; stories that are gone are told anew.
                    heals = what.file == "telling" and what.done.endswith(("deleted", "refers to it"))
                    noticed = "index" not in what.done and not heals
                    ended, faults = postgres_trial(place, server.url(name), must_be_noticed=noticed)
                yield Outcome(f"PostgreSQL, {what.file}: {what.done}", ended, tuple(faults))
    finally:
        server.end()


def server_killed(folder: Path, count: int, chance: random.Random) -> Iterator[Outcome]:
    """Kill a PostgreSQL server, and every second time its clients too, while these add articles and ask."""
    source = folder / "many.jsonl"
    write_articles(source, 40 * count + 100)
    server = PostgresServer(folder)
    try:
        with server.fresh() as name:
            yield from _server_killed(server, server.url(name), source, folder, count, chance)
    finally:
        server.end()


def _server_killed(
    server: PostgresServer, url: str, source: Path, folder: Path, count: int, chance: random.Random
) -> Iterator[Outcome]:
    adders = [Adder(folder, url, source, number) for number in range(ADDERS)]
    try:
        for number in range(count):
            before, wanted = sum(len(one.told) for one in adders), chance.randint(5, 25)
            deadline = time.monotonic() + 240
            while sum(len(one.told) for one in adders) < before + wanted:
                if time.monotonic() > deadline or not all(one.running.lives for one in adders):
                    yield Outcome(f"kill {number + 1}, PostgreSQL", "stopped", ("the clients did not go on",))
                    return
                time.sleep(0.01)
            server.kill()
            if both := bool(number % 2):
                for one in adders:
                    one.kill()
            time.sleep(chance.uniform(0, 1))
            server.start()
            if both:
                for one in adders:
                    one.begin()
            what = f"kill {number + 1}, PostgreSQL{' and its clients' if both else ''}"
            yield Outcome(what, *_server_state(folder, url, adders))
    finally:
        for one in adders:
            if one.running.lives:
                one.kill()


def _server_state(folder: Path, url: str, adders: list[Adder]) -> tuple[str, tuple[str, ...]]:
    acknowledged = {name for one in adders for name in one.ids("added")}
    with Library(folder, HashedEncoder(), database_url=url) as library:
        found = {one.citation.article_id: one.paragraphs for one in library.local.articles()}
        faults = [f"lost {len(lost)} articles" for lost in [acknowledged - found.keys()] if lost]
        faults += [f"{one} is there in part" for one, paragraphs in found.items() if paragraphs != 3]
        faults += [f"an answer missed {one}" for adder in adders for one in adder.ids("missed")]
        return f"{len(found)} articles", (*faults, *library.check())


def main() -> int:
    """Do it all, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--damages", type=int, default=40)
    parser.add_argument("--server-kills", type=int, default=10)
    parser.add_argument("--server-damages", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    table = Table("What", "How it ended", "What must not be")
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="topicbot-damage-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        every = [
            killed(folder, given.kills, chance),
            damaged(folder, given.damages, chance),
            *([server_damaged(folder, given.server_damages, chance)] if given.server_damages else []),
            *([server_killed(folder, given.server_kills, chance)] if given.server_kills else []),
        ]
        for outcome in (one for some in every for one in some):
            outcomes.append(outcome)
            sys.stderr.write(f"{outcome.what} | {outcome.ended} | {'; '.join(outcome.faults)}\n")
            table.add_row(outcome.what, outcome.ended, "\n".join(outcome.faults))
    Console(width=160, highlight=False, markup=False).print(table)
    bad = sum(bool(one.faults) for one in outcomes)
    sys.stdout.write(f"seed {given.seed}: {len(outcomes)} kills and damages, {bad} with a fault\n")
    return 1 if bad or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
