"""The files of the index's folder: which of them counts, whether it can be trusted, who may write."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_CARD, _LOCK = "index.json", "write.lock"
_WHOLE = 128 << 20
_BLOCK, _BLOCKS, _HEAD = 64 << 10, 128, 8 << 20


@dataclass(frozen=True, slots=True)
class Card:
    """What must hold for a saved index to be used: it is this library's, whole, and of this model.

    `revision` is that of the library at which `file` stands, `stamp` the revision's. `recent` is the file of what
    changed from there to `recent_revision`, if one was kept; empty else.
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


def read_card(folder: Path) -> Card | None:
    """The card of the index in the folder; `None` when there is none that can be read."""
    try:
        return Card(**json.loads((folder / _CARD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def is_begun(folder: Path) -> bool:
    """Whether there ever was an index in the folder."""
    return (folder / _CARD).exists()


def write_card(folder: Path, card: Card) -> None:
    """Make the files that it names the folder's index, at once and as a whole. For whoever holds `writing`."""
    draft = folder / f"{_CARD}.draft"
    draft.write_bytes(json.dumps(asdict(card)).encode())
    flush(draft)
    draft.replace(folder / _CARD)
    for old in folder.glob("*.faiss"):
        if old.name not in (card.file, card.recent):
            old.unlink(missing_ok=True)  # another process that has it mapped keeps what it has


@contextmanager
def writing(folder: Path) -> Iterator[bool]:
    """Whether this is now the one writer of the folder, of all threads and processes; it is until the end.

    The lock goes with its process. What an earlier writer left behind unfinished is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        for left in folder.glob("draft-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield True


@contextmanager
def drafting(folder: Path) -> Iterator[Path]:
    """A folder for unfinished files, gone at the end with all that is left in it. For whoever holds `writing`."""
    draft = folder / f"draft-{uuid.uuid4().hex}"
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def keep(draft: Path, folder: Path, kind: str) -> tuple[str, str]:
    """Move a finished file into the folder, flushed to the disk; gives its name there and its digest."""
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
