"""What topicbot is measured beside: paragraphs encoded by sentence-transformers, in a flat FAISS index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from embeddings.backends.pytorch import load

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class PlainWay:
    """Paragraph vectors in full precision with sentence-transformers' defaults, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._model = load(folder)
        self._index = faiss.IndexFlatIP(int(self._model.get_embedding_dimension() or 0))

    def add(self, texts: Sequence[str]) -> None:
        """Encode the paragraphs and keep their vectors."""
        self.hold(self.encode(texts))

    def hold(self, rows: Rows) -> None:
        """Keep these vectors: one unit-length row a paragraph."""
        self._index.add(rows)

    def forget(self) -> None:
        """Hold nothing any more."""
        self._index.reset()

    def ask(self, question: str, limit: int = 5) -> list[int]:
        """The places of the nearest paragraphs, nearest first, counted from 0 in the order they were added."""
        _, places = self._index.search(self.encode([question]), limit)
        return [int(place) for place in places[0] if place >= 0]

    def encode(self, texts: Sequence[str]) -> Rows:
        """One unit-length row a text, float32."""
        rows = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), -1)
