"""What computes the vectors of a model: PyTorch in full or half precision, or OpenVINO; which one is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError

Vectors = npt.NDArray[np.float32]


class BackendName(StrEnum):
    """The backends by name; `AUTO` leaves the choice to the machine."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    OPENVINO = "openvino"


class Backend(Protocol):
    """A loaded model. Not safe to use from several threads at once: the encoder gives turns."""

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""

    @property
    def about(self) -> str:
        """What computes, in what precision, for people."""

    def few(self, texts: Sequence[str]) -> Vectors:
        """The vectors of a few texts, at once and on one thread: rows of unit length, float32."""

    def many(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """The vectors of many texts, a batch a step on all cores: the texts' places, and their rows."""


def open_backend(
    wanted: BackendName, folder: Path, fingerprint: str, cache: Path | None, threads: int | None = None
) -> Backend:
    """The backend of this name for the model in `folder`, or the best one here.

    That is OpenVINO where it is installed and gives this model's vectors; else PyTorch with bfloat16 where the
    processor computes with it, which is faster; else PyTorch in full precision.

    `cache`: a folder where a model that was converted once, as OpenVINO needs it, is kept for the next start.
    `threads`: how many compute at most; with none given, as many as there are cores.

    Raises `ModelError` when the model can't be loaded, or not by the backend that was asked for by name.
    """
    if wanted is BackendName.OPENVINO:
        if not has_openvino():
            raise ModelError(
                "The encoder backend 'openvino' needs a package that is not installed: pip install "
                "'topicbot[openvino]', or set TOPICBOT_ENCODER_BACKEND to auto."
            )
        return _openvino(folder, fingerprint, cache, threads)
    note = ""
    if wanted is BackendName.AUTO and has_openvino():
        try:
            return _openvino(folder, fingerprint, cache, threads)
        except ModelError as error:
            note = str(error)
    from embeddings.backends import pytorch  # only here: a model for OpenVINO may load without PyTorch

    half = wanted is BackendName.BF16 or (wanted is BackendName.AUTO and pytorch.is_half_fast())
    return pytorch.open_model(folder, half=half, note=note, threads=threads)


def has_openvino() -> bool:
    """Whether the package `openvino` is installed; imports nothing."""
    try:
        return find_spec("openvino") is not None
    except ValueError:  # a module of that name was put away
        return False


def available() -> list[BackendName]:
    """The backends that can be asked for by name here, slowest first."""
    names = [BackendName.FP32, BackendName.BF16]
    return [*names, BackendName.OPENVINO] if has_openvino() else names


def batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """The places of texts in batches of one length, longest first: at most `most` tokens each, padding counted.

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


def _openvino(folder: Path, fingerprint: str, cache: Path | None, threads: int | None) -> Backend:
    from embeddings.backends import openvino_cpu

    return openvino_cpu.open_model(folder, fingerprint, cache, threads)
