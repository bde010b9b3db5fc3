"""Where an answer goes: back to where the person wrote, so that only they or all in the thread see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

import structlog
from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.blocks.answer import Message
from bot.slack import direct_channel, post, respond, retry_after, whisper

_EYES = "eyes"
_log = structlog.get_logger("topicbot.reply")


def reply_privately(context: BoltContext, body: dict[str, Any], client: WebClient, message: Message) -> None:
    """Tell the person alone: by the reply address, in the thread for their eyes, or in their direct messages."""
    event = body.get("event") or {}
    thread = event.get("thread_ts") or (event.get("ts") if event.get("type") == "app_mention" else None)
    if context.response_url:
        respond(context.response_url, message)
    elif event.get("channel_type") == "im":
        reply(context, client, event["channel"], message, thread=event.get("thread_ts") or event["ts"])
    elif context.channel_id and event.get("type") in ("app_mention", "message"):
        whisper(client, context.channel_id, context.user_id or "", message, thread=thread)
    else:
        reply(context, client, direct_channel(client, context.user_id or ""), message, thread=None)


def reply(context: BoltContext, client: WebClient, channel: str, message: Message, *, thread: str | None) -> str:
    """Post the answer to this delivery, once however often it is tried; gives its `ts`."""
    return post(client, channel, message, context["key"], thread=thread, again=context["again"])


def show_to_all(context: BoltContext, client: WebClient, url: str, message: Message) -> None:
    """Show a message to the whole channel: as a message of the bot where it is a member, else as a reply."""
    try:
        reply(context, client, context.channel_id or "", message, thread=None)
    except SlackApiError as error:
        if error.response.get("error") not in ("not_in_channel", "channel_not_found", "is_archived"):
            raise
        respond(url, message, response_type="in_channel")


@contextmanager
def eyes(context: BoltContext, client: WebClient, channel: str, ts: str) -> Iterator[None]:
    """👀 on the message while it is worked on, and while another try is to come."""
    _courtesy(client.reactions_add, channel=channel, timestamp=ts, name=_EYES)
    try:
        yield
    except Exception as error:
        if retry_after(error) is None or context.get("last"):
            _courtesy(client.reactions_remove, channel=channel, timestamp=ts, name=_EYES)
        raise
    _courtesy(client.reactions_remove, channel=channel, timestamp=ts, name=_EYES)


def status(client: WebClient, channel: str, thread: str) -> None:
    """Say under the thread that the answer is being looked for; Slack takes it away with the answer."""
    _courtesy(
        client.assistant_threads_setStatus,
        channel_id=channel,
        thread_ts=thread,
        status="is looking through the articles…",
    )


def _courtesy(method: Any, **arguments: str) -> None:
    """Call Slack for something that no answer may wait for or fail with."""
    try:
        method(**arguments)
    except SlackApiError as error:
        if error.response.get("error") not in ("already_reacted", "no_reaction"):
            _log.warning("a courtesy failed", reason=error.response.get("error"))
    except (OSError, HTTPException) as error:
        _log.warning("a courtesy failed", reason=type(error).__name__)
