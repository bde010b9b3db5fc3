"""Messages without a mention: direct messages, and follow-ups in threads that the bot answered."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.asking import mentions, typed
from bot.config import FollowUps
from bot.listeners.answers import answer_directly
from bot.listeners.files import add_files, shared
from bot.listeners.mentions import answer_in_thread
from bot.people import kept_name
from bot.store import questions
from bot.workspace import Workspace

_SUBTYPES = (None, "file_share", "thread_broadcast")


def is_question(event: dict[str, Any], context: BoltContext) -> bool:
    """Whether a message is meant for the bot: sent to it directly, or asked on in a thread that it answered.

    In a channel a message with a mention comes as `app_mention` too and is answered there.
    """
    if event.get("subtype") not in _SUBTYPES or not event.get("user") or event.get("bot_id"):
        return False
    if event.get("channel_type") == "im":
        return True
    thread = event.get("thread_ts")
    if not thread or mentions(event.get("text") or "", context.bot_user_id or ""):
        return False
    workspace: Workspace = context["workspace"]
    follow_ups = workspace.settings.follow_ups
    if follow_ups is FollowUps.MENTION:
        return False
    asker = kept_name(workspace.settings, workspace.team_id, event["user"])
    user = asker if follow_ups is FollowUps.ASKER else None
    with workspace.store.reading() as connection:
        before = questions.last_in_thread(connection, workspace.team_id, event["channel"], thread, user=user)
    return before is not None


def answer_message(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer a direct message, or a follow-up in its thread; add the files that are shared with the bot."""
    if event.get("channel_type") == "im" and shared(event):
        add_files(event, context, client)
    elif event.get("channel_type") == "im":
        text = typed(event.get("text") or "", context.bot_user_id)
        thread = event.get("thread_ts") or event["ts"]
        answer_directly(context, client, text, event["channel"], thread)
    else:
        answer_in_thread(event, context, client)
