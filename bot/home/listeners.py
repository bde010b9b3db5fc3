"""The App Home: its Home tab, its ask box, and the prompts above its Messages tab."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.alerts import store as alerts
from bot.alerts.blocks import alert_lines
from bot.asking import store as questions
from bot.asking.blocks import REASONS, ask_modal
from bot.asking.gaps import MAX_QUESTIONS, gaps
from bot.asking.listeners import answer_directly
from bot.digests import store as digests
from bot.digests.blocks import digest_lines
from bot.home.blocks import HomeFacts, home
from bot.slack.messages import direct_channel, open_view
from bot.slack.text import typed
from bot.wording import cut, trouble
from bot.workspace.workspace import Workspace

_RECENT, _PROMPTS, _LATELY = 5, 4, 10
_PROMPT = 75


def show_home(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Publish the Home tab when it is opened; above Messages, put prompts that the library can answer."""
    workspace: Workspace = context["workspace"]
    if event.get("tab") == "messages":
        prompts = [{"title": cut(one, _PROMPT), "message": one} for one in workspace.examples(_PROMPTS)]
        if prompts:
            client.assistant_threads_setSuggestedPrompts(
                channel_id=event["channel"], title="For example", prompts=prompts
            )
    else:
        publish_home(context, client)


def publish_home(context: BoltContext, client: WebClient) -> None:
    """Publish the person's Home tab as it is now."""
    workspace, user = context["workspace"], context.user_id or ""
    manages = context["person"].may_manage(workspace.settings)
    client.views_publish(user_id=user, view=home(facts(workspace, user, manages=manages)))


def _failing(workspace: Workspace) -> list[str]:
    bad = [one for one in workspace.sources.every() if one.error]
    return [f"{one.title}: {trouble(one, workspace.now())}" for one in bad[:_LATELY]]


def ask_from_home(action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer the Home tab's ask box in direct messages."""
    text = typed(action.get("value") or "")
    answer_directly(context, client, text, direct_channel(client, context.user_id or ""), None)


def open_form(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Open the ask window; its answer comes in direct messages."""
    open_view(context, client, body, ask_modal(context["workspace"].visible(""), {}))


def facts(workspace: Workspace, user: str, *, manages: bool) -> HomeFacts:
    """What the Home tab says, with the part for admins when the person `manages`."""
    team = workspace.library_team
    held, listed = workspace.library.stats(team=team), workspace.library.articles(team=team)
    newest = sorted(listed, key=lambda one: one.added_at, reverse=True)
    with workspace.store.reading() as connection:
        listed_gaps = manages and workspace.settings.list_gaps
        asked = questions.unanswered(connection, workspace.team_id, MAX_QUESTIONS) if listed_gaps else []
        mine = digests.every(connection, workspace.team_id, user)
        told = alerts.every(connection, workspace.team_id, user)
        unhelpful = questions.unhelpful(connection, workspace.team_id, _LATELY) if manages else []
    return HomeFacts(
        articles=held.articles,
        paragraphs=held.paragraphs,
        sources=len({one.citation.source for one in listed if one.citation.source}),
        last_added=newest[0].added_at if newest else None,
        recent=newest[:_RECENT],
        examples=workspace.examples(_PROMPTS),
        digests=digest_lines(mine, workspace.now(), buttons=True),
        alerts=alert_lines(told),
        unanswered=gaps(asked, workspace.library.encoder)[:_LATELY] if manages else None,
        unhelpful=[(text, REASONS.get(reason or "", reason)) for text, reason in unhelpful],
        failing=_failing(workspace) if manages else None,
    )
