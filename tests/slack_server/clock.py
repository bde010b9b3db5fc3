"""The clock by which the stand-in keeps Slack's deadlines."""

from __future__ import annotations

import asyncio
import time
from typing import Any


class Clock:
    """Real time plus what the test has moved it by.

    `advance` may be called from any thread; the sleeping methods belong to the server's own loop, and wake
    as soon as the moved time reaches their deadline.
    """

    def __init__(self) -> None:
        self._moved = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sleepers: set[asyncio.Future[None]] = set()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._moved

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds`; whatever falls due happens in the background."""
        self._moved += seconds
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def run_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind the sleeping methods to `loop`."""
        self._loop = loop

    async def sleep(self, seconds: float) -> None:
        """Return once this clock shows `seconds` more."""
        moment = self.now() + seconds
        loop = asyncio.get_running_loop()
        while (left := moment - self.now()) > 0:
            sleeper: asyncio.Future[None] = loop.create_future()
            self._sleepers.add(sleeper)
            alarm = loop.call_later(left, _finish, sleeper)
            try:
                await sleeper
            finally:
                alarm.cancel()
                self._sleepers.discard(sleeper)

    async def within(self, seconds: float, awaited: asyncio.Future[Any]) -> bool:
        """Whether `awaited` is done before this clock shows `seconds` more. It is left running if not."""
        alarm: asyncio.Future[Any] = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({awaited, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
        return awaited.done()

    def _wake(self) -> None:
        for sleeper in list(self._sleepers):
            _finish(sleeper)


def _finish(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
