"""The views.* and assistant.threads.* methods."""

from __future__ import annotations

import json
from typing import Any

from tests.slack_server import payloads, rules
from tests.slack_server.errors import SlackError
from tests.slack_server.requests import Request, method
from tests.slack_server.world import View

Json = dict[str, Any]
DEEPEST_STACK = 3
MOST_PROMPTS = 4


@method("blocks.validate")
def validate(request: Request) -> Json:
    """Say whether Slack would take blocks, a message or a view, given as JSON."""
    given = [name for name in ("blocks", "message", "view") if request.args.get(name)]
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    (name,) = given
    found = request.args[name]
    value = json.loads(found) if isinstance(found, str) else found
    message = {"text": "blocks", "blocks": value} if name == "blocks" else value
    problems = rules.view_problems(value) if name == "view" else rules.message_problems(message)
    if problems:
        raise SlackError("invalid_blocks", messages=problems)
    return {}


@method("views.open")
def open_view(request: Request) -> Json:
    """Open a modal for whoever the trigger_id came from."""
    now = request.platform.clock.now()
    trigger = request.platform.tickets.redeem(request.args.get("trigger_id"), request.workspace.team_id, now)
    body = request.platform.check_view(request.method, request.args.get("view"), "modal")
    trigger.used = True
    view = request.platform.open_view(request.workspace, trigger.user, body)
    trigger.opened.append(view)
    return {"view": payloads.view(request.workspace, view)}


@method("views.push")
def push_view(request: Request) -> Json:
    """Lay a modal over the one in which something was pressed."""
    now = request.platform.clock.now()
    trigger = request.platform.tickets.redeem(request.args.get("trigger_id"), request.workspace.team_id, now)
    if trigger.view is None or not trigger.view.is_open:
        raise SlackError("not_found")
    if len(stack(trigger.view)) >= DEEPEST_STACK:
        raise SlackError("push_limit_reached")
    body = request.platform.check_view(request.method, request.args.get("view"), "modal")
    trigger.used = True
    view = request.platform.open_view(request.workspace, trigger.user, body, trigger.view)
    trigger.opened.append(view)
    return {"view": payloads.view(request.workspace, view)}


@method("views.update")
def update_view(request: Request) -> Json:
    """Replace an open modal, if it is still as its `hash` says."""
    view = _named(request)
    if request.args.get("hash") not in (None, "", view.hash):
        raise SlackError("hash_conflict")
    view.body = request.platform.check_view(request.method, request.args.get("view"), view.body["type"])
    view.hash = request.platform.fresh_hash()
    return {"view": payloads.view(request.workspace, view)}


@method("views.publish")
def publish_view(request: Request) -> Json:
    """Show somebody's Home tab."""
    user = request.person("user_id")
    body = request.platform.check_view(request.method, request.args.get("view"), "home")
    shown = request.workspace.homes.get(user.id)
    if request.args.get("hash") not in (None, "", shown.hash if shown else None):
        raise SlackError("hash_conflict")
    if shown is None:
        number = request.platform.tickets.number()
        shown = View(f"V{number}", "", body, user.id, request.workspace.team_id)
        request.workspace.homes[user.id] = shown
    shown.body, shown.hash, shown.state = body, request.platform.fresh_hash(), {}
    return {"view": payloads.view(request.workspace, shown)}


@method("assistant.threads.setStatus")
def set_status(request: Request) -> Json:
    """Show what the app is doing; an empty status clears it, and so does a reply."""
    if not {"assistant:write", "chat:write"} & request.workspace.scopes:
        request.need("assistant:write")
    channel = request.joined("channel_id")
    thread_ts = request.text("thread_ts")
    if "status" not in request.args:
        request.text("status")
    loading = request.args.get("loading_messages")
    if isinstance(loading, list) and len(loading) > 10:
        raise request.refuse("invalid_arguments", f"loading_messages: {len(loading)}, at most 10")
    if request.args["status"]:
        channel.statuses[thread_ts] = {"status": request.args["status"], "at": request.platform.clock.now()}
        channel.statuses[thread_ts]["loading_messages"] = loading
    else:
        channel.statuses.pop(thread_ts, None)
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_prompts(request: Request) -> Json:
    """Suggest what to ask. With agent_view a thread_ts makes Slack drop the call in silence."""
    channel = request.joined("channel_id")
    prompts = request.args.get("prompts")
    if not isinstance(prompts, list) or not prompts:
        raise request.refuse("invalid_arguments", "prompts: not a list of at least one")
    if len(prompts) > MOST_PROMPTS:
        raise request.refuse("invalid_arguments", f"prompts: {len(prompts)}, at most {MOST_PROMPTS}")
    for number, prompt in enumerate(prompts):
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise request.refuse("invalid_arguments", f"prompts[{number}]: needs a title and a message")
    if request.args.get("thread_ts"):
        request.platform.refuse(request.method, ["thread_ts: not with agent_view; Slack shows no prompts"])
        return {}
    channel.prompts = {"prompts": prompts, "title": request.args.get("title")}
    return {}


@method("agents.sessions.setStatus", "chat:write")
def set_session(request: Request) -> Json:
    """Set an agent session's status. One under way is "processing" and has a stop button."""
    channel = request.joined("channel_id")
    status = request.text("status")
    if status not in ("active", "processing", "suspended", "closed"):
        raise request.refuse("invalid_arguments", f"status: {status!r}")
    channel.sessions.setdefault(request.text("thread_ts"), []).append(status)
    return {"agent_status": status}


@method("assistant.threads.setTitle", "assistant:write")
def set_title(request: Request) -> Json:
    """Name a thread in the app's list of them."""
    channel = request.joined("channel_id")
    channel.titles[request.text("thread_ts")] = request.text("title")
    return {}


def stack(view: View) -> list[View]:
    """The view and those under it."""
    return [view, *(stack(view.previous) if view.previous else [])]


def _named(request: Request) -> View:
    args = request.args
    if not args.get("view_id") and not args.get("external_id"):
        request.text("view_id")
    homes = request.workspace.homes.values()
    for view in [*request.platform.views, *homes]:
        if view.team_id != request.workspace.team_id or not view.is_open:
            continue
        if args.get("view_id") == view.id or (
            args.get("external_id") and args["external_id"] == view.body.get("external_id")
        ):
            return view
    raise SlackError("not_found")
