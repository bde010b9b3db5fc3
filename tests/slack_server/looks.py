"""What a test may look at. All looks give snapshots and may be taken at any time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tests.slack_server.records import Call, Delivery, Interaction, Refusal
from tests.slack_server.stage import Stage
from tests.slack_server.world import Channel, Message, View, Workspace
from tests.waiting import LONGEST

T = TypeVar("T")
Json = dict[str, Any]
QUIET_SECONDS = 0.3


class Looks(Stage):
    """The stand-in's records and what people would see."""

    @property
    def workspaces(self) -> dict[str, Workspace]:
        """The workspaces by team id. Their `scopes` may be changed."""
        return self.platform.world.workspaces

    @property
    def refused(self) -> list[Refusal]:
        """Method and problems of everything that broke Slack's rules; empty for a well-behaved app."""
        return list(self.platform.refused)

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt to hand something to the app, in order."""
        return list(self.platform.courier.deliveries)

    @property
    def interactions(self) -> list[Interaction]:
        """Every command, press, submission and shortcut, in order."""
        return list(self.platform.interactions)

    @property
    def views(self) -> list[View]:
        """The modals opened, in order; a closed one has `is_open` False."""
        return list(self.platform.views)

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are open and not about to be replaced."""
        return sum(not link.retiring for link in list(self.platform.sockets.links))

    def calls(self, method: str | None = None) -> list[Call]:
        """The Web API calls, or those of one method; posts to response_urls are method `response_url`."""
        return [call for call in list(self.platform.calls) if method in (None, call.method)]

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """Everybody's messages in a channel, replies included; with `thread_ts` the parent and its replies."""
        found = self._channel(channel)
        if thread_ts is not None:
            return found.thread(thread_ts)
        return [message for message in list(found.messages) if not message.deleted]

    def ephemerals(self, user: str, channel: str) -> list[Message]:
        """What only `user` sees in a channel, as it is now."""
        shown = list(self._channel(channel).ephemerals)
        return [message for message in shown if message.ephemeral_to == user and not message.deleted]

    def home(self, user: str) -> View | None:
        """Somebody's Home tab, if published."""
        return self.platform.world.home_of(user).homes.get(user)

    def reactions(self, channel: str, ts: str) -> dict[str, list[str]]:
        """Who reacted to a message, by name of the emoji."""
        return {name: list(users) for name, users in self._channel(channel).by_ts[ts].reactions.items()}

    def status(self, channel: str, thread_ts: str) -> str | None:
        """The app's status in a thread; None if none, cleared, answered since, or older than two minutes."""
        found = self._channel(channel)
        held = found.statuses.get(thread_ts)
        if held is None or self.platform.clock.now() - held["at"] > 120:
            return None
        answered = any(reply.bot_id and float(reply.ts) > held["at"] for reply in found.thread(thread_ts)[1:])
        return None if answered else str(held["status"])

    def prompts(self, channel: str) -> list[Json]:
        """The suggested prompts in a conversation with the app, each with title and message."""
        held = self._channel(channel).prompts
        return list(held["prompts"]) if held else []

    def wait_for(self, condition: Callable[[], T], timeout: float = LONGEST, what: str = "") -> T:
        """What `condition` gives once it is true. AssertionError, with the latest records, if never."""
        deadline = time.monotonic() + timeout
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout} s for {what or 'a condition'} in vain; {self._lately()}")
            time.sleep(0.005)
        return found

    @contextmanager
    def beside(self, in_progress: Callable[[], int]) -> Iterator[None]:
        """While an app runs in this process: `settle` waits for it as long as it has something in progress."""
        self.platform.apps.append(in_progress)
        try:
            yield
        finally:
            self.platform.apps.remove(in_progress)

    def settle(self, timeout: float = LONGEST) -> None:
        """Return once nothing is being delivered or answered, the apps `beside` are done, and no call came for
        0.3 seconds.

        Redeliveries that wait for the clock do not count. AssertionError after `timeout` seconds.
        """
        quiet_since = time.monotonic()

        def quiet() -> bool:
            nonlocal quiet_since
            platform = self.platform
            working = any(in_progress() for in_progress in platform.apps)
            if platform.courier.under_way or platform.calls_under_way or working:
                quiet_since = time.monotonic()
            quiet_since = max(quiet_since, platform.last_call)
            return time.monotonic() - quiet_since >= QUIET_SECONDS

        self.wait_for(quiet, timeout, "quiet")

    def _channel(self, channel: str) -> Channel:
        return self.platform.world.holder_of(channel).channels[channel]

    def _lately(self) -> str:
        calls = [f"{call.method} {call.response.get('error', 'ok')}" for call in self.calls()[-8:]]
        parcels = [f"{one.kind}#{one.attempt} {one.failure or one.status}" for one in self.deliveries[-8:]]
        return f"last calls: {calls}; last deliveries: {parcels}; refused: {self.refused[-4:]}"
