"""The stand-in as a test uses it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from tests.slack_server.acts import Acts
from tests.slack_server.clock import Clock
from tests.slack_server.events import Events
from tests.slack_server.faults import Fault
from tests.slack_server.forging import Forging
from tests.slack_server.looks import Looks
from tests.slack_server.modals import Modals
from tests.slack_server.signing import signed_headers


class SlackServer(Acts, Modals, Forging, Events, Looks):
    """A Slack with two workspaces on a free port of 127.0.0.1. Use it as a context manager."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The base URL for a WebClient."""
        return self.platform.base + "api/"

    @property
    def authorize_url(self) -> str:
        """An authorization URL for OAuth settings; give what the app makes of it to `authorize`."""
        return self.platform.base + "oauth/v2/authorize"

    @property
    def app_id(self) -> str:
        """The app's id."""
        return self.platform.app_id

    @property
    def app_token(self) -> str:
        """The app-level token for Socket Mode."""
        return self.platform.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that signs HTTP requests."""
        return self.platform.signing_secret

    @property
    def client_id(self) -> str:
        """The app's OAuth client id."""
        return self.platform.client_id

    @property
    def client_secret(self) -> str:
        """The app's OAuth client secret."""
        return self.platform.client_secret

    def claim(self, *, forged: bool = False, **claims: Any) -> None:
        """From now on put these claims into id tokens; `forged`: sign them with a key that isn't published."""
        self.platform.claims, self.platform.forges_claims = claims, forged

    @property
    def rotation(self) -> bool:
        """Whether tokens granted from now on expire after twelve hours and come with a refresh token."""
        return self.platform.rotation

    @rotation.setter
    def rotation(self, on: bool) -> None:
        self.platform.rotation = on

    @property
    def subscriptions(self) -> set[str]:
        """The events that acts deliver, by their names in a manifest; `emit` delivers others too."""
        return self.platform.subscriptions

    @property
    def clock(self) -> Clock:
        """Slack's clock, which `advance` moves."""
        return self.platform.clock

    def deliver_over_http(self, *urls: str) -> None:
        """From now on send signed HTTP requests to these, in turn, instead of using Socket Mode."""
        self._do(lambda: setattr(self.platform.courier, "urls", urls))

    def deliver_over_sockets(self) -> None:
        """From now on use Socket Mode again."""
        self._do(lambda: setattr(self.platform.courier, "urls", ()))

    def signed_request(
        self,
        body: bytes,
        *,
        content_type: str = "application/json",
        secret: str | None = None,
        timestamp: int | None = None,
    ) -> dict[str, str]:
        """The headers with which Slack would send `body`, or a forger with another secret or time."""
        moment = int(self.clock.now()) if timestamp is None else timestamp
        return signed_headers(secret or self.signing_secret, moment, body, content_type)

    def fail(
        self,
        target: str,
        *,
        status: int = 200,
        retry_after: int | None = None,
        error: str | None = None,
        drop: str | None = None,
        times: int = 1,
    ) -> None:
        """Let the next `times` calls of a method fail, of `response_url`, or of any (`*`).

        Either with a `status` (429 with `retry_after` seconds, 500, 503), with an `error` in a 200, or by dropping
        the connection `before` or `after` the call takes effect.
        """
        assert status != 200 or error or drop, "say how it should fail: status, error or drop"
        self.platform.faults.add(Fault(target, status, retry_after, error, drop, times=times))

    def slow(self, target: str, seconds: float, *, times: int = 1) -> None:
        """Let the next `times` calls take effect at once but be answered `seconds` (of real time) later."""
        self.platform.faults.add(Fault(target, slow=seconds, times=times))

    def heal(self) -> None:
        """Forget the faults and paces asked for."""
        self.platform.faults.clear()
        self.platform.pace.limits.clear()

    def pace(self, channel: str, per_second: float) -> None:
        """Answer 429 to chat.postMessage faster than this in a channel."""
        self.platform.pace.limits[channel] = per_second

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app, in order, to replace its Socket Mode connections (`refresh_requested` or `warning`)."""

        async def start() -> None:
            self.platform.courier.start(self.platform.sockets.disconnect(reason))
            await asyncio.sleep(0)

        self._await(start())

    def ping_sockets(self) -> None:
        """Send a ping over every Socket Mode connection, as Slack does from time to time."""
        self._await(self.platform.sockets.ping())

    def drop_sockets(self) -> None:
        """Cut the app's Socket Mode connections without a word."""
        self._do(self.platform.sockets.drop)
