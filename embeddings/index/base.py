"""The protocol of a search index, which has an embedded implementation and one in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.scope import TeamScope
from embeddings.store.metadata import Model
from embeddings.store.paragraphs import Candidate, Ids
from embeddings.store.versions import VersionCache
from embeddings.weights import KEYWORD_ROWS, KEYWORD_TERMS

_COUNTS, _FEW = 20_000, 30

Pause = Callable[[], None]
"""Called between steps of long work; it ends the work by raising."""


class Searchable(Protocol):
    """What of a paragraph is searched; the formats are those of `store.tables`."""

    @property
    def terms(self) -> str:
        """Its own index terms."""

    @property
    def context_terms(self) -> str:
        """Those around it."""

    @property
    def views(self) -> bytes:
        """Its vectors."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The paragraphs within a scope, as one connection sees them: what one question is searched in.

    `model` is that of their vectors. `paragraphs` is how many the whole library holds, of all teams. `bounds` is
    what rows have to be cut down by to stay in the scope, `None` when that is all there is. `version` is the
    database's from before the connection began to read. `ids` are the sorted ids of the paragraphs in the scope,
    where the index knows them; `None` is all.
    """

    connection: Connection
    model: Model
    paragraphs: int
    bounds: TeamScope | None
    version: int
    ids: Ids | None = None


class SearchIndex(Protocol):
    """Finds paragraphs by words and by vectors. Any number of threads may use one."""

    @property
    def at_once(self) -> int:
        """How many questions to search at once. More of them wait for each other longer than for their turn, where
        all is done in this process: one in SQLite takes Python's lock a hundred times.
        """

    @property
    def kind(self) -> str:
        """How vectors are searched now: "exact", "approximate", "database" or "hnsw"."""

    def put(
        self, connection: Connection, keys: Sequence[int], ids: Sequence[int], rows: Sequence[Searchable]
    ) -> None:
        """Take in paragraphs in the transaction that writes them.

        `keys` are those of their articles, `ids` their own, `rows` what is searched, all in one order.
        """

    def forget(self, connection: Connection, ids: Sequence[int]) -> None:
        """Leave paragraphs out, in the transaction that removes or changes them and before it does."""

    def reset(self, connection: Connection, dim: int) -> None:
        """Forget all vectors, and make ready for those of a model with `dim` numbers."""

    def refill(self, connection: Connection, dim: int) -> None:
        """Take in every paragraph of a library whose rows were copied from elsewhere."""

    def within(self, connection: Connection, model: Model, scope: TeamScope, version: int) -> Reach:
        """Return the paragraphs in the scope; the index then knows what `connection` sees.

        `model` is that of the stored vectors, `version` the database's before `connection` began to read.
        """

    def frequencies(self, reach: Reach, terms: Sequence[str]) -> dict[str, int]:
        """In how many paragraphs of the whole library each term is, context left out; missing: in none.

        Those of common words may be estimates.
        """

    def known(self, reach: Reach, terms: Sequence[str]) -> dict[str, int]:
        """Return the frequencies of those of the terms that a paragraph within reach holds.

        What others alone may read must not show by what a question is read as.
        """

    def keywords(
        self, reach: Reach, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """Ids of up to `limit` paragraphs with a score by the words they hold, higher is better, best first.

        `frequencies` are those of the question's terms, `weights` say how much each term tells.
        """

    def nearest(self, reach: Reach, vector: Vectors, limit: int) -> list[int]:
        """Ids of up to `limit` paragraphs nearest in either view, best first."""

    def candidates(self, reach: Reach, vector: Vectors, limit: int, known: Collection[int]) -> list[Candidate]:
        """Return the paragraphs that `nearest` finds, but for the `known` ids, in order of id and without damaged
        ones.
        """

    def begin_loading(self, model: Model) -> None:
        """Prepare for very many paragraphs; `warm` completes the index afterwards. Raises `ModelMismatchError`."""

    def warm(self, model: Model, *, wait: bool, scopes: bool) -> bool:
        """Load or complete the index now rather than with the first question; whether it was built anew.

        `model` is that of the stored vectors. Without `wait` nothing is waited for that takes long. `scopes`: load
        what a question within a collection needs, too.
        """

    def overwrite_removed(self, connection: Connection) -> None:
        """Leave no word of removed paragraphs in the files; takes as long as writing the keyword index anew."""

    def check(self, connection: Connection) -> list[str]:
        """Return what is wrong with what is searched, a sentence each; empty when all is well."""

    def close(self, *, save: bool = True) -> None:
        """Keep the index for the next start if it is to be saved, and free it. Another use opens it again."""


class Counts:
    """How common words are, counted once while the database stays as it is. Any number of threads may ask."""

    def __init__(self) -> None:
        self._known: VersionCache[str, int] = VersionCache(_COUNTS)

    def of(
        self, reach: Reach, terms: Sequence[str], count: Callable[[list[str]], dict[str, int]]
    ) -> dict[str, int]:
        """Return the numbers of those terms that any paragraph holds; `count` returns those of unknown ones."""
        known = {term: self._known.get(reach.version, term) for term in terms}
        unknown = [term for term, number in known.items() if number is None]
        found = count(unknown) if unknown else {}
        # Of very many, guesses at a mistyped word, those that are nowhere would drive out the others.
        for term in unknown if len(unknown) <= _FEW else found:
            self._known.put(reach.version, term, found.get(term, 0))
        return {term: held for term, number in known.items() if (held := number or found.get(term, 0))}


def rarest(frequencies: Mapping[str, int]) -> list[str]:
    """Return the terms worth searching for, rarest first: the two rarest, and more while few paragraphs have them.

    A common word costs reading every paragraph that holds it and hardly changes the order.
    """
    chosen: list[str] = []
    rows = 0
    for term in sorted(frequencies, key=lambda term: (frequencies[term], term)):
        rows += frequencies[term]
        if len(chosen) >= KEYWORD_TERMS and rows > KEYWORD_ROWS:
            break
        chosen.append(term)
    return chosen
