"""What `topicbot add` would add: everything is read, nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.adding import Advance, FoundFeed, read_each
from bot.tally import Failure
from embeddings.errors import SourceError
from embeddings.ingest.feed import read_feed
from embeddings.sources.sources import Sources
from embeddings.types import Article


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article that would be added."""

    title: str
    source: str
    paragraphs: int
    published_at: str | None


@dataclass(frozen=True, slots=True)
class Subscribable:
    """A feed that would become a source; `entries` is `None` where it was not asked."""

    title: str
    url: str
    entries: int | None


@dataclass(slots=True)
class DryRun:
    """All that would be added, and what can't be."""

    articles: list[FoundArticle] = field(default_factory=list)
    feeds: list[Subscribable] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def shape(self) -> dict[str, Any]:
        """What `add --dry-run --json` prints."""
        return {"dry_run": True, **asdict(self)}


def look(wanted: Sequence[Path | str], feeds: Sources, advance: Advance) -> DryRun:
    """Read everything that these names stand for."""
    result = DryRun()
    for number, found in enumerate(read_each(wanted, feeds), start=1):
        if isinstance(found, Article):
            origin = found.url or found.origin or found.name
            result.articles.append(FoundArticle(found.title, origin, len(found.paragraphs), found.published_at))
        elif isinstance(found, SourceError):
            result.failed.append(Failure(found.source, found.reason))
        elif isinstance(found, FoundFeed):
            entries = len(read_feed(found.fetched.body, found.url).entries) if found.fetched else None
            result.feeds.append(Subscribable(found.title or found.url, found.url, entries))
        advance(number, 0)
    return result
