"""Who gets in: members of the workspace, and whom the settings allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import BoltContext, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from bot.config import Settings
from bot.locale.texts import speaking
from bot.slack import notes
from bot.slack.notes import closed
from bot.slack.people import Person
from bot.slack.reply import Reply

_log = structlog.get_logger("topicbot.members")


class Step(Middleware):
    """A function of the request and of `next` as Bolt's middleware.

    For a plain function Bolt gathers, with each request, every argument that one may have.
    """

    def __init__(self, check: Callable[[BoltRequest, Callable[[], Any]], BoltResponse | None]) -> None:
        self._check = check

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse | None:
        """Run the function."""
        return self._check(req, next)


def members_only(req: BoltRequest, next: Callable[[], Any]) -> BoltResponse | None:
    """Let a listener run for those who may ask; tell the others so. Works in the inbox, not before Slack's ack."""
    if not req.lazy_only:
        next()
        return None
    context = req.context
    workspace, client = context["workspace"], context.client
    if is_workflow(req.body.get("event") or {}) and not _is_shared(req.body, workspace.settings):
        context["person"] = Person("", is_bot=True)
        next()
        return None
    person = workspace.people.person(client, context.user_id or "")
    if person.may_ask(workspace.settings):
        context["person"] = person
        next()
        return None
    context["ran"] = True
    _log.info("refused", reason="not a member", known=person.is_known)
    if not person.is_bot:
        with speaking(person.language):
            _refuse(context, req.body, client)
    return BoltResponse(status=200, body="")


def is_workflow(event: dict[str, Any]) -> bool:
    """Return whether a workflow's step mentions the bot: a message of nobody's, by members who set it up.

    It sees what everybody in the channel sees, and may change nothing.
    """
    return event.get("type") == "app_mention" and bool(event.get("bot_id")) and not event.get("user")


def _is_shared(body: dict[str, Any], settings: Settings) -> bool:
    """Return whether people of other workspaces, whom the settings keep out, may have set the workflow up."""
    return bool(body.get("is_ext_shared_channel")) and not settings.allow_strangers


def _refuse(context: BoltContext, body: dict[str, Any], client: WebClient) -> None:
    event = body.get("event") or {}
    if event.get("type") == "app_home_opened":
        if event.get("tab") == "home":
            client.views_publish(user_id=context.user_id or "", view=closed())
    else:
        Reply.to(context, body, client).privately(notes.members_only())
