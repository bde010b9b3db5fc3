"""The index on disk: its files and the manifest that says what they hold."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
from filelock import FileLock, Timeout
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.index.flat import Exact, mask_of
from embeddings.index.ivf import Approximate, Lists
from embeddings.index.stored import StoredViews
from embeddings.store import metadata, paragraphs
from embeddings.store.paragraphs import Ids
from embeddings.store.tables import VIEWS

_BATCH = 10_000
_UNSAVED, _UNSAVED_SHARE = 2000, 0.02
_BROKEN = (OSError, ValueError, TypeError, RuntimeError)


@dataclass(slots=True)
class Snapshot:
    """What an index holds, and the revision of the library that it shows, with that revision's stamp.

    `card` describes the files that it was saved in or came from, `unsaved` counts paragraphs that changed since.
    """

    content: Exact | Approximate
    revision: int = 0
    stamp: str = ""
    card: Manifest | None = None
    unsaved: int = 0

    def catch_up(self, connection: Connection, dim: int) -> None:
        """Take in what changed since, as `connection` sees it."""
        current = metadata.revision(connection)
        if current <= self.revision:
            return
        changed, gone = paragraphs.changes(connection, self.revision)
        if gone:
            self.content.remove(np.array(gone, dtype=np.int64))
        self.unsaved += len(gone)
        while batch := list(islice(changed, _BATCH)):
            ids = np.array([number for number, _ in batch], dtype=np.int64)
            self.content.put(ids, from_blob(b"".join(views for _, views in batch), dim))
            self.unsaved += len(batch)
        self.revision, self.stamp = current, metadata.stamp(connection, current) or ""

    def matches(self, connection: Connection) -> bool:
        """Return whether the index holds the very paragraphs that the database has."""
        return paragraphs.tally_of(self.content.ids()) == paragraphs.tally(connection)

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
                card = Manifest(name, checked, library, fingerprint, self.revision, self.stamp)
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
        """Return a start takes this many paragraphs from the database sooner than a large index is written."""
        return min(_UNSAVED, int(self.content.paragraphs * _UNSAVED_SHARE))


def load_snapshot(folder: Path, card: Manifest, connection: Connection) -> Snapshot | None:
    """Return the index that the card describes; `None` when its file is not what the card says, or of another
    history.
    """
    held = _of_file(folder, card, connection)
    if held is None or not isinstance(held.content, Approximate) or not card.recent:
        return held
    try:
        path = folder / card.recent
        if digest(path) != card.recent_digest:
            return held
        base = held.content.base
        recent = Lists(faiss.read_index(str(path)), base.matrix)
        if type(recent.index) is not type(base.index) or recent.index.d != base.index.d:
            return held
    except _BROKEN:
        return held
    if metadata.stamp(connection, card.recent_revision) != card.recent_stamp:
        return held
    content = Approximate(held.content.base, held.content.stored, recent)
    content.leave(paragraphs.touched(connection, card.revision))
    return Snapshot(content, card.recent_revision, card.recent_stamp, card)


def scan(connection: Connection, vector: Vectors, count: int, allowed: Ids | None) -> list[int]:
    """Return what a search finds, from the database itself: slow, for the time in which a large library has no
    index.
    """
    mask = None if allowed is None else mask_of(allowed)
    rows, _ = paragraphs.changes(connection, 0)
    best: dict[int, float] = {}
    while batch := list(islice(rows, _BATCH)):
        chosen = [one for one in batch if mask is None or (one[0] < len(mask) and mask[one[0]])]
        best |= _scores(dict(chosen), vector)
        best = dict(sorted(best.items(), key=lambda one: -one[1])[:count])
    return list(best)


def nearest(
    connection: Connection, vector: Vectors, known: dict[int, float], others: list[int], count: int
) -> list[int]:
    """Return up to `count` paragraphs, nearest in either view first: of the `known`, which have their cosines, and
    of the `others`, whose vectors are read.
    """
    scores = known | _scores(paragraphs.views(connection, others) if others else {}, vector)
    return sorted(scores, key=lambda number: (-scores[number], number))[:count]


def _scores(views: dict[int, bytes], vector: Vectors) -> dict[int, float]:
    """Return each paragraph's cosine with the vector, that of its nearer view."""
    if not views:
        return {}
    rows = from_blob(b"".join(views.values()), len(vector)) @ vector
    return dict(zip(views, rows.reshape(-1, VIEWS).max(axis=1).tolist(), strict=True))


def _of_file(folder: Path, card: Manifest, connection: Connection) -> Snapshot | None:
    if metadata.stamp(connection, card.revision) != card.stamp:
        return None
    try:
        path = folder / card.file
        if digest(path) != card.digest:
            return None
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)  # an index of an earlier version is mapped
        if isinstance(index, faiss.IndexIDMap2):
            content: Exact | Approximate = Exact(index)
        elif not card.views:
            content = Approximate(Lists(index))
        elif digest(views := folder / card.views) == card.views_digest:
            content = Approximate(Lists(index), StoredViews(views, index.d))
        else:
            return None
    except _BROKEN:
        return None
    return Snapshot(content, card.revision, card.stamp, card)


_CARD, _LOCK = "index.json", "write.lock"
_WHOLE = 128 << 20
_BLOCK, _BLOCKS, _HEAD = 64 << 10, 128, 8 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What must hold for a saved index to be used: it is this library's, whole, and of this model.

    `revision` is that of the library that `file` holds, `stamp` the revision's. `recent` is the file of what
    changed from there to `recent_revision`, if one was kept; empty otherwise. `views` is the file of the stored
    vectors; empty where every vector is compared, and in the manifests of earlier versions.
    """

    file: str
    digest: str
    library: str
    fingerprint: str
    revision: int
    stamp: str
    recent: str = ""
    recent_digest: str = ""
    recent_revision: int = 0
    recent_stamp: str = ""
    views: str = ""
    views_digest: str = ""


def read_card(folder: Path) -> Manifest | None:
    """Return the card of the index in the folder; `None` when there is none that can be read."""
    try:
        return Manifest(**json.loads((folder / _CARD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def is_begun(folder: Path) -> bool:
    """Return whether there ever was an index in the folder."""
    return (folder / _CARD).exists()


def write_card(folder: Path, card: Manifest) -> None:
    """Make the files that it names the folder's index, at once and as a whole. For whoever holds `writing`."""
    draft = folder / f"{_CARD}.draft"
    draft.write_bytes(json.dumps(asdict(card)).encode())
    flush(draft)
    draft.replace(folder / _CARD)
    for old in folder.glob("*.faiss"):
        if old.name not in (card.file, card.recent, card.views):
            old.unlink(missing_ok=True)  # another process that has it mapped keeps what it has


@contextmanager
def writing(folder: Path) -> Iterator[bool]:
    """Whether this is now the one writer of the folder, of all threads and processes; it is until the end.

    The lock goes with its process. What an earlier writer left behind unfinished is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        for left in folder.glob("draft-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield True
    finally:
        lock.release()


@contextmanager
def drafting(folder: Path) -> Iterator[Path]:
    """Make a folder for unfinished files, gone at the end with all that is in it. For whoever holds `writing`."""
    draft = folder / f"draft-{uuid.uuid4().hex}"
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def keep(draft: Path, folder: Path, kind: str) -> tuple[str, str]:
    """Move a finished file into the folder, flushed to the disk; return its name there and its digest."""
    flush(draft)
    name = f"{kind}-{uuid.uuid4().hex}.faiss"
    draft.replace(folder / name)
    return name, digest(folder / name)


def digest(path: Path) -> str:
    """sha256 of the file, or of a large one's size, head, tail, and 128 blocks of 64 KiB evenly apart.

    Quick at any size, it tells a torn, foreign or overwritten file; a single flipped bit between two blocks it
    doesn't. What that may do is bounded: ids are compared with the database's, and scores come from its vectors.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _WHOLE:
            return hashlib.file_digest(file, "sha256").hexdigest()
        found = hashlib.sha256(str(size).encode())
        found.update(file.read(_HEAD))
        for number in range(_BLOCKS):
            file.seek(_HEAD + number * (size - _HEAD - _BLOCK) // (_BLOCKS - 1))
            found.update(file.read(_BLOCK))
    return found.hexdigest()


def flush(path: Path) -> None:
    """Have the file's content on the disk before anything names it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
