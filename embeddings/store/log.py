"""Whether SQLite's write-ahead log is whole: SQLite leaves out what comes after a damaged place, without a word.

The format is https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header of 32 bytes, then frames, each
a header of 24 bytes and a page. A frame counts when it has the header's two salts and the checksum over everything
before it.
"""

from __future__ import annotations

import logging
import shutil
import struct
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

_HEADER, _FRAME = 32, 24
_MAGIC = {0x377F0682: "<u4", 0x377F0683: ">u4"}  # how the words of the checksum are read
_AGAIN = 0.2
"""Seconds after which a suspicion is looked into again: another process may be writing."""

_LONGEST = 256_000_000
"""Bytes up to which a log is looked through; SQLite empties it at 16 MB unless somebody reads for long."""

_logger = logging.getLogger("topicbot.store")

Words = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class LogFault:
    """A place from which on the log can't be read, and how many commits come after it."""

    at: int
    commits: int
    salts: bytes

    def __str__(self) -> str:
        return f"damaged at byte {self.at:,}, {self.commits:,} commits from there on can't be read"


def fault_of(database: Path) -> LogFault | None:
    """Return where the log beside this database is damaged; `None` when it is whole, or there is none.

    Found: a damaged header, and a damaged frame with a commit in it or after it. Not found: a log that was
    deleted, or cut off. A frame that was only begun when the process or the power ended is no damage, unless a
    commit was written after it that never was acknowledged.
    """
    log = log_of(database)
    found = _fault(log)
    if found is None:
        return None
    time.sleep(_AGAIN)
    return found if _fault(log) == found else None


def report(database: Path) -> None:
    """Log a damaged log beside this database, and keep a copy of it, before SQLite opens and overwrites it."""
    found = fault_of(database)
    if found is None:
        return
    copy = keep(database)
    _logger.error(
        "%s is %s: the changes in them are left out%s. `topicbot doctor` says what to do",
        log_of(database), found, f", and a copy is kept as {copy}" if copy else "",
    )  # fmt: skip


def log_of(database: Path) -> Path:
    """Return the log's path."""
    return database.with_name(f"{database.name}-wal")


def copy_of(database: Path) -> Path:
    """Return where a damaged log is kept."""
    return database.with_name(f"{database.name}-wal.damaged")


def keep(database: Path) -> Path | None:
    """Keep a copy of the log; return it, or `None` when it can't be kept."""
    copy = copy_of(database)
    try:
        shutil.copyfile(log_of(database), copy)
        copy.chmod(0o600)
    except OSError:
        return None
    return copy


def _fault(log: Path) -> LogFault | None:
    try:
        content = log.read_bytes() if log.stat().st_size <= _LONGEST else b""
    except OSError:
        return None
    if len(content) <= _HEADER:
        return None
    magic, _, size, _ = struct.unpack(">4I", content[:16])
    salts, order = content[16:24], _MAGIC.get(magic)
    sums = _checksum(content[:24], (0, 0), order) if order else None
    if order is None or sums != struct.unpack(">2I", content[24:_HEADER]):
        return LogFault(0, _commits(content, _HEADER, size or 16384, None), salts)
    return _damaged_frame(content, size, salts, order, sums)


def _damaged_frame(content: bytes, size: int, salts: bytes, order: str, sums: tuple[int, int]) -> LogFault | None:
    for start in range(_HEADER, len(content) - _FRAME - size + 1, _FRAME + size):
        head = content[start : start + _FRAME]
        sums = _checksum(head[:8] + content[start + _FRAME : start + _FRAME + size], sums, order)
        if head[8:16] == salts and sums == struct.unpack(">2I", head[16:]):
            continue
        commits = _commits(content, start, size, salts)
        return LogFault(start, commits, salts) if commits else None
    return None


def _commits(content: bytes, start: int, size: int, salts: bytes | None) -> int:
    """Return how many frames from `start` on end a transaction of this log; without `salts`, of any."""
    heads = (content[at : at + _FRAME] for at in range(start, len(content) - _FRAME - size + 1, _FRAME + size))
    return sum(head[4:8] != b"\0\0\0\0" and salts in (None, head[8:16]) for head in heads)


def _checksum(content: bytes, before: tuple[int, int], order: str) -> tuple[int, int]:
    """Return SQLite's checksum, continued: for each pair of words a += x + b; b += y + a, modulo 2**32.

    Each step is linear, so the sums are those of the words times what is kept for their places.
    """
    words = np.frombuffer(content, dtype=order).astype(np.uint32)
    weights, whole = _weights(len(words) // 2)
    a, b = before
    first = int((weights[0] * words).sum(dtype=np.uint32)) + whole[0][0] * a + whole[0][1] * b
    second = int((weights[1] * words).sum(dtype=np.uint32)) + whole[1][0] * a + whole[1][1] * b
    return first % 2**32, second % 2**32


@cache
def _weights(pairs: int) -> tuple[tuple[Words, Words], tuple[tuple[int, int], tuple[int, int]]]:
    """Return what each word counts for in either sum after this many pairs, and what the former sums do."""
    # One pair: a' = a + b + x, b' = b + y + a' = a + 2b + x + y.
    first, second = [], []
    power = ((1, 0), (0, 1))
    for _ in range(pairs):
        (p, q), (r, s) = power
        first.append((p + q, q))
        second.append((r + s, s))
        power = ((p + q) % 2**32, (p + 2 * q) % 2**32), ((r + s) % 2**32, (r + 2 * s) % 2**32)
    rows = [
        np.array([part % 2**32 for pair in reversed(one) for part in pair], dtype=np.uint32)
        for one in (first, second)
    ]
    return (rows[0], rows[1]), power
