"""Summaries of a subject, and what is in the news."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from bot.locale.texts import gettext as _
from bot.locale.texts import speaking
from bot.question import SummaryAsked
from bot.slack.messages import respond
from bot.slack.notes import note
from bot.slack.text import ArticleValue, Message, urls
from bot.topics import service
from bot.topics.blocks import (
    TopicShown,
    article_message,
    topic_message,
    trends_message,
    which_article,
)
from bot.topics.store import TopicView
from bot.topics.trends import trends
from bot.wording import cut
from bot.workspace.audience import seen_by_all
from bot.workspace.request import Request
from bot.workspace.workspace import Place, Workspace
from embeddings.search.reading import Wanted
from embeddings.text.periods import Period

_NAMED = 300
"""How much of a message is read as the words that name an article."""


def topic(request: Request) -> None:
    """`/topic <subject>` summarises it for the asker alone; without a subject it tells what is in the news."""
    message = message_on(request.here, request.text, request.key, request.place, shareable=True)
    request.reply.respond(message)


def share_topic(request: Request) -> None:
    """Show the summary to the whole channel, with who shared it."""
    view = service.topic_view(request.workspace, request.value)
    summary = service.topic_again(seen_by_all(request.workspace, request.channel), view, request.channel)
    with speaking(request.language_in(request.channel)):
        message = topic_message(summary, _shown(view, sharer=request.user))
    request.reply.to_all(message)


def summarise(request: Request) -> None:
    """*Summarise*: what one article says, for the person alone."""
    article_id = ArticleValue.unpack(request.value).article_id
    request.reply.privately(article_summary(request.here, article_id, request.channel))


def summarise_message(request: Request) -> None:
    """Summarise the article that a message links to, or else the article or subject that it names."""
    here, url = request.here, request.payload["response_url"]
    message = request.payload["message"]
    every = dict.fromkeys([*urls(message.get("text") or ""), *_links(message.get("blocks") or ())])
    linked = [here.articles.at(one) for one in every]
    found = next((one for one in linked if one), None)
    if found is not None:
        said = article_summary(here, found, request.channel)
    elif linked:
        said = note(
            _("That page is not among the articles yet. Add it with “Add links to topicbot” in the same menu.")
        )
    elif not request.message_text:
        said = note(_("I see neither a link nor a text in that message."))
    else:
        scope = here.scope(request.channel, here.allowed(None, here.bound_collections(request.channel)))
        named = here.articles.meant(cut(request.message_text, _NAMED), scope)
        said = (
            note(_("I found no article that this message is about."))
            if named is None
            else article_summary(here, named, request.channel)
        )
    respond(url, said)


def _links(blocks: Iterable[Any]) -> Iterator[str]:
    """Yield the addresses that a message's blocks link to."""
    for one in blocks:
        if isinstance(one, dict):
            if one.get("type") == "link" and isinstance(one.get("url"), str):
                yield one["url"]
            yield from _links(one.get("elements") or ())


def article_summary(workspace: Workspace, article_id: str, channel: str) -> Message:
    """Return the summary of an article. Raises what `Workspace.article` raises."""
    cited = workspace.article(article_id, channel).citation
    return article_message(workspace.articles.summary(article_id), cited)


def asked_summary(
    workspace: Workspace,
    asked: SummaryAsked,
    typed: Wanted,
    key: str,
    place: Place,
    *,
    shareable: bool,
    sure: bool,
) -> Message | None:
    """Return the message for "summarise …" and "what is … about?"; `None` where that is a question instead.

    With `sure`, it is also `None` where there is too little.
    """
    collections = workspace.allowed(typed.collections, workspace.bound_collections(place.channel))
    wanted = replace(typed, question=asked.subject)
    scope = wanted.within(workspace.scope(place.channel, collections))
    article = service.article_meant(workspace.articles, asked, scope)
    if article is not None:
        return article_summary(workspace, article, place.channel)
    if asked.of_article and not asked.subject:
        seen = set(workspace.visible(place.channel))
        return which_article([one for one in workspace.newest() if one.citation.collection in seen])
    if asked.is_title or (
        (asked.is_question or sure) and not workspace.articles.topic(asked.subject, scope).enough
    ):
        return None
    return message_on(workspace, wanted, key, place, shareable=shareable)


def message_on(
    workspace: Workspace, subject: str | Wanted, key: str, place: Place, *, shareable: bool = False
) -> Message:
    """Return the message that summarises a subject, or without one what is in the news, of the period that is
    named.
    """
    wanted = subject if isinstance(subject, Wanted) else workspace.read(subject, place)
    if not workspace.stats().articles:
        return which_article(())
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
