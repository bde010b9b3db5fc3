"""Whether the running bot is alive and ready, and what it holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from bot.clock import now as now_utc
from bot.config import Settings
from bot.digests import store as digests
from bot.digests.model import due
from bot.store.lost import LibraryLostError, check_known
from bot.workspace.registry import InstalledWorkspaces, sources_of
from embeddings import Database
from embeddings.errors import TopicbotError
from embeddings.library import Library
from embeddings.subscriptions.model import Source
from embeddings.subscriptions.service import Sources
from embeddings.types import LOCAL_TEAM, Stats

_PROBE_BYTES = 65_536
"""As much as a delivery and the index pages that it changes may take."""

DIGEST_LATE = timedelta(minutes=10)
"""From when on a digest that is not posted makes the bot unready. Slack's busy spells are shorter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of `/readyz`."""

    ok: bool
    finding: str


@dataclass
class Health:
    """What the running bot tells of itself; filled in while it starts.

    `connected` says whether Slack's socket is connected, or over HTTP that requests are taken; it is `None`
    before. `waiting` counts the deliveries that are in progress or waiting. `workspaces` are those that installed
    the app; without them it is `team`, with the command line's articles. Library and store may be asked from any
    thread.
    """

    settings: Settings
    library: Library
    store: Database
    now: Callable[[], datetime] = now_utc
    team: str = ""
    workspaces: InstalledWorkspaces | None = None
    is_warm: bool = False
    is_ending: bool = False
    connected: Callable[[], bool] | None = None
    waiting: Callable[[], int] = lambda: 0
    _counted: tuple[tuple[int, list[str]], Stats] | None = field(default=None, init=False)
    _sources: Sources | None = field(default=None, init=False)
    _opened: dict[Path, tuple[int, int] | None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Note which files are open now: one that takes the place of another later is none of theirs."""
        for database in (self.library.database, self.store):
            path = getattr(database, "path", None)  # a server's has none
            if path is not None:
                self._opened[path] = _identity(path)

    def checks(self) -> dict[str, Finding]:
        """Return every check by its name; the bot is ready when all are in order."""
        database = self._database()
        return {
            "process": Finding(not self.is_ending, "ending" if self.is_ending else "running"),
            "database": database,
            "model": Finding(self.is_warm, "loaded" if self.is_warm else "loading"),
            "slack": self._slack(),
            "digests": self._digests() if database.ok else Finding(False, "unknown without the database"),
        }

    def is_connected(self) -> bool:
        """Return whether Slack's socket is connected, or over HTTP its requests are taken."""
        return self.connected is not None and self.connected()

    def digest_lag(self) -> timedelta:
        """Return how late the most overdue digest is."""
        latest, now = timedelta(hours=self.settings.digest_late_hours), self.now()
        teams = [self.team] if self.workspaces is None else self.workspaces.teams()
        return max((digest_lag(self.store, team, now, latest) for team in teams), default=timedelta(0))

    def feed_lag(self) -> timedelta:
        """Return how late the check of the most overdue source is."""
        return feed_lag(self.sources(), self.now())

    def sources(self) -> list[Source]:
        """Return every source that is polled."""
        if self.workspaces is not None:
            return [source for one in sources_of(self.workspaces) for source in one.every()]
        if self._sources is None:
            self._sources = Sources(self.library.local, self.settings.fetch_hosts)
        return self._sources.every()

    def stats(self) -> Stats:
        """Return what the library holds for whom is served; counted anew only after it has changed."""
        revision = self.library.revision
        teams = [LOCAL_TEAM] if self.workspaces is None else self.workspaces.teams()
        if self._counted is None or self._counted[0] != (revision, teams):
            self._counted = (revision, teams), _added_up([self.library.of(team).stats() for team in teams])
        return self._counted[1]

    def _database(self) -> Finding:
        try:
            for database in (self.library.database, self.store):
                database.ask()
            check_known(self.store, self.library)
        except LibraryLostError as error:
            return Finding(False, str(error))
        except TopicbotError as error:
            return Finding(False, type(error).__name__)
        return self._files() if self._opened else Finding(True, "answers")

    def _files(self) -> Finding:
        """Return whether the databases' files are those that were opened, and a delivery can be written beside
        them.
        """
        for path, opened in self._opened.items():
            if opened is None or _identity(path) != opened:
                words = f"{path.name} was moved, deleted or replaced: end the bot and restore a backup"
                return Finding(False, words)
        try:
            with TemporaryFile(dir=self.settings.data_dir) as probe:
                probe.write(b"0" * _PROBE_BYTES)
                probe.flush()
                os.fsync(probe.fileno())
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return Finding(False, f"deliveries can't be stored in {self.settings.data_dir}: {reason}")
        return Finding(True, "answers")

    def _slack(self) -> Finding:
        if self.connected is None:
            return Finding(False, "not connected yet")
        return Finding(True, "connected") if self.connected() else Finding(False, "the socket is closed")

    def _digests(self) -> Finding:
        try:
            lag = self.digest_lag()
        except TopicbotError as error:
            return Finding(False, type(error).__name__)
        late = f"{lag.total_seconds():.0f} seconds late" if lag else "none is late"
        # One of many workspaces, whose token is refused, must not take the bot away from the others.
        return Finding(lag <= DIGEST_LATE or self.workspaces is not None, late)


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode; `None` for a file that is gone or empty."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size else None


def _added_up(each: Sequence[Stats]) -> Stats:
    """Return the counts of several workspaces together."""
    return Stats(
        sum(one.articles for one in each), sum(one.paragraphs for one in each), sum(one.sentences for one in each)
    )


NONE = timedelta(0)


def feed_lag(sources: Iterable[Source], now: datetime) -> timedelta:
    """Return how long ago the most overdue source should have been checked; never negative."""
    waiting = [one.next_at for one in sources if one.paused_at is None]
    return max(NONE, now - min(waiting, default=now))


def digest_lag(store: Database, team: str, now: datetime, latest: timedelta) -> timedelta:
    """Return how long ago the most overdue slot of a digest was that is still to be posted.

    Paused digests have none, and slots that are more than `latest` late won't be posted any more.
    """
    with store.reading() as connection:
        active = [one for one in digests.every(connection, team) if one.paused_at is None]
        begun = digests.unfinished(connection, team)
        coming = due(active, digests.handled(connection, team, now), now, latest)
    names = {one.id for one in active}
    moments = [slot for name, slot in begun if name in names]
    moments += [one.slot for one in coming if one.slot is not None]
    return max(NONE, now - min(moments, default=now))
