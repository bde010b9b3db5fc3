"""Digests: /digest, its window, and the buttons under a digest and in the Home tab."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_bolt import Ack, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.digests import blocks as digest_form
from bot.digests import store as digests
from bot.digests.delivery import Pace, post_slot, preview
from bot.digests.model import Digest, describe
from bot.home.listeners import publish_home
from bot.slack import modals, notes
from bot.slack.messages import direct_channel, is_in, may_post, open_view, post, reply_privately, respond
from bot.slack.text import Message, typed
from bot.workspace.workspace import Workspace
from embeddings.errors import NotFoundError

_HOW = "Type /digest to set one up, or /digest list | preview | now | pause | resume | edit | delete and its name."
_INVITE = "I'm not in that channel. Type /invite @topicbot there, then press Save again."


def digest(command: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """`/digest` opens the window of a new one; `/digest list|preview|now|pause|resume|edit|delete [name]`."""
    word, _, name = typed(command.get("text") or "").partition(" ")
    url = command["response_url"]
    if not word:
        _open_form(context, client, command, {"response_url": url})
    elif word == "list":
        workspace: Workspace = context["workspace"]
        respond(url, digest_form.digest_list(_mine(context), workspace.now()))
    elif word in _WORDS:
        message = _WORDS[word](context, client, command, _named(context, name))
        if message is not None:
            respond(url, message)
    else:
        respond(url, notes.note(_HOW))


def press(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """A button beside a digest in a list: preview, pause, resume, edit, delete."""
    found = _allowed(context, action["value"])
    message = _WORDS[action["action_id"].removeprefix("digest-")](context, client, body, found)
    if message is not None:
        reply_privately(context, body, client, message)
    if body.get("view"):
        publish_home(context, client)


def open_new(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The window of a new digest, from the Home tab."""
    _open_form(context, client, body, {})


def check_digest(
    view: dict[str, Any], context: BoltContext, client: WebClient, ack: Ack, next: Callable[[], Any]
) -> BoltResponse | None:
    """Say beside its box what is wrong with the schedule or the channel; else take the digest."""
    given = modals.values(view)
    _, errors = digest_form.schedule_of(given)
    if not is_in(client, given["channel"]):
        errors["channel"] = _INVITE
    elif not may_post(client, given["channel"], context.user_id or ""):
        errors["channel"] = "You are not in that channel."
    if errors:
        return ack(response_action="errors", errors=errors)
    next()
    return None


def save_digest(view: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Keep the digest and tell when it comes."""
    workspace: Workspace = context["workspace"]
    where, given = json.loads(view["private_metadata"]), modals.values(view)
    schedule, errors = digest_form.schedule_of(given)
    if schedule is None:
        raise NotFoundError(" ".join(errors.values()))
    now = workspace.now()
    known = _allowed(context, where["digest"]) if where.get("digest") else None
    own_id = hashlib.sha256(f"{workspace.team_id} {context['key']}".encode()).hexdigest()[:16]
    fresh = Digest(own_id, context.user_id or "", given["channel"], given["name"], schedule, now, now)
    changed = replace(
        known or fresh,
        channel=given["channel"],
        name=given["name"],
        schedule=schedule,
        starts_at=now,
        topics=digest_form.topics_of(given["topics"]),
        collections=tuple(given["collections"]) if given.get("collections") else None,
        most=int(given["most"]),
        say_empty=given["empty"] == "say",
        least=float(given["least"]),
        paused_at=None,
        paused_why=None,
    )
    with workspace.store.writing() as connection:
        digests.save(connection, workspace.team_id, changed)
    said = notes.note(f"“{changed.name}” comes {describe(schedule)}. /digest preview shows what it would say now.")
    if where.get("response_url"):
        respond(where["response_url"], said)
    else:
        channel = direct_channel(client, context.user_id or "")
        post(client, channel, said, context["key"], thread=None, again=context["again"])


def show_story(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """*More*: every article of the story, in a window."""
    workspace: Workspace = context["workspace"]
    _, _, story_id = action["value"].partition(":")
    told = workspace.story(story_id, context.channel_id or "")
    open_view(context, client, body, modals.modal("story", "Story", digest_form.story_blocks(told), None, ""))


def mute_story(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """*Mute this story*: the digest never tells it again."""
    _note_story(context, action["value"], digests.mute)
    reply_privately(context, body, client, notes.note("Muted: this digest won't tell that story again."))


def fewer_like_this(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """*Fewer like this*: the digest leaves stories out that are like this one."""
    _note_story(context, action["value"], digests.mute_similar)
    said = "Noted: this digest leaves stories like that one out from now on."
    reply_privately(context, body, client, notes.note(said))


def _note_story(context: BoltContext, value: str, note: Callable[..., None]) -> None:
    workspace: Workspace = context["workspace"]
    digest_id, _, story_id = value.partition(":")
    found = _allowed(context, digest_id)
    with workspace.store.writing() as connection:
        note(connection, workspace.team_id, found.id, story_id)


def _show_preview(context: BoltContext, client: WebClient, body: dict[str, Any], found: Digest) -> Message:
    workspace: Workspace = context["workspace"]
    first, *more = preview(workspace, found, workspace.now())[1]
    if more:
        shown = notes.note(f"It goes on in its thread, with {len(more)} more messages.")
        return replace(first, blocks=[*first.blocks[:-1], *shown.blocks])
    return first


def _post_now(context: BoltContext, client: WebClient, body: dict[str, Any], found: Digest) -> Message:
    workspace: Workspace = context["workspace"]
    posted = post_slot(workspace, client, found, workspace.now(), Pace())
    return notes.note("Posted." if posted else "Nothing is new, so I posted nothing.")


def _pause(context: BoltContext, client: WebClient, body: dict[str, Any], found: Digest) -> Message:
    workspace: Workspace = context["workspace"]
    with workspace.store.writing() as connection:
        digests.pause(connection, workspace.team_id, found.id, workspace.now())
    return notes.note(f"“{found.name}” is paused.")


def _resume(context: BoltContext, client: WebClient, body: dict[str, Any], found: Digest) -> Message:
    workspace: Workspace = context["workspace"]
    with workspace.store.writing() as connection:
        digests.resume(connection, workspace.team_id, found.id, workspace.now())
    return notes.note(f"“{found.name}” comes again {describe(found.schedule)}.")


def _delete(context: BoltContext, client: WebClient, body: dict[str, Any], found: Digest) -> Message:
    workspace: Workspace = context["workspace"]
    with workspace.store.writing() as connection:
        digests.remove(connection, workspace.team_id, found.id)
    return notes.note(f"“{found.name}” is deleted.")


def _edit(context: BoltContext, client: WebClient, body: dict[str, Any], found: Digest) -> None:
    where = {"digest": found.id, "response_url": body.get("response_url")}
    _open_form(context, client, body, where, found)


_WORDS: dict[str, Callable[..., Message | None]] = {
    "preview": _show_preview,
    "now": _post_now,
    "pause": _pause,
    "resume": _resume,
    "edit": _edit,
    "delete": _delete,
}


def _open_form(
    context: BoltContext,
    client: WebClient,
    body: dict[str, Any],
    where: dict[str, Any],
    found: Digest | None = None,
) -> None:
    workspace: Workspace = context["workspace"]
    collections = workspace.visible("")
    view = digest_form.digest_modal(collections, context["person"].zone, where, found)
    open_view(context, client, body, view)


def _mine(context: BoltContext) -> list[Digest]:
    """The digests that the person may change: their own, for admins all."""
    workspace: Workspace = context["workspace"]
    owner = None if context["person"].may_manage(workspace.settings) else context.user_id
    with workspace.store.reading() as connection:
        return digests.every(connection, workspace.team_id, owner)


def _named(context: BoltContext, name: str) -> Digest:
    """The digest of this name or id among those that the person may change; without a name the only one."""
    mine = _mine(context)
    wanted = name.strip().casefold()
    found = [one for one in mine if wanted in ("", one.id, one.name.casefold())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"“{one.name}”" for one in (found or mine)) or "none yet"
    if not found:
        raise NotFoundError(f"You have no digest of that name. Yours: {names}.")
    raise NotFoundError(f"Name the digest. Yours: {names}.")


def _allowed(context: BoltContext, digest_id: str) -> Digest:
    """The digest with this id, for its owner and admins."""
    workspace: Workspace = context["workspace"]
    with workspace.store.reading() as connection:
        found = digests.load(connection, workspace.team_id, digest_id)
    if found is None:
        raise NotFoundError("That digest is no longer there.")
    if found.owner != context.user_id and not context["person"].may_manage(workspace.settings):
        raise NotFoundError("Only whoever set this digest up, and admins, can do that. Ask one of them.")
    return found
