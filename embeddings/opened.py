"""An open library: its database, its model and its index, before anything is asked or added."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from embeddings.encoding.encoder import Encoder, SentenceTransformerEncoder
from embeddings.encoding.paragraphs import encode_paragraphs
from embeddings.index import postgres
from embeddings.index.embedded import Keywords, Scopes
from embeddings.index.vectors import EXACT, VectorIndex
from embeddings.search import pipeline
from embeddings.search.cache import Answers
from embeddings.store import articles, metadata
from embeddings.store import paragraphs as lookup
from embeddings.store.postgres import PostgresDatabase
from embeddings.store.sqlite import BUSY_SECONDS, Database
from embeddings.store.tables import MIGRATIONS, SCHEMA
from embeddings.topics.stories import renew_vector
from embeddings.types import LOCAL_TEAM, Stats

DATABASE_FILE = "library.db"
INDEX_FOLDER = "index"
PART = "library"
"""The name of the library's tables in a PostgreSQL database."""

_QUESTIONS = 1000


def _now() -> datetime:
    return datetime.now(UTC)


def open_database(
    folder: Path, database_url: str | None = None, *, busy_seconds: float = BUSY_SECONDS
) -> Database:
    """The library's database: the file in `folder`, or the one at `database_url`. Raises `StoreError`."""
    if database_url is None:
        return Database(folder / DATABASE_FILE, MIGRATIONS, SCHEMA, busy_seconds=busy_seconds)
    return PostgresDatabase(database_url, PART, MIGRATIONS, SCHEMA, busy_seconds=busy_seconds)


class OpenedLibrary:
    """What `Library` adds to, removes from and searches. Safe to use from several threads and processes."""

    def __init__(
        self,
        folder: Path | str,
        encoder: Encoder | None = None,
        *,
        now: Callable[[], datetime] = _now,
        busy_seconds: float = BUSY_SECONDS,
        merge_copies: bool = True,
        exact: int = EXACT,
        database_url: str | None = None,
        lap: pipeline.Lap = pipeline.unheard,
    ) -> None:
        """Open the library in `folder`, or begin one there. `encoder` is the packaged model unless given.

        `merge_copies`: the same text at two web addresses is one article with two links. Libraries of more than
        `exact` paragraphs have an approximate index. With `database_url` everything is kept in PostgreSQL instead,
        for any number of processes and machines, and `folder` stays empty. `lap` is told the stages of asking,
        each when it ends.

        Raises `StoreError` when the database can't be opened.
        """
        self.folder = Path(folder)
        self.encoder = encoder or SentenceTransformerEncoder()
        self.now = now
        self._merge_copies = merge_copies
        self._exact = exact
        self._lap = lap
        self._keywords, self._scopes, self._answers = Keywords(), Scopes(), Answers()
        self.database = open_database(self.folder, database_url, busy_seconds=busy_seconds)
        self._index: VectorIndex | None = None
        self._lock = threading.Lock()
        # The same question comes again with every page, context and follow-up of its answer.
        self._question_vector = lru_cache(maxsize=_QUESTIONS)(lambda text: self.encoder.encode([text])[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._drop_index()  # what went wrong is told, not what keeping the index might add to it
        self.close()

    def close(self) -> None:
        """Keep the index for the next start and close the database."""
        index = self._drop_index()
        if index is not None:
            with self.database.reading() as connection:
                if metadata.model(connection) == index.model:
                    index.sync(connection)
            index.save()
        self.database.close()

    def warm(self, *, wait: bool = True, scopes: bool = False) -> bool:
        """Load the index now rather than with the first question; `True` when it had to be built anew.

        Without `wait` a large one that has to be built goes on being built while questions are answered already;
        in PostgreSQL it is left as it is then, because nobody can write meanwhile. With `scopes` what the first
        question within a collection would load is loaded too.
        """
        if isinstance(self.database, PostgresDatabase):
            return wait and postgres.complete(self.database)
        with self.database.reading() as connection:
            known = metadata.check(connection, self._own_model())
            if known is None:
                return False
            index = self.vector_index(connection)
            index.sync(connection)
            if scopes:
                self._scopes.load(connection)
        if wait:
            index.wait()
        return index.rebuilt

    def reindex(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Encode every paragraph again with the encoder in use; gives their number.

        One transaction: broken off, the library is as it was. `progress` is told articles done and in all.
        """
        count = 0
        with self.database.writing() as connection:
            metadata.write_model(connection, self._own_model())
            every = list(articles.each(connection))
            for done, (key, title, paragraphs) in enumerate(every, start=1):
                rows = encode_paragraphs(title, paragraphs, self.encoder)
                articles.replace_paragraphs(connection, key, rows)
                renew_vector(connection, key)
                count += len(rows)
                if progress is not None:
                    progress(done, len(every))
        self._drop_index()
        return count

    def stats(self, *, team: str = LOCAL_TEAM) -> Stats:
        """Counts of what the team has here."""
        with self.database.reading() as connection:
            model = metadata.model(connection)
            return lookup.stats(connection, team, model.name if model else None)

    def collections(self, *, team: str = LOCAL_TEAM) -> tuple[str, ...]:
        """The names of the team's collections, sorted; unlike `stats` it counts nothing."""
        with self.database.reading() as connection:
            return lookup.collections(connection, team)

    @property
    def revision(self) -> int:
        """A number that grows with every change of the articles' text."""
        with self.database.reading() as connection:
            return metadata.revision(connection)

    def check(self) -> list[str]:
        """What is wrong with the stored data, a sentence each; empty when all is well. Loads no model."""
        with self.database.reading() as connection:
            if isinstance(self.database, PostgresDatabase):
                return postgres.faults(connection)
            return lookup.faults(connection)

    def vector_index(self, connection: Connection) -> VectorIndex:
        """The index over the vectors, for measuring; it may lag behind until it is synced."""
        with self._lock:
            if self._index is None:
                model = metadata.model(connection) or self._own_model()
                library = metadata.read(connection, "library") or ""
                folder = self.folder / INDEX_FOLDER
                self._index = VectorIndex(folder, library, model, self.database.reading, self._exact)
            return self._index

    def _drop_index(self) -> VectorIndex | None:
        """The index, which this library is no longer to use; nothing is being built any more."""
        with self._lock:
            index, self._index = self._index, None
        if index is not None:
            index.stop()
        return index

    def _own_model(self) -> metadata.Model:
        return metadata.Model(self.encoder.name, self.encoder.dim, self.encoder.fingerprint)
