"""Socket Mode: the app's WebSocket connections, and the envelopes that wait for an ack."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack_server.clock import Clock
from tests.slack_server.payloads import APP_ID

Json = dict[str, Any]
MOST_LINKS = 10
RETIREMENT_SECONDS = 10.0


@dataclass(eq=False, slots=True)
class Link:
    """One connection. A retiring one was told to go and gets nothing new."""

    number: int
    socket: web.WebSocketResponse
    request: web.Request
    retiring: bool = False


@dataclass(slots=True)
class Sockets:
    """The connections open now. All of it lives on the server's loop."""

    clock: Clock
    links: list[Link] = field(default_factory=list)
    tickets: set[str] = field(default_factory=set)
    _waiting: dict[str, asyncio.Future[tuple[Json, float]]] = field(default_factory=dict)
    _count: int = 0
    _next: int = 0

    def ticket(self) -> str:
        """The query of a WebSocket URL that is good for one connection."""
        self._count += 1
        ticket = f"ticket-{self._count}"
        self.tickets.add(ticket)
        return f"ticket={ticket}&app_id={APP_ID}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=404, text="unknown or used ticket")
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.links) >= MOST_LINKS:
            await self._tell(socket, {"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self._count += 1
        link = Link(self._count, socket, request)
        self.links.append(link)
        try:
            await self._tell(socket, self._hello())
            async for received in socket:
                if received.type is WSMsgType.TEXT:
                    self._acked(json.loads(received.data))
        except ConnectionError:
            pass
        finally:
            self.links.remove(link)
        return socket

    async def exchange(self, envelope: Json, deadline: float) -> tuple[int | None, Json | None, float]:
        """Send to one connection and wait for the ack until the clock shows `deadline`.

        Gives the number of the connection, None if there was none; the ack, None if it did not come in time; and
        when it came.
        """
        link = await self._pick(deadline)
        if link is None:
            return None, None, 0.0
        acked: asyncio.Future[tuple[Json, float]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acked
        try:
            await self._tell(link.socket, envelope)
            if await self.clock.within(deadline - self.clock.now(), acked):
                return link.number, *acked.result()
        except ConnectionError:
            pass
        finally:
            self._waiting.pop(envelope["envelope_id"], None)
        return link.number, None, 0.0

    async def disconnect(self, reason: str) -> None:
        """Ask every connection to be replaced, and close those that stay."""
        retired = list(self.links)
        for link in retired:
            link.retiring = True
            with contextlib.suppress(ConnectionError):
                await self._tell(
                    link.socket, {"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}}
                )
        await self.clock.sleep(RETIREMENT_SECONDS)
        for link in retired:
            await link.socket.close()

    async def ping(self) -> None:
        """Ping every connection, as Slack does from time to time."""
        for link in list(self.links):
            with contextlib.suppress(ConnectionError):
                await link.socket.ping()

    def drop(self) -> None:
        """Cut every connection without a word."""
        for link in list(self.links):
            link.retiring = True  # it is in the list until its end has been noticed
            if link.request.transport is not None:
                link.request.transport.abort()

    async def _pick(self, deadline: float) -> Link | None:
        while True:
            fresh = [link for link in self.links if not link.retiring and not link.socket.closed]
            if fresh:
                self._next += 1
                return fresh[self._next % len(fresh)]
            if not self.links or self.clock.now() >= deadline:
                return None
            await asyncio.sleep(0.02)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.links),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "stand-in", "build_number": 1, "approximate_connection_time": 18060},
        }

    def _acked(self, ack: Json) -> None:
        waiting = self._waiting.get(ack.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result((ack, self.clock.now()))

    async def _tell(self, socket: web.WebSocketResponse, body: Json) -> None:
        await socket.send_str(json.dumps(body))
