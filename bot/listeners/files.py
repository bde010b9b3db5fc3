"""Files that are shared with the bot: articles to add, and OPML lists of feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.adding import OPML_SUFFIXES, Advance, FoundFeed, add_article, follow, read_each
from bot.blocks import notes
from bot.listeners.reply import reply
from bot.listeners.working import working
from bot.slack import download
from bot.tally import AddReport, Tally
from bot.workspace import Workspace
from embeddings.errors import SourceError
from embeddings.ingest.apart import apart
from embeddings.ingest.jsonl import Subscription
from embeddings.ingest.read import SUFFIXES, read
from embeddings.ingest.split import storable
from embeddings.types import Article

_NAME = 80
READABLE = (*SUFFIXES, *OPML_SUFFIXES)


def shared(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of a message that the bot can read."""
    files = [one for one in event.get("files") or () if isinstance(one, dict)]
    return [one for one in files if Path(str(one.get("name") or "")).suffix.lower() in READABLE]


def add_files(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Add what was shared, for those who may, and tell in the thread how it goes."""
    workspace: Workspace = context["workspace"]
    channel, thread = event["channel"], event.get("thread_ts") or event["ts"]
    if not context["person"].may_manage(workspace.settings):
        reply(context, client, channel, notes.admins_only(), thread=thread)
        return
    found = shared(event)
    title = f"Adding {found[0]['name']}" if len(found) == 1 else f"Adding {len(found)} files"
    working(context, client, channel, thread, title, lambda advance: _add(workspace, client, found, advance))


def _file_name(name: str) -> str:
    """The name of a file on disk: what people see of it, without what no file system takes."""
    plain = Path(re.sub(r"[\x00-\x1f/\\]", "", storable(name)))
    return f"{plain.stem[:_NAME] or 'file'}{plain.suffix[:_NAME]}"


def _read(path: Path, name: str, workspace: Workspace) -> Iterator[Article | SourceError | FoundFeed]:
    """What is in a shared file; articles are read in a process of their own."""
    if path.suffix.lower() in OPML_SUFFIXES:
        for found in read_each([path], workspace.sources):
            if not isinstance(found, Subscription):
                yield found
        return
    try:
        yield from apart(name, _articles, path)
    except SourceError as error:
        yield error


def _articles(path: Path) -> list[Article | SourceError]:
    return list(read(path))


def _add(workspace: Workspace, client: WebClient, files: list[dict[str, Any]], advance: Advance) -> AddReport:
    started, tally = monotonic(), Tally()
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
            for found in _read(path, name, workspace):
                if isinstance(found, Article):
                    # The same text shared again is the same article, whatever file it came in.
                    own = replace(found, origin=None) if (found.origin or "").startswith("file:") else found
                    add_article(workspace.library, own, None, tally, advance, team=workspace.library_team)
                elif isinstance(found, SourceError):
                    tally.fail(found.source.replace(str(path), name), found.reason)
                elif isinstance(found, FoundFeed):
                    feeds.append(found)
    follow(workspace.sources, feeds, None, tally, advance)
    return tally.report(monotonic() - started)
