"""Encoders for tests of other processes: one ends its process, one does not load, one is another model."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.encoding.backends.base import Vectors
from embeddings.errors import ModelError, TopicbotError
from tests.hashed import HashedEncoder

DEADLY = "deadly"
"""A text that holds this word ends the process that encodes it."""


class DeadlyEncoder(HashedEncoder):
    """The fast encoder, which SIGKILL ends at a deadly text: always, or only while there is no file `once`."""

    def __init__(self, once: Path | None = None) -> None:
        super().__init__()
        self.once = once

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The rows, unless a text is deadly."""
        if any(DEADLY in text for text in texts) and not (self.once and self.once.exists()):
            if self.once:
                self.once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts)


@dataclass(frozen=True)
class DeadlyOnce:
    """Makes encoders that end one process in all."""

    once: Path

    def __call__(self) -> DeadlyEncoder:
        return DeadlyEncoder(self.once)


def no_encoder() -> HashedEncoder:
    """Fails as a model does that isn't there."""
    raise ModelError("The embedding model 'x' is neither a folder nor a model that can be downloaded.")


def another_encoder() -> HashedEncoder:
    """Another model."""
    return HashedEncoder("another")


def fail(reason: str) -> None:
    """Fail for this reason."""
    raise TopicbotError(reason)
