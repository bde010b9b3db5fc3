"""Posting digests: each slot once, whatever happens between claiming, posting and marking."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep

import structlog
from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.digests import store as digests
from bot.digests.blocks import DigestShown, digest_messages, digest_paused
from bot.digests.content import Content, collect
from bot.digests.model import Digest, before, due
from bot.digests.store import Run
from bot.locale.texts import speaking
from bot.metrics import DIGEST_SLOTS
from bot.slack.client import fenced
from bot.slack.messages import GONE, UNINSTALLED, direct_channel, post, retry_after
from bot.slack.text import Message
from bot.store.leases import LeaseLostError
from bot.workspace.workspace import Workspace

LEASE = timedelta(minutes=5)
"""How long a process may take for a slot before another one takes it over."""

_MIN_INTERVAL, _CHANNELS = 1.0, 10_000
_log = structlog.get_logger("topicbot.digests")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is posted for one slot, kept until it is: the messages, and the articles of each story in them."""

    messages: tuple[Message, ...]
    stories: dict[str, list[str]]

    def packed(self) -> str:
        """Return the plan as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> Plan:
        """Return the plan in such JSON."""
        fields = json.loads(text)
        return cls(tuple(Message(**message) for message in fields["messages"]), fields["stories"])


class Pace:
    """Keeps messages to one channel a second apart, which is what Slack takes."""

    def __init__(self, wait: Callable[[float], None] = sleep, clock: Callable[[], float] = monotonic) -> None:
        self._wait, self._clock = wait, clock
        self._last = TTLCache[str, float](_CHANNELS, _MIN_INTERVAL, timer=clock)

    def keep(self, channel: str) -> None:
        """Return when the channel may be posted to."""
        left = self._last.get(channel, -_MIN_INTERVAL) + _MIN_INTERVAL - self._clock()
        if left > 0:
            self._wait(left)
        self._last[channel] = self._clock()


def post_due(workspace: Workspace, client: WebClient, pace: Pace) -> int:
    """Post every digest whose slot has come, or was begun and not finished; return how many were posted.

    Slots that are too late are noted as skipped. A digest that fails does not hold up the others.
    """
    now, team = workspace.now(), workspace.team_id
    with workspace.store.reading() as connection:
        every = {one.id: one for one in digests.every(connection, team)}
        begun = digests.expired(connection, team, now)
        late = timedelta(hours=workspace.settings.digest_late_hours)
        coming = due(every.values(), digests.handled(connection, team, now), now, late)
    for one in coming:
        if one.skipped:
            with workspace.store.writing() as connection:
                digests.skip(connection, team, one.digest.id, one.skipped, now)
            DIGEST_SLOTS.labels(digests.SKIPPED).inc(len(one.skipped))
            _log.warning("slots skipped", digest=one.digest.id, count=len(one.skipped))
    slots = [*begun, *((one.digest.id, one.slot) for one in coming if one.slot)]
    active = {name: one for name, one in every.items() if one.paused_at is None}
    return sum(post_slot(workspace, client, active[name], slot, pace) for name, slot in slots if name in active)


def post_slot(workspace: Workspace, client: WebClient, digest: Digest, slot: datetime, pace: Pace) -> bool:
    """Post the digest for this slot if nobody else does; whether it was posted."""
    with workspace.store.writing() as connection:
        run = digests.acquire(connection, workspace.team_id, digest.id, slot, workspace.now(), LEASE)
    if run is None:
        return False
    try:
        plan = _planned(workspace, digest, run)
        with fenced(lambda: _check_lease(workspace, run, plan)):
            ts = _send(client, digest, run, plan, pace) if plan.messages else None
    except Exception as error:  # one digest must not hold up the others
        _failed(workspace, client, digest, run, error)
        return False
    with workspace.store.writing() as connection:
        digests.remember(connection, workspace.team_id, digest.id, plan.stories, workspace.now())
        state = digests.POSTED if ts else digests.EMPTY
        digests.finish(connection, workspace.team_id, run, state, workspace.now(), ts)
    DIGEST_SLOTS.labels(state).inc()
    _log.info(state, digest=digest.id, slot=slot.isoformat(), stories=len(plan.stories), tries=run.tries)
    return ts is not None


def preview(
    workspace: Workspace, digest: Digest, until: datetime, since: datetime | None = None
) -> tuple[Content, list[Message]]:
    """Return what would be posted at `until`: what came in from `since` on, or else since the digest was last
    posted.
    """
    with workspace.store.reading() as connection:
        told = digests.told(connection, workspace.team_id, digest.id)
        last = digests.last_told(connection, workspace.team_id, digest.id, until)
    begin = since or last or before(digest.schedule, digest.created_at)
    content = collect(workspace, digest, told, begin, until)
    return content, digest_messages(content, DigestShown(digest.id, digest.name, digest.schedule.zone))


def _planned(workspace: Workspace, digest: Digest, run: Run) -> Plan:
    """Return what an earlier try meant to post, so that a part of it is not posted in other words; or
    a new plan.
    """
    if run.plan is not None:
        return Plan.unpacked(run.plan)
    with speaking(workspace.settings.locale):  # many read it
        content, messages = preview(workspace, digest, run.slot)
    if not content.stories and not digest.say_empty:
        messages = []
    stories = {one.story_id: [cited.article_id for cited in one.articles] for one in content.stories}
    plan = Plan(tuple(messages), stories)
    _check_lease(workspace, run, plan)
    return plan


def _check_lease(workspace: Workspace, run: Run, plan: Plan) -> None:
    """Raise `LeaseLostError` when another process has taken the slot over; asked right before each post."""
    with workspace.store.writing() as connection:
        until = workspace.now() + LEASE
        if not digests.keep_plan(connection, workspace.team_id, run, plan.packed(), until):
            raise LeaseLostError("Another process has taken the slot over.")


def _send(client: WebClient, digest: Digest, run: Run, plan: Plan, pace: Pace) -> str:
    key = f"digest {digest.id} {run.slot.isoformat()}"
    again = run.tries > 0
    first, *rest = plan.messages
    pace.keep(digest.channel)
    ts = post(client, digest.channel, first, key, thread=None, again=again, since=run.slot)
    for number, message in enumerate(rest, start=2):
        pace.keep(digest.channel)
        post(client, digest.channel, message, f"{key} {number}", thread=ts, again=again)
    return ts


def _failed(workspace: Workspace, client: WebClient, digest: Digest, run: Run, error: Exception) -> None:
    """Try again later where that may help; else give the slot up, and the digest too when its channel is gone."""
    now, team, wait = workspace.now(), workspace.team_id, retry_after(error)
    reason = str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
    late = timedelta(hours=workspace.settings.digest_late_hours)
    with workspace.store.writing() as connection:
        if (wait is not None or reason in UNINSTALLED) and now - run.slot <= late:
            digests.postpone(connection, team, run, now + timedelta(seconds=max(wait or 0.0, _MIN_INTERVAL)))
            DIGEST_SLOTS.labels("postponed").inc()
            _log.warning("put off", digest=digest.id, reason=reason, seconds=wait)
            return
        digests.finish(connection, team, run, digests.FAILED, now)
        if reason in GONE:
            digests.pause(connection, team, digest.id, now, reason)
    DIGEST_SLOTS.labels(digests.FAILED).inc()
    _log.error("failed", digest=digest.id, reason=reason)
    if reason in GONE:
        _tell_owner(workspace, client, digest)


def _tell_owner(workspace: Workspace, client: WebClient, digest: Digest) -> None:
    try:
        with speaking(workspace.people.person(client, digest.owner).language):
            message = digest_paused(digest.name, digest.channel)
        post(client, direct_channel(client, digest.owner), message, f"paused {digest.id}", thread=None)
    except (SlackApiError, OSError) as error:
        _log.warning("the owner can't be reached", digest=digest.id, error=type(error).__name__)
