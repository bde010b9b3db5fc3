"""An index at a revision of the library: brought up to date, searched, kept in files and taken from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
from sqlalchemy import Connection

from embeddings.encode import from_blob
from embeddings.encoder import Vectors
from embeddings.store import lookup, settings
from embeddings.store.approximate import Approximate
from embeddings.store.card import Card, digest, drafting, keep, read_card, write_card
from embeddings.store.exact import Exact
from embeddings.store.lists import Lists
from embeddings.store.lookup import Ids
from embeddings.store.tables import VIEWS
from embeddings.store.views import mask_of

_BATCH = 10_000
_UNSAVED, _UNSAVED_SHARE = 2000, 0.02
_BROKEN = (OSError, ValueError, TypeError, RuntimeError)


@dataclass(slots=True)
class Held:
    """What an index holds, and the revision of the library that it shows, with that revision's stamp.

    `card` describes the files that it was saved in or came from, `unsaved` counts paragraphs that changed since.
    """

    content: Exact | Approximate
    revision: int = 0
    stamp: str = ""
    card: Card | None = None
    unsaved: int = 0

    def catch_up(self, connection: Connection, dim: int) -> None:
        """Take in what changed since, as `connection` sees it."""
        current = settings.revision(connection)
        if current <= self.revision:
            return
        changed, gone = lookup.changes(connection, self.revision)
        if gone:
            self.content.remove(np.array(gone, dtype=np.int64))
        self.unsaved += len(gone)
        while batch := list(islice(changed, _BATCH)):
            ids = np.array([number for number, _ in batch], dtype=np.int64)
            self.content.put(ids, from_blob(b"".join(views for _, views in batch), dim))
            self.unsaved += len(batch)
        self.revision, self.stamp = current, settings.stamp(connection, current) or ""

    def agrees(self, connection: Connection) -> bool:
        """Whether the index holds the very paragraphs that the database has."""
        return lookup.tally_of(self.content.ids()) == lookup.tally(connection)

    def save(self, folder: Path, library: str, fingerprint: str) -> None:
        """Keep it for the next start, when enough has changed. For whoever holds `card.writing`.

        A base is kept when it is made; what came after it has a file of its own.
        """
        if self.revision == 0 or (self.card is not None and self.unsaved <= self._worth_saving()):
            return
        known = read_card(folder)
        if known is not None and known.library == library and known.revision > self.revision:
            return  # another process knows more
        with drafting(folder) as draft:
            if isinstance(self.content, Exact):
                faiss.write_index(self.content.index, str(draft / "vectors"))
                name, checked = keep(draft / "vectors", folder, "vectors")
                card = Card(name, checked, library, fingerprint, self.revision, self.stamp)
            elif self.card is not None and known is not None and known.file == self.card.file:
                faiss.write_index(self.content.recent.index, str(draft / "recent"))
                name, checked = keep(draft / "recent", folder, "recent")
                card = replace(
                    known,
                    recent=name,
                    recent_digest=checked,
                    recent_revision=self.revision,
                    recent_stamp=self.stamp,
                )
            else:
                return
            write_card(folder, card)
        self.card, self.unsaved = card, 0

    def _worth_saving(self) -> int:
        """A start takes so many paragraphs from the database sooner than a large index is written."""
        return min(_UNSAVED, int(self.content.paragraphs * _UNSAVED_SHARE))


def restored(folder: Path, card: Card, connection: Connection) -> Held | None:
    """The index that the card describes; `None` when its file is not what the card says, or of another history."""
    held = _of_file(folder, card, connection)
    if held is None or not isinstance(held.content, Approximate) or not card.recent:
        return held
    try:
        path = folder / card.recent
        if digest(path) != card.recent_digest:
            return held
        recent = Lists(faiss.read_index(str(path)))
    except _BROKEN:
        return held
    if settings.stamp(connection, card.recent_revision) != card.recent_stamp:
        return held
    content = Approximate(held.content.base, recent)
    content.leave(lookup.touched(connection, card.revision))
    return Held(content, card.recent_revision, card.recent_stamp, card)


def scan(connection: Connection, vector: Vectors, count: int, allowed: Ids | None) -> list[int]:
    """What a search finds, from the database itself: slow, for the time in which a large library has no index."""
    mask = None if allowed is None else mask_of(allowed)
    rows, _ = lookup.changes(connection, 0)
    best: dict[int, float] = {}
    while batch := list(islice(rows, _BATCH)):
        chosen = [one for one in batch if mask is None or (one[0] < len(mask) and mask[one[0]])]
        best |= _scores(dict(chosen), vector)
        best = dict(sorted(best.items(), key=lambda one: -one[1])[:count])
    return list(best)


def nearest(connection: Connection, vector: Vectors, ids: list[int], count: int) -> list[int]:
    """Up to `count` of these paragraphs, nearest in either view first, by their stored vectors."""
    scores = _scores(lookup.views(connection, ids), vector)
    return sorted(scores, key=lambda number: (-scores[number], number))[:count]


def _scores(views: dict[int, bytes], vector: Vectors) -> dict[int, float]:
    """Each paragraph's cosine with the vector, that of its nearer view."""
    if not views:
        return {}
    rows = from_blob(b"".join(views.values()), len(vector)) @ vector
    return dict(zip(views, rows.reshape(-1, VIEWS).max(axis=1).tolist(), strict=True))


def _of_file(folder: Path, card: Card, connection: Connection) -> Held | None:
    if settings.stamp(connection, card.revision) != card.stamp:
        return None
    try:
        path = folder / card.file
        if digest(path) != card.digest:
            return None
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        content = Exact(index) if isinstance(index, faiss.IndexIDMap2) else Approximate(Lists(index))
    except _BROKEN:
        return None
    return Held(content, card.revision, card.stamp, card)
