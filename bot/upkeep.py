"""What `topicbot run` does beside answering: digests, alerts, and forgetting what is old."""

from __future__ import annotations

import threading
import uuid
from dataclasses import asdict
from datetime import timedelta

import structlog
from slack_sdk import WebClient

from bot import alerts
from bot.digests.post import Pace, post_due
from bot.operations.metrics import ROUNDS_FAILED
from bot.operations.retention import forget_old
from bot.store import leases
from bot.workspace import Workspace

EVERY_SECONDS = 60.0
LEASE = timedelta(minutes=15)
"""How long alerts wait for a process that looked after them and died."""

_STOP_SECONDS = 5.0
_FORGET_EVERY = timedelta(days=1)
_log = structlog.get_logger("topicbot.upkeep")


class Upkeep:
    """A thread that looks after one workspace once a minute until it is stopped."""

    def __init__(self, workspace: Workspace, client: WebClient, every_seconds: float = EVERY_SECONDS) -> None:
        self._workspace, self._client, self._every = workspace, client, every_seconds
        self._revision: int | None = None
        self._lease, self._holder = f"alerts {workspace.team_id}", uuid.uuid4().hex
        self._pace = Pace()
        self._forgot = workspace.now() - _FORGET_EVERY
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)
        with self._workspace.store.writing() as connection:
            leases.release(connection, self._lease, self._holder)

    def round(self) -> None:
        """One look: digests that are due, alerts, and once a day what is too old, even if the others failed."""
        try:
            self._tell()
        finally:
            self._forget()

    def _tell(self) -> None:
        workspace = self._workspace
        posted = post_due(workspace, self._client, self._pace)
        if posted:
            _log.info("digests posted", count=posted)
        if not self._leads():
            return
        revision = workspace.library.revision
        if revision != self._revision:
            alerts.look(workspace)
            self._revision = revision
        told = alerts.tell(workspace, self._client)
        if told:
            _log.info("alerts told", count=told)

    def _forget(self) -> None:
        workspace, now = self._workspace, self._workspace.now()
        if now - self._forgot < _FORGET_EVERY:
            return
        gone = forget_old(workspace.store, workspace.sources, workspace.settings, now)
        self._forgot = now
        _log.info("forgotten", **asdict(gone))

    def _leads(self) -> bool:
        """Whether alerts are this process's to look after: two at once would tell twice."""
        with self._workspace.store.writing() as connection:
            return leases.hold(connection, self._lease, self._holder, self._workspace.now(), LEASE)

    def _until_next(self) -> float:
        """Seconds until the next round: rounds begin with the minute, as digests do."""
        return self._every - self._workspace.now().timestamp() % self._every

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.round()
            except Exception as error:  # the next round tries again
                ROUNDS_FAILED.labels("upkeep").inc()
                _log.warning("upkeep failed; trying again", error=type(error).__name__)
            self._stopped.wait(self._until_next())
