"""What an app shows through a response_url, or by acknowledging a command or a submission."""

from __future__ import annotations

from typing import Any

from tests.slack_server import inputs
from tests.slack_server.errors import SlackError
from tests.slack_server.platform import Platform
from tests.slack_server.records import Ack, Interaction
from tests.slack_server.surfaces import stack
from tests.slack_server.tickets import Hook
from tests.slack_server.world import Message, View, Workspace

Json = dict[str, Any]


def respond(platform: Platform, hook: Hook, payload: Json) -> None:
    """Do what a payload posted to a response_url says. SlackError if Slack would not take it."""
    original = hook.original
    if payload.get("delete_original"):
        if original is not None:
            original.deleted = True
        hook.interaction.responses.append(payload)
        return
    _check(platform, hook, payload)
    hook.interaction.responses.append(payload)
    if payload.get("replace_original") and original is not None:
        original.text = str(payload.get("text") or "")
        original.blocks = inputs.with_ids(payload.get("blocks") or [])
        original.attachments = list(payload.get("attachments") or [])
        original.state, original.source = {}, payload
        if original not in hook.interaction.shown:
            hook.interaction.shown.append(original)
        return
    shown = _show(platform, hook, payload)
    if hook.original is None:
        hook.original = shown


def acknowledged(platform: Platform, hook: Hook, ack: Ack) -> None:
    """Show the message with which a command was acknowledged, if there is one."""
    payload = ack.body or {}
    if not any(payload.get(key) for key in ("text", "blocks", "attachments")):
        return
    try:
        _check(platform, hook, payload)
    except SlackError:
        return
    hook.original = _show(platform, hook, payload)


def submitted(platform: Platform, workspace: Workspace, interaction: Interaction, view: View, ack: Ack) -> None:
    """Close, keep, replace or cover a view, as the ack of its submission says."""
    body = ack.body or {}
    action = body.get("response_action")
    if action == "errors":
        _check_errors(platform, view, body.get("errors"))
    elif action in ("update", "push"):
        try:
            checked = platform.check_view("view_submission", body.get("view"), "modal")
        except SlackError:
            return
        if action == "push":
            interaction.opened.append(platform.open_view(workspace, view.user, checked, view))
        else:
            view.body, view.hash, view.state = checked, platform.fresh_hash(), {}
    elif action == "clear":
        for below in stack(view):
            below.is_open = False
    elif action is None:
        view.is_open = False
    else:
        platform.refuse("view_submission", [f"response_action: there is no {action!r}"])


def _check(platform: Platform, hook: Hook, payload: Json) -> None:
    kind = payload.get("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        problem = f"response_type: {kind!r} is neither 'ephemeral' nor 'in_channel'"
        platform.refuse("response_url", [problem])
        raise SlackError("invalid_arguments", messages=[problem])
    thread_ts = payload.get("thread_ts")
    if thread_ts and hook.channel.find(str(thread_ts)) is None:
        platform.refuse("response_url", [f"thread_ts: there is no message {thread_ts} in {hook.channel.id}"])
        raise SlackError("thread_not_found")
    platform.check_message("response_url", payload)


def _show(platform: Platform, hook: Hook, payload: Json) -> Message:
    interaction = hook.interaction
    if payload.get("response_type") == "in_channel":
        message = platform.compose(hook.workspace, hook.channel, payload, source=payload)
        hook.channel.store(message)
        platform.announce(hook.workspace, hook.channel, message)
    else:
        only = hook.person.id
        message = platform.compose(hook.workspace, hook.channel, payload, ephemeral_to=only, source=payload)
        hook.channel.ephemerals.append(message)
    interaction.shown.append(message)
    return message


def _check_errors(platform: Platform, view: View, errors: Any) -> None:
    inputs_there = {block["block_id"] for block in view.body["blocks"] if block.get("type") == "input"}
    strange = [name for name in errors or () if name not in inputs_there]
    if not errors or strange:
        platform.refuse("view_submission", [f"errors: {errors!r} must name input blocks of the view"])
