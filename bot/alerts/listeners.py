"""Alerts: setting one up, feedback on what it told, ending it."""

from __future__ import annotations

import hashlib
import json
from datetime import time
from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.alerts import store as alerts
from bot.alerts.blocks import alert_modal
from bot.alerts.delivery import QUESTION_THRESHOLD, TOPIC_THRESHOLD, with_feedback
from bot.alerts.store import Alert
from bot.home.listeners import publish_home
from bot.slack import modals, notes
from bot.slack.messages import direct_channel, open_view, post, reply_privately, respond
from bot.workspace.workspace import Workspace
from embeddings.errors import NotFoundError


def offer_alert(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Open the window of an alert on the question or the subject under whose answer the button stands."""
    workspace: Workspace = context["workspace"]
    text, _, _ = workspace.alert_target(action["value"])
    where = {
        "about": action["value"],
        "channel": context.channel_id or "",
        "response_url": body.get("response_url"),
    }
    open_view(context, client, body, alert_modal(text, where))


def save_alert(view: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Keep the alert and say how it will be told."""
    workspace: Workspace = context["workspace"]
    where, given = json.loads(view["private_metadata"]), modals.values(view)
    text, collections, since = workspace.alert_target(where["about"])
    to_channel = given["place"] == "channel" and where["channel"]
    alert = Alert(
        id=hashlib.sha256(f"{workspace.team_id} {context['key']}".encode()).hexdigest()[:16],
        user=context.user_id or "",
        channel=where["channel"] if to_channel else None,
        asked_in=where["channel"],
        text=text,
        collections=collections,
        threshold=TOPIC_THRESHOLD if where["about"].startswith("topic") else QUESTION_THRESHOLD,
        quiet_from=time.fromisoformat(given["quiet_from"]) if given["quiet_from"] else None,
        quiet_until=time.fromisoformat(given["quiet_until"]) if given["quiet_until"] else None,
        zone=context["person"].zone,
        daily_most=int(given["daily_most"]),
        checked_at=since,
        created_at=workspace.now(),
    )
    with workspace.store.writing() as connection:
        alerts.save(connection, workspace.team_id, alert)
    there = "in that channel" if to_channel else "here, in direct messages"
    said = notes.note(f"I'll tell you {there} when something new turns up on: {text}")
    if where["response_url"]:
        respond(where["response_url"], said)
    else:
        channel = direct_channel(client, alert.user)
        post(client, channel, said, context["key"], thread=None, again=context["again"])


def rate_alert(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Tell more, or less, from now on."""
    workspace: Workspace = context["workspace"]
    alert_id, _, verdict = action["value"].partition(":")
    with workspace.store.writing() as connection:
        alert = alerts.load(connection, workspace.team_id, alert_id)
        if alert is None:
            raise NotFoundError("That alert has ended.")
        alerts.save(connection, workspace.team_id, with_feedback(alert, helpful=verdict == "yes"))
    said = "Thank you. I'll go on like this." if verdict == "yes" else "Thank you. I'll be choosier from now on."
    reply_privately(context, body, client, notes.note(said))


def stop_alert(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """End the alert, for whoever set it up and for admins."""
    workspace: Workspace = context["workspace"]
    with workspace.store.writing() as connection:
        alert = alerts.load(connection, workspace.team_id, action["value"])
        mine = alert is None or alert.user == context.user_id
        if mine or context["person"].may_manage(workspace.settings):
            alerts.remove(connection, workspace.team_id, action["value"])
            said = "I'll tell you no more on that."
        else:
            said = "Only whoever set this alert up, and admins, can end it."
    reply_privately(context, body, client, notes.note(said))
    if body.get("view"):
        publish_home(context, client)
