"""What `topicbot run` does beside answering: telling those who wait, and forgetting what is old."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog
from slack_sdk import WebClient

from bot.store import deliveries, questions
from bot.watching import tell_watchers
from bot.workspace import Workspace

EVERY_SECONDS = 60.0
_STOP_SECONDS = 5.0
_FORGET_EVERY = timedelta(days=1)
_log = structlog.get_logger("topicbot.upkeep")


class Upkeep:
    """A thread that looks after one workspace once a minute until it is stopped."""

    def __init__(self, workspace: Workspace, client: WebClient, every_seconds: float = EVERY_SECONDS) -> None:
        self._workspace, self._client, self._every = workspace, client, every_seconds
        self._revision: int | None = None
        self._forgot = workspace.now() - _FORGET_EVERY
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def round(self) -> None:
        """One look: watched questions when the library has changed, old rows once a day."""
        workspace, now = self._workspace, self._workspace.now()
        if now - self._forgot >= _FORGET_EVERY:
            with workspace.store.writing() as connection:
                questions.forget(connection, now, workspace.settings.keep_questions_days)
                deliveries.forget(connection, now)
            self._forgot = now
        revision = workspace.library.revision
        if revision != self._revision:
            told = tell_watchers(workspace, self._client)
            if told:
                _log.info("told", people=told)
            self._revision = revision

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.round()
            except Exception as error:  # the next round tries again
                _log.warning("upkeep failed; trying again", error=type(error).__name__)
            self._stopped.wait(self._every)
