"""What a backend is: it turns texts into vectors with one model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class BackendName(StrEnum):
    """The backends by name; `AUTO` leaves the choice to the machine."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    OPENVINO = "openvino"


class Role(StrEnum):
    """What a text is in a search: models may be trained to read the two in different ways."""

    QUESTION = "question"
    PASSAGE = "passage"


class Backend(Protocol):
    """A loaded model. Not safe to use from several threads at once: the encoder lets them take turns."""

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""

    @property
    def about(self) -> str:
        """What computes, in what precision, for people."""

    def few(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the vectors of a few texts, at once and on one thread: rows of unit length, float32."""

    def many(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Vectors]]:
        """Yield the vectors of many texts, a batch a step on all cores: the texts' places, and their rows."""


@runtime_checkable
class Concurrent(Protocol):
    """What a backend may have beside its batches: it encodes single texts for any number of threads at once."""

    def begin(self, text: str, role: Role) -> Callable[[], Vectors]:
        """Start encoding a text, and return what waits for its vector, shape `(1, dim)`; call it once."""


def batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield the places of texts in batches of one length, longest first: at most `most` tokens each, padding
    counted.

    `lengths` are the texts' tokens. A text longer than `most` is a batch of its own.
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
