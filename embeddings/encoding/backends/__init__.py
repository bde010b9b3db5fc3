"""What computes the vectors of a model: PyTorch in full or half precision, or OpenVINO; which one is chosen."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from embeddings.encoding.backends.base import Backend, BackendName
from embeddings.encoding.backends.prompts import NO_PROMPTS, Prompts
from embeddings.errors import ModelError


def open_backend(
    wanted: BackendName,
    folder: Path,
    fingerprint: str,
    cache: Path | None,
    threads: int | None = None,
    prompts: Prompts = NO_PROMPTS,
) -> Backend:
    """Return the backend of this name for the model in `folder`, or the best one here.

    That is OpenVINO where it is installed and returns this model's vectors; otherwise PyTorch with bfloat16 where
    the processor computes with it, which is faster; else PyTorch in full precision.

    `cache`: a folder where a model that was converted once, as OpenVINO needs it, is kept for the next start.
    `threads`: how many compute at most; with none given, as many as there are cores. `prompts`: what the model
    wants before questions and passages.

    Raises `ModelError` when the model can't be loaded, or not by the backend that was asked for by name.
    """
    if wanted is BackendName.OPENVINO:
        if not has_openvino():
            raise ModelError(
                "The encoder backend 'openvino' needs a package that is not installed: pip install openvino, "
                "or choose the backend auto.",
                argument="backend",
            )
        return _openvino(folder, fingerprint, cache, threads, prompts)
    note = ""
    if wanted is BackendName.AUTO and has_openvino():
        try:
            return _openvino(folder, fingerprint, cache, threads, prompts)
        except ModelError as error:
            note = str(error)
    from embeddings.encoding.backends import pytorch  # only here: a model for OpenVINO may load without PyTorch

    half = wanted is BackendName.BF16 or (wanted is BackendName.AUTO and pytorch.is_half_fast())
    return pytorch.open_model(folder, prompts, half=half, note=note, threads=threads)


def has_openvino() -> bool:
    """Return whether the package `openvino` is installed; imports nothing."""
    try:
        return find_spec("openvino") is not None
    except ValueError:  # a module of that name was put away
        return False


def available() -> list[BackendName]:
    """Return the backends that can be asked for by name here, slowest first."""
    names = [BackendName.FP32, BackendName.BF16]
    return [*names, BackendName.OPENVINO] if has_openvino() else names


def _openvino(
    folder: Path, fingerprint: str, cache: Path | None, threads: int | None, prompts: Prompts
) -> Backend:
    from embeddings.encoding.backends import openvino

    return openvino.open_model(folder, fingerprint, cache, threads, prompts)
