"""Alerts: setting one up, feedback on what it sent, ending it."""

from __future__ import annotations

import hashlib
from datetime import time

from bot.alerts.blocks import alert_modal
from bot.alerts.delivery import QUESTION_THRESHOLD, TOPIC_THRESHOLD, alert_target, end, keep, take_feedback
from bot.alerts.store import Alert
from bot.locale.texts import gettext as _
from bot.slack import notes
from bot.slack.text import Verdict
from bot.workspace.request import Request


def offer_alert(request: Request) -> None:
    """Open the window of an alert on the question or the subject under whose answer the button is."""
    text, _, _ = alert_target(request.workspace, request.value)
    url = request.body.get("response_url")
    where = {"about": request.value, "channel": request.channel, "response_url": url}
    request.reply.open(alert_modal(text, where))


def save_alert(request: Request) -> None:
    """Keep the alert and say where it will be posted."""
    alert = _alert_of(request)
    keep(request.workspace, alert)
    if alert.channel:
        said = _("I'll tell you in that channel when something new turns up on: {subject}", subject=alert.text)
    else:
        said = _(
            "I'll tell you here, in direct messages when something new turns up on: {subject}", subject=alert.text
        )
    request.reply.by_address(request.remembered["response_url"], notes.note(said))


def _alert_of(request: Request) -> Alert:
    """Return the alert that the window describes."""
    workspace, where, given = request.workspace, request.remembered, request.values
    text, collections, since = alert_target(workspace, where["about"])
    to_channel = given["place"] == "channel" and where["channel"]
    return Alert(
        id=hashlib.sha256(f"{workspace.team_id} {request.key}".encode()).hexdigest()[:16],
        user=request.user,
        channel=where["channel"] if to_channel else None,
        asked_in=where["channel"],
        text=text,
        collections=collections,
        threshold=TOPIC_THRESHOLD if where["about"].startswith("topic") else QUESTION_THRESHOLD,
        quiet_from=time.fromisoformat(given["quiet_from"]) if given["quiet_from"] else None,
        quiet_until=time.fromisoformat(given["quiet_until"]) if given["quiet_until"] else None,
        zone=request.person.zone,
        daily_most=int(given["daily_most"]),
        checked_at=since,
        created_at=workspace.now(),
    )


def rate_alert(request: Request) -> None:
    """Tell more, or less, from now on."""
    verdict = Verdict.unpack(request.value)
    take_feedback(
        request.workspace,
        verdict.id,
        helpful=verdict.helpful,
        user=request.user,
        may_manage=request.may_manage,
    )
    helped, not_helped = _("Thank you. I'll go on like this."), _("Thank you. I'll be choosier from now on.")
    request.reply.privately(notes.note(helped if verdict.helpful else not_helped))


def stop_alert(request: Request) -> None:
    """End the alert, for whoever set it up and for admins."""
    end(request.workspace, request.value, user=request.user, may_manage=request.may_manage)
    request.reply.privately(notes.note(_("Alert removed.")))
