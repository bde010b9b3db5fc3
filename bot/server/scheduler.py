"""What `topicbot run` does beside answering: digests, alerts, and forgetting what is old."""

from __future__ import annotations

import threading
import uuid
from dataclasses import asdict
from datetime import timedelta

import structlog
from slack_sdk import WebClient

from bot.alerts import delivery as alerts
from bot.digests.delivery import Pace, post_due
from bot.metrics import ROUNDS_FAILED
from bot.operations.privacy import forget_old, purge_uninstalled
from bot.store import leases
from bot.workspace.registry import Workspaces, each, sources_of
from bot.workspace.workspace import Workspace

EVERY_SECONDS = 60.0
LEASE = timedelta(minutes=15)
"""How long alerts wait for a process that looked after them and died."""

_STOP_SECONDS = 5.0
_FORGET_EVERY = timedelta(days=1)
_log = structlog.get_logger("topicbot.upkeep")


class Upkeep:
    """A thread that looks after the workspaces once a minute until it is stopped."""

    def __init__(self, workspaces: Workspaces, every_seconds: float = EVERY_SECONDS) -> None:
        self._workspaces, self._every = workspaces, every_seconds
        self._revisions: dict[str, int] = {}
        self._holder = uuid.uuid4().hex
        self._pace = Pace()
        self._forgot = workspaces.now() - _FORGET_EVERY
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)
        with self._workspaces.store.writing() as connection:
            for team in self._revisions:
                leases.release(connection, leases.names(team)[0], self._holder)

    def round(self) -> None:
        """One look: digests that are due, alerts, and once a day what is too old, even if the others failed.

        What fails for one workspace holds up no other; the first error is raised at the end.
        """
        try:
            self._workspaces.renew()
            each(self._workspaces, self._tell)
        finally:
            self._forget()

    def _tell(self, workspace: Workspace, client: WebClient) -> None:
        posted = post_due(workspace, client, self._pace)
        if posted:
            _log.info("digests posted", count=posted)
        if not self._leads(workspace):
            return
        revision = workspace.library.revision
        if revision != self._revisions.get(workspace.team_id):
            alerts.check_alerts(workspace)
            self._revisions[workspace.team_id] = revision
        told = alerts.tell(workspace, client)
        if told:
            _log.info("alerts told", count=told)

    def _forget(self) -> None:
        given = self._workspaces
        if given.now() - self._forgot < _FORGET_EVERY:
            return
        given.look_for_gone()
        gone = forget_old(given.store, sources_of(given), given.settings, given.now())
        purged = purge_uninstalled(given.store, given.library, given.settings, given.now())
        self._forgot = given.now()
        _log.info("forgotten", **asdict(gone), workspaces=len(purged))

    def _leads(self, workspace: Workspace) -> bool:
        """Whether alerts are this process's to look after: two at once would tell twice."""
        name, _ = leases.names(workspace.team_id)
        with workspace.store.writing() as connection:
            return leases.acquire(connection, name, self._holder, workspace.now(), LEASE)

    def _until_next(self) -> float:
        """Seconds until the next round: rounds begin with the minute, as digests do."""
        return self._every - self._workspaces.now().timestamp() % self._every

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.round()
            except Exception as error:  # the next round tries again
                ROUNDS_FAILED.labels("upkeep").inc()
                _log.warning("upkeep failed; trying again", error=type(error).__name__)
            self._stopped.wait(self._until_next())
