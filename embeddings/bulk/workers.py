"""Several processes of this machine that encode."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self

from embeddings.bulk.encoding import Encoded, MakeEncoder, encode_group
from embeddings.child import Child, ChildError
from embeddings.errors import SourceError, TopicbotError
from embeddings.types import Article

_AHEAD = 3
"""Groups that are taken for each worker before the first of them must be done."""
_TRIES = 2
_LOST = 8
"""So many workers that are lost one after the other, for each, and no more are started."""
_log = logging.getLogger("topicbot.bulk")


class Workers:
    """So many processes, each with a model of its own; a thread waits for each.

    A worker that is lost, killed or out of memory, is told in the log; another one encodes what it had in hand.
    """

    def __init__(self, count: int, make: MakeEncoder, fingerprint: str) -> None:
        """`fingerprint` is that of the model which `make`, called in each worker, must give."""
        self._count, self._make, self._fingerprint = count, make, fingerprint
        self._threads = ThreadPoolExecutor(count, "worker")
        self._own = threading.local()
        self._lock = threading.Lock()
        self._children: set[Child] = set()
        self._lost_in_a_row = 0
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End all processes at once; what they have in hand is given up."""
        with self._lock:
            self._ended = True
            children = list(self._children)
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.process.kill()  # its thread sees the end of the wire, and closes it
        self._threads.shutdown()
        for child in children:
            child.end()

    def encoded(self, groups: Iterable[Sequence[Article]]) -> Iterator[Encoded]:
        """What becomes of each group, in their order.

        An article with which two workers were lost comes as a `SourceError`. Raises `TopicbotError` when workers
        can't encode at all.
        """
        waiting: deque[Future[Encoded]] = deque()
        for group in groups:
            waiting.append(self._threads.submit(self._encode, group))
            if len(waiting) >= _AHEAD * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _encode(self, articles: Sequence[Article]) -> Encoded:
        if not articles:
            return []
        for _ in range(_TRIES):
            child = self._child()
            try:
                found: Encoded = child.do(encode_group, self._make, self._fingerprint, articles)
            except ChildError as error:
                raise TopicbotError(
                    f"Encoding failed in a worker ({error}). Add the same without --workers."
                ) from error
            except (EOFError, OSError):
                self._lose(child)
            else:
                self._lost_in_a_row = 0
                return found
        if len(articles) > 1:
            return [found for one in articles for found in self._encode([one])]
        return [
            SourceError(
                articles[0].title,
                f"could not be encoded: {_TRIES} workers ended over it, killed or out of memory. Add it "
                "again, with fewer workers.",
            )
        ]

    def _child(self) -> Child:
        """This thread's process."""
        child: Child | None = getattr(self._own, "child", None)
        if child is not None:
            return child
        with self._lock:
            if self._ended:
                raise TopicbotError("The workers were ended.")
            child = Child()
            self._children.add(child)
        self._own.child = child
        return child

    def _lose(self, child: Child) -> None:
        self._own.child = None
        with suppress(OSError):
            child.end()
        with self._lock:
            self._children.discard(child)
            self._lost_in_a_row += 1
            if self._ended:
                raise TopicbotError("The workers were ended.")
            if self._lost_in_a_row >= _LOST * self._count:
                raise TopicbotError(
                    f"The workers end again and again ({_how(child)}). Does memory run out? Use fewer workers."
                )
        _log.warning("a worker ended (%s); another one encodes what it had in hand", _how(child))


def _how(child: Child) -> str:
    code = child.process.returncode
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
