"""Check the sources that are due while `topicbot run` runs."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.locale.texts import speaking
from bot.slack.messages import direct_channel, post
from bot.sources.blocks import source_paused
from bot.workspace.registry import Workspaces, each
from bot.workspace.workspace import Workspace
from embeddings.subscriptions.model import OWN_NAME
from embeddings.subscriptions.refresh import Refreshed

_BATCH_SIZE = 50
"""Entries of a source that are fetched in one round, so that a long import holds up no other source."""

_log = structlog.get_logger("topicbot.refresher")


def refresh_due(workspaces: Workspaces, stopped: Callable[[], bool]) -> None:
    """Check the sources of each workspace whose time has come, and tell of those that are given up.

    What fails for one workspace holds up no other; the first error is raised at the end. Once it is `stopped`, or
    the app was uninstalled there, it ends after the entry that it is at; the rest waits for the next time.
    """

    def refresh(workspace: Workspace, client: WebClient) -> None:
        def ends() -> bool:
            return stopped() or workspace.team_id not in workspaces.teams()

        sources = workspace.sources
        for result in sources.refresh(sources.due(), most=_BATCH_SIZE, stopped=ends):
            _tell(workspace, client, result)

    each(workspaces, refresh)


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
            with speaking(workspace.people.person(client, source.added_by).language):
                message = source_paused(source, workspace.now())
            post(client, channel, message, key, thread=None)
        except (SlackApiError, OSError) as error:
            _log.warning("who added it can't be reached", source=source.id, error=type(error).__name__)
