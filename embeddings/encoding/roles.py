"""Encode by role, with any encoder: questions by `encode_questions` where it has that, passages by `encode`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.errors import ModelError


@runtime_checkable
class QuestionEncoder(Protocol):
    """What an encoder may have beside `encode`, whose model reads questions in another way than passages."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return one row a question, shape `(len(texts), dim)`, float32, each row of unit length."""


@runtime_checkable
class AsynchronousEncoder(Protocol):
    """What an encoder may have beside `encode`, which can encode a question while the caller does other work."""

    def begin_question(self, text: str) -> Callable[[], Vectors]:
        """Start encoding a question, and return what waits for its row, shape `(1, dim)`; call it once."""


def begin_question(encoder: Encoder, text: str) -> Callable[[], Vectors]:
    """Start encoding a question, and return what waits for its row, shape `(1, dim)`; call it once.

    An encoder that can't do so beside other work begins when that is called. It raises what `encode_questions`
    raises.
    """
    if not isinstance(encoder, AsynchronousEncoder):
        return lambda: encode_questions(encoder, [text])
    wait = encoder.begin_question(text)
    return lambda: _checked(wait(), encoder, 1)


def encode_questions(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Return one unit-length float32 row a question. Raises `ModelError` when the rows aren't vectors."""
    if isinstance(encoder, QuestionEncoder):
        return _checked(encoder.encode_questions(texts), encoder, len(texts))
    return encode_passages(encoder, texts)


def encode_passages(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Return one unit-length float32 row a passage. Raises `ModelError` when the rows aren't vectors."""
    return _checked(encoder.encode(texts), encoder, len(texts))


def _checked(rows: Vectors, encoder: Encoder, count: int) -> Vectors:
    """Raise for a row that is no vector: it would be stored, and found for every question or for none."""
    if rows.shape != (count, encoder.dim):
        raise ModelError(
            f"The embedding model {encoder.name} returned an array of shape {rows.shape} for {count} texts, not "
            f"{(count, encoder.dim)} as its dimension says. Use another model.",
            argument="model",
        )
    if not np.isfinite(rows).all():
        raise ModelError(
            f"The embedding model {encoder.name} returned values that aren't finite numbers (NaN or infinity). "
            "Its weights may be damaged: install it again, or use another model.",
            argument="model",
        )
    return rows
