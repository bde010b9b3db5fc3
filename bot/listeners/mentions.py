"""@topicbot in a channel: answered in the thread."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.asking import typed
from bot.listeners.answers import message_for
from bot.listeners.files import add_files, shared
from bot.listeners.reply import eyes, reply
from bot.workspace import Place


def answer_in_thread(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer a message of a channel in its thread, with 👀 on it meanwhile; or add the files that come with it."""
    if shared(event):
        add_files(event, context, client)
        return
    channel, thread = event["channel"], event.get("thread_ts") or event["ts"]
    text = typed(event.get("text") or "", context.bot_user_id)
    with eyes(context, client, channel, event["ts"]):
        place = Place(event["user"], channel, thread)
        message = message_for(context["workspace"], text, context["key"], place)
        reply(context, client, channel, message, thread=thread)
