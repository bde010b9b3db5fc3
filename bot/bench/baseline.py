"""Other ways to do the same, and how long programs take to start, for comparison."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Protocol

import faiss
import numpy as np

from bot.config import Settings, setting_name
from embeddings.errors import TopicbotError

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class Way(Protocol):
    """Another way to find paragraphs, which are numbered from 0 in the order in which they were added."""

    @property
    def name(self) -> str:
        """What people call it."""

    def add(self, texts: Sequence[str]) -> None:
        """Encode the paragraphs and keep them."""

    def hold(self, given: Iterable[tuple[Sequence[str], Rows]]) -> None:
        """Keep these paragraphs only, which come in parts with their unit-length vectors."""

    def forget(self) -> None:
        """Hold nothing any more."""

    def ask(self, question: str, limit: int = 5) -> list[int]:
        """Return the numbers of the best paragraphs, best first."""


class PlainWay:
    """Paragraph vectors in full precision with sentence-transformers' defaults, and nothing else."""

    name = "the plain way"

    def __init__(self, folder: Path) -> None:
        from embeddings.encoding.backends.pytorch import load

        self._model = load(folder)
        self._index = faiss.IndexFlatIP(int(self._model.get_embedding_dimension() or 0))

    def add(self, texts: Sequence[str]) -> None:
        """Encode the paragraphs and keep their vectors."""
        self._index.add(self.encode(texts))

    def hold(self, given: Iterable[tuple[Sequence[str], Rows]]) -> None:
        """Keep these vectors only: one unit-length row a paragraph."""
        self.forget()
        for _, rows in given:
            self._index.add(rows)

    def forget(self) -> None:
        """Hold nothing any more."""
        self._index.reset()

    def ask(self, question: str, limit: int = 5) -> list[int]:
        """Return the places of the nearest paragraphs, nearest first, counted from 0 in the order they
        were added.
        """
        _, places = self._index.search(self.encode([question]), limit)
        return [int(place) for place in places[0] if place >= 0]

    def encode(self, texts: Sequence[str]) -> Rows:
        """Return one unit-length row a text, float32."""
        rows = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), -1)


class TxtaiWay:
    """txtai's hybrid index with its defaults: vectors by its own encoder, and BM25. https://github.com/neuml/txtai"""

    name = "txtai"

    def __init__(self, folder: Path) -> None:
        """Open an empty index with the model in the folder. Raises `ImportError` when txtai isn't installed."""
        opened: Any = import_module("txtai").Embeddings
        self._open: Callable[[], Any] = lambda: opened(path=str(folder), hybrid=True)
        self._index: Any = self._open()
        self._count = 0

    def add(self, texts: Sequence[str]) -> None:
        """Encode the paragraphs and index them."""
        self._index.upsert((self._count + number, text, None) for number, text in enumerate(texts))
        self._count += len(texts)

    def hold(self, given: Iterable[tuple[Sequence[str], Rows]]) -> None:
        """Index these paragraphs only, with vectors that are known; questions are encoded as always."""
        self.forget()
        known: dict[str, Rows] = {}

        def documents() -> Iterator[tuple[int, str, None]]:
            for texts, rows in given:
                known.update(zip(texts, rows, strict=True))
                for text in texts:
                    yield self._count, text, None
                    self._count += 1

        model = self._index.model
        own, model.encode = model.encode, lambda wanted, *_: np.stack([known[text] for text in wanted])
        try:
            self._index.index(documents())
        finally:
            model.encode = own

    def forget(self) -> None:
        """Begin an empty index."""
        self._index.close()
        self._index, self._count = self._open(), 0

    def ask(self, question: str, limit: int = 5) -> list[int]:
        """Return the numbers of the best paragraphs, best first, counted from 0 in the order they were added."""
        return [int(number) for number, _ in self._index.search(question, limit)]


BARE_STARTS = {
    "import torch": "import torch",
    "torch and the model by transformers, one text": (
        "import sys, torch\nfrom transformers import AutoModel, AutoTokenizer\nfolder = sys.argv[1]\n"
        "tokens = AutoTokenizer.from_pretrained(folder)(['What is new?'], return_tensors='pt')\n"
        "AutoModel.from_pretrained(folder)(**tokens)"
    ),
    "the model by sentence-transformers, one text": (
        "import sys\nfrom sentence_transformers import SentenceTransformer\n"
        "SentenceTransformer(sys.argv[1], device='cpu').encode(['What is new?'])"
    ),
}
"""What a cold start is measured beside; each is run in a process of its own, the model's folder its argument."""


def first_answers(
    settings: Settings,
    library: Path,
    model: Path,
    repeats: int,
    bare: Mapping[str, str] = BARE_STARTS,
) -> dict[str, float]:
    """Median seconds of new processes, each kind in turn: the bare ones, and `topicbot ask` to its end."""
    own = {setting_name("data_dir"): str(library), setting_name("encoder_backend"): settings.encoder_backend}
    if settings.embedding_model:
        own[setting_name("embedding_model")] = settings.embedding_model
    commands = {name: [sys.executable, "-c", code, str(model)] for name, code in bare.items()}
    commands["topicbot ask, first answer"] = [sys.executable, "-m", "bot", "ask", "What is new?"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            started = perf_counter()
            _run(command, {**os.environ, **own})
            times[name].append(perf_counter() - started)
    return {name: median(found) for name, found in times.items() if found}


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        raise TopicbotError(f"A measured process failed: {done.stderr.strip()[-300:]}")
