"""Check one source: fetch it, read it, take what is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape

import httpx
from sqlalchemy import Connection

from embeddings.errors import FetchError, SourceError, TopicbotError
from embeddings.ingest.feed import Entry, Feed, is_feed, read_feed
from embeddings.ingest.html import fragment_paragraphs
from embeddings.ingest.pages import fetch_page, read_download
from embeddings.library import TeamLibrary
from embeddings.sandbox import run_sandboxed
from embeddings.subscriptions import entries, store
from embeddings.subscriptions import model as states
from embeddings.subscriptions.entries import KnownEntry
from embeddings.subscriptions.model import GONE, Kind, Source
from embeddings.text.urls import identity
from embeddings.types import Added, Article, Outcome
from embeddings.web.downloader import Download, Downloader

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
    library: TeamLibrary,
    downloader: Downloader,
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
            if (
                found is not None
                and found.moved_to
                and store.load(connection, library.team, found.moved_to) is None
            ):
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
    recall = EntryMatcher(entries.known(connection, source))
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


def _add(library: TeamLibrary, downloader: Downloader, result: Refreshed, known: KnownEntry, entry: Entry) -> None:
    """Have one entry's article and add it, or note why it can't be had."""
    source, now = result.source, library.now()
    with library.database.writing() as connection:
        store.renew(connection, source, now)
        if _is_old(source, entry, now):
            entries.done(connection, library.team, known, None)
            return
    try:
        article = build_article(downloader, source, known, entry, now)
        with library.database.writing() as connection:
            held = entries.claim_article(connection, library.team, known, article.origin or "")
        if held is None:
            added = library.add(article, quiet=not source.imported)
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
        entries.done(connection, library.team, known, added.article_id)


def _refuse(library: TeamLibrary, result: Refreshed, known: KnownEntry, entry: Entry, error: SourceError) -> None:
    """Note why an entry has no article."""
    again = _again(error, known, library.now())
    with library.database.writing() as connection:
        entries.refused(connection, known, error.reason, again)
    result.failed.append((entry.url or entry.title or result.source.url, error.reason))


def broken(library: TeamLibrary, source: Source, error: Exception) -> Refreshed:
    """Note that looking at a source went wrong in a way that nobody has thought of."""
    reason = f"can't be looked at ({type(error).__name__}). Report this, with the address."
    with library.database.writing() as connection:
        current = store.load(connection, library.team, source.id) or source
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


def _again(error: SourceError, known: KnownEntry, now: datetime) -> datetime | None:
    """When to try for the article once more; `None`: not before the entry changes."""
    if known.tries + 1 >= _TRIES or not isinstance(error, FetchError) or error.lasts:
        return None
    again: timedelta = max(_TRY_AGAIN * 2**known.tries, timedelta(seconds=error.retry_after or 0))
    return now + again


_FUTURE = timedelta(days=1)
_TITLE = 120


def build_article(
    downloader: Downloader, source: Source, known: KnownEntry, entry: Entry, now: datetime
) -> Article:
    """The entry's whole page, or its own text when that is longer or the page refuses.

    Raises `SourceError` when there is neither.
    """
    own = run_sandboxed(source.url, _own_article, source, entry)
    page, refusal = None, None
    if entry.url is not None:
        try:
            page = read_download(fetch_page(entry.url, downloader, via=source.url), entry.url)
        except SourceError as error:
            refusal = error
    best = page if page is not None and (own is None or _length(page) >= _length(own)) else own
    if best is None:
        raise refusal or SourceError(entry.url or source.url, "has neither a page nor a text of its own.")
    stated = (page.published_at if page is not None else None) or entry.published_at
    return replace(
        best,
        title=entry.title or best.title,
        name=entry.title or best.title,
        origin=_origin(source, known, best.origin or "", is_page=best is page),
        url=page.url if page is not None else entry.url,
        published_at=_believable(entry.published_at, now) or _believable(stated, now),
        author=best.author or entry.author,
        source=_named(page) or source.title or None,
        collection=source.collection,
    )


def _own_article(source: Source, entry: Entry) -> Article | None:
    """The article in the entry itself, or `None` when it has no text."""
    paragraphs = fragment_paragraphs(entry.content, entry.title)
    if not paragraphs:
        return None
    title = entry.title or paragraphs[0].text[:_TITLE]
    # A feed's words stand for a page of its own host only, not for anybody else's.
    speaks = entry.url is not None and _host(entry.url) == _host(source.url)
    address = f"{source.url}#{entry.guid or entry.url or entry.title or entry.digest}"
    return Article(title, paragraphs, name=title, origin=identity(entry.url) if speaks and entry.url else address)


def _origin(source: Source, known: KnownEntry, found: str, *, is_page: bool) -> str:
    """What the article is known by: as before if this entry brought it, unless it is another host's page now."""
    if known.origin is None or not known.brought:
        return found
    from_feed = known.origin.startswith(f"{source.url}#")
    return known.origin if from_feed or not is_page or _host(known.origin) == _host(found) else found


def _host(address: str) -> str:
    return httpx.URL(address).host


def _named(page: Article | None) -> str | None:
    """The name that the page's site gives itself; its bare host is none."""
    if page is None or page.source is None or page.source in (page.url or ""):
        return None
    return page.source


def _length(article: Article) -> int:
    return sum(len(one.text) for one in article.paragraphs)


def _believable(date: str | None, now: datetime) -> str | None:
    """The date, unless it lies in the future: then somebody's clock or template is wrong."""
    if date is None:
        return None
    moment = datetime.fromisoformat(date)
    return date if moment.replace(tzinfo=moment.tzinfo or UTC) <= now + _FUTURE else None


class EntryMatcher:
    """The entries that a source has brought before, by all that one can be known again by."""

    def __init__(self, known: Sequence[KnownEntry]) -> None:
        self._known: dict[tuple[str, ...], list[KnownEntry]] = defaultdict(list)
        for one in known:
            for mark in _marks(one):
                self._known[mark].append(one)

    def find(self, entry: Entry) -> KnownEntry | None:
        """The entry as it was known before: by its id, else its address, else its title and date.

        What several known entries share tells nothing, unless one of them is the same to the letter.
        """
        for mark in _marks(entry):
            found = self._known.get(mark, [])
            same = [one for one in found if one.digest == entry.digest]
            if same or len(found) == 1:
                return (same or found)[0]
        return None


def _marks(entry: Entry | KnownEntry) -> Iterator[tuple[str, ...]]:
    if entry.guid is not None:
        yield "id", entry.guid
    if entry.url is not None:
        yield "address", identity(entry.url)
    if entry.title and entry.published_at:
        yield "title", entry.title, entry.published_at
