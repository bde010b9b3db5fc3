"""Memory in a long run: `python -m tests.load.soak [--acts 3] [--minutes 60] [--settled 10] [--trace]`.

Starts `topicbot run` over the sample articles as a process of its own, lets people ask with /ask and by direct
messages at a steady pace, no question twice, and prints the process's memory by the minute. Exits with 1 when the
memory at the end is over 5 % above that of the minute `--settled`.

With --trace the process counts its allocations, which makes it slower and larger, and the lines of code that hold
more at the end than at the minute `--settled` are printed too. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.flows.process import Process, started
from tests.load.questions import CHANNELS, EXAMPLES, fill
from tests.slack_server import SlackServer

GROWTH = 0.05
_PEOPLE = 20
_ROOT = Path(__file__).parents[2]
_TRACING = """
import gc, pathlib, signal, tracemalloc

tracemalloc.start(8)
first = []

def note(*_):
    gc.collect()
    taken = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])
    if first:
        lines = [str(one) for one in taken.compare_to(first[0], "lineno")[:30]]
        traces = taken.compare_to(first[0], "traceback")[:6]
        lines += [line for one in traces for line in ("", str(one), *one.traceback.format())]
        pathlib.Path(FILE).write_text("\\n".join(lines) + "\\n")
    else:
        first.append(taken)

signal.signal(signal.SIGUSR2, note)
"""


@dataclass(frozen=True, slots=True)
class Minute:
    """The process at the end of a minute: megabytes resident, those of them that no file backs, and threads."""

    acts: int
    resident: float
    own: float
    threads: int


def main() -> int:
    """Run the load and print the table."""
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    wanted.add_argument("--acts", type=float, default=3, help="acts a second")
    wanted.add_argument("--minutes", type=int, default=60)
    wanted.add_argument("--settled", type=int, default=10, help="the minute that the end is compared with")
    wanted.add_argument("--trace", action="store_true")
    options = wanted.parse_args()
    settled = min(options.settled, options.minutes)
    with tempfile.TemporaryDirectory() as folder, SlackServer() as slack:
        fill(Path(folder))
        for number in range(_PEOPLE):
            slack.add_user("T1", f"UP{number}", channels=CHANNELS)
        noted = Path(folder, "allocations")
        path = _tracing(Path(folder), noted) if options.trace else str(_ROOT)
        with started(slack, Path(folder), PYTHONPATH=path) as process:
            minutes = []
            for number, minute in enumerate(_soak(slack, process, options.acts, options.minutes), start=1):
                minutes.append(minute)
                _say(number, minute)
                if options.trace and number in (settled, options.minutes):
                    process.running.send_signal(signal.SIGUSR2)
            slack.settle(timeout=60)
            if options.trace:
                time.sleep(15)
        if noted.exists():
            sys.stdout.write(noted.read_text())
    return _show(minutes, settled)


def _tracing(folder: Path, noted: Path) -> str:
    """Return the search path with which Python starts with its allocations counted."""
    place = folder / "tracing"
    place.mkdir()
    (place / "sitecustomize.py").write_text(_TRACING.replace("FILE", repr(str(noted))))
    return os.pathsep.join([str(place), str(_ROOT)])


def _soak(slack: SlackServer, process: Process, acts: float, minutes: int) -> Iterator[Minute]:
    """Act at the pace and yield what the process holds after each minute."""
    texts = [json.loads(line)["question"] for line in (EXAMPLES / "questions.jsonl").open()]
    began, done = time.monotonic(), 0
    for minute in range(1, minutes + 1):
        while time.monotonic() < began + minute * 60:
            _act(slack, done, f"{texts[done % len(texts)]} ({done})")
            done += 1
            time.sleep(max(0.0, began + done / acts - time.monotonic()))
        del process.lines[:]  # a long run's log is not needed here
        yield _measured(process.running.pid, done)


def _act(slack: SlackServer, number: int, text: str) -> None:
    person, channel = f"UP{number % _PEOPLE}", CHANNELS[number % len(CHANNELS)]
    if number % 3:
        slack.command(person, channel, "/ask", text)
    else:
        slack.say(person, channel, f"<@{slack.workspaces['T1'].bot_user}> {text}")


def _measured(pid: int, acts: int) -> Minute:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    resident, own = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return Minute(acts, resident, own, int(fields["Threads"]))


def _say(number: int, minute: Minute) -> None:
    sys.stdout.write(f"minute {number}: {minute.acts} acts, {minute.resident:.1f} MB, own {minute.own:.1f} MB\n")
    sys.stdout.flush()


def _show(minutes: list[Minute], settled: int) -> int:
    table = Table("Minute", "Acts", "Memory", "Not of files", "Threads", box=None, pad_edge=False)
    for number, one in enumerate(minutes, start=1):
        cells = (number, one.acts, f"{one.resident:.1f} MB", f"{one.own:.1f} MB", one.threads)
        table.add_row(*map(str, cells))
    growth = minutes[-1].resident / minutes[settled - 1].resident - 1
    console = Console(width=100)
    console.print(table)
    console.print(f"From minute {settled} to minute {len(minutes)}: {growth:+.1%}")
    return int(growth > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
