"""The FAISS index over the paragraphs' views: a cache that is checked, repaired and rebuilt from the database."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
from sqlalchemy import Connection

from embeddings.encode import from_blob
from embeddings.encoder import Vectors
from embeddings.store import lookup, settings
from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS

_CARD = "index.json"
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class _Card:
    """What must hold for a saved index to be used: it is this library's, whole, and of this model."""

    file: str
    sha256: str
    library: str
    fingerprint: str
    revision: int
    stamp: str


class VectorIndex:
    """Inner products of unit vectors (cosine), exact. FAISS ids are `paragraph id * VIEWS + view`.

    Guarded by a lock: any number of threads may search and sync.
    """

    def __init__(self, folder: Path, library: str, model: settings.Model) -> None:
        """The saved index of `folder`, or an empty one when there is none that can be trusted."""
        self._folder = folder
        self._library = library
        self.model = model
        self._lock = threading.RLock()
        self._saved = 0
        self._revision = 0
        self._stamp: str | None = None
        self._checked = False
        self.rebuilt = False
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(model.dim))
        self._restore()

    @property
    def paragraphs(self) -> int:
        """How many paragraphs the index holds."""
        return int(self._index.ntotal) // VIEWS

    def sync(self, connection: Connection) -> None:
        """Bring the index to the state that `connection` sees.

        The first time its ids are compared with the database's, and when they differ it is built anew.
        """
        with self._lock:
            current = settings.revision(connection)
            if self._checked and self._revision == current:
                return
            if not self._checked and self._stamp != settings.stamp(connection, self._revision):
                self._clear()
            self._apply(connection, current)
            if not self._checked and not np.array_equal(self._ids(), lookup.paragraph_ids(connection)):
                self._clear()
                self._apply(connection, current)
            self._checked = True

    def search(self, vector: Vectors, limit: int, allowed: Ids | None) -> list[int]:
        """The ids of up to `limit` paragraphs nearest in either view, best first, among those allowed."""
        parameters = None
        if allowed is not None:
            if not len(allowed):
                return []
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(_view_ids(allowed)))
        with self._lock:
            count = min(limit * VIEWS, int(self._index.ntotal))
            if not count:
                return []
            faiss.omp_set_num_threads(1)  # one question's scan is faster without a second thread to wake
            _, ids = self._index.search(vector.reshape(1, -1), count, params=parameters)
        nearest = dict.fromkeys(int(number) // VIEWS for number in ids[0] if number >= 0)
        return list(nearest)[:limit]

    def save(self) -> None:
        """Keep the index for the next start. A failure is no loss, only a slower start."""
        with self._lock:
            if self._saved == self._revision:
                return
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._write()
            except (OSError, RuntimeError):
                return
            self._saved = self._revision

    def _write(self) -> None:
        name = f"vectors-{uuid.uuid4().hex}.faiss"
        data: bytes = faiss.serialize_index(self._index).tobytes()
        _write_durably(self._folder / name, data)
        card = _Card(
            name,
            hashlib.sha256(data).hexdigest(),
            self._library,
            self.model.fingerprint,
            self._revision,
            self._stamp or "",
        )
        draft = self._folder / f"{_CARD}.{uuid.uuid4().hex}"
        _write_durably(draft, json.dumps(asdict(card)).encode())
        draft.replace(self._folder / _CARD)
        for other in self._folder.glob("vectors-*.faiss"):
            if other.name != name:
                other.unlink(missing_ok=True)

    def _restore(self) -> None:
        """Take the saved index if its card and its checksum agree; anything else is left to be rebuilt."""
        try:
            card = _Card(**json.loads((self._folder / _CARD).read_bytes()))
            expected = (self._library, self.model.fingerprint)
            data = (self._folder / card.file).read_bytes()
            if (card.library, card.fingerprint) != expected or hashlib.sha256(data).hexdigest() != card.sha256:
                raise ValueError("not this library's index, or not the whole of it")
            restored = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except (OSError, ValueError, TypeError, RuntimeError):
            self.rebuilt = (self._folder / _CARD).exists()
            return
        self._index, self._revision, self._saved = restored, card.revision, card.revision
        self._stamp = card.stamp

    def _ids(self) -> Ids:
        """Sorted ids of the paragraphs that stand in the index with all their views."""
        ids, counts = np.unique(faiss.vector_to_array(self._index.id_map) // VIEWS, return_counts=True)
        return ids if bool((counts == VIEWS).all()) else ids[:0]

    def _clear(self) -> None:
        self.rebuilt = True
        self._index.reset()
        self._revision = 0
        self._stamp = None

    def _apply(self, connection: Connection, current: int) -> None:
        changed, gone = lookup.changes(connection, self._revision)
        if gone and self._revision:
            self._remove(np.array(gone, dtype=np.int64))
        while batch := list(islice(changed, _BATCH)):
            self._put(batch)
        self._revision = current
        self._stamp = settings.stamp(connection, current)

    def _put(self, batch: list[tuple[int, bytes]]) -> None:
        ids = np.array([number for number, _ in batch], dtype=np.int64)
        if self._revision:
            self._remove(ids)
        rows = from_blob(b"".join(views for _, views in batch), self.model.dim)
        self._index.add_with_ids(rows, _view_ids(ids))

    def _remove(self, ids: Ids) -> None:
        self._index.remove_ids(_view_ids(ids))


def _view_ids(ids: Ids) -> Ids:
    """The FAISS ids of all views of these paragraphs, in their order."""
    views: Ids = (ids[:, None] * VIEWS + np.arange(VIEWS)).ravel()
    return views


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
