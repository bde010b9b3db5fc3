"""Read files, pages, feeds and lists into a library, and report the result of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Generic, TypeVar

from embeddings.encoding.paragraphs import grouped
from embeddings.encoding.processes import Encoded, EncoderPool, OwnProcess, Rows
from embeddings.errors import SourceError, TopicbotError
from embeddings.import_report import DryRun, Failure, FoundArticle, ImportCounter, ImportReport, Subscribable
from embeddings.ingest.feed import is_feed, read_feed
from embeddings.ingest.files import read, survey
from embeddings.ingest.jsonl import Subscription, subscriptions
from embeddings.ingest.opml import is_opml, read_opml
from embeddings.ingest.pages import fetch_page, read_download
from embeddings.subscriptions.model import Source
from embeddings.subscriptions.service import Sources
from embeddings.team import TeamLibrary
from embeddings.text.urls import is_web_address
from embeddings.types import Added, Article, Outcome, Skipped
from embeddings.web.downloader import Download

Advance = Callable[..., None]
"""Progress callback: `(done, total, note)`; `total` is 0 if unknown, `note` says what takes long."""

OPML_SUFFIXES = (".opml", ".xml")
_LONG = 200
"""An article with this many paragraphs reports its own progress."""


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was named, or that an OPML list or a page names. `fetched` is what it gave, if it was asked."""

    url: str
    title: str
    folder: str | None = None
    fetched: Download | None = None


Found = Article | SourceError | Skipped | FoundFeed | Subscription
"""What names of files and addresses lead to: articles, and what else comes among them."""


def add_sources(
    library: TeamLibrary,
    wanted: Sequence[Path | str],
    collection: str | None,
    advance: Advance,
    feeds: Sources | None = None,
    elsewhere: EncoderPool | None = None,
) -> ImportReport:
    """Add every article in the files, folders, pages and feeds. One that can't be read does not stop the rest.

    With `feeds`, web addresses are fetched, and feeds become sources; without it only files are read. With
    `elsewhere` the articles of files and pages are encoded there.
    """
    started, tally = perf_counter(), ImportCounter()
    stopped: str | None = None
    listed: list[FoundFeed] = []
    come_back: list[Subscription] = []
    try:
        given = _into(collection, read_each(wanted, feeds))
        for found, added in _added(library, given, tally, advance, elsewhere):
            if isinstance(found, Article) and isinstance(added, Added):
                if feeds is not None and found.id is None and added.outcome is not Outcome.ADDED:
                    feeds.detach(added.article_id)
            elif isinstance(added, SourceError):
                tally.fail(added.source, added.reason)
            elif isinstance(found, SourceError):
                tally.fail(found.source, found.reason)
            elif isinstance(found, Skipped):
                tally.skipped.append(found)
            elif isinstance(found, Subscription):
                come_back.append(found)
            elif isinstance(found, FoundFeed):
                listed.append(found)
            advance(tally.done, 0)
        if feeds is not None:
            _restore(feeds, come_back, tally)
            follow(feeds, listed, collection, tally, advance)
    except TopicbotError as error:
        stopped = str(error)
    except KeyboardInterrupt:
        stopped = "broken off. What was added is kept; run the same command again for the rest."
    return tally.report(perf_counter() - started, stopped)


def _into(collection: str | None, given: Iterator[Found]) -> Iterator[Found]:
    """Yield what is given, its articles put into the collection if there is one."""
    for one in given:
        yield replace(one, collection=collection) if collection and isinstance(one, Article) else one


def _added(
    library: TeamLibrary,
    given: Iterator[Found],
    tally: ImportCounter,
    advance: Advance,
    elsewhere: EncoderPool | None,
) -> Iterator[tuple[Found, Added | SourceError | None]]:
    """Yield what is given; each article is added and counted, and comes with its result."""
    if elsewhere is not None:
        library.library.begin_loading()
    own = OwnProcess(library.library.encoder, partial(_report_long, tally, advance))
    for one, added in load(library, given, elsewhere or own):
        if isinstance(one, Article) and isinstance(added, Added):
            tally.count(one, added)
        yield one, added


def _report_long(tally: ImportCounter, advance: Advance, group: Sequence[Article], done: int, total: int) -> None:
    """Report how many texts of the group are encoded, by its longest article, if that is a long one."""
    longest = max(group, key=lambda one: len(one.paragraphs))
    if len(longest.paragraphs) >= _LONG:
        advance(tally.done, 0, f"{longest.title}: {done:,} of {total:,} texts")


def _restore(feeds: Sources, come_back: Sequence[Subscription], tally: ImportCounter) -> None:
    """Keep the sources of an export."""
    for one in come_back:
        try:
            feeds.restore(one, tally.added)
        except SourceError as error:
            tally.fail(error.source, error.reason)


def read_each(wanted: Sequence[Path | str], feeds: Sources | None) -> Iterator[Found]:
    """Everything that these names lead to; what can't be read as an error, in its place."""
    for one in wanted:
        try:
            if feeds is not None and is_web_address(str(one)):
                yield from _on_the_web(str(one), feeds)
            elif feeds is not None and Path(one).suffix.lower() in OPML_SUFFIXES and Path(one).is_file():
                yield from _outlines(Path(one).read_bytes(), str(one))
            else:
                files, skipped = survey(Path(one))
                yield from skipped
                for file in files:
                    yield from read(file)
                    if file.suffix.lower() == ".jsonl":
                        yield from subscriptions(file)
        except SourceError as error:
            yield error
        except OSError as error:
            yield SourceError(str(one), f"can't be read: {error.strerror or error}. Check that you may read it.")


def follow(
    feeds: Sources, found: Sequence[FoundFeed], collection: str | None, tally: ImportCounter, advance: Advance
) -> None:
    """Subscribe to these feeds, then have their articles, several feeds at a time.

    All are subscribed to first: broken off, what is missing comes with the next refresh.
    """
    wanted: dict[int, Source] = {}
    fetched: dict[int, Download] = {}
    for one in found:
        try:
            into = collection or one.folder
            source, _ = feeds.add(one.url, title=one.title, collection=into, fetched=one.fetched)
        except SourceError as error:
            tally.fail(error.source, error.reason)
            continue
        wanted[source.key] = source
        if one.fetched is not None:
            fetched[source.key] = one.fetched
    before = tally.done

    def tell(done: int, total: int) -> None:
        advance(before + done, before + total)

    for result in feeds.refresh(list(wanted.values()), fetched=fetched, progress=tell):
        tally.refreshed(result)


def check_all_added(report: ImportReport) -> None:
    """Raise `SourceError` for the first article that could not be added: figures over the rest would mislead."""
    if report.stopped is not None:
        raise TopicbotError(report.stopped)
    if report.failed:
        raise SourceError(report.failed[0].source, report.failed[0].error)


def add_article(library: TeamLibrary, article: Article, tally: ImportCounter, advance: Advance) -> Added:
    """Add one article and count it; a long one reports its own progress."""
    added = library.add(article, progress=partial(_report_long, tally, advance, [article]))
    tally.count(article, added)
    return added


def _on_the_web(url: str, feeds: Sources) -> Iterator[Article | FoundFeed]:
    """Yield the page's article; a feed, or the one that a page without an article names; the feeds of an OPML
    list.
    """
    found = fetch_page(url, feeds.downloader)
    if is_opml(found.body):
        yield from _outlines(found.body, url)
        return
    if not is_feed(found.body):
        try:
            yield read_download(found, url)
            return
        except SourceError:
            url, found = feeds.look_up(url, found)
            if not is_feed(found.body):
                raise
    yield FoundFeed(url, read_feed(found.body, found.url, found.charset).title, fetched=found)


def _outlines(body: bytes, source: str) -> Iterator[FoundFeed]:
    for one in read_opml(body, source):
        yield FoundFeed(one.url, one.title, one.folder)


T = TypeVar("T")
_FOUND = 200


@dataclass(slots=True)
class _Group(Generic[T]):
    """Some of what is given, in order, and the places of the articles that must be encoded."""

    found: list[T]
    lacking: list[int] = field(default_factory=list)

    @property
    def articles(self) -> dict[int, Article]:
        """The articles by their places."""
        return {place: one for place, one in enumerate(self.found) if isinstance(one, Article)}


def load(
    library: TeamLibrary, given: Iterable[T], elsewhere: EncoderPool
) -> Iterator[tuple[T, Added | SourceError | None]]:
    """Add every article that is given; each comes out with its result, anything else as it came.

    An article that could not be encoded comes with a `SourceError`. Raises what `TeamLibrary.add` raises, and
    `TopicbotError` when `elsewhere` can't go on.
    """
    waiting: deque[_Group[T]] = deque()

    def lacking() -> Iterator[Sequence[Article]]:
        for found in grouped(given, _paragraphs_of, _FOUND):
            group = _Group(found)
            articles = group.articles
            needed = library.missing(list(articles.values()))
            group.lacking = [place for place, lacks in zip(articles, needed, strict=True) if lacks]
            waiting.append(group)
            yield [articles[place] for place in group.lacking]

    for encoded in elsewhere.encoded(lacking()):
        group = waiting.popleft()
        done = _write(library, group, encoded)
        for place, one in enumerate(group.found):
            yield one, done.get(place)


def _paragraphs_of(one: object) -> int:
    return len(one.paragraphs) if isinstance(one, Article) else 0


def _write(library: TeamLibrary, group: _Group[T], encoded: Encoded) -> dict[int, Added | SourceError]:
    """Write the group's articles; return the result of each, by its place."""
    found = dict(zip(group.lacking, encoded, strict=True))
    done: dict[int, Added | SourceError] = {
        place: one for place, one in found.items() if isinstance(one, SourceError)
    }
    rows: dict[int, Rows] = {place: one for place, one in found.items() if not isinstance(one, SourceError)}
    kept = {place: one for place, one in group.articles.items() if place not in done}
    if kept:
        added = library.add_encoded([(one, rows.get(place)) for place, one in kept.items()])
        done.update(zip(kept, added, strict=True))
    return done


def dry_run(wanted: Sequence[Path | str], feeds: Sources, advance: Advance) -> DryRun:
    """Read everything that these names lead to."""
    result = DryRun()
    for number, found in enumerate(read_each(wanted, feeds), start=1):
        if isinstance(found, Article):
            origin = found.url or found.origin or found.name
            result.articles.append(FoundArticle(found.title, origin, len(found.paragraphs), found.published_at))
            result.warnings += [Skipped(origin, one) for one in found.warnings]
        elif isinstance(found, SourceError):
            result.failed.append(Failure(found.source, found.reason))
        elif isinstance(found, Skipped):
            result.skipped.append(found)
        elif isinstance(found, FoundFeed):
            entries = (
                len(read_feed(found.fetched.body, found.url, found.fetched.charset).entries)
                if found.fetched
                else None
            )
            result.feeds.append(Subscribable(found.title or found.url, found.url, entries))
        advance(number, 0)
    return result
