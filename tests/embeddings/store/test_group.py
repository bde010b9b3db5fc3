"""Short writes of many threads share transactions, and none of them suffers for another."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.resources import open_store
from embeddings.errors import StoreError
from embeddings.store import group
from embeddings.store.base import Database
from embeddings.store.group import GroupCommit
from tests.waiting import LONGEST, eventually

THREADS = 9


class Counted:
    """A database's transactions, counted; with `fails`, their commits fail."""

    def __init__(self, store: Database) -> None:
        self.store, self.begun, self.fails = store, 0, False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.begun += 1
        with self.store.writing() as connection:
            yield connection
            if self.fails:
                raise StoreError("The disk is full.")


@pytest.fixture
def store(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    opened = open_store(tmp_path, database_url)
    with opened.writing() as connection:
        connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
    try:
        yield opened
    finally:
        with opened.writing() as connection:
            connection.execute(text("DROP TABLE note"))  # tests share one PostgreSQL database
        opened.close()


def note(number: int, connection: Connection) -> int:
    connection.execute(text("INSERT INTO note VALUES (:number)"), {"number": number})
    return number


def notes(store: Database) -> list[int]:
    with store.reading() as connection:
        return list(connection.scalars(text("SELECT number FROM note ORDER BY number")))


def at_once(group: GroupCommit, works: list[Callable[[Connection], int]]) -> list[Future[int]]:
    """Write all while a first transaction, in which number 0 is noted, is still open."""
    is_open, may_end = threading.Event(), threading.Event()

    def first(connection: Connection) -> int:
        is_open.set()
        assert may_end.wait(300)
        return note(0, connection)

    with ThreadPoolExecutor(len(works) + 1) as threads:
        leader = threads.submit(group.write, first)
        assert is_open.wait(300)
        written = [threads.submit(group.write, one) for one in works]
        assert eventually(lambda: len(group._waiting) == len(works))
        may_end.set()
    assert leader.result() == 0
    return written


def test_writes_that_wait_share_one_transaction(store: Database) -> None:
    counted = Counted(store)
    written = at_once(GroupCommit(counted.writing), [partial(note, number) for number in range(1, THREADS)])
    assert [one.result() for one in written] == list(range(1, THREADS))
    assert notes(store) == list(range(THREADS))
    assert counted.begun == 2


def test_a_write_that_fails_undoes_no_other(store: Database) -> None:
    written = at_once(GroupCommit(store.writing), [partial(note, number) for number in (1, 2, 0, 3)])
    failed = [one.exception() for one in written]
    assert [type(one) for one in failed] == [type(None), type(None), StoreError, type(None)]
    assert notes(store) == [0, 1, 2, 3]


def test_nobody_takes_for_written_what_was_not_committed(store: Database) -> None:
    counted = Counted(store)
    group = GroupCommit(counted.writing)

    def full(connection: Connection) -> int:
        counted.fails = True
        return note(1, connection)

    written = at_once(group, [full, partial(note, 2), partial(note, 3)])
    assert [type(one.exception()) for one in written] == [StoreError] * 3
    assert notes(store) == [0]
    counted.fails = False
    assert group.write(partial(note, 4)) == 4, "the next one writes again"


class Interrupted(threading.Event):
    """Ctrl+C comes while somebody waits for it, or just as the wait ends."""

    at_once = False

    def wait(self, timeout: float | None = None) -> bool:
        if not self.at_once:
            super().wait(timeout)
        raise KeyboardInterrupt


@pytest.mark.parametrize("at_once", [True, False])
def test_an_interrupt_while_waiting_leaves_the_others_a_leader(
    store: Database, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    written, is_open, may_end = GroupCommit(store.writing), threading.Event(), threading.Event()
    real = group._Write

    def made(work: Callable[[Connection], Any]) -> Any:
        is_interrupted = threading.current_thread().name.startswith("interrupted")
        return real(work, Interrupted() if is_interrupted else threading.Event())

    def first(connection: Connection) -> int:
        is_open.set()
        assert may_end.wait(LONGEST)
        return note(0, connection)

    def waiting(count: int) -> None:
        assert eventually(lambda: len(written._waiting) == count)

    monkeypatch.setattr(group, "_Write", made)
    monkeypatch.setattr(Interrupted, "at_once", at_once)
    with ThreadPoolExecutor(2) as threads, ThreadPoolExecutor(1, "interrupted") as other:
        leader = threads.submit(written.write, first)
        assert is_open.wait(LONGEST)
        interrupted = other.submit(written.write, partial(note, 1))
        if at_once:
            assert isinstance(interrupted.exception(LONGEST), KeyboardInterrupt)
        waiting(0 if at_once else 1)
        following = threads.submit(written.write, partial(note, 2))
        waiting(1 if at_once else 2)
        may_end.set()
        assert isinstance(interrupted.exception(LONGEST), KeyboardInterrupt)
        assert (leader.result(LONGEST), following.result(LONGEST)) == (0, 2)
    assert notes(store) == [0, 2]


def test_what_is_written_is_on_the_disk_when_the_call_returns(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))

    def write(number: int) -> bool:
        store.write(partial(note, number))
        other = sqlite3.connect(tmp_path / "bot.db")
        try:
            return bool(other.execute("SELECT count(*) FROM note WHERE number = ?", (number,)).fetchone() == (1,))
        finally:
            other.close()

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(write, range(100)))
    store.close()
