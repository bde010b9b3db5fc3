"""Summaries of a subject, and what is in the news."""

from __future__ import annotations

from bot.slack.text import Message
from bot.topics import service
from bot.topics.blocks import TopicShown, topic_message, trends_message
from bot.topics.store import TopicView
from bot.topics.trends import trends
from bot.workspace.audience import seen_by_all
from bot.workspace.request import Request
from bot.workspace.workspace import Place, Workspace
from embeddings.search.reading import Wanted
from embeddings.text.periods import Period


def topic(request: Request) -> None:
    """`/topic <subject>` summarises it for the asker alone; without a subject it tells what is in the news."""
    message = message_on(request.here, request.text, request.key, request.place, shareable=True)
    request.reply.respond(message)


def share_topic(request: Request) -> None:
    """Show the summary to the whole channel, with who shared it."""
    view = service.topic_view(request.workspace, request.value)
    summary = service.topic_again(seen_by_all(request.workspace, request.channel), view, request.channel)
    request.reply.to_all(topic_message(summary, _shown(view, sharer=request.user)))


def message_on(
    workspace: Workspace, subject: str | Wanted, key: str, place: Place, *, shareable: bool = False
) -> Message:
    """Return the message that summarises a subject, or without one what is in the news, of the period that is
    named.
    """
    wanted = subject if isinstance(subject, Wanted) else workspace.read(subject, place)
    if not wanted.question.strip(" ?!.,"):
        found = workspace.stories(workspace.scope(place.channel, wanted.collections))
        period = wanted.preferred or Period(wanted.since, wanted.until)
        here = workspace.now().astimezone(workspace.people.zone(place.user))
        return trends_message(trends(found, period.until or here, period.since))
    summary, view = service.topic(workspace, key, wanted, place)
    return topic_message(summary, _shown(view, shareable=shareable))


def _shown(view: TopicView, *, shareable: bool = False, sharer: str | None = None) -> TopicShown:
    since = view.asked_before if sharer is None else None
    period = Period(view.since, view.until) if view.since or view.until else None
    return TopicShown(view.id, since, view.collections, shareable=shareable, sharer=sharer, period=period)
