"""Summaries of a subject, and what is in the news."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.slack.messages import respond, show_to_all
from bot.slack.text import Message, typed
from bot.topics.blocks import TopicShown, topic_message, trends_message
from bot.topics.store import TopicView
from bot.topics.trends import trends
from bot.workspace.workspace import Place, Workspace


def topic(command: dict[str, Any], context: BoltContext) -> None:
    """`/topic <subject>` summarises it for the asker alone; without a subject it tells what is in the news."""
    place = Place(context.user_id or "", command["channel_id"])
    text = typed(command.get("text") or "")
    message = message_on(context["workspace"], text, context["key"], place, shareable=True)
    respond(command["response_url"], message)


def share_topic(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Show the summary to the whole channel, with who shared it."""
    workspace: Workspace = context["workspace"]
    view = workspace.topic_view(action["value"])
    summary = workspace.topic_again(view, context.channel_id or "")
    message = topic_message(summary, _shown(view, sharer=context.user_id))
    show_to_all(context, client, body["response_url"], message)


def message_on(workspace: Workspace, subject: str, key: str, place: Place, *, shareable: bool = False) -> Message:
    """The message that summarises a subject; without a subject, what is in the news."""
    if not subject:
        found = workspace.stories(workspace.scope(place.channel, None))
        return trends_message(trends(found, workspace.now()))
    summary, view = workspace.topic(key, subject, place)
    return topic_message(summary, _shown(view, shareable=shareable))


def _shown(view: TopicView, *, shareable: bool = False, sharer: str | None = None) -> TopicShown:
    since = view.asked_before if sharer is None else None
    return TopicShown(view.id, since, view.collections, shareable=shareable, sharer=sharer)
