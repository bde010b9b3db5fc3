"""What the parts of the stand-in share: the world, the clock, the records, and the rules applied in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.slack_server import inputs, payloads, rules
from tests.slack_server.clock import Clock
from tests.slack_server.delivery import Courier, Parcel
from tests.slack_server.errors import SlackError
from tests.slack_server.faults import Faults, Pace
from tests.slack_server.records import Call, Interaction, Refusal
from tests.slack_server.sockets import Sockets
from tests.slack_server.tickets import Tickets
from tests.slack_server.world import Channel, Message, View, Workspace, default_world

Json = dict[str, Any]

SUBSCRIPTIONS = frozenset(
    "agent_session_stopped app_context_changed "
    "app_home_opened app_mention app_uninstalled member_joined_channel message.channels message.groups message.im "
    "message.mpim tokens_revoked".split()
)


class Platform:
    """State and verbs behind both the Web API and the acts of people. Verbs run on the server's loop."""

    def __init__(self) -> None:
        self.app_id = payloads.APP_ID
        self.app_token = "xapp-1"
        self.signing_secret = "signing-secret"
        self.client_id = "1.2"
        self.client_secret = "client-secret"
        self.rotation = False
        self.subscriptions: set[str] = set(SUBSCRIPTIONS)
        self.world = default_world()
        self.clock = Clock()
        self.faults = Faults()
        self.pace = Pace()
        self.sockets = Sockets(self.clock)
        self.courier = Courier(self.clock, self.sockets, self.signing_secret)
        self.tickets = Tickets()
        self.calls: list[Call] = []
        self.refused: list[Refusal] = []
        self.views: list[View] = []
        self.interactions: list[Interaction] = []
        self.codes: dict[str, Json] = {}
        self.claims: Json = {}
        self.forges_claims = False
        self.last_call = 0.0
        self.calls_under_way = 0
        self.apps: list[Callable[[], int]] = []
        self.base = ""

    def timestamp(self) -> str:
        """A fresh `ts` for now."""
        return self.world.timestamp(self.clock.now())

    def refuse(self, method: str, problems: list[str]) -> None:
        """Note what Slack would not take, for the test to assert that there is none."""
        self.refused.append((method, problems))

    def check_message(self, method: str, args: Mapping[str, Any]) -> None:
        """SlackError if a message breaks Slack's rules."""
        problems = rules.message_problems(args)
        if problems:
            self.refuse(method, problems)
            raise SlackError(_error_for(problems), messages=[f"[ERROR] {problem}" for problem in problems])

    def check_view(self, method: str, view: Any, kind: str | None = None) -> Json:
        """The view, checked and with Slack's ids. SlackError if it breaks Slack's rules."""
        if not isinstance(view, dict):
            raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view"])
        problems = rules.view_problems(view)
        if kind not in (None, view.get("type")):
            problems = [*problems, f"type: a view of type {view.get('type')!r} does not go here, only {kind!r}"]
        if not problems and len(json.dumps(view)) > 250_000:
            problems = ["view_too_large: more than 250 kB"]
        if problems:
            self.refuse(method, problems)
            raise SlackError("invalid_arguments", messages=[f"[ERROR] {problem}" for problem in problems])
        return {**view, "blocks": inputs.with_ids(view["blocks"])}

    def open_view(self, workspace: Workspace, user: str, body: Json, previous: View | None = None) -> View:
        """Show a checked view to somebody."""
        number = self.tickets.number()
        view = View(f"V{number}", self.fresh_hash(), body, user, workspace.team_id, previous)
        self.views.append(view)
        return view

    def fresh_hash(self) -> str:
        """A view's hash, new with each change."""
        return f"{int(self.clock.now())}.{self.tickets.number():08x}"

    def post(self, workspace: Workspace, channel: Channel, args: Mapping[str, Any], **more: Any) -> Message:
        """Store a checked message of the bot and tell the app of it, as Slack does with everyone's."""
        message = self.compose(workspace, channel, args, **more)
        channel.store(message)
        self.announce(workspace, channel, message)
        return message

    def compose(self, workspace: Workspace, channel: Channel, args: Mapping[str, Any], **more: Any) -> Message:
        """A message of the bot from a method's arguments, not stored yet."""
        text = str(args.get("text") or args.get("markdown_text") or "")
        return Message(
            self.timestamp(),
            workspace.team_id,
            channel.id,
            workspace.bot_user,
            text,
            inputs.with_ids(args.get("blocks") or []),
            bot_id=workspace.bot_id,
            thread_ts=args.get("thread_ts") or None,
            metadata=args.get("metadata") or None,
            attachments=list(args.get("attachments") or []),
            **more,
        )

    def announce(self, workspace: Workspace, channel: Channel, message: Message, deliveries: int = 0) -> None:
        """Deliver the events of a message just stored."""
        if workspace.bot_user not in channel.members:
            return
        shared = channel.is_ext_shared
        event = payloads.message_event(message, channel)
        self.publish(workspace, event, deliveries, shared=shared)
        mentioned = f"<@{workspace.bot_user}>" in message.text or f"<@{workspace.bot_user}|" in message.text
        if mentioned and channel.kind != "im" and not message.bot_id:
            person = workspace.users[message.user]
            mention = payloads.mention_event(message, channel, person)
            self.publish(workspace, mention, deliveries, shared=shared)

    def publish(
        self, workspace: Workspace, event: Json, deliveries: int = 0, *, shared: bool = False, always: bool = False
    ) -> str | None:
        """Deliver an event if the app subscribes to its type; gives the event_id."""
        name = event["type"]
        if name == "message":
            suffix = {"channel": "channels", "group": "groups"}.get(event["channel_type"], event["channel_type"])
            name = f"message.{suffix}"
        if not always and name not in self.subscriptions:
            return None
        event_id = f"Ev{self.tickets.number():08d}"
        body = payloads.event_callback(workspace, event, event_id, self.clock.now(), shared=shared)
        parcel = Parcel(event["type"], event_id, "events_api", body)
        if deliveries:
            self.courier.event_repeatedly(parcel, deliveries)
        else:
            self.courier.event(parcel)
        return event_id


def _error_for(problems: list[str]) -> str:
    for start, error in (
        ("no_text", "no_text"),
        ("msg_too_long", "msg_too_long"),
        ("text", "msg_too_long"),
        ("metadata", "invalid_metadata_format"),
        ("attachments", "invalid_attachments"),
    ):
        if problems[0].startswith(start):
            return "invalid_blocks" if problems[0].startswith("text: empty") else error
    return "invalid_blocks"
