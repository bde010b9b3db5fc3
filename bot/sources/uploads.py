"""Files and links that people share with the bot, each for the audience that they choose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote

import structlog
from slack_sdk.errors import SlackApiError

from bot.locale.texts import N_, ngettext, speaking
from bot.locale.texts import gettext as _
from bot.slack import notes
from bot.slack.messages import GONE, download, file_of, update
from bot.slack.reply import Reply
from bot.slack.text import Message
from bot.sources.blocks import (
    Audience,
    Offered,
    Undo,
    added,
    audience_question,
    cannot_read,
    kept,
    under_way,
    who_sees,
)
from bot.workspace.audience import audience_of
from bot.workspace.request import Request
from bot.workspace.workspace import Workspace
from embeddings.errors import InvalidInputError, NotAllowedError, NotFoundError, SourceError
from embeddings.import_report import ImportCounter, ImportReport
from embeddings.importer import OPML_SUFFIXES, Advance, FoundFeed, add_article, follow, read_each
from embeddings.ingest.files import SUFFIXES, read
from embeddings.ingest.jsonl import Subscription
from embeddings.ingest.pages import fetch
from embeddings.team import TeamLibrary
from embeddings.text.sentences import storable
from embeddings.types import Article, Outcome, Skipped

_NAME = 80
MAX_FILES = 20
READABLE = (*SUFFIXES, *OPML_SUFFIXES)


def shared(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files of a message that the bot can read."""
    files = [one for one in event.get("files") or () if isinstance(one, dict)]
    return [one for one in files if Path(str(one.get("name") or "")).suffix.lower() in READABLE]


def unreadable(event: dict[str, Any]) -> list[str]:
    """Return the names of a message's files of which the bot can read nothing."""
    read = {str(one.get("id")) for one in shared(event)}
    files = [one for one in event.get("files") or () if isinstance(one, dict)]
    return [str(one.get("name") or _("a file")) for one in files if str(one.get("id")) not in read]


def choices(request: Request, channel: str) -> list[Audience]:
    """Return the audiences that the person may add for in this place, the narrowest that fits the place first."""
    narrowest = audience_of(request.workspace, request.client, request.user, channel)
    everyone = [Audience.WORKSPACE] if request.may_manage else []
    if narrowest is None:
        return [*everyone, Audience.PERSON]
    return [*([Audience.CHANNEL] if narrowest == channel else []), Audience.PERSON, *everyone]


def library_for(request: Request, chosen: Audience, channel: str) -> TeamLibrary:
    """Return where to keep what is added for this audience. Raises `NotAllowedError` when the person may not."""
    if chosen not in choices(request, channel):
        raise NotAllowedError(
            _("You can't add that for {audience} here. Share it again and choose.", audience=chosen.name.lower())
        )
    articles = request.workspace.articles
    audience = {Audience.PERSON: request.user, Audience.CHANNEL: channel}.get(chosen)
    return articles if audience is None else articles.only_for(audience)


def offer_files(request: Request) -> None:
    """Ask who may see what was shared, before anything of it is stored; name what can't be read."""
    channel, every = request.payload["channel"], shared(request.payload)
    found, refused = every[:MAX_FILES], unreadable(request.payload)
    if not found:
        request.reply.post(channel, cannot_read(refused, READABLE), thread=request.thread)
        return
    offered = Offered(request.user, ",".join(str(one["id"]) for one in found))
    names = [str(one.get("name") or _("a file")) for one in found]
    left = len(every) - len(found)
    message = audience_question(names, choices(request, channel), offered, refused, left=left)
    request.reply.post(channel, message, thread=request.thread)


def keep_files(request: Request) -> list[str] | None:
    """Add the files that were shared for the audience whose button was pressed, or drop them.

    Return the ids of the articles that are new now; `None` when nothing was kept.
    """
    offered = Offered.unpack(request.value)
    chosen = Audience(request.payload["action_id"].removeprefix("keep-"))
    channel, ts = request.body["container"]["channel_id"], request.body["container"]["message_ts"]
    if offered.user != request.user:
        request.reply.privately(notes.note(_("Only the person who shared this can choose who sees it.")))
        return None
    with speaking(request.language_in(channel)):
        if chosen is Audience.NOBODY:
            update(request.client, channel, ts, notes.note(_("Nothing was stored.")))
            return None
        return _keep(request, offered.files.split(",")[:MAX_FILES], chosen, channel, ts)


def _keep(request: Request, files: Sequence[str], chosen: Audience, channel: str, ts: str) -> list[str]:
    library = library_for(request, chosen, channel)
    new: list[str] = []
    title = ngettext("Adding {count} file", "Adding {count} files", len(files))

    def work(advance: Advance) -> ImportReport:
        counter = ImportCounter()
        report = _add_files(request, files, library, counter, advance, public=chosen is Audience.WORKSPACE)
        new.extend(counter.new)
        return report

    def result(report: ImportReport) -> Message:
        undo = Undo(request.user, chosen.value, _packed(new)) if new else None
        return kept(report, chosen, undo, [library.article(one) for one in new])

    with_progress_message(request.reply, channel, None, title, work, result=result, ts=ts)
    return new


def _packed(article_ids: Sequence[str]) -> str:
    """Return the ids for a button: an id from a file may hold anything, commas too."""
    return ",".join(quote(one, safe="") for one in article_ids)


def undo_files(request: Request) -> None:
    """Remove again what the person has just added."""
    undo, container = Undo.unpack(request.value), request.body["container"]
    if undo.user != request.user:
        request.reply.privately(notes.note(_("Only the person who added this can undo it.")))
        return
    library = library_for(request, Audience(undo.audience), container["channel_id"])
    for article_id in map(unquote, undo.articles.split(",")):
        with suppress(NotFoundError):  # removed already
            library.remove(article_id)
    with speaking(request.language_in(container["channel_id"])):
        said = notes.note(_("Removed again. Nothing of it is stored."))
    update(request.client, container["channel_id"], container["message_ts"], said)


def _own_file(request: Request, file_id: str) -> dict[str, Any]:
    """Return a file of the person's own, or one that was shared where they chose who sees it.

    A button can carry any id, and the bot reads files of direct messages. Raises `SourceError` for another one.
    """
    found = file_of(request.client, file_id)
    shared_in = {one for name in ("channels", "groups", "ims") for one in found.get(name) or ()}
    if found.get("user") != request.user and request.body["container"]["channel_id"] not in shared_in:
        raise SourceError("The file", "was not shared here. Share it again.")
    return found


def _fetched(request: Request, file_id: str, file: dict[str, Any]) -> bytes:
    """Return what is in the file. Raises `SourceError`, which says so where it was deleted in between."""
    try:
        return download(request.client, file)
    except SourceError:
        file_of(request.client, file_id)
        raise


def _file_name(name: str) -> str:
    """Return the name of a file on disk: what people see of it, without what no file system takes."""
    plain = Path(re.sub(r"[\x00-\x1f/\\]", "", storable(name)))
    return f"{plain.stem[:_NAME] or 'file'}{plain.suffix[:_NAME]}"


def _read(path: Path, workspace: Workspace) -> Iterator[Article | SourceError | Skipped | FoundFeed]:
    """Yield what is in a shared file."""
    if path.suffix.lower() in OPML_SUFFIXES:
        for found in read_each([path], workspace.sources):
            if not isinstance(found, Subscription):
                yield found
        return
    yield from read(path)


def _add_files(
    request: Request,
    files: Sequence[str],
    library: TeamLibrary,
    tally: ImportCounter,
    advance: Advance,
    *,
    public: bool,
) -> ImportReport:
    """Add what is in the files with these ids of Slack's; feeds that they list only for the whole workspace."""
    workspace, started = request.workspace, monotonic()
    feeds: list[FoundFeed] = []
    with TemporaryDirectory() as folder:
        for file_id in files:
            name = file_id
            try:
                one = _own_file(request, file_id)
                name = _file_name(str(one.get("name") or file_id))
                path = Path(folder) / name
                path.write_bytes(_fetched(request, file_id, one))
            except (SourceError, OSError) as error:
                reason = error.reason if isinstance(error, SourceError) else "can't be kept here."
                tally.fail(name, reason)
                continue
            for found in _read(path, workspace):
                if isinstance(found, Article):
                    # The same text shared again is the same article, whatever file it came in.
                    own = replace(found, origin=None) if (found.origin or "").startswith("file:") else found
                    add_article(library, own, tally, advance)
                elif isinstance(found, SourceError):
                    tally.fail(found.source.replace(str(path), name), found.reason)
                elif isinstance(found, Skipped):
                    tally.skipped.append(Skipped(found.source.replace(str(path), name), found.reason))
                elif isinstance(found, FoundFeed) and public:
                    feeds.append(found)
                elif isinstance(found, FoundFeed):
                    tally.fail(
                        found.title or found.url, "is a feed. Feeds can only be added for the whole workspace."
                    )
    follow(workspace.sources, feeds, None, tally, advance)
    return tally.report(monotonic() - started)


_DONE = {
    Outcome.ADDED: N_("Added"),
    Outcome.UPDATED: N_("Updated"),
    Outcome.UNCHANGED: N_("Here already, unchanged"),
}


def add_pages(
    request: Request, urls: Sequence[str], collection: str | None, chosen: Audience, channel: str
) -> str:
    """Fetch and add each page for the audience; return a line for each, and who can ask about it.

    Raises `NotAllowedError`.
    """
    library = library_for(request, chosen, channel)
    lines = [_add_page(request.workspace, library, url, collection) for url in urls]
    return "\n".join([*lines, who_sees(chosen)])


def _add_page(workspace: Workspace, library: TeamLibrary, url: str, collection: str | None) -> str:
    try:
        article = fetch(url, workspace.sources.downloader)
        if collection and collection.strip():
            article = replace(article, collection=collection.strip())
        added = library.add(article)
        if added.outcome is not Outcome.ADDED and library.team == workspace.articles.team:
            workspace.sources.detach(added.article_id)
    except SourceError as error:
        return _("Not added: {reason}", reason=error)
    counted = ngettext("{count} paragraph", "{count} paragraphs", added.paragraphs)
    return f"{_(_DONE[added.outcome])}: {article.title} ({counted})"


_BETWEEN = 3.0
"""Seconds between two changes of the message: Slack takes about 50 a minute."""

_log = structlog.get_logger("topicbot.working")


def with_progress_message(
    to: Reply,
    channel: str,
    thread: str | None,
    title: str,
    work: Callable[[Advance], ImportReport],
    *,
    result: Callable[[ImportReport], Message] = added,
    ts: str | None = None,
) -> None:
    """Do the work, and say in one message how far it is and at the end its `result`.

    That is the message `ts`, or a new one. Done again after the process died, it finds it and goes on with it.
    """
    try:
        if ts is None:
            ts = to.post(channel, under_way(title, 0, 0), thread=thread)
        else:
            update(to.client, channel, ts, under_way(title, 0, 0))
    except SlackApiError as error:
        if error.response.get("error") not in GONE:
            raise
        raise NotAllowedError(
            "I'm no longer in that channel, so nothing was stored. Invite me there, and share it again."
        ) from error
    told = monotonic()

    def advance(done: int, total: int, _note: str = "") -> None:
        nonlocal told
        if monotonic() - told < _BETWEEN:
            return
        told = monotonic()
        try:
            update(to.client, channel, ts, under_way(title, done, total))
        except (SlackApiError, OSError) as error:  # the next one may get through; the work goes on
            _log.warning("progress can't be shown", error=type(error).__name__)

    try:
        said = result(work(advance))
    except (SourceError, NotFoundError, InvalidInputError) as error:
        said = notes.note(_("Not added: {reason}", reason=error))
    try:
        update(to.client, channel, ts, said)
    except SlackApiError as failed:  # removed from the channel: the person hears of it all the same
        if failed.response.get("error") not in GONE:
            raise
        to.privately(said)
