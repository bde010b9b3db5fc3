"""Files and links that people share with the bot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack import notes
from bot.slack.messages import download, update
from bot.slack.reply import Reply
from bot.sources.blocks import added, under_way
from bot.workspace.request import Request
from bot.workspace.workspace import Workspace
from embeddings.errors import InvalidInputError, NotFoundError, SourceError
from embeddings.import_report import ImportCounter, ImportReport
from embeddings.importer import OPML_SUFFIXES, Advance, FoundFeed, add_article, follow, read_each
from embeddings.ingest.files import SUFFIXES, read
from embeddings.ingest.jsonl import Subscription
from embeddings.ingest.pages import fetch
from embeddings.text.sentences import storable
from embeddings.types import Article, Outcome, Skipped

_NAME = 80
READABLE = (*SUFFIXES, *OPML_SUFFIXES)


def shared(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files of a message that the bot can read."""
    files = [one for one in event.get("files") or () if isinstance(one, dict)]
    return [one for one in files if Path(str(one.get("name") or "")).suffix.lower() in READABLE]


def add_files(request: Request) -> None:
    """Add what was shared, for those who may, and tell in the thread how it goes."""
    channel, thread = request.payload["channel"], request.thread
    if not request.may_manage:
        request.reply.post(channel, notes.admins_only(), thread=thread)
        return
    found = shared(request.payload)
    title = f"Adding {found[0]['name']}" if len(found) == 1 else f"Adding {len(found)} files"

    def work(advance: Advance) -> ImportReport:
        return _add_files(request.workspace, request.client, found, advance)

    with_progress_message(request.reply, channel, thread, title, work)


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
    workspace: Workspace, client: WebClient, files: list[dict[str, Any]], advance: Advance
) -> ImportReport:
    started, tally = monotonic(), ImportCounter()
    feeds: list[FoundFeed] = []
    with TemporaryDirectory() as folder:
        for one in files:
            name = _file_name(str(one["name"]))
            path = Path(folder) / name
            try:
                path.write_bytes(download(client, one))
            except (SourceError, OSError) as error:
                reason = error.reason if isinstance(error, SourceError) else "can't be kept here."
                tally.fail(name, reason)
                continue
            for found in _read(path, workspace):
                if isinstance(found, Article):
                    # The same text shared again is the same article, whatever file it came in.
                    own = replace(found, origin=None) if (found.origin or "").startswith("file:") else found
                    add_article(workspace.articles, own, None, tally, advance)
                elif isinstance(found, SourceError):
                    tally.fail(found.source.replace(str(path), name), found.reason)
                elif isinstance(found, Skipped):
                    tally.skipped.append(Skipped(found.source.replace(str(path), name), found.reason))
                elif isinstance(found, FoundFeed):
                    feeds.append(found)
    follow(workspace.sources, feeds, None, tally, advance)
    return tally.report(monotonic() - started)


_DONE = {
    Outcome.ADDED: "Added",
    Outcome.UPDATED: "Updated",
    Outcome.UNCHANGED: "Here already, unchanged",
}


def add_pages(workspace: Workspace, urls: Sequence[str], collection: str | None) -> str:
    """Fetch and add each page; return a line for each: what happened, or why not."""
    return "\n".join(_add_page(workspace, url, collection) for url in urls)


def _add_page(workspace: Workspace, url: str, collection: str | None) -> str:
    try:
        article = fetch(url, workspace.sources.downloader)
        if collection and collection.strip():
            article = replace(article, collection=collection.strip())
        added = workspace.articles.add(article)
        if added.outcome is not Outcome.ADDED:
            workspace.sources.detach(added.article_id)
    except SourceError as error:
        return f"Not added: {error}"
    noun = "paragraph" if added.paragraphs == 1 else "paragraphs"
    return f"{_DONE[added.outcome]}: {article.title} ({added.paragraphs} {noun})"


_BETWEEN = 3.0
"""Seconds between two changes of the message: Slack takes about 50 a minute."""

_log = structlog.get_logger("topicbot.working")


def with_progress_message(
    to: Reply, channel: str, thread: str | None, title: str, work: Callable[[Advance], ImportReport]
) -> None:
    """Do the work, and say in one message how far it is and at the end what was added.

    Done again after the process died, it finds its message and goes on with it.
    """
    ts = to.post(channel, under_way(title, 0, 0), thread=thread)
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
        result = added(work(advance))
    except (SourceError, NotFoundError, InvalidInputError) as error:
        result = notes.note(f"Not added: {error}")
    update(to.client, channel, ts, result)
