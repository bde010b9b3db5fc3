"""The vectors of questions, encoded beside other work and remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cachetools import LRUCache

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.roles import begin_question

_MAX_QUESTIONS = 1000


class QuestionVectors:
    """The vectors of questions by one encoder: float32, unit length, shape `(dim,)`. Any number of threads may
    ask.

    The same question comes again with every page, context and follow-up of its answer.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._known: LRUCache[str, Vectors] = LRUCache(_MAX_QUESTIONS)

    def __call__(self, text: str) -> Vectors:
        """Return the question's vector. Raises `ModelError` when the model makes none."""
        return self.begin(text)()

    def begin(self, text: str) -> Callable[[], Vectors]:
        """Start encoding the question, and return what waits for its vector; call it once."""
        with self._lock:
            known = self._known.get(text)
        if known is not None:
            return lambda: known
        wait = begin_question(self._encoder, text)

        def encoded() -> Vectors:
            vector: Vectors = wait()[0]
            with self._lock:
                self._known[text] = vector
            return vector

        return encoded
