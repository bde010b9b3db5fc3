"""Processes that tests kill. Each is forked from one that has loaded the program, so that it begins at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import ForkServerContext
from typing import Concatenate, ParamSpec

P = ParamSpec("P")
LOADED = [
    f"tests.flows.{name}"
    for name in (
        "test_bulk_kill",
        "test_digest_kill",
        "test_kill",
        "test_postgres_kill",
        "test_refresh_kill",
        "test_replicas",
    )
]
"""The modules whose functions run in children, with all that they import."""


@cache
def _context() -> ForkServerContext:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(LOADED)
    return found


class Child:
    """A process in which a module's function runs; its first argument sends texts, which are read here."""

    def __init__(
        self, work: Callable[Concatenate[Connection, P], None], *arguments: P.args, **more: P.kwargs
    ) -> None:
        self.wire, theirs = Pipe()
        self.process = _context().Process(target=work, args=(theirs, *arguments), kwargs=more, daemon=True)
        self.process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self.process.pid is not None
        return self.process.pid

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self.process.is_alive()

    def read(self, count: int | None = None) -> list[str]:
        """Return the next texts that it sends; fewer when it ends, or all until then without a `count`."""
        found: list[str] = []
        with suppress(EOFError, OSError):
            while count is None or len(found) < count:
                found.append(self.wire.recv())
        return found

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def end(self, seconds: float = 300) -> int | None:
        """Wait for its end, and return the exit code."""
        self.process.join(seconds)
        assert not self.lives, "it does not end"
        self.wire.close()
        return self.process.exitcode
