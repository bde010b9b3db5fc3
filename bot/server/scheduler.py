"""What `topicbot run` does beside answering: one table of jobs, and the scheduler that runs them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from slack_sdk import WebClient
from sqlalchemy import Connection

from bot.alerts import delivery as alerts
from bot.digests.delivery import Pace, post_due
from bot.metrics import BACKGROUND_FAILURES
from bot.operations.privacy import forget_old, purge_uninstalled
from bot.slack.inbox import RENEW_EVERY, Inbox
from bot.sources.refresh import refresh_due
from bot.store import leases
from bot.workspace.registry import InstalledWorkspaces, Workspaces, each, sources_of
from bot.workspace.workspace import Workspace
from embeddings.evaluate.own_fit import fit_if_due, ships_for
from embeddings.library import Library

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALERTS_LEASE = timedelta(minutes=15)
"""How long alerts wait for a process that sent them and died."""

_RETRY = MINUTE
_STOP_SECONDS = 20.0
_log = structlog.get_logger("topicbot.scheduler")

Stopped = Callable[[], bool]
"""Whether a job is to end as soon as it can."""


@dataclass(frozen=True, slots=True)
class Job:
    """What runs once a period. `release` ends its leases at the end, so that another process goes on."""

    name: str
    period: timedelta
    work: Callable[[Stopped], None]
    release: Callable[[], None] = lambda: None


def jobs_of(
    workspaces: Workspaces, *, installed: InstalledWorkspaces | None = None, inbox: Inbox | None = None
) -> list[Job]:
    """Return what runs when. `installed` are the workspaces whose tokens are to be seen to, where there are many.

    `inbox` is one that shares its store with other processes. Where a lease is not named, the work may be done by
    several processes at once: digests claim each slot, sources each feed, tokens each workspace.
    """
    sending = _Alerts(workspaces)
    pace = Pace()
    jobs = [
        Job("digests", MINUTE, lambda _: each(workspaces, lambda one, client: _post(one, client, pace))),
        Job("alerts", MINUTE, lambda _: each(workspaces, sending.send), sending.release),
        Job("retention", DAY, lambda _: _forget(workspaces)),
    ]
    if workspaces.settings.refresh_sources:
        jobs.append(Job("sources", MINUTE, lambda stopped: refresh_due(workspaces, stopped)))
    if installed is not None:
        jobs.append(Job("tokens", MINUTE, lambda _: installed.renew()))
        jobs.insert(0, Job("installations", DAY, lambda _: installed.find_uninstalled()))
    if not ships_for(workspaces.library.encoder):
        jobs.append(Job("confidence", HOUR, lambda stopped: _fit_confidence(workspaces.library, stopped)))
    if inbox is not None:
        jobs.append(Job("inbox", RENEW_EVERY, lambda _: inbox.renew_leases()))
    return jobs


class Scheduler:
    """Runs each job on a thread of its own: slow feeds hold up no digest. A job that failed is tried again."""

    def __init__(self, jobs: Iterable[Job], now: Callable[[], datetime]) -> None:
        """Nothing runs until `start`."""
        self._jobs, self._now = list(jobs), now
        self._last: dict[str, datetime] = {}
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, args=(job,), name=job.name, daemon=True) for job in self._jobs
        ]

    def start(self) -> None:
        """Run every job now, and then once a period, until `stop`."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after what is being done; give up the leases."""
        deadline = monotonic() + _STOP_SECONDS
        self._stopped.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.1, deadline - monotonic()))
        for job in self._jobs:
            job.release()

    def run_due(self) -> None:
        """Run the jobs whose period is over, here and now. One that fails holds up no other and is raised."""
        failed: list[Exception] = []
        for job in self._jobs:
            last = self._last.get(job.name)
            if last is not None and self._now() - last < job.period:
                continue
            try:
                self._run(job)
            except Exception as error:  # of whatever kind: it is this job's alone
                failed.append(error)
        if failed:
            raise failed[0]

    def _run(self, job: Job) -> None:
        begun = self._now()
        job.work(self._stopped.is_set)
        self._last[job.name] = begun

    def _loop(self, job: Job) -> None:
        while not self._stopped.is_set():
            wait = self._until_next(job)
            try:
                self._run(job)
                wait = self._until_next(job)
            except Exception as error:  # it is tried again
                BACKGROUND_FAILURES.labels(job.name).inc()
                _log.warning("a job failed; trying again", job=job.name, error=type(error).__name__)
                wait = min(wait, _RETRY.total_seconds())
            self._stopped.wait(wait)

    def _until_next(self, job: Job) -> float:
        """Return the seconds until the next run: jobs of a minute begin with the minute, as digests do."""
        seconds = job.period.total_seconds()
        return seconds - self._now().timestamp() % seconds if job.period <= MINUTE else seconds


def _post(workspace: Workspace, client: WebClient, pace: Pace) -> None:
    posted = post_due(workspace, client, pace)
    if posted:
        _log.info("digests posted", count=posted)


class _Alerts:
    """Sends alerts, in one process at a time: two at once would send them twice."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._store = workspaces.store
        self._holder = uuid.uuid4().hex
        self._revisions: dict[str, int] = {}

    def send(self, workspace: Workspace, client: WebClient) -> None:
        """Find what is new, if anything has been added since, and send what waits."""
        team = workspace.team_id

        def keep(connection: Connection) -> bool:
            return leases.acquire(connection, leases.alerts(team), self._holder, workspace.now(), ALERTS_LEASE)

        with self._store.writing() as connection:
            if not keep(connection):
                return
        revision = workspace.library.revision
        if revision != self._revisions.get(team):
            alerts.check_alerts(workspace)
            self._revisions[team] = revision
        sent = alerts.tell(workspace, client, keep)
        if sent:
            _log.info("alerts sent", count=sent)

    def release(self) -> None:
        """Let another process send them."""
        with self._store.writing() as connection:
            for team in self._revisions:
                leases.release(connection, leases.alerts(team), self._holder)


def _forget(given: Workspaces) -> None:
    gone = forget_old(given.store, sources_of(given), given.settings, given.now())
    purged = purge_uninstalled(given.store, given.library, given.settings, given.now())
    given.library.overwrite_removed()
    _log.info("forgotten", **asdict(gone), workspaces=len(purged))


def _fit_confidence(library: Library, stopped: Stopped) -> None:
    """Fit the decision on the library's own sentences, for an embedding model that no fit ships for."""

    def advance(_done: int, _total: int) -> None:
        if stopped():
            raise InterruptedError

    with suppress(InterruptedError):
        found = fit_if_due(library, advance)
        if found is not None:
            _log.info("confidence fitted", questions=found.questions)
