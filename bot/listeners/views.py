"""Windows that were sent off: asked, told why not helpful, links to add."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from slack_bolt import Ack, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.asking import Wanted
from bot.blocks import forms, notes
from bot.listeners.adding import add_pages
from bot.listeners.answers import answer_command, answer_directly
from bot.slack import direct_channel, respond
from bot.store import questions
from bot.workspace import Workspace
from embeddings.errors import QuestionError
from embeddings.search.question import parse


def check_question(view: dict[str, Any], ack: Ack, next: Callable[[], Any]) -> BoltResponse | None:
    """Say beside the box what is wrong with the question or the period; else take it."""
    given = forms.values(view)
    errors = {}
    try:
        parse(given["question"] or "")
    except QuestionError as error:
        errors["question"] = str(error)
    if given["since"] and given["until"] and given["since"] > given["until"]:
        errors["until"] = "This lies before the first date."
    return _checked(errors, ack, next)


def answer_form(view: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer what was asked in the window: where it was opened, to the asker alone, or in direct messages."""
    given = forms.values(view)
    collections = (given["collection"],) if given.get("collection") else None
    since = _moment(given["since"], time()) if given["since"] else None
    until = _moment(given["until"], time(23, 59, 59)) if given["until"] else None
    wanted = Wanted(given["question"], collections, since, until)
    where = json.loads(view["private_metadata"])
    if where.get("response_url"):
        answer_command(context, wanted, where["channel"], where["response_url"])
    else:
        answer_directly(context, client, wanted, direct_channel(client, context.user_id or ""), None)


def keep_reason(view: dict[str, Any], context: BoltContext) -> None:
    """Keep why an answer was not helpful."""
    workspace: Workspace = context["workspace"]
    given = forms.values(view)
    reason = ": ".join(part for part in (given["reason"], given.get("more")) if part)
    with workspace.store.writing() as connection:
        questions.rate(connection, workspace.team_id, view["private_metadata"], helpful=False, reason=reason)


def check_links(view: dict[str, Any], ack: Ack, next: Callable[[], Any]) -> BoltResponse | None:
    """At least one page has to be ticked or typed."""
    given = forms.values(view)
    nothing = "links" in given and not given["links"]
    return _checked({"links": "Tick at least one page."} if nothing else {}, ack, next)


def add_links(view: dict[str, Any], context: BoltContext) -> None:
    """Add the pages, for those who may, and tell how it went."""
    workspace: Workspace = context["workspace"]
    where = json.loads(view["private_metadata"])
    if not context["person"].may_manage(workspace.settings):
        respond(where["response_url"], notes.admins_only())
        return
    given = forms.values(view)
    chosen = [where["links"][int(number)] for number in given["links"]] if "links" in given else [given["link"]]
    respond(where["response_url"], notes.note(add_pages(workspace, chosen, given.get("collection"))))


def _checked(errors: dict[str, str], ack: Ack, next: Callable[[], Any]) -> BoltResponse | None:
    """Refuse the window with what is wrong beside each box, or let it through."""
    if errors:
        return ack(response_action="errors", errors=errors)
    next()
    return None


def _moment(date: str, at: time) -> datetime:
    return datetime.combine(datetime.fromisoformat(date).date(), at, UTC)
