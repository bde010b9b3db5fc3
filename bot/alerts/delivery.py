"""Send alerts: what is new on what somebody asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import Connection

from bot.alerts import store as alerts
from bot.alerts.blocks import alert_message
from bot.alerts.store import Alert
from bot.asking.service import get_question
from bot.locale.texts import gettext as _
from bot.locale.texts import speaking
from bot.slack.client import fenced
from bot.slack.messages import GONE, direct_channel, post, retry_after
from bot.store.leases import LeaseLostError
from bot.topics.service import topic_view
from bot.workspace.workspace import Workspace
from embeddings.errors import NotAllowedError, NotFoundError, TopicbotError
from embeddings.types import Passage

QUESTION_THRESHOLD, TOPIC_THRESHOLD = 0.42, 0.35
"""The least score of a passage that is sent, to begin with: a question's is where it counts as answered."""

LEAST_THRESHOLD, HIGHEST_THRESHOLD = 0.28, 0.8
_LESS, _MORE = 0.04, -0.02
_BETWEEN = timedelta(minutes=15)
_REMEMBERED, _BATCH_SIZE = 500, 5
_log = structlog.get_logger("topicbot.alerts")


def alert_target(workspace: Workspace, asked_id: str) -> tuple[str, tuple[str, ...] | None, datetime]:
    """Return what an alert under this question or summary is about, in which collections, and since when.

    Raises `NotFoundError` when it is no longer kept.
    """
    if asked_id.startswith("topic-"):
        view = topic_view(workspace, asked_id)
        return view.subject, view.collections, view.seen_at
    asked = get_question(workspace, asked_id)
    return asked.text, asked.collections, asked.asked_at


def alerts_of(workspace: Workspace, user: str) -> list[Alert]:
    """Return the alerts of one person, oldest first."""
    with workspace.store.reading() as connection:
        return alerts.every(connection, workspace.team_id, user)


def keep(workspace: Workspace, alert: Alert) -> None:
    """Keep the alert."""
    with workspace.store.writing() as connection:
        alerts.save(connection, workspace.team_id, alert)


def take_feedback(workspace: Workspace, alert_id: str, *, helpful: bool, user: str, may_manage: bool) -> None:
    """Send more from now on, or less. Raises `NotFoundError` when the alert has ended.

    Raises `NotAllowedError` for anybody but its owner and admins.
    """
    with workspace.store.writing() as connection:
        alert = alerts.load(connection, workspace.team_id, alert_id)
        if alert is None:
            raise NotFoundError(_("That alert has ended."))
        if alert.user != user and not may_manage:
            raise NotAllowedError(_("Only whoever set this alert up, and admins, can change it."))
        alerts.save(connection, workspace.team_id, with_feedback(alert, helpful=helpful))


def end(workspace: Workspace, alert_id: str, *, user: str, may_manage: bool) -> None:
    """End the alert, if it is there still. Raises `NotAllowedError` for anybody but its owner and admins."""
    with workspace.store.writing() as connection:
        alert = alerts.load(connection, workspace.team_id, alert_id)
        if alert is not None and alert.user != user and not may_manage:
            raise NotAllowedError(_("Only whoever set this alert up, and admins, can end it."))
        alerts.remove(connection, workspace.team_id, alert_id)


def check_alerts(workspace: Workspace) -> int:
    """Note for every alert which new articles it is about; return how many were found."""
    with workspace.store.reading() as connection:
        every = alerts.every(connection, workspace.team_id)
    found = 0
    for alert in every:
        now = workspace.now()
        passages = _new_passages(workspace, alert, alert.checked_at)
        with workspace.store.writing() as connection:
            # As it is now: another process may have sent some of it since.
            current = alerts.load(connection, workspace.team_id, alert.id)
            if current is None:
                continue
            known = {*current.told, *current.waiting}
            fresh = [one.citation.article_id for one in passages if one.citation.article_id not in known]
            waiting = (*current.waiting, *fresh)
            alerts.save(connection, workspace.team_id, replace(current, checked_at=now, waiting=waiting))
        found += len(fresh)
    return found


Keep = Callable[[Connection], bool]
"""Keeps the lease on the workspace's alerts for another while; `False` when another process has it."""


def tell(workspace: Workspace, client: WebClient, keep: Keep = lambda _: True) -> int:
    """Send what waits, as far as quiet hours and the daily most allow; return how many messages were sent.

    Each message names its alert and number, so that a process that died after sending does not send it again; and
    right before each, `keep` and the number say whether it is still this process's to send.
    """
    with workspace.store.reading() as connection:
        waiting = [one for one in alerts.every(connection, workspace.team_id) if one.waiting]
    sent = 0
    for alert in waiting:
        if not may_send(alert, workspace.now()):
            continue
        try:
            with fenced(partial(_check_turn, workspace, alert, keep)):
                sent += _send(workspace, client, alert)
        except LeaseLostError:
            _log.warning("another process sends the alerts now")
            break
        except (TopicbotError, SlackApiError) as error:
            if retry_after(error) is not None:
                raise
            _log.warning("an alert can't be sent", error=type(error).__name__)
    return sent


def _check_turn(workspace: Workspace, alert: Alert, keep: Keep) -> None:
    """Raise `LeaseLostError` when another process has the lease, or has sent this message."""
    with workspace.store.writing() as connection:
        current = alerts.load(connection, workspace.team_id, alert.id)
        if not keep(connection) or current is None or current.number != alert.number:
            raise LeaseLostError("Another process sends the alerts now.")


def may_send(alert: Alert, now: datetime) -> bool:
    """Return whether a message may go out now: outside quiet hours, not too many today, not too soon after the
    last.
    """
    zone = ZoneInfo(alert.zone)
    local = now.astimezone(zone)
    first, last = alert.quiet_from, alert.quiet_until
    if first and last and first != last:
        clock = local.time()
        quiet = first <= clock < last if first < last else clock >= first or clock < last
        if quiet:
            return False
    today = [moment for moment in alert.sent if moment.astimezone(zone).date() == local.date()]
    return len(today) < alert.daily_most and all(now - moment >= _BETWEEN for moment in alert.sent)


def with_feedback(alert: Alert, *, helpful: bool) -> Alert:
    """Return the alert after somebody found a message helpful or not: it tells a little more, or less."""
    moved = alert.threshold + (_MORE if helpful else _LESS)
    return replace(alert, threshold=min(HIGHEST_THRESHOLD, max(LEAST_THRESHOLD, moved)))


def _new_passages(workspace: Workspace, alert: Alert, since: datetime) -> list[Passage]:
    """Return the best passage of each article that was added from `since` on and that the alert is about."""
    # Times of adding are kept in whole seconds.
    scope = workspace.scope(alert.asked_in, alert.collections, added_since=since - timedelta(seconds=1))
    scope = replace(scope, quiet=False)  # a new source's whole past is no news
    return workspace.articles.about(alert.text, scope, least=alert.threshold)


def _send(workspace: Workspace, client: WebClient, alert: Alert) -> bool:
    now = workspace.now()
    person = workspace.people.person(client, alert.user)
    if not person.may_ask(workspace.settings):
        return False
    found = _new_passages(workspace, alert, alert.created_at)
    passages = [one for one in found if one.citation.article_id in alert.waiting]
    if passages:
        with speaking(workspace.settings.locale if alert.channel else person.language):
            message = alert_message(alert.id, alert.text, passages[:_BATCH_SIZE], len(passages))
        key = f"alert {alert.id} {alert.number}"
        try:
            channel = alert.channel or direct_channel(client, alert.user)
            post(client, channel, message, key, thread=None, again=True)
        except SlackApiError as error:
            if alert.channel is None or error.response.get("error") not in GONE:
                raise
            post(client, direct_channel(client, alert.user), message, key, thread=None, again=True)
            alert = replace(alert, channel=None)
    told = (*alert.told, *alert.waiting)[-_REMEMBERED:]
    kept = tuple(moment for moment in alert.sent if now - moment < timedelta(days=2))
    sent = (*kept, now) if passages else kept
    _change(workspace, alert.id, channel=alert.channel, told=told, waiting=(), sent=sent, number=alert.number + 1)
    return bool(passages)


def _change(workspace: Workspace, alert_id: str, **fields: Any) -> None:
    """Change what is stored of an alert, if it is still there; other changes made in between stay."""
    with workspace.store.writing() as connection:
        current = alerts.load(connection, workspace.team_id, alert_id)
        if current is not None:
            alerts.save(connection, workspace.team_id, replace(current, **fields))
