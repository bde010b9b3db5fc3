"""What a listener gets: one delivery of Slack's, with its workspace, its person and the ways to answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.slack import modals
from bot.slack.people import Person
from bot.slack.reply import Reply
from bot.slack.text import typed as as_typed
from bot.slack.text import unreadable_value
from bot.workspace.audience import is_direct, seen_by_person
from bot.workspace.workspace import Place, Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """Who did what where. `payload` is Slack's command, event, action, view or shortcut; `body` is all of it."""

    workspace: Workspace
    person: Person
    payload: dict[str, Any]
    body: dict[str, Any]
    reply: Reply
    bot_user: str | None = None

    @property
    def client(self) -> WebClient:
        """Slack's Web API with the workspace's token."""
        return self.reply.client

    @property
    def key(self) -> str:
        """The delivery's key: what is made of the same delivery has the same name."""
        return self.reply.key

    @property
    def user(self) -> str:
        """The id of the person."""
        return self.reply.user

    @property
    def channel(self) -> str:
        """The id of the channel; empty in the Home tab and in windows."""
        return self.reply.channel or ""

    @property
    def thread(self) -> str | None:
        """The `ts` of the thread that a message belongs to, or begins; of the message that has the button."""
        container = self.body.get("container")
        found = container or self.payload
        thread: str | None = found.get("thread_ts") or (None if container else found.get("ts"))
        return thread

    @property
    def place(self) -> Place:
        """Where the person asks, outside any thread."""
        return Place(self.user, self.channel)

    @property
    def text(self) -> str:
        """What the person typed after the command, or wrote in the message."""
        return as_typed(self.written, self.bot_user)

    @property
    def written(self) -> str:
        """Slack's text of what was written, with its markup; where that only forwards a message, of that."""
        text: str = self.payload.get("text") or ""
        if as_typed(text, self.bot_user):
            return text
        attached = [one for one in self.payload.get("attachments") or () if isinstance(one, dict)]
        forwarded = [
            str(one.get("text") or "") for one in attached if one.get("is_share") or one.get("is_msg_unfurl")
        ]
        return "\n".join(one for one in forwarded if one) or text

    @property
    def message_text(self) -> str:
        """What was written in the message that a shortcut is about."""
        return as_typed(self.payload["message"].get("text") or "", self.bot_user)

    @property
    def value(self) -> str:
        """The value of the button that was pressed, or of what was chosen in a menu.

        Raises `InvalidInputError` when there is none.
        """
        chosen = self.payload.get("selected_option")
        value = chosen.get("value") if isinstance(chosen, dict) else self.payload.get("value")
        if not isinstance(value, str) or not value:
            raise unreadable_value()
        return value

    @property
    def values(self) -> dict[str, Any]:
        """What was put into the window, by the names of its boxes."""
        return modals.values(self.payload)

    @property
    def remembered(self) -> dict[str, Any]:
        """What the window remembers of where it was opened."""
        found: dict[str, Any] = json.loads(self.payload["private_metadata"])
        return found

    @property
    def here(self) -> Workspace:
        """The workspace with what an answer to this person, in this place, may show besides what all may see."""
        return seen_by_person(self.workspace, self.client, self.user, self.channel)

    @property
    def language(self) -> str:
        """The language of the answer: that of channels for what is written in one, otherwise the person's own."""
        event = self.body.get("event") or {}
        if not event or event.get("type") == "app_home_opened" or event.get("channel_type") == "im":
            return self.person.language
        return self.workspace.settings.locale

    def language_in(self, channel: str) -> str:
        """Return the language of a message there: the person's in direct messages, the setting's in channels."""
        return self.person.language if is_direct(channel) else self.workspace.settings.locale

    @property
    def may_manage(self) -> bool:
        """Whether the person may add and remove articles and sources."""
        return self.person.may_manage(self.workspace.settings)
