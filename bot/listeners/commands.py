"""Slash commands: /ask and /topicbot."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.asking import typed
from bot.blocks import forms, notes
from bot.listeners.answers import answer_command, open_view
from bot.people import kept_name
from bot.slack import respond
from bot.store import questions
from bot.workspace import Workspace


def ask(command: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """`/ask <question>` answers the asker alone; without a question it opens the window."""
    text = typed(command.get("text") or "")
    if not text:
        where = {"channel": command["channel_id"], "response_url": command["response_url"]}
        collections = context["workspace"].visible(command["channel_id"])
        open_view(context, client, command, forms.ask(collections, where))
    else:
        answer_command(context, text, command["channel_id"], command["response_url"])


def topicbot(command: dict[str, Any], context: BoltContext) -> None:
    """`/topicbot help | status | private on|off | bind <collections> | unbind`."""
    workspace: Workspace = context["workspace"]
    word, _, rest = typed(command.get("text") or "").partition(" ")
    channel, url = command["channel_id"], command["response_url"]
    if word in ("bind", "unbind"):
        if not context["person"].may_manage(workspace.settings):
            respond(url, notes.admins_only())
            return
        names = [name.strip() for name in rest.split(",") if name.strip()] if word == "bind" else []
        if word == "bind" and not names:
            respond(url, notes.note("Name the collections, for example: /topicbot bind tax, law"))
            return
        workspace.bind(channel, names)
        seen = ", ".join(names) or "all collections"
        respond(url, notes.note(f"From now on, questions in this channel see {seen}."))
    elif word == "private" and rest in ("on", "off"):
        user = kept_name(workspace.settings, workspace.team_id, context.user_id or "")
        with workspace.store.writing() as connection:
            questions.set_private(connection, workspace.team_id, user, private=rest == "on")
        listed = "are not" if rest == "on" else "are"
        respond(
            url, notes.note(f"Your questions that find nothing {listed} listed for admins; never with your name.")
        )
    elif word == "status":
        respond(url, notes.note(_status(workspace, channel)))
    else:
        respond(url, notes.usage())


def _status(workspace: Workspace, channel: str) -> str:
    held = workspace.library.stats(team=workspace.library_team)
    seen = ", ".join(workspace.visible(channel)) or "none yet"
    return f"{held.articles:,} articles, {held.paragraphs:,} paragraphs. Collections for this channel: {seen}."
