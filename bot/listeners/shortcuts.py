"""Message shortcuts: ask about a message, add the links in it."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.asking import typed, urls
from bot.blocks import forms, notes
from bot.listeners.answers import open_view
from bot.slack import respond


def ask_about_message(shortcut: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Open the ask window with the message in the question box, to be asked as it is or changed."""
    channel = shortcut["channel"]["id"]
    where = {"channel": channel, "response_url": shortcut["response_url"]}
    text = typed(shortcut["message"].get("text") or "", context.bot_user_id)
    open_view(context, client, shortcut, forms.ask(context["workspace"].visible(channel), where, text))


def add_links(shortcut: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Open the window with the message's links to tick."""
    if not context["person"].may_manage(context["workspace"].settings):
        respond(shortcut["response_url"], notes.admins_only())
        return
    found = urls(shortcut["message"].get("text") or "")
    if not found:
        respond(shortcut["response_url"], notes.note("I see no link in that message."))
        return
    where = {"response_url": shortcut["response_url"]}
    open_view(context, client, shortcut, forms.links(found, where))
