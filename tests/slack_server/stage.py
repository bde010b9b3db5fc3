"""The thread on which the stand-in runs, and how a test's thread reaches it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from tests.slack_server.platform import Platform
from tests.slack_server.webapi import application
from tests.waiting import LONGEST

T = TypeVar("T")
HOST = "127.0.0.1"


class Stage:
    """A platform that listens, on its own loop in its own thread."""

    def __init__(self) -> None:
        self.platform = Platform()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    def start(self) -> None:
        """Listen on a free port."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack", daemon=True)
        self._thread.start()
        self.platform.clock.run_on(self._loop)
        self._await(self._listen())

    def stop(self) -> None:
        """Give up what is under way, close every connection and end the thread."""
        if self._thread is None:
            return
        self._await(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._thread = None

    def die(self) -> None:
        """Cut every connection and refuse new ones; what happened so far stays."""
        self._await(self._shut())

    def revive(self) -> None:
        """Listen again, on the same port."""
        self._await(self._listen())

    def _do(self, act: Callable[[], T]) -> T:
        """What `act` gives when done on the loop."""

        async def work() -> T:
            return act()

        return self._await(work())

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=LONGEST)

    async def _listen(self) -> None:
        if self._runner is not None:
            return
        self._runner = web.AppRunner(application(self.platform), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        assert self._runner.server is not None
        self._listener = await self._loop.create_server(
            self._runner.server, HOST, self.port, reuse_address=True, backlog=1024
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        self.platform.base = f"http://{HOST}:{self.port}/"

    async def _shut(self) -> None:
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        if runner is None or listener is None:
            return
        for listening in listener.sockets:
            self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(0.01)  # asyncio loses a connection that is accepted but not yet set up when it closes
        listener.close()
        for connection in list(runner.server.connections) if runner.server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)
        await runner.cleanup()

    async def _close(self) -> None:
        await self.platform.courier.close()
        await self._shut()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
