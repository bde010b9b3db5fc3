"""Digests: /digest, its window, and the buttons under a digest and in the Home tab."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_sdk import WebClient

from bot.digests import blocks as digest_form
from bot.digests import service, windows
from bot.digests.blocks import StoryValue, WhyValue
from bot.digests.delivery import Pace, post_slot, preview
from bot.digests.model import Digest, describe
from bot.locale.texts import N_
from bot.locale.texts import gettext as _
from bot.slack import modals, notes
from bot.slack.messages import is_in, may_post
from bot.slack.text import Block, Message, unreadable_value
from bot.workspace.request import Request
from bot.workspace.workspace import Workspace

_HOW = N_(
    "Type /digest to set one up, or /digest list | preview | now | pause | resume | edit | delete and its name."
)
_INVITE = N_("I'm not in that channel. Type /invite @topicbot there, then press Save again.")


def digest(request: Request) -> None:
    """`/digest` opens the window of a new one; `/digest list|preview|now|pause|resume|edit|delete [name]`."""
    word, _blank, name = request.text.partition(" ")
    if not word:
        _open_form(request, {"response_url": request.payload["response_url"]})
    elif word == "list":
        request.reply.respond(digest_form.digest_list(_mine(request), request.workspace.now()))
    elif word in _WORDS:
        found = service.named(_mine(request), name)
        message = digest_form.ask_to_delete(found) if word == "delete" else _WORDS[word](request, found)
        if message is not None:
            request.reply.respond(message)
    else:
        request.reply.respond(notes.note(_(_HOW)))


def press(request: Request) -> None:
    """Act on a button beside a digest in a list: preview, pause, resume, edit, delete."""
    found = _allowed(request, request.value)
    message = _WORDS[request.payload["action_id"].removeprefix("digest-")](request, found)
    if message is not None:
        request.reply.privately(message)


def open_new(request: Request) -> None:
    """Open the window of a new digest, from the Home tab."""
    _open_form(request, {})


def check_digest(given: dict[str, Any], client: WebClient, user: str) -> dict[str, str]:
    """Return what is wrong with the schedule or the channel, by the name of the box."""
    _schedule, errors = windows.schedule_of(windows.with_defaults(given, "UTC"))
    if not is_in(client, given["channel"]):
        errors["channel"] = _(_INVITE)
    elif not may_post(client, given["channel"], user):
        errors["channel"] = _("You are not in that channel.")
    return errors


def zone_options(workspace: Workspace, typed: str) -> list[Block]:
    """Return what the search menu of time zones offers for what was typed."""
    return windows.zone_options(typed, workspace.now())


def save_digest(request: Request) -> None:
    """Keep the digest and tell when it comes."""
    where = request.remembered
    known = _allowed(request, where["digest"]) if where.get("digest") else None
    wanted = windows.digest_of(windows.with_defaults(request.values, request.person.zone))
    changed = service.save(request.workspace, wanted, known, owner=request.user, key=request.key)
    when = describe(changed.schedule)
    said = notes.note(
        _("“{name}” comes {when}. /digest preview shows what it would say now.", name=changed.name, when=when)
    )
    request.reply.by_address(where.get("response_url"), said)


def show_story(request: Request) -> None:
    """*More*: every article of the story, in a window."""
    told = request.workspace.story(StoryValue.unpack(request.value).story_id, request.channel)
    request.reply.open(modals.modal("story", _("Story"), digest_form.story_blocks(told), None, ""))


def why_shown(request: Request) -> None:
    """*Why am I seeing this?*: the reason, to the person alone."""
    value = WhyValue.unpack(request.value)
    told = request.workspace.story(value.story_id, request.channel)
    request.reply.privately(digest_form.why_shown(told, value))


def mute_story(request: Request) -> None:
    """*Mute this story*: the digest never tells it again."""
    story = StoryValue.unpack(request.value)
    service.mute(request.workspace, _allowed(request, story.digest_id), story.story_id)
    request.reply.privately(notes.note(_("Muted: this digest won't tell that story again.")))


def fewer_like_this(request: Request) -> None:
    """*Fewer like this*: the digest leaves stories out that are like this one."""
    story = StoryValue.unpack(request.value)
    service.mute(request.workspace, _allowed(request, story.digest_id), story.story_id, similar=True)
    request.reply.privately(notes.note(_("Noted: this digest leaves stories like that one out from now on.")))


def _show_preview(request: Request, found: Digest) -> Message:
    first, *more = preview(request.workspace, found, request.workspace.now())[1]
    if more:
        shown = notes.note(_("It goes on in its thread, with {count} more messages.", count=len(more)))
        return replace(first, blocks=[*first.blocks[:-1], *shown.blocks])
    return first


def _post_now(request: Request, found: Digest) -> Message:
    posted = post_slot(request.workspace, request.client, found, request.workspace.now(), Pace())
    return notes.note(_("Posted.") if posted else _("Nothing is new, so I posted nothing."))


def _pause(request: Request, found: Digest) -> Message:
    service.pause(request.workspace, found)
    return notes.note(_("“{name}” is paused.", name=found.name))


def _resume(request: Request, found: Digest) -> Message:
    service.resume(request.workspace, found)
    return notes.note(_("“{name}” comes again {when}.", name=found.name, when=describe(found.schedule)))


def _delete(request: Request, found: Digest) -> Message:
    service.remove(request.workspace, found)
    return notes.note(_("“{name}” is deleted.", name=found.name))


def _edit(request: Request, found: Digest) -> None:
    where = {"digest": found.id, "response_url": request.body.get("response_url")}
    _open_form(request, where, found)


_WORDS: dict[str, Callable[[Request, Digest], Message | None]] = {
    "preview": _show_preview,
    "now": _post_now,
    "pause": _pause,
    "resume": _resume,
    "edit": _edit,
    "delete": _delete,
}


def _open_form(request: Request, where: dict[str, Any], found: Digest | None = None) -> None:
    collections = request.workspace.visible("")
    whole = found is not None
    request.reply.open(windows.digest_modal(collections, request.person.zone, where, found, whole=whole))


def more_options(request: Request) -> None:
    """*More options*: show the whole window in place; Slack keeps what was put in already."""
    view = request.body.get("view")
    if view is None:
        raise unreadable_value()
    where = json.loads(view.get("private_metadata") or "{}")
    collections = request.workspace.visible("")
    whole = windows.digest_modal(collections, request.person.zone, where)
    request.client.views_update(view_id=view["id"], view=whole)


def _mine(request: Request) -> list[Digest]:
    """Return the digests that the person may change: their own, for admins all."""
    return service.every(request.workspace, None if request.may_manage else request.user)


def _allowed(request: Request, digest_id: str) -> Digest:
    """Return the digest with this id, for its owner and admins."""
    return service.allowed(request.workspace, digest_id, user=request.user, may_manage=request.may_manage)
