"""Looking at sources in the background while `topicbot run` runs."""

from __future__ import annotations

import threading

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.metrics import ROUNDS_FAILED
from bot.slack.messages import direct_channel, post
from bot.sources.blocks import source_paused
from bot.workspace.registry import Workspaces, each
from bot.workspace.workspace import Workspace
from embeddings.subscriptions.model import OWN_NAME
from embeddings.subscriptions.refresh import Refreshed

EVERY_SECONDS = 60.0
_STOP_SECONDS = 20.0
_MOST = 50
"""So many entries of a source are had in one round, so that a long import holds up no other source."""

_log = structlog.get_logger("topicbot.refresher")


class Refresher:
    """A thread that looks at the sources whose time has come, until it is stopped."""

    def __init__(self, workspaces: Workspaces, every_seconds: float = EVERY_SECONDS) -> None:
        self._workspaces, self._every = workspaces, every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the entries that it is at; the rest waits for the next start."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def round(self) -> None:
        """Look at what is due in each workspace, and tell of sources that are given up.

        What fails for one workspace holds up no other; the first error is raised at the end.
        """
        each(self._workspaces, self._look)

    def _look(self, workspace: Workspace, client: WebClient) -> None:
        def ends() -> bool:
            return self._stopped.is_set() or not self._workspaces.is_served(workspace.team_id)

        sources = workspace.sources
        for result in sources.refresh(sources.due(), most=_MOST, stopped=ends):
            _tell(workspace, client, result)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.round()
            except Exception as error:  # the next round tries again
                ROUNDS_FAILED.labels("refresher").inc()
                _log.warning("refreshing failed; trying again", error=type(error).__name__)
            self._stopped.wait(self._every)


def _tell(workspace: Workspace, client: WebClient, result: Refreshed) -> None:
    source = result.source
    counts = {str(outcome): count for outcome, count in result.counts.items() if count}
    if result.error is not None:
        _log.warning("a source fails", source=source.id, failures=source.failures)
    elif counts or result.failed:
        _log.info("refreshed", source=source.id, failed=len(result.failed), **counts)
    if result.error is None or source.paused_by != OWN_NAME or source.paused_at is None:
        return
    _log.error("a source is paused", source=source.id)
    if source.added_by:
        try:
            channel = direct_channel(client, source.added_by)
            key = f"source {source.id} {source.paused_at.isoformat()}"
            post(client, channel, source_paused(source, workspace.now()), key, thread=None)
        except (SlackApiError, OSError) as error:
            _log.warning("who added it can't be told", source=source.id, error=type(error).__name__)
