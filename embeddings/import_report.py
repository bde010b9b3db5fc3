"""What an import did, or would do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from embeddings.subscriptions.refresh import Refreshed
from embeddings.types import Added, Article, Outcome, Skipped


@dataclass(frozen=True, slots=True)
class Failure:
    """A source, or a line of one, that could not be added, and why."""

    source: str
    error: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many articles were added, updated or found unchanged; `paragraphs` are those now stored of
    the first two. `stopped` says why what came after was not tried: the library failed, or a person broke off.
    `subscribed` are the titles of the feeds that are polled from now on. `skipped` is what was passed over, and
    `warnings` say what of an added article could not be read, or was read as meant.
    """

    added: int
    updated: int
    unchanged: int
    failed: tuple[Failure, ...]
    paragraphs: int
    seconds: float
    stopped: str | None
    subscribed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Skipped, ...] = ()

    @property
    def kept(self) -> int:
        """How many of the articles are in the library now."""
        return self.added + self.updated + self.unchanged

    def to_json(self) -> dict[str, Any]:
        """Return what `add --json` prints."""
        fields = asdict(self)
        rest = {name: fields.pop(name) for name in ("stopped", "subscribed", "warnings")}
        return {**fields, **{name: value for name, value in rest.items() if value}}


@dataclass(slots=True)
class ImportCounter:
    """The results so far: `new` are the ids of all new articles, `added` of those that come from an export."""

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    failed: list[Failure] = field(default_factory=list)
    paragraphs: int = 0
    subscribed: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Skipped] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    new: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many articles were read."""
        return sum(self.counts.values()) + len(self.failed)

    def fail(self, source: str, reason: str) -> None:
        """Count one that could not be added."""
        self.failed.append(Failure(source, reason))

    def count(self, article: Article, added: Added) -> None:
        """Count one that the library has taken in, or has found to be there."""
        self.counts[added.outcome] += 1
        self.paragraphs += added.paragraphs if added.outcome is not Outcome.UNCHANGED else 0
        if added.outcome is Outcome.ADDED:
            self.new.append(added.article_id)
        if added.outcome is Outcome.ADDED and article.added_at is not None:
            self.added.add(added.article_id)
        if added.outcome is not Outcome.UNCHANGED:
            self.warnings += [
                Skipped(article.url or article.origin or article.name, one) for one in article.warnings
            ]

    def refreshed(self, result: Refreshed, *, listed: bool = True) -> None:
        """Count what a check of a source added."""
        for outcome, count in result.counts.items():
            self.counts[outcome] += count
        self.failed += [Failure(*one) for one in result.failed]
        self.paragraphs += result.paragraphs
        if result.error is not None:
            self.fail(result.source.url, result.error)
        elif listed:
            self.subscribed.append(result.source.title)

    def report(self, seconds: float, stopped: str | None = None) -> ImportReport:
        """Return the figures, final."""
        return ImportReport(
            self.counts[Outcome.ADDED],
            self.counts[Outcome.UPDATED],
            self.counts[Outcome.UNCHANGED],
            tuple(self.failed),
            self.paragraphs,
            round(seconds, 2),
            stopped,
            tuple(sorted(self.subscribed, key=str.casefold)),
            tuple(self.skipped),
            tuple(self.warnings),
        )


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
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Skipped] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what `add --dry-run --json` prints."""
        return {"dry_run": True, **asdict(self)}
