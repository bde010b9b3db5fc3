"""Adding web pages from Slack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.workspace import Workspace
from embeddings.errors import SourceError
from embeddings.ingest.fetch import fetch
from embeddings.types import Outcome

_DONE = {
    Outcome.ADDED: "Added",
    Outcome.UPDATED: "Brought up to date",
    Outcome.UNCHANGED: "Here already, unchanged",
}


def add_pages(workspace: Workspace, urls: Sequence[str], collection: str | None) -> str:
    """Fetch and add each page; gives a line for each: what happened, or why not."""
    return "\n".join(_add(workspace, url, collection) for url in urls)


def _add(workspace: Workspace, url: str, collection: str | None) -> str:
    try:
        article = fetch(url, workspace.sources.downloader)
        if collection and collection.strip():
            article = replace(article, collection=collection.strip())
        added = workspace.library.add(article, team=workspace.library_team)
        if added.outcome is not Outcome.ADDED:
            workspace.sources.let_go(added.article_id)
    except SourceError as error:
        return f"Not added: {error}"
    noun = "paragraph" if added.paragraphs == 1 else "paragraphs"
    return f"{_DONE[added.outcome]}: {article.title} ({added.paragraphs} {noun})"
