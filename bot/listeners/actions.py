"""Buttons under an answer, and in the windows that they open."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.blocks import forms, notes
from bot.blocks.answer import answer
from bot.listeners.answers import open_view, shown
from bot.listeners.reply import reply_privately, show_to_all
from bot.slack import respond, whisper
from bot.store import questions
from bot.workspace import Workspace
from embeddings.errors import NotFoundError


def share(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Show the asker's answer to the whole channel, with who shared it."""
    workspace: Workspace = context["workspace"]
    question_id, _, first = action["value"].partition(":")
    asked = workspace.asked(question_id)
    found = workspace.again(asked, context.channel_id or "")
    message = answer(found, shown(asked, first=int(first), sharer=context.user_id))
    show_to_all(context, client, body["response_url"], message)


def show_more(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The next page: in place where only the person sees it, else for their eyes in the thread."""
    workspace: Workspace = context["workspace"]
    container = body["container"]
    question_id, _, first = action["value"].partition(":")
    asked = workspace.asked(question_id)
    found = workspace.again(asked, container["channel_id"])
    alone = bool(container.get("is_ephemeral"))
    message = answer(found, shown(asked, first=int(first), shareable=alone))
    if alone:
        respond(body["response_url"], message, replace_original=True)
    else:
        thread = container.get("thread_ts")
        whisper(client, container["channel_id"], context.user_id or "", message, thread=thread)


def show_context(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The paragraphs around a passage, in a window."""
    workspace: Workspace = context["workspace"]
    question_id, paragraph, article_id = action["value"].split(":", 2)
    asked = workspace.asked(question_id)
    article = workspace.article(article_id, context.channel_id or "")
    if int(paragraph) >= len(article.paragraphs):
        raise NotFoundError("The article has changed, and that paragraph is gone. Ask again.")
    passages = workspace.again(asked, context.channel_id or "").passages
    place = (article_id, int(paragraph))
    spans = [one.highlight for one in passages if (one.citation.article_id, one.paragraph) == place]
    removable = context["person"].may_manage(workspace.settings)
    view = forms.context(article, int(paragraph), spans[0] if spans else None, removable=removable)
    open_view(context, client, body, view)


def rate(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Keep whether the answer helped; when not, ask why."""
    workspace: Workspace = context["workspace"]
    question_id, _, verdict = action["value"].partition(":")
    workspace.asked(question_id)
    with workspace.store.writing() as connection:
        questions.rate(connection, workspace.team_id, question_id, helpful=verdict == "yes")
    if verdict == "no":
        open_view(context, client, body, forms.reason(question_id))
    else:
        reply_privately(context, body, client, notes.note("Thank you, noted."))


def offer_to_add(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The window to add a page, for those who may."""
    if not context["person"].may_manage(context["workspace"].settings):
        reply_privately(context, body, client, notes.admins_only())
        return
    open_view(context, client, body, forms.links((), {"response_url": body["response_url"]}))


def remove_article(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Remove an article, for those who may, and say so in its window."""
    workspace: Workspace = context["workspace"]
    if context["person"].may_manage(workspace.settings):
        workspace.library.remove(action["value"], team=workspace.library_team)
        said = "The article is removed."
    else:
        said = "Only workspace admins, and people who are listed for me, can remove articles. Ask one of them."
    client.views_update(view_id=body["view"]["id"], view=forms.told(said))
