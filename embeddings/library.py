"""The library: the one facade over reading, storing and searching articles.

`Library` is a whole library, opened; `library.of(team)` is what one team has in it, and the only way to that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings import adding
from embeddings.encoding.encoder import Encoder, SentenceTransformerEncoder
from embeddings.encoding.paragraphs import encode_articles, grouped
from embeddings.index.base import SearchIndex
from embeddings.index.embedded import EmbeddedIndex
from embeddings.index.postgres import PostgresIndex
from embeddings.index.vectors import EXACT
from embeddings.search.pipeline import Searcher, Timing, own_model
from embeddings.search.rerank import Reranker
from embeddings.store import articles, integrity, log, metadata, paragraphs, roll
from embeddings.store.base import BUSY_SECONDS, Database
from embeddings.store.postgres import PostgresDatabase
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA
from embeddings.store.versions import VersionCache
from embeddings.team import Asked, TeamLibrary
from embeddings.types import LOCAL_TEAM, Answer
from embeddings.weights import Confidence

DATABASE_FILE = "library.db"
INDEX_FOLDER = "index"
MODELS_FOLDER = "models"
"""Where the packaged model is kept as it was converted once; that loads several times faster."""
LIBRARY_MIGRATIONS, LIBRARY_SCHEMA = MIGRATIONS, SCHEMA
check_copy = integrity.copy_faults
log_fault, damaged_log = log.fault_of, log.copy_of
PART = "library"
"""The name of the library's tables in a PostgreSQL database."""

_MAX_ANSWERS, _MAX_TEAMS = 500, 1000
_OVERWRITTEN = "overwritten"
"""The name of the setting with the last removal after which the keyword index was written anew."""


def open_parts(
    folder: Path, database_url: str | None = None, *, busy_seconds: float = BUSY_SECONDS, exact: int = EXACT
) -> tuple[Database, SearchIndex]:
    """Open the library's database and its index: files in `folder`, or the PostgreSQL database at `database_url`.

    Raises `StoreError`.
    """
    if database_url is None:
        path = folder / DATABASE_FILE
        file = SqliteDatabase(path, MIGRATIONS, SCHEMA, busy_seconds=busy_seconds, are_texts_checked=True)
        return file, EmbeddedIndex(file, folder / INDEX_FOLDER, exact=exact)
    server = PostgresDatabase(database_url, PART, MIGRATIONS, SCHEMA, busy_seconds=busy_seconds)
    return server, PostgresIndex(server)


def open_database(folder: Path, database_url: str | None = None) -> Database:
    """Open the library's database alone. Raises `StoreError`."""
    return open_parts(folder, database_url)[0]


class Library:
    """Articles in one folder or database, searchable. Safe to use from several threads and processes at once."""

    def __init__(
        self,
        folder: Path | str,
        encoder: Encoder | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        busy_seconds: float = BUSY_SECONDS,
        merge_copies: bool = True,
        exact: int = EXACT,
        database_url: str | None = None,
        reranker: Reranker | None = None,
        timing: Timing = nullcontext,
    ) -> None:
        """Open the library in `folder`, or begin one there. `encoder` is the packaged model unless given,
        converted once and kept in `folder`.

        `merge_copies`: the same text at two web addresses is one article with two links. Libraries of more than
        `exact` paragraphs have an approximate index. With `database_url` everything is kept in PostgreSQL instead,
        for any number of processes and machines. `reranker` scores a question's best sentences again
        (`search.rerank`). `timing` opens a context around each stage of asking.

        Raises `StoreError` when the database can't be opened.
        """
        self.folder = Path(folder)
        self.encoder = encoder or SentenceTransformerEncoder(cache=self.folder / MODELS_FOLDER)
        self.now = now
        self.merge_copies = merge_copies
        self.database, self.index = open_parts(self.folder, database_url, busy_seconds=busy_seconds, exact=exact)
        self.searcher = Searcher(self.database, self.index, self.encoder, reranker=reranker, timing=timing)
        self.answers: VersionCache[Asked, Answer] = VersionCache(_MAX_ANSWERS)
        self._audiences: VersionCache[str, list[str]] = VersionCache(_MAX_TEAMS)

    def of(self, team: str, audiences: Sequence[str] = ()) -> TeamLibrary:
        """Return what the whole team has here, and what these audiences in it have: nobody else's."""
        return TeamLibrary(self, team, audiences)

    def audiences(self, team: str) -> list[str]:
        """Return every audience in the team that has articles, for those who keep or remove them."""

        def read() -> list[str]:
            with self.database.reading() as connection:
                return articles.audiences(connection, team)

        return self._audiences.read(self.database.version(), team, read)

    @property
    def local(self) -> TeamLibrary:
        """The articles of the command line and of a library that one team uses alone."""
        return self.of(LOCAL_TEAM)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.index.close(save=False)  # that error is raised, not what saving the index might add to it
        self.close()

    def close(self) -> None:
        """Keep the index for the next start and close the database."""
        self.searcher.close()
        self.index.close()
        self.database.close()

    @property
    def model(self) -> metadata.Model:
        """The encoder's model as it is stored with its vectors."""
        return own_model(self.encoder)

    @property
    def revision(self) -> int:
        """A number that grows with every change of the articles' text."""
        with self.database.reading() as connection:
            return metadata.revision(connection)

    def identity(self) -> tuple[str | None, int]:
        """Return the library's own id, which it gets with its first article, and how many articles it holds."""
        with self.database.reading() as connection:
            return metadata.read(connection, "library"), articles.count(connection)

    def decision(self) -> Confidence:
        """Return what decides whether a question is answered: the library's own fit, or the one that ships."""
        with self.database.reading() as connection:
            return self.searcher.confidence(connection)

    def check(self) -> list[str]:
        """Return what is wrong with the stored data, a sentence each; empty when all is well. Loads no model."""
        with self.database.reading() as connection:
            return [*self.index.check(connection), *integrity.faults(connection)]

    def overwrite_removed(self) -> bool:
        """Overwrite what removed articles left in the keyword index and in the database's log.

        Return whether all of it is: `False` while another process reads what was there before. In PostgreSQL the
        server does it in its own time. Writes the keyword index anew when something was removed since the last
        time; nobody else can write until then.
        """
        with self.database.reading() as connection:
            is_due = metadata.read(connection, _OVERWRITTEN) != metadata.last_removal(connection)
        if is_due:
            with self.database.writing() as connection:
                self.index.overwrite_removed(connection)
                metadata.write(connection, _OVERWRITTEN, metadata.last_removal(connection))
        return self.database.empty_log()

    def accept(self) -> None:
        """Take the articles that are there for all that belong there: `check` no longer misses others."""
        with self.database.writing() as connection:
            roll.accept(connection)

    def warm(self, *, wait: bool = True, scopes: bool = False) -> bool:
        """Load the index now rather than with the first question; `True` when it was built anew.

        Without `wait` a large one is built while questions are answered; one in PostgreSQL is left as it is,
        because nobody can write while it is built. `scopes`: load what the first question within a collection
        would load, too. Raises `ModelMismatchError`.
        """
        with self.database.reading() as connection:
            known = metadata.check(connection, self.model)
        return known is not None and self.index.warm(known, wait=wait, scopes=scopes)

    def begin_loading(self) -> None:
        """Prepare to add very many articles: an empty PostgreSQL database is indexed by `warm`, afterwards.

        Raises `ModelMismatchError` and `StoreError`.
        """
        self.index.begin_loading(self.model)

    @property
    def outdated(self) -> int:
        """How many articles were encoded as an earlier version did it: `reindex` encodes these anew."""
        with self.database.reading() as connection:
            return articles.count_outdated(connection)

    def reindex(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Encode every paragraph again with the encoder in use; returns their number.

        One transaction: interrupted, the library is as it was. `progress` gets articles done and in all.
        """
        count = 0
        with self.database.writing() as connection:
            metadata.write_model(connection, self.model)
            self.index.reset(connection, self.model.dim)
            every = list(articles.each(connection))
            done = 0
            for group in grouped(every, lambda one: len(one[2])):
                encoded = encode_articles([(title, texts) for _, title, texts in group], self.encoder)
                for (key, _, _), rows in zip(group, encoded, strict=True):
                    adding.encode_again(connection, self.index, key, rows)
                    count += len(rows)
                done += len(group)
                if progress is not None:
                    progress(done, len(every))
        self.index.close(save=False)
        return count

    def places(self) -> dict[int, tuple[str, int, str]]:
        """Return every paragraph's id with its article's id, its position and its text, for evaluation."""
        with self.database.reading() as connection:
            found = paragraphs.passages(connection, paragraphs.paragraph_ids(connection).tolist())
        return {number: (one.citation.article_id, one.position, one.text) for number, one in found.items()}
