"""Who gets in: members of the workspace, and whom the settings allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import BoltContext, BoltRequest, BoltResponse
from slack_sdk import WebClient

from bot.slack import notes
from bot.slack.notes import closed
from bot.slack.reply import Reply

_log = structlog.get_logger("topicbot.members")


def members_only(
    context: BoltContext,
    req: BoltRequest,
    client: WebClient,
    next: Callable[[], Any],
) -> BoltResponse | None:
    """Let a listener run for those who may ask; tell the others so. Works in the inbox, not before Slack's ack."""
    if not req.lazy_only:
        next()
        return None
    workspace = context["workspace"]
    person = workspace.people.person(client, context.user_id or "")
    if person.may_ask(workspace.settings):
        context["person"] = person
        next()
        return None
    context["ran"] = True
    _log.info("refused", reason="not a member", known=person.is_known)
    if not person.is_bot:
        _refuse(context, req.body, client)
    return BoltResponse(status=200, body="")


def _refuse(context: BoltContext, body: dict[str, Any], client: WebClient) -> None:
    event = body.get("event") or {}
    if event.get("type") == "app_home_opened":
        if event.get("tab") == "home":
            client.views_publish(user_id=context.user_id or "", view=closed())
    else:
        Reply.to(context, body, client).privately(notes.members_only())
