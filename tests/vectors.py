"""Vectors of the real model, kept on disk, so that a text is encoded once a machine rather than once a process."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import numpy as np
from filelock import FileLock

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import SentenceTransformerEncoder
from tests.kept import cache_folder


class KeptVectors:
    """The encoder's own vectors: read from a file that is keyed by model, backend and text, or computed and kept.

    A changed text, model or backend is another key, so nothing goes stale; the library around the vectors is made
    anew by each run. Several processes may share the file.
    """

    def __init__(self, encoder: SentenceTransformerEncoder) -> None:
        self._encoder = encoder
        made_by = hashlib.sha256(f"{encoder.fingerprint} {encoder.backend.about}".encode()).hexdigest()
        self._file = cache_folder() / f"vectors-{made_by[:16]}.db"
        self.name, self.dim, self.fingerprint = encoder.name, encoder.dim, encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit-length float32 row a text."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._opened() as connection:
            known = dict(row for key in set(keys) for row in self._row(connection, key))
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            if missing:
                rows = self._encoder.encode(list(missing.values()))
                fresh = {key: row.tobytes() for key, row in zip(missing, rows, strict=True)}
                connection.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?)", fresh.items())
                known |= fresh
        joined = b"".join(known[key] for key in keys)
        return np.frombuffer(joined, dtype=np.float32).reshape(len(keys), self.dim).copy()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # The lock makes a second process wait for the first one's vectors instead of computing the same again.
        with FileLock(f"{self._file}.lock"), closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS vector (key BLOB PRIMARY KEY, row BLOB) WITHOUT ROWID")
            yield connection

    @staticmethod
    def _row(connection: sqlite3.Connection, key: bytes) -> list[tuple[bytes, bytes]]:
        return connection.execute("SELECT key, row FROM vector WHERE key = ?", (key,)).fetchall()
