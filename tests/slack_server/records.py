"""What the stand-in writes down for a test to look at. All of it grows only, and is safe to read at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.slack_server.world import Message, View

Json = dict[str, Any]


@dataclass(slots=True)
class Call:
    """A Web API call that reached Slack. `status` is 0 where the connection was dropped instead of answered."""

    method: str
    args: Json
    team: str | None
    at: float
    response: Json
    status: int

    @property
    def ok(self) -> bool:
        """Whether Slack answered that it was done."""
        return self.status == 200 and self.response.get("ok") is True


@dataclass(slots=True)
class Ack:
    """The app's answer to a delivery: the HTTP status (200 over Socket Mode) and the decoded body, if any."""

    status: int
    body: Json | None = None


@dataclass(slots=True)
class Delivery:
    """One attempt to hand something to the app.

    `kind` is the event's type, `command`, or the interaction's type; `id` the event_id or trigger_id; `attempt`
    0 for the first; `mode` `socket` or `http`; `connection` the number of the socket it went to; `status`
    the app's HTTP status (200 for a Socket Mode ack), None without an answer; `acked_after` in seconds, None if
    the ack came late, never, or with another status than 2xx; `reason` says why this is a redelivery, `failure`
    why this attempt failed.
    """

    kind: str
    id: str
    attempt: int
    mode: str
    payload: Json
    at: float
    reason: str = ""
    failure: str = ""
    no_retry: bool = False
    connection: int | None = None
    acked_after: float | None = None
    status: int | None = None
    ack: Ack | None = None
    done: bool = False


@dataclass(slots=True)
class Interaction:
    """Somebody used the app: pressed, submitted, chose a shortcut.

    `ack` stays None until the app acknowledges in time, and `lost` becomes True when it has not.
    `responses` are the payloads posted to `response_url`, `shown` the messages that came of them or of the ack,
    `opened` the modals opened with `trigger_id` or pushed by the ack.
    """

    payload: Json
    user: str
    trigger_id: str
    response_url: str = ""
    ack: Ack | None = None
    acked_after: float | None = None
    lost: bool = False
    responses: list[Json] = field(default_factory=list)
    shown: list[Message] = field(default_factory=list)
    opened: list[View] = field(default_factory=list)

    @property
    def errors(self) -> dict[str, str]:
        """What a submission's ack says is wrong, by block_id."""
        body = (self.ack.body if self.ack else None) or {}
        return dict(body.get("errors") or {}) if body.get("response_action") == "errors" else {}


class CommandRun(Interaction):
    """Somebody typed a slash command."""


Refusal = tuple[str, list[str]]
