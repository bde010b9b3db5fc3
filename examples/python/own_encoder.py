"""Search with an encoder of your own: anything with a name, a dim, a fingerprint and `encode`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embeddings import Library


class LetterEncoder:
    """A toy model: how often each letter from a to z is in a text."""

    name, dim, fingerprint = "letters", 26, "letters-1"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one unit-length float32 row a text."""
        counts = [[text.lower().count(letter) + 1e-3 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        rows = np.array(counts, dtype=np.float32).reshape(len(texts), self.dim)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


with Library("my-letters", LetterEncoder()) as library:
    library.local.add({"title": "Cranes", "text": "A crane flew over the harbour of Port Quint."})
    print(library.local.ask("what flew over the harbour?", k=1).passages[0].sentence)
