"""Dynamic batches: a text is computed at once while a stream is free; texts that wait for one share a batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenizers import Encoding

from embeddings.encoding.backends.base import Vectors

if TYPE_CHECKING:
    from openvino import InferRequest

_MOST = 4
"""Texts of a batch. By CPU time, four questions take about as long as 2.2 to 2.6 alone, and eight as 3.7 to 5:
those would wait longer for little.
"""

_LONGEST = 64
"""Tokens of a text that shares a batch: longer ones keep a stream busy alone."""


@dataclass(eq=False, slots=True)
class _Batch:
    """Texts that are computed together, and their rows: none before that has ended, or when it failed.

    Without a `request` it could not even begin.
    """

    texts: Sequence[_Text]
    request: InferRequest | None = None
    rows: Vectors | None = None


@dataclass(eq=False, slots=True)
class _Text:
    """A text's tokens, and its batch once it has one."""

    tokens: Encoding
    batch: _Batch | None = None


class DynamicBatches:
    """Computes single texts for any number of threads, on as many streams as there are.

    No text waits for company: a stream that is free takes what waits, be it one text. There is no thread for this:
    whoever waits for a row also starts the next batch.
    """

    def __init__(
        self,
        streams: int,
        start: Callable[[Sequence[Encoding]], InferRequest],
        result: Callable[[InferRequest], Vectors],
    ) -> None:
        """Run at most `streams` batches at once: `start` begins one, and `result` waits for its rows."""
        self._streams, self._start, self._result = streams, start, result
        self._lock = threading.Lock()
        self._waiting: deque[_Text] = deque()
        self._running: list[_Batch] = []

    def begin(self, tokens: Encoding) -> Callable[[], Vectors]:
        """Start computing a text, or put it in the queue; return what waits for its row, shape `(1, dim)`."""
        own = _Text(tokens)
        with self._lock:
            self._waiting.append(own)
            self._go_on()
        return lambda: self._row(own)

    def _row(self, own: _Text) -> Vectors:
        """Wait for the text's batch, and before that for one in whose place it can start."""
        while True:
            with self._lock:
                self._go_on()
                batch = own.batch or self._running[0]  # while a text waits, every stream is busy
            if batch.rows is None and batch.request is not None:
                with suppress(Exception):  # the batch is left without rows
                    batch.request.wait()
            with self._lock:
                self._end(batch)
                self._fill()
            if batch is own.batch:
                break
        if batch.rows is None:  # it failed: alone, the text does well, or raises what is wrong with it
            return self._result(self._start([own.tokens]))
        row = batch.texts.index(own)
        return batch.rows[row : row + 1]

    def _go_on(self) -> None:
        """End every batch that is ready, whoever waits for it, and start what waits; the lock is held."""
        for batch in [one for one in self._running if _is_ready(one)]:
            self._end(batch)
        self._fill()

    def _end(self, batch: _Batch) -> None:
        """Keep what a batch has computed, once; the lock is held."""
        if batch in self._running and batch.request is not None:
            self._running.remove(batch)
            with suppress(Exception):
                batch.rows = self._result(batch.request)

    def _fill(self) -> None:
        """Start what waits on the streams that are free; the lock is held."""
        while self._waiting and len(self._running) < self._streams:
            batch = _Batch(self._next())
            for one in batch.texts:
                self._waiting.remove(one)
                one.batch = batch
            with suppress(Exception):
                batch.request = self._start([one.tokens for one in batch.texts])
                self._running.append(batch)

    def _next(self) -> list[_Text]:
        """Return the text that has waited longest, with others of about its length: padding takes time too."""
        first = self._waiting[0]
        length = len(first.tokens)
        if length > _LONGEST:
            return [first]
        alike = [one for one in self._waiting if length <= 2 * len(one.tokens) <= 4 * length]
        return alike[:_MOST]


def _is_ready(batch: _Batch) -> bool:
    """Return whether a batch computes no longer. Asked about one that failed, OpenVINO raises its error."""
    try:
        return batch.request is not None and bool(batch.request.wait_for(0))
    except Exception:
        return True
