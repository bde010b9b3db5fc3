"""Time asking, encoding and memory."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from bot.resources import trim_heap
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.roles import encode_questions
from embeddings.library import Library
from embeddings.scope import Scope

if TYPE_CHECKING:
    from bot.bench.baseline import Way

ENCODING = "encoding"
"""The stage in which the question is encoded."""

_WARM_UP = 20

Progress = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Opens a bar with a title; what it returns is called with how much is done and how much there is."""


@dataclass(frozen=True, slots=True)
class Times:
    """Median, 95th and 99th percentile, milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(slots=True)
class Stopwatch:
    """Takes the times of stages, in milliseconds."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Take the time of one stage."""
        started = perf_counter()
        yield
        self.times[stage].append((perf_counter() - started) * 1000)


def asked(
    library: Library, encoder: Encoder, questions: Sequence[str], watch: Stopwatch, others: Sequence[Way] = ()
) -> tuple[list[float], list[float], list[float], dict[str, list[float]]]:
    """Milliseconds of each question: encoding it alone, asking it, asking it again, asking each other way."""
    for question in questions[:_WARM_UP]:
        library.local.ask(f"{question} (to warm up)")  # the library remembers a question's vector
        for other in others:
            other.ask(f"{question} (to warm up)")
    watch.times.clear()
    encoding, asking, repeated = [], [], []
    theirs: dict[str, list[float]] = {other.name: [] for other in others}
    for question in questions:
        started = perf_counter()
        encode_questions(encoder, [question])
        encoding.append(since(started))
        started = perf_counter()
        library.local.ask(question)
        asking.append(since(started))
        started = perf_counter()
        library.local.ask(question)
        repeated.append(since(started))
        for other in others:
            started = perf_counter()
            other.ask(question)
            theirs[other.name].append(since(started))
    return encoding, asking, repeated, theirs


def asked_within(
    library: Library, questions: Sequence[str], collection: str, watch: Stopwatch
) -> tuple[float, Times]:
    """Milliseconds of asking within the collection, encoding apart: the first question ever, and all others."""
    scope = Scope(collections=(collection,))
    watch.times.clear()
    asking = []
    for question in questions:
        started = perf_counter()
        library.local.ask(question, scope)
        asking.append(since(started))
    found = [ask - own for ask, own in zip(asking, watch.times[ENCODING], strict=True)]
    return found[0], times_of(found[1:])


def times_of(found: Sequence[float]) -> Times:
    """Return their percentiles."""
    return Times(*(float(np.percentile(found, share)) for share in (50, 95, 99)))


def since(started: float) -> float:
    """Milliseconds since then, by `perf_counter`."""
    return (perf_counter() - started) * 1000


_STATUS, _MAPS = Path("/proc/self/status"), Path("/proc/self/smaps")
_KIB = 1024


def anonymous() -> int | None:
    """Bytes of memory that are in use and belong to no file; `None` where the system doesn't tell."""
    gc.collect()
    trim_heap()
    if not _STATUS.exists():
        return None
    lines = (line.split() for line in _STATUS.read_text().splitlines())
    return next((int(words[1]) * _KIB for words in lines if words[0] == "RssAnon:"), None)


def mapped(folder: Path) -> int | None:
    """Bytes in memory of the files in `folder` that are mapped; `None` where the system doesn't tell."""
    if not _MAPS.exists():
        return None
    total, inside = 0, False
    for line in _MAPS.read_text().splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):  # the first line of a mapping: addresses, rights, and its file last
            inside = str(folder.resolve()) in rest
        elif inside and name == "Rss:":
            total += int(rest.split()[0]) * _KIB
    return total
