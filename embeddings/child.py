"""A process of its own that does one thing after another, and the wire to it.

It ends with the wire, so also when this program is killed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import TypeVar

from embeddings.errors import TopicbotError

T = TypeVar("T")


class ChildError(Exception):
    """What was asked of a child failed in a way that nobody foresaw; the message names the exception's type."""


class Child:
    """One process, for one thread at a time."""

    def __init__(self, most_memory: int = 0) -> None:
        """Start one that may address `most_memory` bytes, or without a limit when that is 0."""
        self._wire, theirs = Pipe()
        command = [sys.executable, "-m", __name__, str(theirs.fileno()), str(most_memory)]
        self.process = subprocess.Popen(  # noqa: S603  # this very module, by this very Python
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C is for the program, which then ends its children
        )
        theirs.close()

    @property
    def lives(self) -> bool:
        """Whether more can be asked of it."""
        return self.process.poll() is None and not self._wire.closed

    def do(self, work: Callable[..., T], *arguments: object, seconds: float | None = None, **more: object) -> T:
        """What `work` gives for these arguments; all of it must be picklable.

        Raises the `TopicbotError` that it raises, `ChildError` when it fails in another way, `TimeoutError` when
        it takes longer than `seconds`, and `EOFError` or `OSError` when the process has ended. After these last it
        is of no use any more: end it.
        """
        self._wire.send((work, arguments, more))
        if not self._wire.poll(seconds):
            raise TimeoutError
        done, result = self._wire.recv()
        if done:
            return result  # type: ignore[no-any-return]  # what came over the wire is what `work` gave
        raise result if isinstance(result, TopicbotError) else ChildError(result)

    def end(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        self._wire.close()


def _serve(wire: Connection, most_memory: int) -> None:
    """Do what comes over the wire until it is closed."""
    if most_memory:
        resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    while True:
        try:
            work, arguments, more = wire.recv()
        except (EOFError, OSError):
            return
        try:
            result = (True, work(*arguments, **more))
        except TopicbotError as error:
            result = (False, error)
        except (Exception, MemoryError) as error:
            result = (False, type(error).__name__)
        wire.send(result)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), int(sys.argv[2]))
