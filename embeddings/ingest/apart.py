"""Reading what strangers wrote in a process of its own.

A page or a PDF can be made so that reading it takes hours or all memory, and no thread can be ended from outside.
So a worker process reads it, which is ended when it takes too long, and another one takes its place.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from embeddings.child import Child, ChildError
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
        return worker.read(source, work, arguments, more)


class _Worker(Child):
    """A child that reads documents."""

    def __init__(self) -> None:
        super().__init__(BYTES)

    def read(
        self, source: str, work: Callable[..., T], arguments: tuple[object, ...], more: dict[str, object]
    ) -> T:
        try:
            return self.do(work, *arguments, seconds=SECONDS, **more)
        except SourceError:
            raise
        except ChildError as error:
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
