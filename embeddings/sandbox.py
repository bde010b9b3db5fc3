"""Run work on untrusted documents in a process of its own, within limits."""

from __future__ import annotations

import atexit
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from typing import ParamSpec, TypeVar

from embeddings import wire
from embeddings.errors import SourceError, TopicbotError
from embeddings.wire import WireError

T = TypeVar("T")
_LONGEST = 1 << 30
"""The longest answer that is read of a worker, in bytes."""


class WorkerError(Exception):
    """What was asked of a child failed in a way that nobody foresaw; the message names the exception's type."""


class Worker:
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
            env=clean_environment(),
            start_new_session=True,  # Ctrl+C is for the program, which then ends its children
        )
        theirs.close()

    @property
    def lives(self) -> bool:
        """Whether more can be asked of it."""
        return self.process.poll() is None and not self._wire.closed

    def call(self, work: Callable[..., T], *arguments: object, seconds: float | None = None, **more: object) -> T:
        """Return what `work`, a module's function, returns for these arguments; see `wire` for what they may be.

        Raises the `TopicbotError` that it raises, `WorkerError` when it fails in another way, `TimeoutError` when
        it takes longer than `seconds`, and `EOFError` or `OSError` when the process has ended. After these last it
        is of no use any more: end it.
        """
        self._wire.send_bytes(wire.pack((work, arguments, more)))
        if not self._wire.poll(seconds):
            raise TimeoutError
        try:
            done, result = wire.unpack(self._wire.recv_bytes(_LONGEST), from_worker=True)
        except (WireError, TypeError, ValueError) as error:
            raise WorkerError(str(error)) from error
        if done:
            return result  # type: ignore[no-any-return]  # what came over the wire is what `work` gave
        raise result if isinstance(result, TopicbotError) else WorkerError(str(result))

    def end(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        self._wire.close()


_PASSED_ON = frozenset("PATH HOME LANG LANGUAGE TZ TMPDIR VIRTUAL_ENV LD_LIBRARY_PATH".split())
_PASSED_ON_BEGINNINGS = ("LC_", "PYTHON", "XDG_", "OMP_", "MKL_", "OPENBLAS_", "TORCH", "CUDA_", "TRANSFORMERS_")
_MODEL_PLACES = frozenset("HF_HOME HF_HUB_CACHE HF_HUB_OFFLINE SENTENCE_TRANSFORMERS_HOME".split())


def clean_environment() -> dict[str, str]:
    """Return the environment for a worker: what Python and the models need, none of the program's tokens."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON | _MODEL_PLACES or name.startswith(_PASSED_ON_BEGINNINGS)
    }


def _serve(pipe: Connection, most_memory: int) -> None:
    """Do what comes over the wire until it is closed."""
    if most_memory:
        resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        work, arguments, more = wire.unpack(message, from_worker=False)
        try:
            answer = wire.pack((True, work(*arguments, **more)))
        except TopicbotError as error:
            answer = wire.pack((False, error))
        except (Exception, MemoryError) as error:
            answer = wire.pack((False, type(error).__name__))
        pipe.send_bytes(answer)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), int(sys.argv[2]))


SECONDS = 120.0
"""The most that reading one document may take."""

BYTES = 2_000_000_000
"""The most memory that a worker may address."""

_MAX_PARALLEL = 2
P = ParamSpec("P")


def run_sandboxed(source: str, work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T:
    """Return what `work` returns for these arguments, worked out by a worker. `wire` says what may be in them.

    Raises the `SourceError` that it raises, and one that names `source` when it fails in another way, takes too
    long or too much memory.
    """
    with _workers.one() as worker:
        return worker.read(source, work, arguments, more)


class _Worker(Worker):
    """A child that reads documents."""

    def __init__(self) -> None:
        super().__init__(BYTES)

    def read(
        self, source: str, work: Callable[..., T], arguments: tuple[object, ...], more: dict[str, object]
    ) -> T:
        try:
            return self.call(work, *arguments, seconds=SECONDS, **more)
        except SourceError:
            raise
        except WorkerError as error:
            raise SourceError(source, f"can't be read ({error}). Save it anew.") from error
        except TimeoutError as error:
            self.end()
            raise SourceError(
                source, f"takes longer than {SECONDS:.0f} seconds to read. Save it anew, or a part."
            ) from error
        except (EOFError, OSError) as error:
            self.end()
            raise SourceError(
                source, "can't be read: it takes too much memory. Save it anew, or a part."
            ) from error
        except BaseException:
            self.end()
            raise


class _Workers:
    """Workers, made when they are needed and kept for the next document."""

    def __init__(self) -> None:
        self._turns = threading.Semaphore(_MAX_PARALLEL)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    @contextmanager
    def one(self) -> Iterator[_Worker]:
        """Yield a worker for the caller alone; waits while all are busy."""
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
