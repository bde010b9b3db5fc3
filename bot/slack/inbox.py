"""The durable inbox: each delivery of Slack's is stored before it is acknowledged, and handled once."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import threading
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any

import structlog
from slack_bolt import App, BoltRequest
from slack_bolt.kwargs_injection import build_required_kwargs
from slack_bolt.lazy_listener import LazyListenerRunner
from slack_bolt.util.utils import get_arg_names_of_callable, get_name_for_callable
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from bot.log import request_id
from bot.metrics import DELIVERIES, ERRORS
from bot.slack.client import fenced
from bot.slack.messages import DeliveryLostError
from bot.store import deliveries
from bot.store.deliveries import Delivery
from embeddings import Database

WORKERS = 12
"""As many can wait for Slack or for a page while others answer; the library answers one question at a time."""

MAX_BROKEN_OFF = 3
"""After this many tries in which the process ended or was killed, a delivery is set aside."""

GIVE_UP = timedelta(minutes=30)
"""How long a delivery is tried. Slack's reply addresses live as long."""

RENEW_EVERY = timedelta(seconds=15)
"""How often a process that shares its store renews its leases, and takes over those that have expired."""

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_log = structlog.get_logger("topicbot.inbox")
_arguments = cache(get_arg_names_of_callable)  # reading them from a listener takes as long as calling it


def delivery_key(body: dict[str, Any]) -> str:
    """Return what tells one delivery from another, the same each time that Slack delivers it.

    A message has one key whether it comes as `message` or as `app_mention`.
    """
    event = body.get("event") or {}
    team = body.get("team_id") or (body.get("team") or {}).get("id") or ""
    if event.get("type") in ("message", "app_mention") and event.get("ts"):
        return f"message {team} {event.get('channel')} {event['ts']}"
    named = body.get("event_id") or body.get("trigger_id")
    if named:
        return f"{team} {named}"
    return f"{team} {hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}"


def is_urgent(body: dict[str, Any]) -> bool:
    """Return whether somebody may wait for a window to open, or has pressed something: a `trigger_id` lives 3
    seconds.
    """
    return "trigger_id" in body and not (body.get("command") and str(body.get("text") or "").strip())


class Inbox(LazyListenerRunner):
    """Runs the app's lazy listeners, on a few threads, from a store that outlives the process.

    Bolt hands a lazy listener to `start` before it acknowledges the request. What is stored there is dispatched
    again by a worker, just as after a restart; a delivery that was stored before is not stored again.
    """

    def __init__(self, app: App, store: Database, now: Callable[[], datetime], workers: int = WORKERS) -> None:
        """Take over the app's lazy listeners. What an earlier process left is handled after `resume`."""
        self.logger = app.logger
        self._app, self._store, self._now = app, store, now
        self._ready: list[tuple[int, int, Delivery]] = []
        self._later: list[tuple[float, int, Delivery]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._busy = 0
        self._done: set[str] = set()
        self._begun: set[str] = set()
        self._open, self._is_shared = True, False
        self._leasing = threading.Lock()
        self._holder = uuid.uuid4().hex
        names = [f"inbox-{number}" for number in range(workers)]
        self._suspects = threading.Lock()
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def resume(self) -> int:
        """Take up what was acknowledged and not finished; return how many. Each may have been sent already."""
        with self._store.writing() as connection:
            deliveries.forget(connection, self._now())
            deliveries.release(connection)
        return self._acquire()

    def share(self) -> int:
        """As `resume`, beside other processes on the same store: what they hold is left to them.

        Whoever shares the store calls `renew_leases` every `RENEW_EVERY`. Return how many deliveries were taken
        over now.
        """
        self._is_shared = True
        return self._acquire()

    def renew_leases(self) -> None:
        """Hold on to the deliveries of this process, and take over those of processes that died."""
        taken = self._acquire()
        if taken:
            _log.warning("taken over", count=taken)

    def _acquire(self) -> int:
        with self._leasing:
            if not self._open:
                return 0
            with self._store.writing() as connection:
                deliveries.renew(connection, self._holder, self._now())
                left = deliveries.acquire(connection, self._holder, self._now())
        for one in left:
            self._put(replace(one, tries=one.tries + 1))
        return len(left)

    def start(self, function: Callable[..., None], request: BoltRequest) -> None:
        """Store a delivery for its listener; called by Bolt before it acknowledges the request.

        The listener's name is its route key: see `bot.server.routes`.
        """
        body = json.dumps(request.body)
        name = get_name_for_callable(function)
        received, team = self._now().isoformat(), request.context.team_id
        given = Delivery(delivery_key(request.body), name, body, received, team_id=team)
        if self._store.write(lambda connection: deliveries.accept(connection, given, self._holder)):
            self._put(given, urgent=is_urgent(request.body))
        else:
            _log.info("delivered again", listener=name)

    def run(self, function: Callable[..., None], request: BoltRequest) -> None:
        """Run a listener now; called by Bolt when a worker dispatches a delivery. The app handles errors."""
        request.context["ran"] = True
        names = _arguments(function)
        function(
            **build_required_kwargs(
                logger=self.logger,
                required_arg_names=names,
                request=request,
                response=None,
                this_func=function,
            )
        )

    def is_known(self, body: dict[str, Any]) -> bool:
        """Return whether this was delivered before."""
        with self._store.reading() as connection:
            return deliveries.is_known(connection, delivery_key(body))

    def waiting(self) -> int:
        """Return how many deliveries are in progress or waiting."""
        with self._changed:
            return self.in_progress() + len(self._later)

    def in_progress(self) -> int:
        """Return how many deliveries are being handled, or will be as soon as a thread is free."""
        with self._changed:
            return len(self._ready) + self._busy

    def close(self, seconds: float) -> None:
        """Finish what is in progress and what waits, for at most `seconds`; the rest stays for the next start."""
        deadline = monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: not self._ready and not self._busy, timeout=seconds)
            self._open = False
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.1, deadline - monotonic()))
        if self._is_shared:
            with self._leasing, self._store.writing() as connection:
                deliveries.release(connection, self._holder)

    def _put(self, given: Delivery, *, urgent: bool = False) -> None:
        with self._changed:
            heapq.heappush(self._ready, (0 if urgent else 1, next(self._count), given))
            self._changed.notify()

    def _take(self) -> Delivery | None:
        """Return the next delivery, waiting for one; `None` when the inbox was closed."""
        with self._changed:
            while self._open:
                if self._next() is not None:
                    return self._pop()
                self._changed.wait(self._later[0][0] - monotonic() if self._later else None)
            return None

    def _take_fresh(self) -> Delivery | None:
        """Return the next delivery if there is one already, and nobody has ever tried it."""
        with self._changed:
            following = self._next() if self._open else None
            return self._pop() if following is not None and not following.tries else None

    def _next(self) -> Delivery | None:
        """Return the next delivery, those that are due again among them, and leave it; the lock is held."""
        while self._later and self._later[0][0] <= monotonic():
            _, number, due = heapq.heappop(self._later)
            heapq.heappush(self._ready, (1, number, due))
        return self._ready[0][2] if self._ready else None

    def _pop(self) -> Delivery:
        self._busy += 1
        return heapq.heappop(self._ready)[2]

    def _work(self) -> None:
        following: Delivery | None = None
        while (given := following or self._take()) is not None:
            following = self._handle(given)

    def _handle(self, given: Delivery) -> Delivery | None:
        """Handle a delivery, and return the one that was begun as this one was finished, if any."""
        wait, following = None, None
        with bound_contextvars(request=request_id(given.key)):
            try:
                wait = self._try(given)
                following = self._finish(given) if given.key in self._done else None
            except Exception as error:  # the thread must live: the delivery stays stored and is tried again
                _log.error("delivery failed", listener=given.listener, error=type(error).__name__)
                wait = _LONGEST_WAIT
        with self._changed:
            self._busy -= 1
            if wait is not None:
                later = replace(given, tries=given.tries + 1, broken_off=0)
                heapq.heappush(self._later, (monotonic() + wait, next(self._count), later))
            self._changed.notify_all()
        return following

    def _try(self, given: Delivery) -> float | None:
        """Handle a delivery; return the seconds until the next try when it has to be tried again.

        One that is `_done` afterwards has only to be noted as that.
        """
        if given.key in self._done:
            return None
        if given.tries and not self._holds(given):
            return None  # another process has taken it over, or the app was uninstalled there
        try:
            body = json.loads(given.body)
        except ValueError:
            _log.error("a delivery can't be read", listener=given.listener)
            self._done.add(given.key)
            return None
        if given.broken_off >= MAX_BROKEN_OFF:
            ERRORS.labels("set_aside").inc()
            _log.error("set aside: the process ended in each of its tries", listener=given.listener)
            self._done.add(given.key)
            return None
        # Those that were broken off wait for each other: which of them ends the process is then known.
        with self._suspects if given.broken_off else nullcontext():
            return self._dispatch(given, body)

    def _dispatch(self, given: Delivery, body: dict[str, Any]) -> float | None:
        last = self._now() - datetime.fromisoformat(given.received_at) > GIVE_UP
        if given.key in self._begun:
            self._begun.discard(given.key)
        else:
            self._store.write(lambda connection: deliveries.begin(connection, given.key, given.broken_off + 1))
        request = BoltRequest(
            mode="socket_mode",
            body=body,
            headers={"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": given.listener},
            context={"key": given.key, "again": given.tries > 0, "last": last},
        )
        is_lost = False

        def check() -> None:
            nonlocal is_lost
            is_lost = is_lost or not self._store.write(
                lambda connection: deliveries.hold_on(connection, given.key, self._holder, self._now())
            )
            if is_lost:
                raise DeliveryLostError("Another process has taken the delivery over.")

        with fenced(check) if self._is_shared else nullcontext():
            self._app.dispatch(request)
        if is_lost:
            _log.warning("left to another process", listener=given.listener)
            return None
        wait: float | None = request.context.get("retry_after")
        if wait is None:
            self._done.add(given.key)
            if not request.context.get("ran"):
                _log.warning("not handled", listener=given.listener)
            return None
        self._store.write(lambda connection: deliveries.tried(connection, given.key, given.tries + 1))
        return max(wait, min(_FIRST_WAIT * 2.0**given.tries, _LONGEST_WAIT))

    def _holds(self, given: Delivery) -> bool:
        with self._store.reading() as connection:
            return deliveries.holds(connection, given.key, self._holder)

    def _finish(self, given: Delivery) -> Delivery | None:
        """Close a delivery, and in the same transaction begin the next one, which is returned, if one waits."""
        following = self._take_fresh()

        def finish(connection: Connection) -> None:
            deliveries.finish(connection, given.key, self._now())
            if following is not None:
                deliveries.begin(connection, following.key, following.broken_off + 1)

        try:
            self._store.write(finish)
        except Exception:
            if following is not None:
                self._put_back(following)
            raise
        if following is not None:
            self._begun.add(following.key)
        self._done.discard(given.key)
        taken = self._now() - datetime.fromisoformat(given.received_at)
        DELIVERIES.observe(max(0.0, taken.total_seconds()))
        return following

    def _put_back(self, given: Delivery) -> None:
        with self._changed:
            self._busy -= 1
        self._put(given, urgent=True)
