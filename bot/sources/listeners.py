"""Sources: /sources, its window and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.question import read_question
from bot.slack import modals, notes
from bot.slack.messages import direct_channel, open_view, reply, reply_privately, respond
from bot.slack.text import Message, typed
from bot.sources import blocks as source_blocks
from bot.sources.uploads import with_progress_message
from bot.workspace.workspace import Workspace
from embeddings.errors import NotFoundError
from embeddings.import_report import ImportCounter, ImportReport
from embeddings.importer import Advance
from embeddings.subscriptions.model import Source
from embeddings.text.urls import is_web_address

_HOW = (
    "Type /sources for the list, /sources add and an address, or /sources refresh | pause | resume | remove and a "
    "name."
)

_DIGITS = 6
_ELSEWHERE = "how it goes, I tell you in our direct messages."


def sources(command: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """`/sources [list] | add [address] | refresh [name] | pause | resume | remove <name>`."""
    word, _, rest = typed(command.get("text") or "").partition(" ")
    url = command["response_url"]
    if word in ("", "list"):
        respond(url, _listed(context, int(rest) - 1 if rest.isdecimal() and len(rest) < _DIGITS else 0))
    elif word not in ("add", *_WORDS):
        respond(url, notes.note(_HOW))
    elif not _may_manage(context):
        respond(url, notes.admins_only())
    elif word == "add":
        _add(command, context, client, rest.strip())
    else:
        _WORDS[word](context, client, command, rest.strip())


def press_source(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """A button under a source: refresh, pause, resume, remove."""
    if _may_manage(context):
        _WORDS[action["action_id"].removeprefix("source-")](context, client, body, action["value"])
    else:
        reply_privately(context, body, client, notes.admins_only())


def turn_page(action: dict[str, Any], context: BoltContext) -> None:
    """Show another page of the list, in place of this one."""
    respond(context.response_url or "", _listed(context, int(action["value"])), replace_original=True)


def add_source(view: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Add the source that the window names."""
    if not _may_manage(context):
        reply_privately(context, {}, client, notes.admins_only())
        return
    given = modals.values(view)
    collection = (given.get("collection") or "").strip() or None
    keep_days = int(given["keep_days"]) if given.get("keep_days") else None
    _subscribe(context, client, given["url"].strip(), collection, keep_days)


def _add(command: dict[str, Any], context: BoltContext, client: WebClient, text: str) -> None:
    if not text:
        open_view(context, client, command, source_blocks.source_form({}))
        return
    wanted = read_question(text, context["workspace"].now())
    if not is_web_address(wanted.question):
        respond(
            command["response_url"], notes.note("Give the address of a feed or a page: /sources add https://…")
        )
        return
    collection = wanted.collections[0] if wanted.collections else None
    respond(command["response_url"], notes.note(f"I'm looking there; {_ELSEWHERE}"))
    _subscribe(context, client, wanted.question, collection, None)


def _subscribe(
    context: BoltContext, client: WebClient, url: str, collection: str | None, keep_days: int | None
) -> None:
    workspace: Workspace = context["workspace"]

    def work(advance: Advance) -> ImportReport:
        started = monotonic()
        address, fetched = workspace.sources.look_up(url)
        source, _ = workspace.sources.add(
            address, collection=collection, keep_days=keep_days, added_by=context.user_id, fetched=fetched
        )
        tally = ImportCounter()
        tally.refreshed(workspace.sources.check(source, fetched=fetched, progress=advance))
        return tally.report(monotonic() - started)

    with_progress_message(
        context, client, direct_channel(client, context.user_id or ""), None, f"Adding {url}", work
    )


def _refresh(context: BoltContext, client: WebClient, body: dict[str, Any], name: str) -> None:
    workspace: Workspace = context["workspace"]
    wanted = [_named(workspace, name)] if name else [one for one in workspace.sources.every() if not one.paused_at]

    def work(advance: Advance) -> ImportReport:
        started, tally = monotonic(), ImportCounter()
        for result in workspace.sources.refresh(wanted, progress=advance):
            tally.refreshed(result, listed=False)
        return tally.report(monotonic() - started)

    title = f"Refreshing {wanted[0].title}" if name else "Refreshing every source"
    if context.response_url:
        respond(context.response_url, notes.note(f"{title}; {_ELSEWHERE}"))
    with_progress_message(context, client, direct_channel(client, context.user_id or ""), None, title, work)


def _pause(context: BoltContext, client: WebClient, body: dict[str, Any], name: str) -> None:
    workspace: Workspace = context["workspace"]
    found = workspace.sources.pause(_named(workspace, name).id, context.user_id or "")
    _tell(context, client, body, f"I look at “{found.title}” no more until you resume it.")


def _resume(context: BoltContext, client: WebClient, body: dict[str, Any], name: str) -> None:
    workspace: Workspace = context["workspace"]
    found = workspace.sources.resume(_named(workspace, name).id)
    _tell(context, client, body, f"I look at “{found.title}” again.")


def _remove(context: BoltContext, client: WebClient, body: dict[str, Any], name: str) -> None:
    workspace: Workspace = context["workspace"]
    found = _named(workspace, name)
    workspace.sources.remove(found.id)
    _tell(context, client, body, f"I removed “{found.title}”. Its articles stay; /sources add brings it back.")


_WORDS: dict[str, Callable[[BoltContext, WebClient, dict[str, Any], str], None]] = {
    "refresh": _refresh,
    "pause": _pause,
    "resume": _resume,
    "remove": _remove,
}


def _tell(context: BoltContext, client: WebClient, body: dict[str, Any], text: str) -> None:
    if context.response_url:
        respond(context.response_url, notes.note(text))
    else:
        reply(context, client, direct_channel(client, context.user_id or ""), notes.note(text), thread=None)


def _listed(context: BoltContext, page: int) -> Message:
    workspace: Workspace = context["workspace"]
    found, counts = workspace.sources.every(), workspace.sources.counts()
    return source_blocks.sources_list(found, counts, workspace.now(), page, manages=_may_manage(context))


def _named(workspace: Workspace, name: str) -> Source:
    """The source of this id, address or title; a part of the title does when only one has it."""
    if not name:
        raise NotFoundError("Say which source; /sources lists them.")
    every = workspace.sources.every()
    wanted = name.casefold()
    found = (
        [one for one in every if wanted == one.id]
        or [one for one in every if wanted in (one.url.casefold(), one.title.casefold())]
        or [one for one in every if wanted in one.title.casefold()]
    )
    if len(found) != 1:
        why = "Several sources are called so" if found else "There is no source of that name"
        raise NotFoundError(f"{why}; /sources lists them.")
    return found[0]


def _may_manage(context: BoltContext) -> bool:
    return bool(context["person"].may_manage(context["workspace"].settings))
