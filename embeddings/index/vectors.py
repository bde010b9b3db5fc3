"""The index over the paragraphs' views: a cache that is checked, repaired and rebuilt from the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import faiss
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.errors import TopicbotError
from embeddings.index.base import Pause
from embeddings.index.flat import Exact
from embeddings.index.ivf import Approximate, Lists
from embeddings.index.snapshot import (
    Manifest,
    Snapshot,
    drafting,
    is_begun,
    keep,
    load_snapshot,
    nearest,
    read_card,
    scan,
    write_card,
    writing,
)
from embeddings.index.stored import StoredViews
from embeddings.index.training import build
from embeddings.store import metadata
from embeddings.store import paragraphs as lookup
from embeddings.store.paragraphs import Ids

EXACT = 15_000
"""Up to this many paragraphs every vector is compared with the question: docs/performance.md has the times."""

_MERGED_FROM = 0.2
"""The share of the base that may have changed before a new one is made …"""

_RETRIED_FROM = 0.05
"""… and the share by which a library must have grown or shrunk before it is tried again after a failure."""

_PATIENCE = 3.0
"""Seconds that stopping waits for the callback after an index is made: it may wait for another writer."""

Reading = Callable[[], AbstractContextManager[Connection]]


class _StoppedError(Exception):
    """The index is closed while it is being built."""


class VectorIndex:
    """Which paragraphs are nearest to a vector: exact in a small library, approximate in a large one.

    Any number of threads may search and sync. A large index is made in a thread of its own; until it is ready
    questions find what the one before holds, or what the database holds.
    """

    def __init__(
        self,
        folder: Path,
        library: str,
        model: metadata.Model,
        reading: Reading | None = None,
        exact: int = EXACT,
        built: Callable[[Pause], None] | None = None,
    ) -> None:
        """Open the index kept in `folder`, once `sync` has seen that it can be trusted.

        `reading` opens the database for the thread that builds; without it everything happens in `sync`. Libraries
        of more than `exact` paragraphs are searched approximately. `built` is called when such an index was made,
        by the thread that made it; it must do no harm after `stop`.
        """
        self._folder = folder
        self._library = library
        self.model = model
        self._reading = reading
        self._exact = exact
        self._when_built = built
        self._lock = threading.RLock()
        self._held: Snapshot | None = None
        self._opened = False
        self._refused = ""
        self._count = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._patience: float | None = None
        self._given_up_at = -(10**9)
        self.rebuilt = False

    @property
    def paragraphs(self) -> int:
        """How many paragraphs the index holds, or will hold when it is built."""
        held = self._held
        return held.content.paragraphs if held else self._count

    @property
    def kind(self) -> str:
        """How it searches now: "exact", "approximate", or "database" while a large index is made anew."""
        held = self._held
        if held is None:
            return "database"
        return "exact" if isinstance(held.content, Exact) else "approximate"

    def sync(self, connection: Connection) -> None:
        """Bring the index to the state that `connection` sees.

        The first time its ids are compared with the database's, and when they differ it is built anew.
        """
        with self._lock:
            if not self._opened:
                self._open(connection)
            if self._held is None:
                self._count = lookup.tally(connection)[0]
            else:
                self._held.catch_up(connection, self.model.dim)
            if self._is_due():
                self._begin(connection)

    def search(
        self, vector: Vectors, limit: int, allowed: Ids | None, connection: Connection | None = None
    ) -> list[int]:
        """Return the ids of up to `limit` paragraphs nearest in either view, best first, among those allowed.

        From a large index come candidates by their codes. They are put in order by the vectors that are stored
        beside it, and what is recent by those of the database; without `connection` the latter come last.
        """
        if allowed is not None and not len(allowed):
            return []
        with self._lock:
            held = self._held
            if held is not None and isinstance(held.content, Exact):
                return held.content.search(vector, limit, allowed)
            if held is not None and isinstance(held.content, Approximate):
                known, others = held.content.search(vector, limit, allowed)
        if held is None:
            return scan(connection, vector, limit, allowed) if connection is not None else []
        if connection is None:
            return [*known, *others][:limit]
        return nearest(connection, vector, known, others, limit)

    def save(self) -> None:
        """Keep the index for the next start. A failure is no loss, only a slower start."""
        with self._lock:
            held = self._held
            if held is None or (isinstance(held.content, Exact) and self._is_large(held.content.paragraphs)):
                return
            try:
                with writing(self._folder) as alone:
                    if alone:
                        held.save(self._folder, self._library, self.model.fingerprint)
            except (OSError, RuntimeError):
                return

    def wait(self) -> None:
        """Wait until the index that is being built, if one is, is ready."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def stop(self) -> None:
        """Break off building, and wait until it has ended: a moment, whatever the size and whoever writes."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join(self._patience)

    def _open(self, connection: Connection) -> None:
        """Take the saved index if all that its card says is so; anything else is left to be rebuilt."""
        self._held = self._restored(connection)
        if self._held is None:
            self.rebuilt = is_begun(self._folder)
            self._count = lookup.tally(connection)[0]
            if not self._is_large(self._count):
                self._held = Snapshot(Exact.empty(self.model.dim))
        self._opened = True

    def _restored(self, connection: Connection) -> Snapshot | None:
        card = self._card()
        while card is not None:
            held = load_snapshot(self._folder, card, connection)
            if held is not None:
                held.catch_up(connection, self.model.dim)
                if held.matches(connection):
                    return held
            self._refused = card.file
            card = self._card()  # another one when another process has replaced the files in between
        return None

    def _card(self) -> Manifest | None:
        card = read_card(self._folder)
        mine = (self._library, self.model.fingerprint)
        if card is None or (card.library, card.fingerprint) != mine or card.file == self._refused:
            return None
        return card

    def _is_large(self, paragraphs: int) -> bool:
        return paragraphs > self._exact

    def _is_due(self) -> bool:
        """Return whether an index should be made that differs from this one in more than a little."""
        if abs(self.paragraphs - self._given_up_at) <= _RETRIED_FROM * self.paragraphs or self._stopped.is_set():
            return False
        if self._held is None:
            return True
        content = self._held.content
        if isinstance(content, Exact):
            return self._is_large(content.paragraphs)
        return content.base.is_earlier or content.unmerged > _MERGED_FROM * content.base.paragraphs

    def _begin(self, connection: Connection) -> None:
        if self._reading is None:
            self._work(lambda: nullcontext(connection))
        elif self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, args=(self._reading,), daemon=True, name="index")
            self._thread.start()

    def _work(self, reading: Reading) -> None:
        """Make the index anew and put it in the place of this one, caught up with what changed in between."""
        self._patience = None
        try:
            with reading() as connection:
                fresh = self._made(connection)
            if fresh is None:
                return  # another process is at it: its index is taken over when a later question asks for one
            with reading() as connection:
                fresh.catch_up(connection, self.model.dim)
            with reading() as connection, self._lock:
                fresh.catch_up(connection, self.model.dim)
                self._held = fresh
            if self._when_built is not None and isinstance(fresh.content, Approximate):
                self._patience = _PATIENCE
                self._when_built(self._pause)
        except _StoppedError:
            return
        except (OSError, RuntimeError, ValueError, MemoryError, TopicbotError):
            self._given_up_at = (
                self.paragraphs
            )  # a full disk, say: the next start, or a larger library, tries again

    def _made(self, connection: Connection) -> Snapshot | None:
        """Return an index that holds what `connection` sees or nearly; `None` when another process is
        making one.
        """
        with writing(self._folder) as alone:
            if not alone:
                return None
            held, card = self._held, self._card()
            if card is not None and (held is None or held.card is None or card.file != held.card.file):
                known = self._restored(connection)
                if known is not None and isinstance(known.content, Approximate):
                    return known
            if not self._is_large(lookup.tally(connection)[0]):
                return Snapshot(Exact.empty(self.model.dim))
            old = None
            if held is not None and held.card is not None and isinstance(held.content, Approximate):
                old = (held.content, held.card.revision)
            return self._built(connection, old)

    def _built(self, connection: Connection, old: tuple[Approximate, int] | None) -> Snapshot:
        with drafting(self._folder) as draft:
            made, views = build(connection, draft, self.model.dim, old, self._pause)
            revision = metadata.revision(connection)
            stamp = metadata.stamp(connection, revision) or ""
            name, checked = keep(made, self._folder, "vectors")
            stored, their_checked = keep(views, self._folder, "views")
        card = Manifest(
            name,
            checked,
            self._library,
            self.model.fingerprint,
            revision,
            stamp,
            views=stored,
            views_digest=their_checked,
        )
        write_card(self._folder, card)
        base = Lists(faiss.read_index(str(self._folder / name)))
        content = Approximate(base, StoredViews(self._folder / stored, self.model.dim))
        return Snapshot(content, revision, stamp, card)

    def _pause(self) -> None:
        if self._stopped.is_set():
            raise _StoppedError
