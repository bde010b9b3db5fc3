"""Deliveries to the app: signed HTTP or Socket Mode, with Slack's deadlines and redeliveries."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.slack_server.clock import Clock
from tests.slack_server.records import Ack, Delivery, Interaction
from tests.slack_server.signing import signed_headers
from tests.slack_server.sockets import Sockets

Json = dict[str, Any]
ACK_SECONDS = 3.0
RETRY_AFTER_SECONDS = (0.0, 60.0, 300.0)
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to hand over. `envelope` is Socket Mode's type: events_api, slash_commands or interactive."""

    kind: str
    id: str
    envelope: str
    payload: Json

    def encoded(self) -> tuple[bytes, str]:
        """The HTTP body and its content type."""
        if self.envelope == "events_api":
            return json.dumps(self.payload).encode(), "application/json"
        if self.envelope == "slash_commands":
            return urlencode(self.payload).encode(), _FORM
        return urlencode({"payload": json.dumps(self.payload)}).encode(), _FORM


class Courier:
    """Carries parcels to the app, and notes every attempt. All of it lives on the server's loop."""

    def __init__(self, clock: Clock, sockets: Sockets, secret: str) -> None:
        self.clock = clock
        self.sockets = sockets
        self.secret = secret
        self.urls: tuple[str, ...] = ()
        self._posts = itertools.count()
        self.deliveries: list[Delivery] = []
        self.under_way = 0
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._envelopes = 0

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` in the background."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up whatever is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def event(self, parcel: Parcel) -> None:
        """Deliver until acknowledged: at once, again at once, after a minute, after five more."""
        self.start(self._event(parcel, self._note(parcel, 0, "")))

    def event_repeatedly(self, parcel: Parcel, times: int) -> None:
        """Deliver the same event `times` times over, whatever the app answers."""
        for number in range(times):
            self.start(self._attempt(parcel, self._note(parcel, number, self._timeout if number else "")))

    def once(self, parcel: Parcel, interaction: Interaction, answered: Callable[[Ack], None]) -> None:
        """Deliver a single time. `answered` runs when the ack came in time, before it shows in `interaction`."""
        self.start(self._once(parcel, interaction, answered, self._note(parcel, 0, "")))

    @property
    def _timeout(self) -> str:
        return "http_timeout" if self.urls else "timeout"

    def _note(self, parcel: Parcel, number: int, reason: str) -> Delivery:
        mode = "http" if self.urls else "socket"
        delivery = Delivery(parcel.kind, parcel.id, number, mode, parcel.payload, self.clock.now(), reason)
        self.deliveries.append(delivery)
        self.under_way += 1
        return delivery

    async def _event(self, parcel: Parcel, delivery: Delivery) -> None:
        await self._attempt(parcel, delivery)
        for number, pause in enumerate(RETRY_AFTER_SECONDS, start=1):
            if delivery.acked_after is not None or delivery.no_retry:
                return
            await self.clock.sleep(pause)
            delivery = self._note(parcel, number, delivery.failure)
            await self._attempt(parcel, delivery)

    async def _once(
        self, parcel: Parcel, interaction: Interaction, answered: Callable[[Ack], None], delivery: Delivery
    ) -> None:
        self.under_way += 1
        try:
            await self._attempt(parcel, delivery)
            if delivery.acked_after is not None and delivery.ack is not None:
                answered(delivery.ack)
        finally:
            self.under_way -= 1
        interaction.acked_after = delivery.acked_after
        interaction.lost = delivery.acked_after is None
        interaction.ack = delivery.ack

    async def _attempt(self, parcel: Parcel, delivery: Delivery) -> None:
        try:
            if delivery.mode == "http":
                await self._post(parcel, delivery)
            else:
                await self._send(parcel, delivery)
        finally:
            delivery.done = True
            self.under_way -= 1

    async def _send(self, parcel: Parcel, delivery: Delivery) -> None:
        self._envelopes += 1
        envelope: Json = {
            "envelope_id": f"envelope-{self._envelopes}",
            "type": parcel.envelope,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.envelope != "events_api",
        }
        if parcel.envelope == "events_api":
            envelope |= {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason}
        delivery.connection, ack, at = await self.sockets.exchange(envelope, delivery.at + ACK_SECONDS)
        if ack is None:
            delivery.failure = "timeout" if delivery.connection else "connection_failed"
            return
        delivery.acked_after = at - delivery.at
        delivery.status = 200
        delivery.ack = Ack(200, ack.get("payload"))

    async def _post(self, parcel: Parcel, delivery: Delivery) -> None:
        body, content_type = parcel.encoded()
        headers = signed_headers(self.secret, int(self.clock.now()), body, content_type)
        if delivery.attempt:
            headers |= {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        url = self.urls[next(self._posts) % len(self.urls)]
        exchange: asyncio.Future[Any] = asyncio.ensure_future(self._exchange(url, body, headers))
        if not await self.clock.within(delivery.at + ACK_SECONDS - self.clock.now(), exchange):
            exchange.cancel()
            delivery.failure = "http_timeout"
            return
        if exchange.exception() is not None:
            delivery.failure = "connection_failed"
            return
        delivery.ack, answer_headers = exchange.result()
        delivery.status = delivery.ack.status
        if 200 <= delivery.ack.status < 300:
            delivery.acked_after = self.clock.now() - delivery.at
        else:
            delivery.failure = "http_error"
            delivery.no_retry = answer_headers.get("X-Slack-No-Retry") == "1"

    async def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[Ack, Mapping[str, str]]:
        if self._session is None:
            # A connection for each request: what the app closes on its side must not look like a failed delivery.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return Ack(answer.status, _decoded(await answer.text(), answer.content_type)), answer.headers


def _decoded(text: str, content_type: str) -> Json | None:
    if not text:
        return None
    if content_type == "application/json":
        decoded = json.loads(text)
        return decoded if isinstance(decoded, dict) else {"text": text}
    return {"text": text}
