"""Reading what strangers wrote in a process of its own.

A page or a PDF can be made so that reading it takes hours or all memory, and no thread can be ended from outside.
So a worker process reads it, which is ended when it takes too long, and another one takes its place.
"""

from __future__ import annotations

import atexit
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from typing import ParamSpec, TypeVar

from embeddings.errors import SourceError

SECONDS = 120.0
"""The most that reading one document may take."""
BYTES = 2_000_000_000
"""The most memory that a worker may address."""

_AT_ONCE = 2

P = ParamSpec("P")
T = TypeVar("T")


def apart(source: str, work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T:
    """What `work` gives for these arguments, worked out by a worker; all of them must be picklable.

    Raises the `SourceError` that it raises, and one that names `source` when it fails in another way, takes too
    long or too much memory.
    """
    with _workers.one() as worker:
        return worker.do(source, work, arguments, more)


class _Worker:
    """One process, and the wire to it."""

    def __init__(self) -> None:
        self._wire, theirs = Pipe()
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        self._process = subprocess.Popen(  # noqa: S603  # this very module, by this very Python
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C is for the program, which then ends its workers
        )
        theirs.close()

    @property
    def lives(self) -> bool:
        """Whether more can be asked of it."""
        return self._process.poll() is None and not self._wire.closed

    def do(self, source: str, work: Callable[..., T], arguments: tuple[object, ...], more: dict[str, object]) -> T:
        try:
            self._wire.send((work, arguments, more))
            if not self._wire.poll(SECONDS):
                raise SourceError(
                    source, f"takes longer than {SECONDS:.0f} seconds to read. Save it anew, or a part."
                )
            done, result = self._wire.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise SourceError(
                source, "can't be read: it takes too much memory. Save it anew, or a part."
            ) from error
        except BaseException:
            self.end()
            raise
        if done:
            return result  # type: ignore[no-any-return]  # what came over the wire is what `work` gave
        if isinstance(result, SourceError):
            raise result
        raise SourceError(source, f"can't be read ({result}). Save it anew.")

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self._wire.close()


class _Workers:
    """Workers, made when they are needed and kept for the next document."""

    def __init__(self) -> None:
        self._turns = threading.Semaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    @contextmanager
    def one(self) -> Iterator[_Worker]:
        """A worker of one's own for a while; waits while all are busy."""
        with self._turns:
            worker = self._taken()
            try:
                yield worker
            finally:
                if worker.lives:
                    with self._lock:
                        self._idle.append(worker)

    def end(self) -> None:
        """End those that have nothing to do."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()

    def _taken(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.lives:
                    return worker
                worker.end()
        return _Worker()


_workers = _Workers()
atexit.register(_workers.end)


def _serve(wire: Connection) -> None:
    """Do what comes over the wire until it is closed."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    while True:
        try:
            work, arguments, more = wire.recv()
        except (EOFError, OSError):
            return
        try:
            result = (True, work(*arguments, **more))
        except SourceError as error:
            result = (False, error)
        except (Exception, MemoryError) as error:
            result = (False, type(error).__name__)
        wire.send(result)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
