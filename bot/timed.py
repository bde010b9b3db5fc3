"""Another encoder, with a watch: what `bench` measures the library's own work by."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from embeddings.encoder import Encoder, Vectors


class TimedEncoder:
    """Counts what another encoder encodes, and the seconds that it takes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.dim, self.fingerprint = encoder.name, encoder.dim, encoder.fingerprint
        self.texts, self.seconds = 0, 0.0

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The encoder's rows."""
        started = perf_counter()
        rows = self._encoder.encode(texts)
        self.seconds += perf_counter() - started
        self.texts += len(texts)
        return rows
