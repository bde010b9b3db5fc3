"""Group commit: short writes that wait at the same time share one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Write:
    """One thread's write: `ready` is set when it has ended, or when its thread is the next to lead."""

    work: Callable[[Connection], Any]
    ready: threading.Event = field(default_factory=threading.Event)
    has_ended: bool = False
    result: Any = None
    error: BaseException | None = None


class GroupCommit:
    """Threads that write at the same time form groups: one of them, the leader, runs the writes of all.

    A transaction costs more than the short statements in it: it is synchronized to the disk, and after each call
    to the database the thread waits for Python's lock.
    """

    def __init__(self, writing: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Write in transactions that `writing` opens."""
        self._writing, self._lock = writing, threading.Lock()
        self._waiting: list[_Write] = []
        self._is_led = False

    def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once the transaction that it was part of is committed.

        Raises what `work` raises, which undoes nobody else's write; when the transaction fails, each of its
        writes raises that. `work` may run on another thread, and again after another write of its group failed.
        """
        own = _Write(work)
        with self._lock:
            self._waiting.append(own)
            leads, self._is_led = not self._is_led, True
        if not leads:
            try:
                own.ready.wait()
            except BaseException:  # interrupted
                self._leave(own)
                raise
        if not own.has_ended:
            self._lead()
        if own.error is not None:
            raise own.error
        result: T = own.result
        return result

    def _lead(self) -> None:
        """Run all that waits, and leave what has come since to the first of those threads."""
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            self._run(group)
        finally:
            with self._lock:
                self._appoint()
            for one in group:
                one.has_ended = True
                one.ready.set()

    def _appoint(self) -> None:
        """Let the first of those that wait lead; the lock is held."""
        self._is_led = bool(self._waiting)
        for one in self._waiting[:1]:
            one.ready.set()

    def _leave(self, own: _Write) -> None:
        """Wait no longer; whoever was to lead leaves that to the next. What a leader has begun goes on."""
        with self._lock:
            if own in self._waiting:
                self._waiting.remove(own)
                if own.ready.is_set():
                    self._appoint()

    def _run(self, group: list[_Write]) -> None:
        """Commit the group's writes; without the one that fails, all over again."""
        left = group
        while left:
            current: _Write | None = None
            try:
                with self._writing() as connection:
                    for current in left:
                        current.result = current.work(connection)
                    current = None
                return
            except BaseException as error:
                for one in left if current is None else (current,):
                    one.error = error
                if not isinstance(error, Exception):  # the leader is interrupted
                    for one in left:
                        one.error = one.error or error
                    raise
                left = [one for one in left if one.error is None]
