"""Looking at one source: what is new there, and the article of each entry.

What a feed says, and which of its entries still wait for their articles, is stored together; then the articles are
had one by one. So whenever the process dies, the next look takes up what waits, and nothing comes twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape

import httpx
from sqlalchemy import Connection

from embeddings.errors import FetchError, SourceError, TopicbotError
from embeddings.ingest.download import Download, Downloader
from embeddings.ingest.feed import Entry, Feed, is_feed, read_feed
from embeddings.ingest.fetch import fetch_page, read_download
from embeddings.library import Library
from embeddings.sources import source as states
from embeddings.sources.entry import article_of
from embeddings.sources.recall import Recall
from embeddings.sources.source import GONE, Kind, Source
from embeddings.store import entries
from embeddings.store import sources as store
from embeddings.store.entries import Known
from embeddings.types import Added, Outcome

_TRIES = 5
_TRY_AGAIN = timedelta(minutes=10)


@dataclass(slots=True)
class Refreshed:
    """What a look at a source brought. `error` is why the source itself could not be read, `failed` which of its
    entries have no article, and why. `busy`: another process was at it."""

    source: Source
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    failed: list[tuple[str, str]] = field(default_factory=list)
    paragraphs: int = 0
    error: str | None = None
    busy: bool = False


Progress = Callable[[int, int], None]


def refresh(
    library: Library,
    downloader: Downloader,
    team: str,
    source: Source,
    *,
    fetched: Download | None = None,
    most: int | None = None,
    progress: Progress = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Refreshed:
    """Look at the source and add what is new. `fetched` is what its address gave just now, if it was asked.

    At most `most` entries are had; the others wait for the next look. `progress` is told entries done and in all.
    `stopped` is asked between entries. Errors of the source and of its entries are in the result; those of the
    library are raised.
    """
    result = Refreshed(source)
    with library.database.writing() as connection:
        if not store.claim(connection, source, library.now()):
            result.busy = True
            return result
    try:
        _look(library, downloader, team, result, fetched)
        with library.database.reading() as connection:
            waiting = entries.waiting(connection, source, library.now())[:most]
        for done, (known, entry) in enumerate(waiting):
            if stopped():
                break
            progress(done, len(waiting))
            _add(library, downloader, team, result, known, entry)
        progress(len(waiting), len(waiting))
    finally:
        with library.database.writing() as connection:
            if result.error is None:
                entries.note_import(connection, source)
            store.release(connection, source)
    return result


def _look(
    library: Library, downloader: Downloader, team: str, result: Refreshed, fetched: Download | None
) -> None:
    """Ask the source what it has; keep what is new together with the answer's validators."""
    source = result.source
    found: Download | None = None
    feed: Feed | None = None
    failure: SourceError | None = None
    try:
        found = fetched or fetch_page(source.url, downloader, source.validators)
        feed = None if found.unchanged else _read(found, source)
    except SourceError as error:
        failure = error
        result.error = error.reason
    with library.database.writing() as connection:
        current = store.load(connection, team, source.id)
        if current is None:
            result.error = "was removed meanwhile."
            return
        if failure is not None:
            after = _failed(current, library.now(), failure)
        else:
            after = _kept(connection, current, feed, library.now())
            if found is not None and not found.unchanged:
                after = replace(after, validators=found.validators)
            if feed is not None and feed.title and current.title == httpx.URL(current.url).host:
                after = replace(after, title=feed.title)  # it was added unseen
            if found is not None and found.moved_to and store.load(connection, team, found.moved_to) is None:
                after = replace(after, url=found.moved_to)
        store.save(connection, after)
    result.source = after


def _read(found: Download, source: Source) -> Feed:
    """The feed; a page that is a source of its own is read as a feed of one entry."""
    if is_feed(found.body):
        return read_feed(found.body, found.url)
    if source.kind is Kind.FEED:
        raise SourceError(source.url, "is not a feed any more. Open it in a browser to see what it is.")
    article = read_download(found, source.url)
    content = "".join(f"<p>{escape(one.text)}</p>" for one in article.paragraphs)
    entry = Entry(source.url, source.url, article.title, content, article.published_at, article.author)
    return Feed(source.title, source.url, (entry,))


def _kept(connection: Connection, source: Source, feed: Feed | None, now: datetime) -> Source:
    """Put the new and changed entries among those that wait; gives the source as it is after the look."""
    news = False
    recall = Recall(entries.known(connection, source))
    for entry in reversed(feed.entries) if feed else ():
        before = recall.find(entry)
        if before is None or before.digest != entry.digest:
            entries.put(connection, source, entry, before)
            news = True
    every = timedelta(seconds=feed.every) if feed and feed.every else None
    return states.looked_at(source, now, news=news, every=every)


def _failed(source: Source, now: datetime, error: SourceError) -> Source:
    if isinstance(error, FetchError):
        gone = error.status == GONE
        return states.failed(source, now, error.reason, retry_after=error.retry_after, gone=gone)
    return states.failed(source, now, error.reason)


def _add(
    library: Library, downloader: Downloader, team: str, result: Refreshed, known: Known, entry: Entry
) -> None:
    """Have one entry's article and add it, or note why it can't be had."""
    source, now = result.source, library.now()
    with library.database.writing() as connection:
        store.renew(connection, source, now)
        if _is_old(source, entry, now):
            entries.done(connection, team, known, None)
            return
    try:
        article = article_of(downloader, source, known, entry, now)
        with library.database.writing() as connection:
            held = entries.bring(connection, team, known, article.origin or "")
        if held is None:
            added = library.add(article, team=team, quiet=not source.imported)
        else:
            added = Added(Outcome.UNCHANGED, held, 0)  # whoever brought it, or added it by hand, keeps it fresh
    except SourceError as error:
        _refuse(library, result, known, entry, error)
        return
    except TopicbotError:
        raise  # the library's own: the next entry would meet it too
    except Exception as error:
        _refuse(library, result, known, entry, SourceError(source.url, f"can't be read ({type(error).__name__})."))
        return
    result.counts[added.outcome] += 1
    result.paragraphs += added.paragraphs if added.outcome is not Outcome.UNCHANGED else 0
    with library.database.writing() as connection:
        entries.done(connection, team, known, added.article_id)


def _refuse(library: Library, result: Refreshed, known: Known, entry: Entry, error: SourceError) -> None:
    """Note why an entry has no article."""
    again = _again(error, known, library.now())
    with library.database.writing() as connection:
        entries.refused(connection, known, error.reason, again)
    result.failed.append((entry.url or entry.title or result.source.url, error.reason))


def broken(library: Library, team: str, source: Source, error: Exception) -> Refreshed:
    """Note that looking at a source went wrong in a way that nobody has thought of."""
    reason = f"can't be looked at ({type(error).__name__}). Report this, with the address."
    with library.database.writing() as connection:
        current = store.load(connection, team, source.id) or source
        after = states.failed(current, library.now(), reason)
        store.save(connection, after)
        store.release(connection, after)
    return Refreshed(after, error=reason)


def _is_old(source: Source, entry: Entry, now: datetime) -> bool:
    """Whether the article would have to be removed at once."""
    if source.keep_days is None or entry.published_at is None:
        return False
    moment = datetime.fromisoformat(entry.published_at)
    return moment.replace(tzinfo=moment.tzinfo or UTC) < now - timedelta(days=source.keep_days)


def _again(error: SourceError, known: Known, now: datetime) -> datetime | None:
    """When to try for the article once more; `None`: not before the entry changes."""
    if known.tries + 1 >= _TRIES or not isinstance(error, FetchError) or error.lasts:
        return None
    again: timedelta = max(_TRY_AGAIN * 2**known.tries, timedelta(seconds=error.retry_after or 0))
    return now + again
