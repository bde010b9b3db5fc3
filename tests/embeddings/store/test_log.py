"""Damage to SQLite's write-ahead log, which SQLite passes over in silence, is said."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.library import Library
from embeddings.store import log
from tests.conftest import article
from tests.hashed import HashedEncoder

COMMITS = 30


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database whose commits are in its log alone: whoever wrote them was killed."""
    file = tmp_path / "library.db"
    script = (
        "import os, signal, sqlite3, sys\n"
        "one = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "one.execute('PRAGMA page_size = 16384')\n"
        "one.execute('PRAGMA journal_mode = WAL')\n"
        "one.execute('CREATE TABLE t (x)')\n"
        "for number in range(int(sys.argv[2])): one.execute('INSERT INTO t VALUES (randomblob(9000))')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(file), str(COMMITS)], check=False)
    assert ran.returncode == -signal.SIGKILL
    return file


def rows(database: Path) -> int:
    connection = sqlite3.connect(database)
    tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    ((count,),) = connection.execute("SELECT count(*) FROM t").fetchall() if tables else [(0,)]
    connection.close()
    return int(count)


def flip(database: Path, at: int) -> None:
    content = bytearray(log.log_of(database).read_bytes())
    content[at] ^= 0xFF
    log.log_of(database).write_bytes(content)


def test_a_whole_log_is_whole(database: Path) -> None:
    assert log.fault_of(database) is None
    assert rows(database) == COMMITS
    assert log.fault_of(database) is None


@pytest.mark.parametrize("at", [2, 20, 30, 35, 41, 50, 2000, 300_000])
def test_a_damaged_byte_is_found_where_sqlite_loses_commits(database: Path, at: int) -> None:
    flip(database, at)
    found = log.fault_of(database)
    assert found is not None
    assert found.at <= at
    if found.at:  # a log without its header loses the table too
        assert rows(database) < COMMITS
        assert rows(database) + found.commits >= COMMITS


CUT: dict[str, Callable[[Path], None]] = {
    "to the middle of a frame": lambda file: os.truncate(file, 300_000),
    "to a header": lambda file: os.truncate(file, 32),
    "to nothing": lambda file: os.truncate(file, 0),
    "away": Path.unlink,
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT.keys())
def test_a_log_that_is_cut_off_can_t_be_told_from_a_shorter_one(
    database: Path, cut: Callable[[Path], None]
) -> None:
    cut(log.log_of(database))
    assert log.fault_of(database) is None


def test_what_is_left_of_a_former_log_is_no_damage(database: Path) -> None:
    one = sqlite3.connect(database, isolation_level=None)
    one.execute("PRAGMA wal_checkpoint(RESTART)")
    one.execute("INSERT INTO t VALUES (1)")  # over the first frames; the others stay
    assert log.fault_of(database) is None
    one.close()


def test_opening_a_damaged_log_is_logged_and_the_log_is_kept(
    database: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Library(tmp_path / "data", HashedEncoder()) as library:
        library.local.add(article("Crane", "A crane was seen."))
        for name in ("library.db", "library.db-wal"):
            shutil.copy(tmp_path / "data" / name, tmp_path / name)
    flip(database, 100)
    damaged = log.log_of(database).read_bytes()
    with Library(tmp_path, HashedEncoder()):
        pass
    assert "library.db-wal is damaged at byte 32" in caplog.text
    assert "topicbot doctor" in caplog.text
    assert log.copy_of(database).read_bytes() == damaged
    assert log.copy_of(database).stat().st_mode & 0o077 == 0
