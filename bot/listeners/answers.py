"""Asking and showing, shared by all the ways to ask."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.asking import Wanted, greeting, topic_of
from bot.blocks import notes
from bot.blocks.answer import Message, Shown, answer
from bot.blocks.text import Block
from bot.listeners.reply import reply, reply_privately, status
from bot.listeners.topics import message_on
from bot.slack import respond
from bot.store.questions import AskedQuestion
from bot.workspace import Place, Workspace

_LATE = frozenset(
    "expired_trigger_id trigger_expired exchanged_trigger_id trigger_exchanged invalid_trigger_id".split()
)


def message_for(
    workspace: Workspace, text: str | Wanted, key: str, place: Place, *, shareable: bool = False
) -> Message:
    """The message that answers what was typed, or put into a window: a greeting, help, or passages."""
    if not text:
        return notes.usage()
    if isinstance(text, str) and (kind := greeting(text)):
        return notes.greeting(kind)
    if isinstance(text, str) and (subject := topic_of(text)) is not None:
        return message_on(workspace, subject, key, place, shareable=shareable)
    found, asked = workspace.ask(key, text, place)
    typed = text if isinstance(text, str) else text.question
    return answer(found, shown(asked, typed=typed, shareable=shareable))


def answer_command(context: BoltContext, text: str | Wanted, channel: str, url: str) -> None:
    """Answer a command or a window through its reply address, to the asker alone."""
    place = Place(context.user_id or "", channel)
    respond(url, message_for(context["workspace"], text, context["key"], place, shareable=True))


def answer_directly(
    context: BoltContext, client: WebClient, text: str | Wanted, channel: str, thread: str | None
) -> None:
    """Answer in direct messages: in the thread, or as a message of its own."""
    if thread:
        status(client, channel, thread)
    place = Place(context.user_id or "", channel, thread)
    message = message_for(context["workspace"], text, context["key"], place)
    reply(context, client, channel, message, thread=thread)


def shown(
    asked: AskedQuestion,
    *,
    typed: str | None = None,
    first: int = 0,
    shareable: bool = False,
    sharer: str | None = None,
    lead: str | None = None,
) -> Shown:
    """How this question's answer is shown; `typed` is what the person wrote, where it may have been read anew."""
    return Shown(
        asked.id,
        first=first,
        reading=asked.text if typed is not None and not _holds(typed, asked.text) else None,
        since=asked.since,
        until=asked.until,
        collections=asked.collections,
        shareable=shareable,
        sharer=sharer,
        lead=lead,
    )


def open_view(context: BoltContext, client: WebClient, body: dict[str, Any], view: Block) -> None:
    """Open a window; when Slack's 3 seconds are over, say so instead."""
    try:
        client.views_open(trigger_id=body["trigger_id"], view=view)
    except SlackApiError as error:
        if error.response.get("error") not in _LATE:
            raise
        if context["again"] and "exchanged" in error.response["error"]:
            return  # an earlier try opened it
        reply_privately(context, body, client, notes.too_late())


def _holds(typed: str, understood: str) -> bool:
    """Whether the question was taken as it was typed, but for its bounds."""
    return understood.casefold().rstrip(" ?!.") in typed.casefold()
