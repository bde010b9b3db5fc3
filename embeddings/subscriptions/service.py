"""The team's sources: adding, listing, refreshing, pausing, forgetting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, timedelta
from types import MappingProxyType

import httpx

from embeddings.errors import NotFoundError, SourceError, TopicbotError
from embeddings.ingest.feed import feeds_of, is_feed, is_feed_type, read_feed
from embeddings.ingest.files import decode
from embeddings.ingest.jsonl import Subscription
from embeddings.ingest.opml import Outline
from embeddings.ingest.pages import fetch_page, read_download
from embeddings.subscriptions import entries
from embeddings.subscriptions import store as robots
from embeddings.subscriptions.model import LONGEST, Kind, Source, resumed
from embeddings.subscriptions.refresh import Progress, Refreshed, broken, refresh
from embeddings.team import TeamLibrary
from embeddings.text.dates import iso_seconds
from embeddings.types import ArticleSummary
from embeddings.web.addresses import checked_url
from embeddings.web.downloader import Download, Downloader

_MAX_PARALLEL = 6
"""How many sources are checked side by side; of one host, one."""


class Sources:
    """The feeds and pages of one team, in its library. Safe from several threads and processes."""

    def __init__(
        self,
        library: TeamLibrary,
        allowed_hosts: Collection[str] = (),
        *,
        downloader: Downloader | None = None,
    ) -> None:
        """`allowed_hosts` are those of the own network that may be fetched from."""
        self._library, self._team = library, library.team
        if downloader is None:
            with library.database.reading() as connection:
                known = robots.read(connection)
            downloader = Downloader(allowed_hosts, robots=known, now=library.now)
        self.downloader = downloader
        self._robots_kept = {site: one.fetched_at for site, one in downloader.robots.items()}

    def every(self) -> list[Source]:
        """Return all of them, in order of title."""
        with self._library.database.reading() as connection:
            return robots.every(connection, self._team)

    def counts(self) -> dict[int, int]:
        """Return how many articles of each are in the library, by the source's key."""
        with self._library.database.reading() as connection:
            return entries.article_counts(connection, self._team)

    def errors(self, source: Source) -> list[tuple[str, str]]:
        """Return the entries of a source that have no article: address or title, and why."""
        with self._library.database.reading() as connection:
            return entries.errors(connection, source)

    def source(self, source_id: str) -> Source:
        """Return the source with this id or address. Raises `NotFoundError`."""
        with self._library.database.reading() as connection:
            found = robots.load(connection, self._team, source_id)
        if found is None:
            raise NotFoundError(f"There is no source {source_id!r}. `topicbot sources list` shows what is there.")
        return found

    def look_up(self, url: str, fetched: Download | None = None) -> tuple[str, Download]:
        """Return the feed at this address, or that the page there names first, else the page itself; and what it
        gave.

        `fetched` is what the address gave, if it was asked. Raises `SourceError` when there is nothing there.
        """
        found = fetched or fetch_page(url, self.downloader)
        if is_feed(found.body) or found.media_type not in ("text/html", "application/xhtml+xml", ""):
            return found.moved_to or url, found
        for feed in feeds_of(decode(found.body, url, found.charset), found.url):
            try:
                named = self.downloader.get(feed, via=found.url)
                if is_feed(named.body):
                    return feed, named
            except SourceError:
                continue
        return found.moved_to or url, found

    def add(
        self,
        url: str,
        *,
        title: str = "",
        collection: str | None = None,
        keep_days: int | None = None,
        added_by: str | None = None,
        fetched: Download | None = None,
    ) -> tuple[Source, bool]:
        """Add the feed or page at this very address; return it, and whether it is new.

        `fetched` is what the address gave, if it was asked; without it the source is kept unseen, as a feed.
        Raises `SourceError` for what can't be one.
        """
        checked_url(url, url)
        kind = Kind.FEED
        if fetched is not None and is_feed(fetched.body):
            title = title or read_feed(fetched.body, fetched.url, fetched.charset).title
        elif fetched is not None and is_feed_type(fetched.media_type):
            raise SourceError(
                url, f"is sent as a feed ({fetched.media_type}) but can't be read as one. Open it to see."
            )
        elif fetched is not None:
            kind = Kind.PAGE
            title = title or read_download(fetched, url).title
        now = self._library.now().astimezone(UTC)
        wanted = Source(
            id="",
            url=url,
            kind=kind,
            title=title or httpx.URL(url).host,
            added_at=now,
            next_at=now,
            collection=collection,
            keep_days=keep_days,
            added_by=added_by,
        )
        with self._library.database.writing() as connection:
            known = robots.load(connection, self._team, url)
            if known is not None:
                return known, False
            return robots.add(connection, self._team, wanted), True

    def restore(self, subscription: Subscription, added: Collection[str] = ()) -> bool:
        """Keep a source from an export; whether it is new. Raises `SourceError`.

        `added` are the ids of the articles that have come in with it: no others are its own.
        """
        with self._library.database.writing() as connection:
            return entries.unpack(connection, self._team, subscription.fields, added)

    def detach(self, article_id: str) -> None:
        """Note that somebody has added this article by hand: no source changes it or lets it expire any more."""
        with self._library.database.reading() as connection:
            if not entries.is_brought(connection, self._team, article_id):
                return  # nearly always: no turn at writing is waited for
        with self._library.database.writing() as connection:
            entries.detach(connection, self._team, article_id)

    def outlines(self) -> list[Outline]:
        """Return all feeds, for an OPML list; a collection is a folder there."""
        return [Outline(one.url, one.title, one.collection) for one in self.every() if one.kind is Kind.FEED]

    def change(self, source_id: str, change: Callable[[Source], Source]) -> Source:
        """Keep what `change` makes of the source. Raises `NotFoundError`."""
        with self._library.database.writing() as connection:
            found = robots.load(connection, self._team, source_id)
            if found is not None:
                robots.save(connection, change(found))
        return self.source(source_id)

    def pause(self, source_id: str, by: str) -> Source:
        """Stop checking the source until it is resumed. `by` is who says so."""
        now = self._library.now().astimezone(UTC)
        return self.change(source_id, lambda one: replace(one, paused_at=now, paused_by=by))

    def resume(self, source_id: str) -> Source:
        """Check the source again, the next time that anything is refreshed."""
        return self.change(source_id, lambda one: resumed(one, self._library.now().astimezone(UTC)))

    def by_user(self, person: str) -> list[Source]:
        """Return the sources that this person added or paused, in order of title."""
        with self._library.database.reading() as connection:
            return robots.by_user(connection, self._team, person)

    def articles_for(self, person: str) -> list[ArticleSummary]:
        """Return the articles that are for this person alone."""
        return self._library.only_for(person).articles()

    def forget_person(self, person: str) -> int:
        """Keep the sources that this person added or paused, not who did; return how many there were.

        Articles that are for this person alone are removed.
        """
        self._library.only_for(person).remove_all()
        with self._library.database.writing() as connection:
            return robots.forget_person(connection, self._team, person)

    def remove(self, source_id: str, *, with_articles: bool = False) -> int:
        """Forget the source; `with_articles` also the articles that came only from it. Return how many articles
        are gone.

        Raises `NotFoundError`.
        """
        source = self.source(source_id)
        with self._library.database.reading() as connection:
            own = robots.own_articles(connection, source) if with_articles else []
        self._remove_articles(own)
        with self._library.database.writing() as connection:
            robots.remove(connection, source)
        return len(own)

    def expire(self) -> int:
        """Remove the articles that are older than their source keeps them; return how many."""
        now, gone = self._library.now().astimezone(UTC), 0
        for source in self.every():
            if source.keep_days is None:
                continue
            before = iso_seconds(now - timedelta(days=source.keep_days))
            with self._library.database.reading() as connection:
                old = robots.own_articles(connection, source, before)
            self._remove_articles(old)
            gone += len(old)
        return gone

    def due(self) -> list[Source]:
        """Return the sources whose time has come, the one that waits longest first.

        Its time has come as well when entries of it still wait for their articles, unless it fails, and when it
        was put off for longer than any source is: the clock was wrong then.
        """
        now = self._library.now()
        with self._library.database.reading() as connection:
            unfinished = entries.unfinished(connection, now)
        found = [
            one
            for one in self.every()
            if one.paused_at is None
            and (
                one.next_at <= now
                or one.next_at > now + LONGEST
                or (one.key in unfinished and one.failing_since is None)
            )
        ]
        return sorted(found, key=lambda one: one.next_at)

    def refresh(
        self,
        wanted: Sequence[Source],
        *,
        fetched: Mapping[int, Download] = MappingProxyType({}),
        most: int | None = None,
        progress: Progress = lambda done, total: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[Refreshed]:
        """Check these sources, several at a time; each result as it comes. `progress` counts their entries.

        `fetched` is what some of their addresses gave just now, by the source's key. At most `most` entries of one
        source are fetched; the others wait. Once `stopped`, which is asked before each entry, no other is begun.
        """
        stop, counter = threading.Event(), _Counter(progress)

        def ends() -> bool:
            return stop.is_set() or stopped()

        def one(source: Source) -> Refreshed | None:
            if ends():
                return None
            given = fetched.get(source.key)
            tell = counter.of(source.key)
            return self.check(source, fetched=given, most=most, progress=tell, stopped=ends)

        with ThreadPoolExecutor(_MAX_PARALLEL, thread_name_prefix="refresh") as pool:
            running = [pool.submit(one, source) for source in wanted]
            try:
                for future in as_completed(running):
                    result = future.result()
                    if result is not None:
                        yield result
            finally:
                if any(not future.done() for future in running):
                    stop.set()
                    for future in running:
                        future.cancel()
        self._keep_robots()

    def check(
        self,
        source: Source,
        *,
        fetched: Download | None = None,
        most: int | None = None,
        progress: Progress = lambda done, total: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Refreshed:
        """Check one source now; `refresh.refresh` says what the arguments are."""
        given = self._library, self.downloader, source
        try:
            return refresh(*given, fetched=fetched, most=most, progress=progress, stopped=stopped)
        except TopicbotError:
            raise
        except Exception as error:  # what one source is made of must not keep the others from being checked
            return broken(self._library, source, error)

    def _keep_robots(self) -> None:
        known = self.downloader.fresh_robots()
        fetched = {site: one.fetched_at for site, one in known.items()}
        if fetched == self._robots_kept:
            return
        with self._library.database.writing() as connection:
            robots.keep(connection, known)
        self._robots_kept = fetched

    def _remove_articles(self, article_ids: Sequence[str]) -> None:
        for article_id in article_ids:
            try:
                self._library.remove(article_id)
            except NotFoundError:
                continue  # somebody else removed it


def remove_everything(library: TeamLibrary) -> None:
    """Remove every source and every article of a team, in steps between which others may write."""
    with library.database.writing() as connection:
        robots.remove_all(connection, library.team)
    library.remove_all()


class _Counter:
    """Adds up what several sources tell of themselves."""

    def __init__(self, told: Progress) -> None:
        self._told, self._lock = told, threading.Lock()
        self._at: dict[int, tuple[int, int]] = {}

    def of(self, key: int) -> Progress:
        def tell(done: int, total: int) -> None:
            with self._lock:
                self._at[key] = (done, total)
                self._told(sum(one for one, _ in self._at.values()), sum(all_ for _, all_ in self._at.values()))

        return tell
