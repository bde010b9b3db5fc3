"""A Web API call as a method sees it: who calls, with what, and what that lets them do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.slack_server.errors import SlackError
from tests.slack_server.platform import Platform
from tests.slack_server.world import Channel, Message, User, Workspace

Json = dict[str, Any]
_STRUCTURED = ("blocks", "attachments", "view", "metadata", "prompts", "files", "chunks", "loading_messages")


@dataclass(slots=True)
class Request:
    """One call, already authenticated unless the method takes no token."""

    method: str
    platform: Platform
    args: Json
    token: str | None
    workspace_or_none: Workspace | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace that the token is of."""
        if self.workspace_or_none is None:
            raise SlackError("not_authed")
        return self.workspace_or_none

    def text(self, name: str) -> str:
        """A required argument. SlackError if it is missing or empty."""
        value = self.args.get(name)
        if value is None or value == "":
            raise SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])
        return str(value)

    def flag(self, name: str) -> bool:
        """An optional truth value, however spelled."""
        return str(self.args.get(name) or "").lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        """An optional whole number."""
        value = self.args.get(name)
        try:
            return default if value in (None, "") else int(str(value))
        except ValueError:
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be an integer: {name}"]) from None

    def need(self, scope: str) -> None:
        """SlackError unless the token has this scope."""
        granted = self.workspace.scopes
        if scope not in granted:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(granted)))

    def channel(self, name: str = "channel") -> Channel:
        """The conversation an argument names, if the token may know of it."""
        found = self.workspace.channels.get(self.text(name))
        if found is None or (found.kind != "channel" and self.workspace.bot_user not in found.members):
            raise SlackError("channel_not_found")
        return found

    def destination(self) -> Channel:
        """Where to post: a conversation, or a user's with the bot; SlackError if the bot may not."""
        named = self.text("channel")
        if named in self.workspace.users and named != self.workspace.bot_user:
            return self.workspace.im(named)
        found = self.channel()
        if found.is_archived:
            raise SlackError("is_archived")
        if self.workspace.bot_user not in found.members and "chat:write.public" not in self.workspace.scopes:
            raise SlackError("not_in_channel")
        return found

    def joined(self, name: str = "channel") -> Channel:
        """A conversation that the bot is in."""
        found = self.channel(name)
        if self.workspace.bot_user not in found.members:
            raise SlackError("not_in_channel")
        return found

    def person(self, name: str) -> User:
        """The user an argument names."""
        found = self.workspace.users.get(self.text(name))
        if found is None:
            raise SlackError("user_not_found")
        return found

    def own(self, channel: Channel, error: str) -> Message:
        """The bot's own message that `ts` names. SlackError(`error`) if it is somebody else's."""
        message = channel.find(self.text("ts"))
        if message is None:
            raise SlackError("message_not_found")
        if message.bot_id != self.workspace.bot_id:
            raise SlackError(error)
        return message

    def refuse(self, error: str, problem: str) -> SlackError:
        """Note a problem that Slack itself would pass over or only hint at; the error to raise."""
        self.platform.refuse(self.method, [problem])
        return SlackError(error, messages=[f"[ERROR] {problem}"])


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method. `caller` is whose token it takes: bot, app or none; methods may need more than `scope`."""

    run: Callable[[Request], Json]
    scope: str | None
    caller: str


METHODS: dict[str, Method] = {}
Run = Callable[[Request], Json]


def method(name: str, scope: str | None = None, *, caller: str = "bot") -> Callable[[Run], Run]:
    """Offer the decorated function under this name."""

    def offer(run: Run) -> Run:
        METHODS[name] = Method(run, scope, caller)
        return run

    return offer


async def arguments(request: web.Request) -> Json:
    """The call's arguments, decoded from whichever body it has."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return args | body
    if request.content_type == "multipart/form-data":
        args |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    else:
        args |= dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    for name in _STRUCTURED:
        if isinstance(args.get(name), str):
            args[name] = _structure(name, args[name])
    return args


def _structure(name: str, text: str) -> Any:
    if not text or (name == "loading_messages" and text[0] != "["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise SlackError(
            "invalid_blocks_format" if name == "blocks" else "invalid_arguments",
            messages=[f"[ERROR] {name} is not valid JSON"],
        ) from None
