"""Turning a sentence-transformers model, pooling and all, into OpenVINO's form, and checking what comes of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import ERROR
from pathlib import Path
from typing import cast

import torch
from sentence_transformers import SentenceTransformer

from embeddings.encoding.backends import pytorch
from embeddings.encoding.backends.agreement import SAMPLES, least_cosine, of_samples
from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.backends.converted import Converted, Facts, load_openvino
from embeddings.encoding.backends.prompts import Prompts
from embeddings.errors import ModelError

LEAST_COSINE = 0.9995
"""Between a text's vectors by PyTorch in full precision and by the converted model."""


def convert(folder: Path, prompts: Prompts) -> tuple[Converted, Vectors]:
    """Return the model in `folder` converted, and its own vectors of `SAMPLES` as `of_samples` returns them.

    Raises `ModelError` when it can't be loaded or converted.
    """
    model = pytorch.load(folder)
    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ModelError(f"The embedding model in {folder} has no fast tokenizer, which OpenVINO needs.")
    try:
        with torch.inference_mode():
            expected = of_samples(pytorch.PyTorchBackend(model, prompts))
            features = model.preprocess(list(SAMPLES[:2]))
        example = {name: value for name, value in features.items() if isinstance(value, torch.Tensor)}
        with _quiet(), torch.no_grad():
            traced = load_openvino().convert_model(
                _Whole(model, tuple(example)), example_input=tuple(example.values())
            )
        for given, name in zip(traced.inputs, example, strict=True):
            given.get_tensor().set_names({name})
    except Exception as error:  # whatever a model of another make brings
        raise ModelError(f"The embedding model in {folder} can't be converted for OpenVINO: {error}") from error
    facts = Facts(
        dim=expected.shape[1],
        inputs=tuple(example),
        longest=int(model.max_seq_length) if model.max_seq_length else None,
        padding=int(model.tokenizer.pad_token_id or 0),
    )
    return Converted(traced, fast.to_str(), facts), expected


def check(found: Vectors, expected: Vectors) -> None:
    """Raise `ModelError` when the converted model's vectors of `SAMPLES` are not the model's own."""
    least = least_cosine(found, expected)
    if not least >= LEAST_COSINE:
        raise ModelError(
            f"OpenVINO computes other vectors than the model itself (cosine {least:.4f}). Choose the "
            "backend auto or fp32.",
            argument="backend",
        )


class _Whole(torch.nn.Module):
    """From tokens to unit-length rows, with the tokens' tensors as plain arguments."""

    def __init__(self, model: SentenceTransformer, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        return pytorch.unit_rows(self.model, dict(zip(self.names, features, strict=True)))


@contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch and transformers warn of what tracing is, at every layer; the result is checked instead."""
    from transformers.utils import logging

    before, set_level = logging.get_verbosity(), cast("Callable[[int], None]", logging.set_verbosity)
    set_level(ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        set_level(before)
