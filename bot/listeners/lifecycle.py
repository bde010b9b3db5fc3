"""The app is uninstalled, or its token revoked: everything of that workspace stops at once.

These events come without a token; `context["installed"]` are the workspaces, `None` with one bot token.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt import BoltContext

from bot.workspaces import InstalledWorkspaces

_log = structlog.get_logger("topicbot.lifecycle")


def leave(body: dict[str, Any], context: BoltContext) -> None:
    """End the work for the workspace before the event is acknowledged: if that fails, Slack sends it again."""
    installed: InstalledWorkspaces | None = context["installed"]
    if installed is None:
        _log.error("the app was uninstalled, or its token revoked: SLACK_BOT_TOKEN is of no use any more")
        return
    installed.leave(context.team_id or "", datetime.fromtimestamp(int(body["event_time"]), UTC))


def lose_tokens(event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
    """As `leave`, when the bot's token is among those revoked."""
    if event["tokens"].get("bot"):
        leave(body, context)
