"""Adding many sources and counting what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from embeddings.errors import SourceError, TopicbotError
from embeddings.ingest import read, sources
from embeddings.library import Library
from embeddings.types import Article, Outcome


@dataclass(frozen=True, slots=True)
class Failure:
    """A source, or a line of one, that could not be added, and why."""

    source: str
    error: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """How many articles were added, brought up to date or found unchanged; `paragraphs` are those now stored of
    the first two. `stopped` says why what came after was not tried: the library failed, or a person broke off.
    """

    added: int
    updated: int
    unchanged: int
    failed: tuple[Failure, ...]
    paragraphs: int
    seconds: float
    stopped: str | None

    @property
    def kept(self) -> int:
        """How many of the articles are in the library now."""
        return self.added + self.updated + self.unchanged

    def shape(self) -> dict[str, Any]:
        """What `add --json` prints."""
        fields = asdict(self)
        stopped = fields.pop("stopped")
        return fields if stopped is None else {**fields, "stopped": stopped}


def add_sources(
    library: Library, paths: Sequence[Path], collection: str | None, progress: Callable[[int, int], None]
) -> AddReport:
    """Add every article in the files and folders. One that can't be read does not stop the rest."""
    started = perf_counter()
    counts = dict.fromkeys(Outcome, 0)
    failed: list[Failure] = []
    paragraphs = 0
    stopped: str | None = None
    try:
        for done, found in enumerate(_articles(paths), start=1):
            if isinstance(found, SourceError):
                failed.append(Failure(found.source, found.reason))
                continue
            added = library.add(found if collection is None else replace(found, collection=collection))
            counts[added.outcome] += 1
            paragraphs += added.paragraphs if added.outcome is not Outcome.UNCHANGED else 0
            progress(done, 0)
    except TopicbotError as error:
        stopped = str(error)
    except KeyboardInterrupt:
        stopped = "broken off. What was added is kept; run the same command again for the rest."
    seconds = round(perf_counter() - started, 2)
    return AddReport(
        counts[Outcome.ADDED],
        counts[Outcome.UPDATED],
        counts[Outcome.UNCHANGED],
        tuple(failed),
        paragraphs,
        seconds,
        stopped,
    )


def check_all_added(report: AddReport) -> None:
    """Raise `SourceError` for the first article that could not be added: figures over the rest would mislead."""
    if report.stopped is not None:
        raise TopicbotError(report.stopped)
    if report.failed:
        raise SourceError(report.failed[0].source, report.failed[0].error)


def summary_line(report: AddReport) -> str:
    """One line for people: what happened, how many paragraphs, how long it took."""
    parts = [f"{report.added} {_noun('article', report.added)} added"]
    parts += [f"{report.updated} updated"] if report.updated else []
    parts += [f"{report.unchanged} unchanged"] if report.unchanged else []
    parts += [f"{len(report.failed)} failed"] if report.failed else []
    paragraphs = f"{report.paragraphs} {_noun('paragraph', report.paragraphs)}"
    return f"{', '.join(parts)}: {paragraphs} in {report.seconds:.1f} s."


def _noun(singular: str, count: int) -> str:
    return singular if count == 1 else f"{singular}s"


def _articles(paths: Sequence[Path]) -> Iterator[Article | SourceError]:
    for path in paths:
        try:
            files = sources(path)
        except SourceError as error:
            yield error
            continue
        for file in files:
            yield from read(file)
