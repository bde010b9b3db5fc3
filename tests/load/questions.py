"""Many questions at once: `python -m tests.load.questions [--questions 200] [--people 20] [--http] [--rounds 3]`.

Starts `topicbot run` over the sample articles as a process of its own, lets people ask all at once with /ask, and
prints how long Slack waited for its acknowledgement and the people for their answer, the process's memory, and the
CPU time that a question takes there and in the stand-in for Slack.
The 60 sample questions are asked in turn; with --distinct no question is asked twice.
Everything stays on this machine; it ends by itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import psutil
from rich.console import Console
from rich.table import Table

from embeddings.ingest.files import read, sources
from embeddings.library import Library
from embeddings.types import LOCAL_TEAM, Article
from tests.flows.process import started
from tests.slack_server import CommandRun, SlackServer

EXAMPLES = Path(__file__).parents[2] / "examples"


CHANNELS = ("CNEWS", "CTAX", "CQUIET")


@dataclass(frozen=True, slots=True)
class Round:
    """One round's figures, in seconds and, of all processes together, megabytes.

    `cpu` and `stand_in_cpu` are milliseconds of CPU time for each question: the bots', and this process's.
    """

    asked: int
    answered: int
    doubled: int
    slowest_ack: float
    median: float
    p95: float
    slowest: float
    memory: float
    cpu: float
    stand_in_cpu: float


def main() -> int:
    """Run the load and print the table; 1 when a question was lost or doubled, or an answer came too late."""
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    wanted.add_argument("--questions", type=int, default=200)
    wanted.add_argument("--people", type=int, default=20)
    wanted.add_argument("--rounds", type=int, default=3)
    wanted.add_argument("--http", action="store_true")
    wanted.add_argument("--distinct", action="store_true")
    options = wanted.parse_args()
    texts = [json.loads(line)["question"] for line in (EXAMPLES / "questions.jsonl").open()]
    mode = ("--http", "--port", "0") if options.http else ()
    with tempfile.TemporaryDirectory() as folder, SlackServer() as slack:
        fill(Path(folder))
        people = [f"UP{number}" for number in range(options.people)]
        for person in people:
            slack.add_user("T1", person, channels=CHANNELS)
        with started(slack, Path(folder), *mode) as process:
            rounds = []
            for number in range(options.rounds):
                asked = [texts[n % len(texts)] for n in range(options.questions)]
                if options.distinct:
                    asked = [f"{text} ({number}, {n})" for n, text in enumerate(asked)]
                rounds.append(ask_all(slack, [process.running.pid], [(one, CHANNELS) for one in people], asked))
    show(rounds)
    good = all(
        one.answered == one.asked and not one.doubled and one.slowest_ack < 3 and one.p95 < 3 for one in rounds
    )
    return 0 if good else 1


def fill(folder: Path) -> None:
    """Make a library of the sample articles."""
    with Library(folder) as library:
        add_samples(library)


def add_samples(library: Library, team: str = LOCAL_TEAM) -> None:
    """Add the sample articles."""
    for path in sources(EXAMPLES / "articles"):
        for found in read(path):
            if isinstance(found, Article):
                library.of(team).add(found)


def ask_all(
    slack: SlackServer, pids: Sequence[int], people: Sequence[tuple[str, Sequence[str]]], texts: Sequence[str]
) -> Round:
    """Have people, each in one of these channels, ask all at once; gives the figures when all have an answer.

    `pids` are the bots' processes.
    """
    spent, own_spent = _cpu(pids), process_time()
    began = slack.clock.now()
    runs = []
    for number, text in enumerate(texts):
        person, channels = people[number % len(people)]
        runs.append(slack.command(person, channels[number % len(channels)], "/ask", text))
    slack.wait_for(lambda: all(run.shown for run in runs), timeout=120, what="all answers")
    slack.settle(timeout=30)
    times = sorted(_answered_at(run) - began for run in runs)
    return Round(
        asked=len(runs),
        answered=sum(bool(run.shown) for run in runs),
        doubled=sum(len(run.shown) > 1 for run in runs),
        slowest_ack=max(99.0 if run.acked_after is None else run.acked_after for run in runs),
        median=times[len(times) // 2],
        p95=times[int(len(times) * 0.95)],
        slowest=times[-1],
        memory=sum(map(memory, pids)),
        cpu=(_cpu(pids) - spent) / len(runs) * 1000,
        stand_in_cpu=(process_time() - own_spent) / len(runs) * 1000,
    )


def _cpu(pids: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


def _answered_at(run: CommandRun) -> float:
    return float(run.shown[0].ts)


def memory(pid: int) -> float:
    """The process's resident memory, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def show(rounds: Sequence[Round]) -> None:
    """Print the table."""
    columns = (
        "Round",
        "Asked",
        "Answered",
        "Twice",
        "Slowest ack",
        "Median",
        "p95",
        "Slowest",
        "Memory",
        "CPU",
        "Stand-in",
    )
    table = Table(*columns, box=None, pad_edge=False)
    for number, one in enumerate(rounds, start=1):
        seconds = (one.slowest_ack, one.median, one.p95, one.slowest)
        counts = (number, one.asked, one.answered, one.doubled)
        table.add_row(
            *map(str, counts),
            *(f"{value:.2f} s" for value in seconds),
            f"{one.memory:.0f} MB",
            f"{one.cpu:.1f} ms",
            f"{one.stand_in_cpu:.1f} ms",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main())
