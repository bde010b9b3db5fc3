"""Files that are shared with the bot: articles to add, and OPML lists of feeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.adding import OPML_SUFFIXES, AddReport, Advance, FoundFeed, Tally, add_article, follow, read_each
from bot.blocks import notes
from bot.listeners.reply import reply
from bot.listeners.working import working
from bot.slack import download
from bot.workspace import Workspace
from embeddings.errors import SourceError
from embeddings.ingest.read import SUFFIXES
from embeddings.types import Article

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


def _add(workspace: Workspace, client: WebClient, files: list[dict[str, Any]], advance: Advance) -> AddReport:
    started, tally = monotonic(), Tally()
    feeds: list[FoundFeed] = []
    with TemporaryDirectory() as folder:
        for one in files:
            name = Path(str(one["name"])).name
            try:
                path = Path(folder) / name
                path.write_bytes(download(client, one))
            except (SourceError, OSError) as error:
                reason = error.reason if isinstance(error, SourceError) else "can't be kept here."
                tally.fail(name, reason)
                continue
            for found in read_each([path], workspace.sources):
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
