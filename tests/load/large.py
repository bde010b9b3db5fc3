"""A PDF of 300 pages and a text of 20,000 lines, added by the program itself: time and memory.

`python -m tests.load.large`, with the real model. Memory is the most that the process had resident (ru_maxrss).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

from rich.console import Console

from tests.pdfs import paragraph, report

PAGES, LINES = 300, 20_000


def long_text() -> str:
    """A text of so many lines: a title, and paragraphs of four lines with an empty one between."""
    lines = ["The harbour book of Port Quint", ""]
    number = 0
    while len(lines) < LINES:
        words = paragraph(number).split()
        step = len(words) // 4 + 1
        lines += [" ".join(words[start : start + step]) for start in range(0, len(words), step)] + [""]
        number += 1
    return "\n".join(lines[:LINES])


def add(file: Path, data: Path) -> str:
    """Add the file in a process of its own; gives what it said, and what it took."""
    started = monotonic()
    environment = {**os.environ, "TOPICBOT_DATA_DIR": str(data)}
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "add", str(file)], env=environment, stdout=subprocess.PIPE, text=True
    )
    said = running.stdout.read().strip() if running.stdout else ""
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    most = used.ru_maxrss / 1024
    return f"{file.name}: {said} Exit {running.returncode}, {monotonic() - started:.0f} s, {most:,.0f} MB at most"


def main() -> None:
    """Add both, and print a line each."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.pdf").write_bytes(report(0, pages=PAGES))
        (folder / "book.txt").write_text(long_text(), encoding="utf-8")
        for file in ("report.pdf", "book.txt"):
            console.print(add(folder / file, folder / "data"))
    console.print(f"this script itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
