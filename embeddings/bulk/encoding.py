"""What encoding elsewhere takes and gives: the seam between loading and the processes that encode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from embeddings.backends import BackendName
from embeddings.encode import EncodedParagraph, encode_paragraphs
from embeddings.encoder import Encoder, SentenceTransformerEncoder
from embeddings.errors import ModelMismatchError, SourceError
from embeddings.types import Article

Rows = list[EncodedParagraph]
Encoded = list[Rows | SourceError]
"""For each article of a group its paragraphs encoded, or why they can't be."""

MakeEncoder = Callable[[], Encoder]
"""Makes the encoder in the process that encodes; picklable, and equal for equal settings."""


@dataclass(frozen=True, slots=True)
class Model:
    """The arguments of `SentenceTransformerEncoder`, for a process that is to make one."""

    model: str | None = None
    backend: BackendName = BackendName.AUTO
    cache: Path | None = None
    threads: int | None = None

    def __call__(self) -> SentenceTransformerEncoder:
        """The encoder; nothing is loaded yet."""
        return SentenceTransformerEncoder(self.model, backend=self.backend, cache=self.cache, threads=self.threads)


class Elsewhere(Protocol):
    """Processes that encode."""

    def encoded(self, groups: Iterable[Sequence[Article]]) -> Iterator[Encoded]:
        """What becomes of each group, in their order; groups are taken a limited number ahead.

        Raises `TopicbotError` when it can't go on.
        """


def encode_group(make: MakeEncoder, fingerprint: str, articles: Sequence[Article]) -> Encoded:
    """Encode these articles in this process, whose encoder is made once.

    Raises `ModelMismatchError` when its model is not the one with the `fingerprint`, and `ModelError`.
    """
    encoder = _made(make)
    if encoder.fingerprint != fingerprint:
        raise ModelMismatchError(
            f"A process that encodes has the model {encoder.name} ({encoder.fingerprint[:12]}…), not that of the "
            f"library ({fingerprint[:12]}…). Install the same model on every machine."
        )
    return [encode_paragraphs(one.title, one.paragraphs, encoder) for one in articles]


@lru_cache(maxsize=1)
def _made(make: MakeEncoder) -> Encoder:
    return make()
