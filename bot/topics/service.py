"""Summarise a subject, and keep what was asked for its buttons and for what is new since."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bot import metrics
from bot.locale.texts import gettext as _
from bot.question import SummaryAsked
from bot.slack.people import kept_name
from bot.topics import store as topics
from bot.topics.store import TopicView
from bot.workspace.workspace import Place, Workspace
from embeddings.errors import NotFoundError
from embeddings.scope import Scope
from embeddings.search.reading import Wanted
from embeddings.team import TeamLibrary
from embeddings.types import TopicSummary


def topic(workspace: Workspace, key: str, text: str | Wanted, place: Place) -> tuple[TopicSummary, TopicView]:
    """Return the summary of what was typed at `place`, from what the channel may see; it is kept for its buttons.

    `key` names the delivery. Raises `QuestionError`, `NotFoundError` and `NotAllowedError`.
    """
    wanted = text if isinstance(text, Wanted) else workspace.read(text, place)
    own_id = "topic-" + hashlib.sha256(f"{workspace.team_id} {key}".encode()).hexdigest()[:16]
    user = kept_name(workspace.settings, workspace.team_id, place.user)
    bound = workspace.bound_collections(place.channel)
    with workspace.store.reading() as connection:
        before = topics.last_seen(connection, workspace.team_id, user, wanted.question, but=own_id)
    view = TopicView(
        id=own_id,
        user=user,
        channel=place.channel,
        subject=wanted.question,
        collections=workspace.allowed(wanted.collections, bound),
        since=wanted.since or (wanted.preferred.since if wanted.preferred else None),
        until=wanted.until or (wanted.preferred.until if wanted.preferred else None),
        seen_at=workspace.now(),
        asked_before=before,
    )
    with metrics.answering():
        summary = workspace.articles.topic(view.subject, _scope_of(workspace, view))
    metrics.TOPICS.labels("shown" if summary.enough else "no_answer").inc()
    with workspace.store.writing() as connection:
        topics.keep(connection, workspace.team_id, view)
    return summary, view


def article_meant(articles: TeamLibrary, asked: SummaryAsked, scope: Scope) -> str | None:
    """Return the id of the article whose summary was asked for; `None`: it is a subject, or not clear which one.

    "Travel policy" is an article where that is a title, else a subject.
    """
    if not asked.subject and not asked.of_article:
        return None
    return articles.meant(asked.subject, scope, by_title=not asked.of_article)


def topic_again(workspace: Workspace, view: TopicView, channel: str) -> TopicSummary:
    """Return the summary once more, within what this channel may see now."""
    visible = workspace.scope(channel, view.collections).collections
    return workspace.articles.topic(view.subject, _scope_of(workspace, replace(view, collections=visible)))


def topic_view(workspace: Workspace, view_id: str) -> TopicView:
    """Return the summary that was asked for under this id. Raises `NotFoundError` when it is no longer kept."""
    with workspace.store.reading() as connection:
        found = topics.load(connection, workspace.team_id, view_id)
    if found is None:
        raise NotFoundError(_("I no longer have that summary. Ask for it again."))
    return found


def _scope_of(workspace: Workspace, view: TopicView) -> Scope:
    return Scope(view.collections, view.since, view.until)
