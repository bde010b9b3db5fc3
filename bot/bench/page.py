"""A documentation page whose tables a benchmark writes: each between two marks, the prose around them by hand."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from embeddings.errors import InvalidInputError

_CPU_FILE = Path("/proc/cpuinfo")
_INDENT = "&nbsp; "


class PageError(InvalidInputError):
    """The page can't be read or written, or has no place for a table."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its columns' names, and rows of as many cells. A row that belongs to the one before is indented."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""


def rich_table(grid: Grid) -> RenderableType:
    """Return the table for the terminal."""
    table = Table(title=grid.title or None, title_justify="left", box=None, pad_edge=False)
    for number, name in enumerate(grid.header):
        table.add_column(name, justify="right" if number else "left")
    for row in grid.rows:
        table.add_row(*row)
    return table


def markdown(grid: Grid) -> str:
    """Return the table as Markdown."""
    lines = [_line(grid.header), _line(["--", *("--:" for _ in grid.header[1:])])]
    return "\n".join([*lines, *map(_line, grid.rows)])


def _line(cells: Sequence[str]) -> str:
    first, *others = (cell.replace("|", "\\|") for cell in cells)
    indented = _INDENT + first.lstrip() if first.startswith(" ") else first
    return f"| {' | '.join([indented, *others])} |"


def check_page(path: Path, names: Sequence[str]) -> None:
    """Raise `PageError` unless the page has the marks of each of these sections, once, and can be written."""
    text = _read(path)
    for name in names:
        if len(_section(name).findall(text)) != 1:
            raise PageError(
                f"{path} has no place for the section {name!r}. Write the lines {_begin(name)} and {_end(name)} "
                "where it belongs, once."
            )
    if not os.access(path, os.W_OK):
        raise PageError(f"{path} can't be written. Change its permissions, or name another page.")


def write_page(path: Path, sections: Mapping[str, str]) -> None:
    """Put each text between the marks of its section, in place of what is there.

    Everything else stays as it is. Raises `PageError` when that can't be done.
    """
    check_page(path, list(sections))
    text = _read(path)
    for name, body in sections.items():
        before, begin, rest = text.partition(_begin(name))
        _, end, after = rest.partition(_end(name))
        text = f"{before}{begin}\n{body.strip()}\n{end}{after}"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PageError(f"{path} can't be written: {error.strerror or error}. Choose another page.") from error


def conditions(command: str, now: datetime) -> str:
    """Return the sentence on when, how and on what was measured."""
    load = f", at a load of {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    cores = os.cpu_count() or 1
    return f"Measured on {now:%Y-%m-%d} with `{command}`, {cores} cores of an {_processor()}{load}."


def _processor() -> str:
    if _CPU_FILE.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", _CPU_FILE.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PageError(f"{path} can't be read ({error}). Name a page of the documentation.") from error


def _begin(name: str) -> str:
    return f"<!-- bench: {name} -->"


def _end(name: str) -> str:
    return f"<!-- /bench: {name} -->"


def _section(name: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(_begin(name))}\n.*?{re.escape(_end(name))}", re.DOTALL)
