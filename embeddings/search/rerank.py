"""A second stage: the best sentences are scored again by a model that reads question and sentence together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
from sqlalchemy import Connection

from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.search.features import Features, Floats
from embeddings.store import paragraphs
from embeddings.store.paragraphs import Candidate

BEST = 8
"""This many of the best sentences are scored again."""

WEIGHT = 0.0125
"""What one logit adds to a score between 0 and 1. Alone such a model ranks worse: it knows no surroundings."""

SECONDS, LOADING_SECONDS = 1.0, 60.0
"""A question waits this long, the first one longer: the model is loaded for it. Then its answer comes in the order
of the first stage."""

_log = logging.getLogger("topicbot.search")


class Reranker(Protocol):
    """A model that tells how well each of a few texts answers a question."""

    def logits(self, question: str, texts: Sequence[str]) -> Floats:
        """Return one logit a text, shape `(len(texts),)`; higher is better."""


class CrossEncoder:
    """A sentence-transformers `CrossEncoder`: a local folder or a hub name. It is loaded with its first use.

    Code that comes with a model is never run.
    """

    def __init__(self, model: str) -> None:
        self.name = model
        self._loading = threading.Lock()
        self._model: object | None = None

    def logits(self, question: str, texts: Sequence[str]) -> Floats:
        """Return one logit a text. Raises whatever the model's readers raise when it can't be loaded."""
        import torch
        from sentence_transformers import CrossEncoder as Model

        with self._loading:
            if self._model is None:
                self._model = Model(self.name, device="cpu", trust_remote_code=False)
        model = self._model
        assert isinstance(model, Model)  # noqa: S101
        pairs = [(question, text) for text in texts]
        found = model.predict(pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False)
        return np.asarray(found, dtype=np.float64)


class SecondStage:
    """A reranker within a time limit. One question at a time is scored again: others don't wait for it.

    A model that fails, or returns anything but a finite logit a text, is logged and left out from then on.
    """

    def __init__(self, reranker: Reranker, seconds: float = SECONDS) -> None:
        self._reranker, self._seconds = reranker, seconds
        self._thread = ThreadPoolExecutor(1, "rerank")
        self._running: Future[Floats] | None = None
        self._starting = threading.Lock()
        self._failed = self._loaded = False

    def bonus(
        self,
        connection: Connection,
        question: str,
        candidates: Sequence[Candidate],
        features: Features,
        scores: Floats,
    ) -> Floats | None:
        """Return what to add to each sentence's score, 0 beyond the best; `None` without the reranker's word."""
        ids = np.array([one.id for one in candidates], dtype=np.int64)
        rows = np.lexsort((ids[features.owner], -scores))[:BEST]
        logits = self._within_time(question, _texts(connection, candidates, features, rows.tolist()))
        if logits is None:
            return None
        added = np.zeros(len(scores))
        added[rows] = WEIGHT * logits
        return added

    def close(self) -> None:
        """End the thread, without waiting for what it does."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _within_time(self, question: str, texts: Sequence[str]) -> Floats | None:
        with self._starting:
            if self._failed or (self._running is not None and not self._running.done()):
                return None
            running = self._running = self._thread.submit(self._reranker.logits, question, texts)
        seconds = self._seconds if self._loaded else max(self._seconds, LOADING_SECONDS)
        try:
            found = running.result(seconds)
        except TimeoutError:
            _log.info("the reranker took more than %s s; the answer comes without it", seconds)
            return None
        except Exception as error:  # whatever a damaged model makes of the many readers involved
            self._leave_out(f"it can't be used ({type(error).__name__}: {error})")
            return None
        self._loaded = True
        if found.shape != (len(texts),) or not np.isfinite(found).all():
            self._leave_out(f"it returned no finite number for each of {len(texts)} texts")
            return None
        return found

    def _leave_out(self, why: str) -> None:
        self._failed = True
        _log.error("the reranker is left out until the next start: %s. Name another one, or none.", why)


def _texts(
    connection: Connection, candidates: Sequence[Candidate], features: Features, rows: Sequence[int]
) -> list[str]:
    """Return these sentences, each after its article's title, as they are encoded too."""
    owners = [candidates[int(features.owner[row])].id for row in rows]
    found = paragraphs.passages(connection, sorted(set(owners)))
    texts = []
    for row, owner in zip(rows, owners, strict=True):
        one = found[owner]
        start, end = spans_from_blob(one.sentence_spans)[int(features.place[row])]
        texts.append(f"{one.citation.title}: {one.text[start:end]}")
    return texts
