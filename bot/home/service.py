"""What is new for a person since they opened the Home tab before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.home import store
from bot.locale.texts import N_
from bot.locale.texts import gettext as _
from bot.slack.people import kept_name
from bot.workspace.workspace import Workspace
from embeddings.errors import QuestionError
from embeddings.scope import Scope
from embeddings.types import ArticleSummary

_APART, _FIRST = timedelta(minutes=30), timedelta(days=7)
_MOST_TOPICS = 20
_PRIVATE = N_("only for you, or for a channel of yours")


def visit(workspace: Workspace, user: str) -> None:
    """Keep that the person opened the Home tab now."""
    now, kept = workspace.now(), kept_name(workspace.settings, workspace.team_id, user)
    with workspace.store.writing() as connection:
        store.visit(connection, workspace.team_id, kept, now, _APART, now - _FIRST)


def last_visit(workspace: Workspace, user: str) -> datetime:
    """Return when the person was there before this visit; of the first visit, a week ago."""
    kept = kept_name(workspace.settings, workspace.team_id, user)
    with workspace.store.reading() as connection:
        found = store.new_since(connection, workspace.team_id, kept)
    return found or workspace.now() - _FIRST


def news(
    workspace: Workspace, topics: Sequence[str], since: datetime, limit: int
) -> list[tuple[ArticleSummary, str]]:
    """Return the articles that came since then and concern the person, newest first, with why they do.

    Those are what is about a topic that the person follows, and what is for the person or a channel of theirs
    alone. The `workspace` is as the person sees it.
    """
    fresh = {
        one.citation.article_id: one for one in workspace.newest() if datetime.fromisoformat(one.added_at) > since
    }
    if not fresh:
        return []
    reasons = {name: _(_PRIVATE) for name, one in fresh.items() if one.citation.private}
    for topic in list(dict.fromkeys(topics))[:_MOST_TOPICS]:
        for name in _about(workspace, topic, since):
            if name in fresh:
                reasons.setdefault(name, _("about {topic}", topic=topic))
    return [(one, reasons[name]) for name, one in fresh.items() if name in reasons][:limit]


def _about(workspace: Workspace, topic: str, since: datetime) -> list[str]:
    """Return the ids of the articles that came since then and are about the topic."""
    try:
        found = workspace.articles.about(topic, Scope(added_since=since))
    except QuestionError:  # a topic without a word that can be searched
        return []
    return [one.citation.article_id for one in found]
