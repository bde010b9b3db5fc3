"""Answer one delivery of Slack's: each message is posted once, however often the delivery is tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

import structlog
from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.locale.texts import gettext as _
from bot.slack import notes
from bot.slack.messages import direct_channel, post, respond, retry_after, whisper
from bot.slack.text import Block, Message

_LATE = frozenset(
    "expired_trigger_id trigger_expired exchanged_trigger_id trigger_exchanged invalid_trigger_id".split()
)
_EYES = "eyes"
_log = structlog.get_logger("topicbot.reply")


@dataclass(frozen=True, slots=True)
class Reply:
    """The ways to answer one delivery. `key` names it; with `again` an earlier try may have answered already.

    `last` says that it isn't tried again. `response_url` is Slack's reply address, where there is one.
    """

    client: WebClient
    body: dict[str, Any]
    key: str
    user: str
    channel: str | None
    response_url: str | None
    again: bool = False
    last: bool = False

    @classmethod
    def to(cls, context: BoltContext, body: dict[str, Any], client: WebClient) -> Reply:
        """Return the reply to what Bolt hands to a listener."""
        return cls(
            client=client,
            body=body,
            key=str(context.get("key") or ""),
            user=context.user_id or "",
            channel=context.channel_id,
            response_url=context.response_url,
            again=bool(context.get("again")),
            last=bool(context.get("last")),
        )

    def privately(self, message: Message) -> None:
        """Show it to the person alone: by the reply address, in the thread, or in their direct messages."""
        event = self.body.get("event") or {}
        thread = event.get("thread_ts") or (event.get("ts") if event.get("type") == "app_mention" else None)
        if self.response_url:
            respond(self.response_url, message)
        elif not self.user and self.channel:  # a workflow's message is nobody's: nobody else would see it
            self.post(self.channel, message, thread=thread)
        elif event.get("channel_type") == "im":
            self.post(event["channel"], message, thread=event.get("thread_ts") or event["ts"])
        elif self.channel and event.get("type") in ("app_mention", "message"):
            whisper(self.client, self.channel, self.user, message, thread=thread)
        else:
            self.directly(message)

    def post(self, channel: str, message: Message, *, thread: str | None = None) -> str:
        """Post it to the channel or the thread; return its `ts`."""
        ts = (self.body.get("event") or {}).get("ts")
        since = datetime.fromtimestamp(float(ts), UTC) if ts and thread else None
        return post(self.client, channel, message, self.key, thread=thread, again=self.again, since=since)

    def directly(self, message: Message) -> None:
        """Post it in the person's direct messages."""
        self.post(direct_channel(self.client, self.user), message)

    def respond(self, message: Message, *, replace: bool = False) -> None:
        """Answer by the reply address, to the person alone; with `replace` in place of what they acted on."""
        respond(self.response_url or "", message, replace_original=replace)

    def by_address(self, url: str | None, message: Message) -> None:
        """Answer by the reply address that a window remembers, or without one in direct messages."""
        if url:
            respond(url, message)
        else:
            self.directly(message)

    def to_all(self, message: Message) -> None:
        """Show it to the whole channel: as a message of the bot where it is a member, otherwise as a reply."""
        try:
            self.post(self.channel or "", message)
        except SlackApiError as error:
            if error.response.get("error") not in ("not_in_channel", "channel_not_found", "is_archived"):
                raise
            respond(self.response_url or "", message, response_type="in_channel")

    def open(self, view: Block) -> None:
        """Open a window; when Slack's 3 seconds are over, say so instead."""
        try:
            self.client.views_open(trigger_id=self.body["trigger_id"], view=view)
        except SlackApiError as error:
            if error.response.get("error") not in _LATE:
                raise
            if self.again and "exchanged" in error.response["error"]:
                return  # an earlier try opened it
            self.privately(notes.too_late())

    @contextmanager
    def eyes(self, channel: str, ts: str) -> Iterator[None]:
        """👀 on the message during the work, and as long as another try is to come."""
        _courtesy(self.client.reactions_add, channel=channel, timestamp=ts, name=_EYES)
        try:
            yield
        except Exception as error:
            if retry_after(error) is None or self.last:
                _courtesy(self.client.reactions_remove, channel=channel, timestamp=ts, name=_EYES)
            raise
        _courtesy(self.client.reactions_remove, channel=channel, timestamp=ts, name=_EYES)

    def suggest(self, channel: str, title: str, prompts: Sequence[dict[str, str]]) -> None:
        """Show prompts above the Messages tab."""
        _courtesy(
            self.client.assistant_threads_setSuggestedPrompts, channel_id=channel, title=title, prompts=prompts
        )

    @contextmanager
    def working(self, channel: str, thread: str) -> Iterator[None]:
        """Say under the thread that the bot is searching, with Slack's stop button, as long as the work takes."""
        self.session(channel, thread, "processing")
        self.status(channel, thread)
        try:
            yield
        finally:
            self.session(channel, thread, "active")

    def session(self, channel: str, thread: str, status: str) -> None:
        """Set the status of the agent session in the thread: "processing", with a stop button, or "active"."""
        _courtesy(self.client.agents_sessions_setStatus, channel_id=channel, thread_ts=thread, status=status)

    def status(self, channel: str, thread: str) -> None:
        """Say under the thread that the bot is searching; Slack removes it with the answer."""
        _courtesy(
            self.client.assistant_threads_setStatus,
            channel_id=channel,
            thread_ts=thread,
            status=_("is looking through the articles…"),
        )


def _courtesy(method: Any, **arguments: Any) -> None:
    """Call Slack for something that no answer may wait for or fail with."""
    try:
        method(**arguments)
    except SlackApiError as error:
        if error.response.get("error") not in ("already_reacted", "no_reaction"):
            _log.warning("a courtesy failed", reason=error.response.get("error"))
    except (OSError, HTTPException) as error:
        _log.warning("a courtesy failed", reason=type(error).__name__)
