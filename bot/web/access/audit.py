"""The audit log: who asked for, added and removed what; never a question's text."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from sqlalchemy import insert

from bot.store.tables import audit
from bot.web.access.callers import Caller
from embeddings import Database
from embeddings.errors import StoreError

_PAUSE_SECONDS = 0.5
_MOST_WAITING = 100_000
_log = structlog.get_logger("topicbot.web")


class AuditLog:
    """Rows that a thread appends together twice a second: a transaction for each would slow the answers down.

    A process that is killed loses those of the last half second; one that ends writes them first.
    """

    def __init__(self, store: Database) -> None:
        self._store = store
        self._waiting: deque[dict[str, object]] = deque(maxlen=_MOST_WAITING)
        self._writing, self._ended = threading.Lock(), threading.Event()

    def add(self, caller: Caller, action: str, subject: str | None, status: int, now: datetime) -> None:
        """Add a row, to be written soon."""
        row = {"team_id": caller.team, "caller": caller.name, "action": action, "subject": subject}
        self._waiting.append({**row, "status": status, "id": secrets.token_hex(8), "at": now.isoformat()})

    def flush(self) -> None:
        """Write what waits. Where the database can't be written, it waits for the next time."""
        with self._writing:
            rows = list(self._waiting)
            written = {row["id"] for row in rows}
            if not rows:
                return
            try:
                with self._store.writing() as connection:
                    connection.execute(insert(audit), rows)
            except StoreError as error:
                _log.error("the audit log can't be written", error=type(error).__name__, rows=len(rows))
                return
            while self._waiting and self._waiting[0]["id"] in written:
                self._waiting.popleft()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write in the background; leaving it writes what is left."""
        self._ended.clear()
        thread = threading.Thread(target=self._run, name="audit", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            self.flush()

    def _run(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            self.flush()
