"""Publish the Home tab."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.alerts.blocks import alert_lines
from bot.alerts.delivery import alerts_of
from bot.asking import service as asking
from bot.asking.gaps import MAX_QUESTIONS, gaps
from bot.asking.windows import REASONS
from bot.digests import service as digests
from bot.digests.blocks import digest_lines
from bot.home import service
from bot.home.blocks import HomeFacts, home
from bot.locale.texts import gettext as _
from bot.slack.people import Person
from bot.sources.blocks import failing
from bot.wording import trouble
from bot.workspace.audience import seen_by_person
from bot.workspace.workspace import Workspace

EXAMPLES = 4
_RECENT, _LATELY = 5, 10


def publish_home(workspace: Workspace, person: Person, client: WebClient) -> None:
    """Publish the person's Home tab as it is now, from what the person sees."""
    here = seen_by_person(workspace, client, person.id, "")
    manages = person.may_manage(workspace.settings)
    client.views_publish(user_id=person.id, view=home(facts(here, person.id, manages=manages)))


def facts(workspace: Workspace, user: str, *, manages: bool) -> HomeFacts:
    """Return what the Home tab says, with the part for admins when the person `manages`.

    The `workspace` is as the person sees it.
    """
    held, newest, sources = workspace.stats(), workspace.newest(), workspace.sources.every()
    own_alerts, own_digests = alerts_of(workspace, user), digests.every(workspace, user)
    limit = MAX_QUESTIONS if workspace.settings.list_gaps else 0
    asked, unhelpful = asking.feedback(workspace, gaps=limit, unhelpful=_LATELY) if manages else ([], [])
    return HomeFacts(
        articles=held.articles,
        paragraphs=held.paragraphs,
        sources=len(sources),
        failing_sources=failing(sources),
        last_added=newest[0].added_at if newest else None,
        recent=newest[:_RECENT],
        examples=asking.examples(workspace, EXAMPLES),
        digests=digest_lines(own_digests, workspace.now(), buttons=True),
        alerts=alert_lines(own_alerts),
        unanswered=gaps(asked, workspace.library.encoder)[:_LATELY] if manages else None,
        unhelpful=[(text, _reason(reason or "")) for text, reason in unhelpful],
        failing=_failing(workspace) if manages else None,
        asked=asking.lately(workspace, user, _RECENT),
        news=service.news(
            workspace,
            [one.text for one in own_alerts] + [topic for one in own_digests for topic in one.topics],
            service.last_visit(workspace, user),
            _RECENT,
        ),
    )


def _reason(kept: str) -> str:
    """Return why an answer didn't help, in words: what was chosen, and what was written."""
    chosen, parted, written = kept.partition(": ")
    return f"{_(REASONS[chosen]) if chosen in REASONS else chosen}{parted}{written}"


def _failing(workspace: Workspace) -> list[str]:
    bad = [one for one in workspace.sources.every() if one.error]
    return [f"{one.title}: {trouble(one, workspace.now())}" for one in bad[:_LATELY]]
