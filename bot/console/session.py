"""What every command needs around the library: opening it, errors as messages, progress, printing."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from bot.resources import open_encoder, open_reranker
from embeddings.errors import QuestionError, TopicbotError
from embeddings.text.controls import escape_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from embeddings.encoding.encoder import Encoder
    from embeddings.library import Library
    from embeddings.subscriptions.service import Sources

FAILED, BAD_USAGE = 1, 2
REINDEX = (
    "Some articles were added by an earlier version, which read headings, lists and tables less well."
    " `topicbot reindex` reads their stored text as it is read now; add the files again to read their tables too."
)
_PIPE_WIDTH = 120
_NOTE = 60


@contextmanager
def open_library(*, timed: bool = False) -> Iterator[Library]:
    """Open the library of the settings; its errors become messages. `timed`: encoding is timed for the metrics."""
    from bot.config import read_settings
    from bot.store.lost import check_library
    from embeddings.library import Library

    with report_errors():
        settings = read_settings()
        if settings.database is None:
            check_library(settings.data_dir)
        encoder: Encoder = open_encoder(settings)
        if timed:
            from bot.metrics import TimedEncoder

            encoder = TimedEncoder(encoder)
        with Library(
            settings.data_dir,
            encoder,
            merge_copies=settings.merge_copies,
            database_url=settings.database,
            reranker=open_reranker(settings),
        ) as library:
            if not timed and library.outdated and sys.argv[1:2] != ["reindex"]:
                say(REINDEX, err=True)
            yield library


def fit_confidence(library: Library) -> None:
    """Fit the decision on the library's own sentences where its embedding model needs that.

    For the end of a command, whose result is printed already: an error of the fit is a line on standard error.
    """
    from bot.config import explain
    from embeddings.evaluate.own_fit import fit_if_due, is_due

    try:
        if is_due(library):
            with progress("Fitting the confidence") as advance:
                fit_if_due(library, advance)
    except TopicbotError as error:
        say(f"The confidence was not fitted: {explain(error)} The running bot will fit it later.", err=True)


@contextmanager
def open_sources() -> Iterator[tuple[Library, Sources]]:
    """Open the library of the settings with its sources; errors become messages."""
    from bot.config import read_settings
    from embeddings.subscriptions.service import Sources

    with open_library() as library:
        yield library, Sources(library.local, read_settings().fetch_hosts)


@contextmanager
def report_errors() -> Iterator[None]:
    """Errors with a message for people are printed as such, and become the exit code."""
    try:
        yield
    except QuestionError as error:
        say(str(error), err=True)
        raise typer.Exit(BAD_USAGE) from error
    except TopicbotError as error:
        from bot.config import explain

        say(explain(error), err=True)
        raise typer.Exit(FAILED) from error
    except UnicodeEncodeError as error:
        typer.echo("An argument holds bytes that are not UTF-8 text. Type it again.", err=True)
        raise typer.Exit(BAD_USAGE) from error
    except OSError as error:
        if error.errno != errno.EPIPE:
            typer.echo(f"The output can't be written: {error.strerror or error}. Check where it goes.", err=True)
        raise typer.Exit(FAILED) from error


def say(text: str, *, err: bool = False) -> None:
    """Print text that strangers may have written: nothing in it moves the cursor or turns the line round."""
    from bot.console.tables import strip_control_chars

    typer.echo(strip_control_chars(text), err=err)


@contextmanager
def progress(title: str) -> Iterator[Callable[..., None]]:
    """Show a bar with count and rate on standard error; none when not in a terminal.

    Called with `(done, total, note)`: `total` is 0 if unknown, `note` says what is under way and may be left out.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.1f}/s" if task.speed else "", style="progress.data.speed")

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    note = TextColumn("{task.fields[note]}", markup=False, style="dim")
    with Progress(*columns, note, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None, note="")

        def advance(done: int, total: int, under_way: str = "") -> None:
            said = "".join(character for character in under_way if character.isprintable())[:_NOTE]
            bar.update(task, completed=done, total=total or None, note=said)

        yield advance


@contextmanager
def written_whole(file: Path) -> Iterator[IO[str]]:
    """Open a file of its owner's alone that gets its name once all is written; broken off, nothing stays."""
    partial = file.with_name(f".{file.name}.part")
    partial.unlink(missing_ok=True)  # a killed export left it
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as out:
            yield out
            out.flush()
            os.fsync(handle)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def is_styled() -> bool:
    """Return whether standard output shows styles: a terminal, not a file or a pipe."""
    from rich.console import Console

    return Console().is_terminal


def print_rich(renderable: RenderableType) -> None:
    """Print to standard output, wrapped and styled when it is a terminal; text is never read as markup."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPE_WIDTH
    console.print(renderable)


def print_json(shape: dict[str, Any]) -> None:
    """Print one JSON value on one line and flush it."""
    line = escape_json(json.dumps(shape, ensure_ascii=False, allow_nan=False))
    sys.stdout.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")
    sys.stdout.flush()


@contextmanager
def until_ended() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set while it is waited for."""
    ended = threading.Event()
    kept = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
