"""Encode in several processes."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from embeddings.encoding.backends.base import BackendName
from embeddings.encoding.encoder import Encoder, SentenceTransformerEncoder
from embeddings.encoding.paragraphs import EncodedParagraph, encode_articles
from embeddings.errors import ModelMismatchError, SourceError, TopicbotError
from embeddings.sandbox import Worker, WorkerError
from embeddings.types import Article

_AHEAD = 3
"""Groups that are taken for each worker before the first of them must be done."""

_TRIES = 2
_LOST = 8
"""Workers lost one after the other, for each, after which none is started again."""

_log = logging.getLogger("topicbot.bulk")


class Workers:
    """Processes, each with a model of its own; a thread waits for each.

    A worker that is lost, killed or out of memory, is logged; another one encodes what it was working on.
    """

    def __init__(self, count: int, make: MakeEncoder, fingerprint: str) -> None:
        """`fingerprint` is that of the model which `make`, called in each worker, must give."""
        self._count, self._make, self._fingerprint = count, make, fingerprint
        self._threads = ThreadPoolExecutor(count, "worker")
        self._own = threading.local()
        self._lock = threading.Lock()
        self._children: set[Worker] = set()
        self._lost_in_a_row = 0
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End all processes at once; what they are working on is given up."""
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
        """Yield what becomes of each group, in their order.

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
                found: Encoded = child.call(encode_group, self._make, self._fingerprint, articles)
            except WorkerError as error:
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

    def _child(self) -> Worker:
        """Return this thread's process."""
        child: Worker | None = getattr(self._own, "child", None)
        if child is not None:
            return child
        with self._lock:
            if self._ended:
                raise TopicbotError("The workers were ended.")
            child = Worker()
            self._children.add(child)
        self._own.child = child
        return child

    def _lose(self, child: Worker) -> None:
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
        _log.warning("a worker ended (%s); another one encodes what it was working on", _how(child))


def _how(child: Worker) -> str:
    code = child.process.returncode
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


Rows = list[EncodedParagraph]
Encoded = Sequence[Rows | SourceError]
"""For each article of a group its paragraphs encoded, or why they can't be."""

MakeEncoder = Callable[[], Encoder]
"""Makes the encoder in the process that encodes: a dataclass or a module's function, equal for equal settings."""


@dataclass(frozen=True, slots=True)
class Model:
    """The arguments of `SentenceTransformerEncoder`, for a process that is to make one."""

    model: str | None = None
    backend: BackendName = BackendName.AUTO
    cache: Path | None = None
    threads: int | None = None

    def __call__(self) -> SentenceTransformerEncoder:
        """Return the encoder; nothing is loaded yet."""
        return SentenceTransformerEncoder(self.model, backend=self.backend, cache=self.cache, threads=self.threads)


class EncoderPool(Protocol):
    """Processes that encode."""

    def encoded(self, groups: Iterable[Sequence[Article]]) -> Iterator[Encoded]:
        """Yield what becomes of each group, in their order; groups are taken a limited number ahead.

        Raises `TopicbotError` when it can't go on.
        """


@dataclass(frozen=True, slots=True)
class OwnProcess:
    """The encoder of this process as a pool of its own. `progress` gets a group, its texts encoded and in all."""

    encoder: Encoder
    progress: Callable[[Sequence[Article], int, int], None] | None = None

    def encoded(self, groups: Iterable[Sequence[Article]]) -> Iterator[Encoded]:
        """Yield what becomes of each group. Raises `ModelError`."""
        for group in groups:
            texts = [(one.title, one.paragraphs) for one in group]
            yield encode_articles(texts, self.encoder, self._progress_of(group))

    def _progress_of(self, group: Sequence[Article]) -> Callable[[int, int], None] | None:
        tell = self.progress
        return None if tell is None else lambda done, total: tell(group, done, total)


def encode_group(make: MakeEncoder, fingerprint: str, articles: Sequence[Article]) -> Encoded:
    """Encode these articles in this process, whose encoder is made once.

    Raises `ModelMismatchError` when its model is not the one with the `fingerprint`, and `ModelError`.
    """
    encoder = _made(make)
    if encoder.fingerprint != fingerprint:
        raise ModelMismatchError(
            f"A process that encodes has the model {encoder.name} ({encoder.fingerprint[:12]}…), not that of the "
            f"library ({fingerprint[:12]}…). Install the same model on every machine."
        )
    return encode_articles([(one.title, one.paragraphs) for one in articles], encoder)


@lru_cache(maxsize=1)
def _made(make: MakeEncoder) -> Encoder:
    return make()
