"""Sources: /sources, its window and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from bot.locale.texts import N_
from bot.locale.texts import gettext as _
from bot.slack import notes
from bot.slack.messages import direct_channel
from bot.slack.text import Message
from bot.sources import blocks as source_blocks
from bot.sources.blocks import ListPage
from bot.sources.uploads import with_progress_message
from bot.workspace.request import Request
from embeddings.errors import InvalidInputError, NotFoundError
from embeddings.import_report import ImportCounter, ImportReport
from embeddings.importer import Advance
from embeddings.search.reading import read_question
from embeddings.subscriptions.model import Source
from embeddings.subscriptions.service import Sources
from embeddings.text.urls import is_web_address

_HOW = N_(
    "Type /sources for the list, /sources add and an address, or /sources refresh | pause | resume | remove and a "
    "name."
)

_DIGITS = 6
_ELSEWHERE = N_("how it goes, I tell you in our direct messages.")


def sources(request: Request) -> None:
    """Act on `/sources [list] | add [address] | refresh [name] | pause | resume | remove <name>`."""
    word, _blank, rest = request.text.partition(" ")
    if word in ("", "list"):
        page = int(rest) - 1 if rest.isdecimal() and len(rest) < _DIGITS else 0
        request.reply.respond(_listed(request, page))
    elif word not in ("add", *_WORDS):
        request.reply.respond(notes.note(_(_HOW)))
    elif not request.may_manage:
        request.reply.respond(notes.admins_only())
    elif word == "add":
        _add(request, rest.strip())
    else:
        _WORDS[word](request, rest.strip())


def press_source(request: Request) -> None:
    """Act on a button under a source: refresh, pause, resume, remove."""
    if request.may_manage:
        _WORDS[request.payload["action_id"].removeprefix("source-")](request, request.value)
    else:
        request.reply.privately(notes.admins_only())


def turn_page(request: Request) -> None:
    """Show another page of the list, in place of this one."""
    request.reply.respond(_listed(request, ListPage.unpack(request.value).page), replace=True)


def add_source(request: Request) -> None:
    """Add the source that the window names."""
    if not request.may_manage:
        request.reply.privately(notes.admins_only())
        return
    given = request.values
    collection = (given.get("collection") or "").strip() or None
    keep_days = int(given["keep_days"]) if given.get("keep_days") else None
    _subscribe(request, given["url"].strip(), collection, keep_days)


def _add(request: Request, text: str) -> None:
    if not text:
        request.reply.open(source_blocks.source_form({}))
        return
    wanted = read_question(text, request.workspace.now())
    if not is_web_address(wanted.question):
        said = _("Give the address of a feed or a page: /sources add https://…")
        request.reply.respond(notes.note(said))
        return
    collection = wanted.collections[0] if wanted.collections else None
    request.reply.respond(notes.note(_("I'm looking there; {rest}", rest=_(_ELSEWHERE))))
    _subscribe(request, wanted.question, collection, None)


def _subscribe(request: Request, url: str, collection: str | None, keep_days: int | None) -> None:
    sources = request.workspace.sources

    def work(advance: Advance) -> ImportReport:
        started = monotonic()
        address, fetched = sources.look_up(url)
        source, _is_new = sources.add(
            address, collection=collection, keep_days=keep_days, added_by=request.user, fetched=fetched
        )
        tally = ImportCounter()
        tally.refreshed(sources.check(source, fetched=fetched, progress=advance))
        return tally.report(monotonic() - started)

    channel = direct_channel(request.client, request.user)
    with_progress_message(request.reply, channel, None, _("Adding {name}", name=url), work)


def _refresh(request: Request, name: str) -> None:
    sources = request.workspace.sources
    wanted = [_named(sources, name)] if name else [one for one in sources.every() if not one.paused_at]

    def work(advance: Advance) -> ImportReport:
        started, tally = monotonic(), ImportCounter()
        for result in sources.refresh(wanted, progress=advance):
            tally.refreshed(result, listed=False)
        return tally.report(monotonic() - started)

    title = _("Refreshing {name}", name=wanted[0].title) if name else _("Refreshing every source")
    if request.reply.response_url:
        request.reply.respond(notes.note(f"{title}; {_(_ELSEWHERE)}"))
    with_progress_message(request.reply, direct_channel(request.client, request.user), None, title, work)


def _pause(request: Request, name: str) -> None:
    sources = request.workspace.sources
    found = sources.pause(_named(sources, name).id, request.user)
    _tell(request, _("Paused “{title}”. I won't check it again until you resume it.", title=found.title))


def _resume(request: Request, name: str) -> None:
    sources = request.workspace.sources
    found = sources.resume(_named(sources, name).id)
    _tell(request, _("Resumed “{title}”. I'll check it again from now on.", title=found.title))


def _remove(request: Request, name: str) -> None:
    found = _named(request.workspace.sources, name)
    request.workspace.sources.remove(found.id)
    _tell(request, _("I removed “{title}”. Its articles stay; /sources add brings it back.", title=found.title))


_WORDS: dict[str, Callable[[Request, str], None]] = {
    "refresh": _refresh,
    "pause": _pause,
    "resume": _resume,
    "remove": _remove,
}


def _tell(request: Request, text: str) -> None:
    request.reply.by_address(request.reply.response_url, notes.note(text))


def _listed(request: Request, page: int) -> Message:
    sources = request.workspace.sources
    now = request.workspace.now()
    return source_blocks.sources_list(sources.every(), sources.counts(), now, page, manages=request.may_manage)


def _named(sources: Sources, name: str) -> Source:
    """Return the source of this id, address or title; a part of the title does when only one has it."""
    if not name:
        raise InvalidInputError(_("Say which source; /sources lists them."))
    every = sources.every()
    wanted = name.casefold()
    found = (
        [one for one in every if wanted == one.id]
        or [one for one in every if wanted in (one.url.casefold(), one.title.casefold())]
        or [one for one in every if wanted in one.title.casefold()]
    )
    if not found:
        raise NotFoundError(_("There is no source of that name; /sources lists them."))
    if len(found) > 1:
        raise InvalidInputError(_("Several sources are called so; /sources lists them."))
    return found[0]
