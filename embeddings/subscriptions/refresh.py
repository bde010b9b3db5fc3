"""Check one source: fetch it, read it, take what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape

import httpx
from sqlalchemy import Connection

from embeddings.errors import FetchError, SourceError, TopicbotError
from embeddings.ingest.feed import Entry, Feed, is_feed, read_feed
from embeddings.ingest.pages import fetch_page, read_download
from embeddings.subscriptions import entries, store
from embeddings.subscriptions import model as states
from embeddings.subscriptions.building import build_article, with_own_origin
from embeddings.subscriptions.entries import KnownEntry
from embeddings.subscriptions.matching import has_changed, match
from embeddings.subscriptions.model import GONE, Kind, LookSummary, Source
from embeddings.team import TeamLibrary
from embeddings.types import Added, Article, Outcome
from embeddings.web.downloader import NOTHING_KNOWN, Download, Downloader

_TRIES = 5
MOST_NEW = 2000
"""How many new entries of one feed are taken at one look; the others are, at the next."""

EMPTY, REPEATED, WAITING, TOO_OLD, THERE, UNREAD = (
    "without title, text, link or file",
    "the same as another entry",
    "left for the next look",
    "older than its articles are kept",
    "in the library already, from elsewhere",
    "not read: the feed is too long",
)
"""Why entries are left out, in words that go on from their number."""

_TRY_AGAIN = timedelta(minutes=10)


@dataclass(slots=True)
class Refreshed:
    """What a check of a source added. `error` is why the source itself could not be read, `failed` which of its
    entries have no article, and why. `busy`: another process was at it.

    Of the `listed` entries of its feed, `known` ones were there before and say the same; `left_out` counts those
    that were left out, by reason.
    """

    source: Source
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    failed: list[tuple[str, str]] = field(default_factory=list)
    paragraphs: int = 0
    error: str | None = None
    busy: bool = False
    listed: int = 0
    known: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def summary(self) -> LookSummary:
        """Return what is kept of it with the source."""
        taken = self.counts[Outcome.ADDED] + self.counts[Outcome.UPDATED]
        return LookSummary(self.listed, taken, self.known + self.counts[Outcome.UNCHANGED], dict(self.left_out))


Progress = Callable[[int, int], None]


def refresh(
    library: TeamLibrary,
    downloader: Downloader,
    source: Source,
    *,
    fetched: Download | None = None,
    most: int | None = None,
    progress: Progress = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Refreshed:
    """Check the source and add what is new. `fetched` is what its address returned just now, if it was asked.

    At most `most` entries are fetched; the others wait for the next check. `progress` gets entries done and in
    all. `stopped` is asked between entries. Errors of the source and of its entries are in the result; those of
    the library are raised.
    """
    result = Refreshed(source)
    with library.database.writing() as connection:
        if not store.claim(connection, source, library.now()):
            result.busy = True
            return result
    try:
        _look(library, downloader, result, fetched)
        with library.database.reading() as connection:
            waiting = entries.waiting(connection, source, library.now())[:most]
        for done, (known, entry) in enumerate(waiting):
            if stopped():
                break
            progress(done, len(waiting))
            _add(library, downloader, result, known, entry)
        progress(len(waiting), len(waiting))
    finally:
        with library.database.writing() as connection:
            if result.error is None:
                entries.note_import(connection, source)
                if result.listed:
                    store.keep_summary(connection, source, result.summary())
            store.release(connection, source)
    return result


def _look(library: TeamLibrary, downloader: Downloader, result: Refreshed, fetched: Download | None) -> None:
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
        current = store.load(connection, library.team, source.id)
        if current is None:
            result.error = "was removed during the check."
            return
        if failure is not None:
            after = _failed(current, library.now(), failure)
        else:
            news = _keep_entries(connection, current, feed, result)
            every = timedelta(seconds=feed.every) if feed and feed.every else None
            after = states.looked_at(current, library.now(), news=news, every=every)
            if found is not None and not found.unchanged:
                # With entries left for the next look, the feed has to be sent again, changed or not.
                validators = NOTHING_KNOWN if result.left_out[WAITING] else found.validators
                after = replace(after, validators=validators)
            if feed is not None and feed.title and current.title == httpx.URL(current.url).host:
                after = replace(after, title=feed.title)  # it was added unseen
            if (
                found is not None
                and found.moved_to
                and store.load(connection, library.team, found.moved_to) is None
            ):
                after = replace(after, url=found.moved_to)
        store.save(connection, after)
    result.source = after


def _read(found: Download, source: Source) -> Feed:
    """Return the feed; a page that is a source of its own is read as a feed of one entry."""
    if is_feed(found.body):
        return read_feed(found.body, found.url, found.charset)
    if source.kind is Kind.FEED:
        raise SourceError(source.url, "is not a feed any more. Open it in a browser to see what it is.")
    article = read_download(found, source.url)
    content = "".join(f"<p>{escape(one.text)}</p>" for one in article.paragraphs)
    entry = Entry(source.url, source.url, article.title, content, article.published_at, article.author)
    return Feed(source.title, source.url, (entry,))


def _keep_entries(connection: Connection, source: Source, feed: Feed | None, result: Refreshed) -> bool:
    """Put the new and changed entries among those that wait; returns whether any of them is news.

    Other numbers alone are no news: a counter would have the source checked ever more often.
    """
    if feed is None:
        return False
    listed = _distinct(feed, result)
    before = match(entries.known(connection, source), listed, lambda one: entries.article_text(connection, one))
    pairs = list(zip(listed, before, strict=True))
    fresh = sorted((one for one, known in pairs if known is None), key=_age)
    late = {id(one) for one in fresh[MOST_NEW:]}
    result.left_out += Counter({WAITING: len(late)})
    news = False
    for entry, known in reversed(pairs):
        if id(entry) in late:
            continue
        if known is not None and not has_changed(known, entry):
            result.known += 1
            if known.guid != entry.guid:
                entries.rename(connection, known, entry.guid)
            continue
        news = news or known is None or known.digest.partition(":")[0] != entry.words_digest
        entries.put(connection, source, entry, known)
    return news


def _distinct(feed: Feed, result: Refreshed) -> list[Entry]:
    """Return the entries without those that repeat another one to the letter; what is left out is counted."""
    result.listed = len(feed.entries) + feed.empty + feed.beyond
    distinct = {(one.guid, one.url, one.digest, one.published_at): one for one in reversed(feed.entries)}
    repeated = len(feed.entries) - len(distinct)
    result.left_out += Counter({EMPTY: feed.empty, UNREAD: feed.beyond, REPEATED: repeated})
    return list(reversed(distinct.values()))


def _age(entry: Entry) -> float:
    """For sorting from new to old; entries without a date come last, in the feed's order."""
    if entry.published_at is None:
        return float("inf")
    moment = datetime.fromisoformat(entry.published_at)
    return -moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _failed(source: Source, now: datetime, error: SourceError) -> Source:
    if isinstance(error, FetchError):
        gone = error.status == GONE
        return states.failed(source, now, error.reason, retry_after=error.retry_after, gone=gone)
    return states.failed(source, now, error.reason)


def _add(library: TeamLibrary, downloader: Downloader, result: Refreshed, known: KnownEntry, entry: Entry) -> None:
    """Fetch one entry's article and add it, or note why it can't be fetched."""
    source, now = result.source, library.now()
    with library.database.writing() as connection:
        store.renew(connection, source, now)
        if _is_old(source, entry, now):
            entries.done(connection, library.team, known, None)
            result.left_out[TOO_OLD] += 1
            return
        shares = entries.shares_address(connection, source, known)

    def is_taken(page: Article) -> bool:
        with library.database.reading() as connection:
            return entries.is_page_of_other(connection, library.team, source, known, page)

    try:
        article = build_article(downloader, source, known, entry, now, shares_address=shares, is_taken=is_taken)
        added = _add_article(library, source, known, entry, article)
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
        entries.done(connection, library.team, known, added.article_id)


def _add_article(library: TeamLibrary, source: Source, known: KnownEntry, entry: Entry, article: Article) -> Added:
    """Add the article of an entry, unless it is somebody else's, who keeps it fresh."""
    team = library.team
    with library.database.writing() as connection:
        held = entries.claim_article(connection, team, known, article.origin or "")
        if held is not None and entries.is_of_other(connection, source, known, held):
            article = with_own_origin(source, entry, article)
            held = entries.claim_article(connection, team, known, article.origin or "")
        is_copy_of_other = entries.is_page_of_other(connection, team, source, known, article)
    if held is not None:
        return Added(Outcome.UNCHANGED, held, 0)
    return library.add(article, quiet=not source.imported, may_be_copy=not is_copy_of_other)


def _refuse(library: TeamLibrary, result: Refreshed, known: KnownEntry, entry: Entry, error: SourceError) -> None:
    """Note why an entry has no article."""
    again = _again(error, known, library.now())
    with library.database.writing() as connection:
        entries.refused(connection, known, error.reason, again)
    result.failed.append((entry.url or entry.title or result.source.url, error.reason))


def broken(library: TeamLibrary, source: Source, error: Exception) -> Refreshed:
    """Note that looking at a source went wrong in a way that nobody has thought of."""
    reason = f"can't be checked ({type(error).__name__}). Report this, with the address."
    with library.database.writing() as connection:
        current = store.load(connection, library.team, source.id) or source
        after = states.failed(current, library.now(), reason)
        store.save(connection, after)
        store.release(connection, after)
    return Refreshed(after, error=reason)


def _is_old(source: Source, entry: Entry, now: datetime) -> bool:
    """Return whether the article would have to be removed at once."""
    if source.keep_days is None or entry.published_at is None:
        return False
    moment = datetime.fromisoformat(entry.published_at)
    return moment.replace(tzinfo=moment.tzinfo or UTC) < now - timedelta(days=source.keep_days)


def _again(error: SourceError, known: KnownEntry, now: datetime) -> datetime | None:
    """Return when to try for the article once more; `None`: not before the entry changes."""
    if known.tries + 1 >= _TRIES or not isinstance(error, FetchError) or error.lasts:
        return None
    again: timedelta = max(_TRY_AGAIN * 2**known.tries, timedelta(seconds=error.retry_after or 0))
    return now + again
