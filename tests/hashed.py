"""An encoder for tests that are not about ranking: hashed bags of words, fast and the same on every machine."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence

import numpy as np

from embeddings.encoding.backends.base import Vectors


class HashedEncoder:
    """Each word adds 1 to one of `dim` places; equal words give similar vectors."""

    def __init__(self, name: str = "hashed", dim: int = 64) -> None:
        self.name = name
        self.dim = dim
        self.encoded: list[str] = []

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.name}/{self.dim}".encode()).hexdigest()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        rows = np.full((len(texts), self.dim), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dim] += 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit
