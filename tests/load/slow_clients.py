"""Slow and silent clients: `python -m tests.load.slow_clients [--dripping 40] [--idle 2000] [--seconds 30]`.

Starts `topicbot run --http` as a process of its own and, from another, opens connections to its main and to its
operations port: some drip a request byte by byte, some say nothing, and each is opened again when it is cut off.
All the while it asks both ports for /healthz and sends signed events, and prints how long those took and the bot's
memory. Exits with 1 when /healthz took over a second or an event over three. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from bot.server.http import EVENTS_PATH
from tests.flows.process import started
from tests.load.questions import fill, memory
from tests.slack_server import SlackServer
from tests.slack_server.signing import signed_headers

HEALTH_SECONDS, EVENT_SECONDS = 1.0, 3.0
_BEGINNINGS = (
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ",
    b"POST /slack/events HTTP/1.1\r\nContent-Length: 900\r\n\r\n",
)


@dataclass
class Times:
    """Seconds that requests of one kind took, and how many failed."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    async def every(self, pause: float, ask: Callable[[], Awaitable[bool]]) -> None:
        """Ask again and again."""
        while True:
            began = time.monotonic()
            try:
                good = await asyncio.wait_for(ask(), 15)
            except (aiohttp.ClientError, TimeoutError, OSError):
                good = False
            self.failed += not good
            self.seconds.append(time.monotonic() - began)
            await asyncio.sleep(pause)


def main() -> int:
    """Run the load and print the table."""
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    wanted.add_argument("--dripping", type=int, default=40)
    wanted.add_argument("--idle", type=int, default=2000)
    wanted.add_argument("--seconds", type=float, default=30)
    options = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder, SlackServer() as slack:
        fill(Path(folder))
        operations = _free_port()
        port = str(operations)
        with started(slack, Path(folder), "--http", "--port", "0", TOPICBOT_OPERATIONS_PORT=port) as process:
            assert process.port
            before = memory(process.running.pid)
            ports = {"main": process.port, "operations": operations}
            attackers = multiprocessing.get_context("spawn").Process(
                target=_attack, args=(list(ports.values()), options.dripping, options.idle), daemon=True
            )
            attackers.start()
            try:
                times = asyncio.run(_watch(ports, slack.signing_secret, options.seconds))
            finally:
                attackers.kill()
                attackers.join()
            after = memory(process.running.pid)
    return _show(times, before, after)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _attack(ports: Sequence[int], dripping: int, idle: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    begun = [_BEGINNINGS[number % 2] for number in range(dripping)] + [b""] * idle

    async def attack() -> None:
        await asyncio.gather(*(_hold(port, begin) for port in ports for begin in begun))

    asyncio.run(attack())


async def _watch(ports: dict[str, int], secret: str, seconds: float) -> dict[str, Times]:
    times = {f"/healthz, {name} port": Times() for name in ports} | {"signed event": Times()}
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector) as client:

        def healthy(port: int) -> Callable[[], Awaitable[bool]]:
            async def ask() -> bool:
                async with client.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    return answer.status == 200

            return ask

        async def event() -> bool:
            number = time.time_ns()
            given = {"type": "message", "channel_type": "im", "user": "UANN", "channel": "DANN", "text": "hello"}
            given |= {"ts": f"{number // 10**9}.{number % 10**6:06}", "event_ts": f"{number}"}
            body = json.dumps(
                {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{number}", "event": given}
            ).encode()
            headers = signed_headers(secret, int(time.time()), body, "application/json")
            url = f"http://127.0.0.1:{ports['main']}{EVENTS_PATH}"
            async with client.post(url, data=body, headers=headers) as answer:
                return answer.status == 200

        asking = [
            asyncio.create_task(times[f"/healthz, {name} port"].every(0.1, healthy(port)))
            for name, port in ports.items()
        ]
        asking.append(asyncio.create_task(times["signed event"].every(0.5, event)))
        await asyncio.sleep(seconds)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    return times


async def _hold(port: int, begin: bytes) -> None:
    """Keep one connection open, dripping into it if it was begun, and open it again when it is cut off."""
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(begin)
                while not reader.at_eof():
                    if begin:
                        writer.write(b"a")
                        await writer.drain()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1000), 0.5 if begin else 60)
            finally:
                writer.close()
        await asyncio.sleep(0.5)


def _show(times: dict[str, Times], before: float, after: float) -> int:
    table = Table("Request", "Asked", "Failed", "Median", "Slowest", box=None, pad_edge=False)
    for name, one in times.items():
        middle, slowest = sorted(one.seconds)[len(one.seconds) // 2], max(one.seconds)
        table.add_row(name, str(len(one.seconds)), str(one.failed), f"{middle:.3f} s", f"{slowest:.3f} s")
    console = Console(width=100)
    console.print(table)
    console.print(f"Memory: {before:.0f} MB before, {after:.0f} MB after")
    limits = {name: EVENT_SECONDS if "event" in name else HEALTH_SECONDS for name in times}
    return int(any(one.failed or max(one.seconds) > limits[name] for name, one in times.items()))


if __name__ == "__main__":
    sys.exit(main())
