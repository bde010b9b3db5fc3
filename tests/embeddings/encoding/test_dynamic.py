"""Texts that wait for a stream share a batch; none waits for company, and none is harmed by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from tokenizers import Encoding, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.backends.dynamic import DynamicBatches

FAULTY = 13
"""The length of a text that no batch gets through."""

_tokenizer = Tokenizer(WordLevel({"a": 0}, unk_token="a"))
_tokenizer.pre_tokenizer = Whitespace()


class Request:
    """A batch that ends when it is allowed to; a text's row is its length, twice."""

    def __init__(self, texts: Sequence[Encoding], may_end: threading.Event) -> None:
        self.lengths, self._may_end = [len(one) for one in texts], may_end

    def wait(self) -> None:
        self._may_end.wait(30)
        if FAULTY in self.lengths:
            raise RuntimeError("a text that can't be computed")

    def wait_for(self, _milliseconds: int) -> bool:
        if self._may_end.is_set():
            self.wait()
        return self._may_end.is_set()

    def rows(self) -> Vectors:
        self.wait()
        return np.array([[length, length] for length in self.lengths], dtype=np.float32)


class Streams:
    """Dynamic batches over such requests, which are kept in the order in which they began."""

    def __init__(self, streams: int) -> None:
        self.may_end = threading.Event()
        self.began: list[Request] = []
        start: Any = self._start
        self._batches = DynamicBatches(streams, start, lambda request: request.rows())

    def _start(self, texts: Sequence[Encoding]) -> Request:
        self.began.append(Request(texts, self.may_end))
        return self.began[-1]

    def begin(self, length: int) -> Callable[[], Vectors]:
        return self._batches.begin(_tokenizer.encode("a " * length))


def rows_of(waiting: Sequence[Callable[[], Vectors]]) -> list[float]:
    """Wait for all of them, each on a thread of its own."""
    with ThreadPoolExecutor(len(waiting)) as pool:
        return [float(row[0, 1]) for row in pool.map(lambda wait: wait(), waiting)]


def test_texts_run_at_once_while_a_stream_is_free_and_share_a_batch_when_they_wait() -> None:
    streams = Streams(2)
    lengths = [5, 6, 7, 8, 9, 10, 11, 12]
    waiting = [streams.begin(length) for length in lengths]
    assert [one.lengths for one in streams.began] == [[5], [6]]
    streams.may_end.set()
    assert rows_of(waiting) == lengths
    assert [one.lengths for one in streams.began] == [[5], [6], [7, 8, 9, 10], [11, 12]]


def test_only_texts_of_about_one_length_share_a_batch() -> None:
    streams = Streams(1)
    lengths = [5, 10, 30, 100, 15, 110, 20]
    waiting = [streams.begin(length) for length in lengths]
    streams.may_end.set()
    assert rows_of(waiting) == lengths
    assert [one.lengths for one in streams.began] == [[5], [10, 15, 20], [30], [100], [110]]


def test_a_text_that_fails_harms_none_of_its_batch() -> None:
    streams = Streams(1)
    first, *waiting = [streams.begin(length) for length in (5, 12, FAULTY, 14)]
    streams.may_end.set()
    assert rows_of([first, waiting[0], waiting[2]]) == [5, 12, 14]
    with pytest.raises(RuntimeError, match="can't be computed"):
        waiting[1]()


def test_texts_that_nobody_waits_for_hold_up_no_other() -> None:
    streams = Streams(1)
    streams.begin(5)
    streams.begin(6)
    streams.may_end.set()
    assert rows_of([streams.begin(7)]) == [7]
    streams.begin(8)
    assert rows_of([streams.begin(9)]) == [9]


def test_a_failing_text_that_nobody_waits_for_hinders_no_later_one() -> None:
    streams = Streams(1)
    streams.begin(FAULTY)
    streams.may_end.set()
    assert rows_of([streams.begin(7)]) == [7]
    assert rows_of([streams.begin(9)]) == [9]


def test_a_text_does_not_wait_for_the_slower_of_two_batches() -> None:
    streams = Streams(2)
    streams.begin(5)
    slower, streams.may_end = streams.may_end, threading.Event()
    streams.begin(6)
    waiting = streams.begin(7)
    streams.may_end.set()
    with ThreadPoolExecutor(1) as pool:
        row = pool.submit(waiting).result(10)
    assert row[0, 1] == 7
    slower.set()
