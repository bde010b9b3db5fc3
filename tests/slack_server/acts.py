"""What people do in Slack: say, command, press, use shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.slack_server import inputs, payloads
from tests.slack_server.hands import Hands, blocks_of, check_open
from tests.slack_server.records import CommandRun, Interaction
from tests.slack_server.responses import acknowledged
from tests.slack_server.world import Message, View

Json = dict[str, Any]
Holder = Message | View | Interaction | Mapping[str, Any]


class Acts(Hands):
    """Each act does what Slack would and returns at once; the app hears of it in the background."""

    def say(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        deliveries: int = 0,
        files: Mapping[str, bytes] | None = None,
    ) -> Message:
        """Post a message as somebody. `text` is as Slack sends it: escaped, mentions as `<@U…>`.

        With `deliveries` its events come that many times, whatever the app answers. `files` are contents by name.
        """

        def act() -> Message:
            workspace, found = self._place(user, channel)
            assert thread_ts is None or found.find(thread_ts), f"there is no message {thread_ts} in {channel}"
            ts = self.platform.timestamp()
            message = Message(ts, workspace.users[user].team_id, channel, user, text, thread_ts=thread_ts)
            if files:
                base = self.platform.base
                message.files = [
                    payloads.file(self._file(workspace, found, user, name, content), base)
                    for name, content in files.items()
                ]
            words = [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]
            if text:
                message.blocks = [{"type": "rich_text", "block_id": f"said{ts}", "elements": words}]
            found.store(message)
            self.platform.announce(workspace, found, message, deliveries)
            return message

        return self._do(act)

    def command(self, user: str, channel: str, name: str, text: str = "") -> CommandRun:
        """Type a slash command into a channel (never into a thread)."""

        def act() -> CommandRun:
            workspace, found = self._place(user, channel)
            person = workspace.users[user]
            body = payloads.command(workspace, found, person, name, text)
            run = self._interaction(CommandRun, body, workspace, user)
            hook = self._hook(workspace, found, person, run, "commands")
            self._send("command", "slash_commands", run, lambda ack: acknowledged(self.platform, hook, ack))
            return run

        return self._do(act)

    def press(
        self,
        user: str,
        holder: Holder,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
        nth: int = 0,
    ) -> Interaction:
        """Press or choose something in a message, an ephemeral one too, or in a view.

        `holder` may also be an interaction, for what it has shown last, or the payload that made a message.

        `value` says what is chosen: an option's value, a date, a text; `positive` or `negative` for feedback.
        """

        def act() -> Interaction:
            shown = holder if isinstance(holder, Message | View) else self._made_from(holder)
            blocks = shown.body["blocks"] if isinstance(shown, View) else blocks_of(shown)
            block, element = inputs.find(blocks, action_id, block_id, nth)
            workspace = self.platform.world.home_of(user)
            if inputs.is_kept(element):
                shown.state.setdefault(block["block_id"], {})[action_id] = value
            action = inputs.action(block, element, value, self.platform.timestamp())
            body = payloads.interaction("block_actions", workspace, workspace.users[user])
            view = shown if isinstance(shown, View) else None
            pressed = self._interaction(Interaction, body, workspace, user, view)
            if isinstance(shown, View):
                check_open(user, shown)
                body |= {"container": {"type": "view", "view_id": shown.id}}
                body["view"] = payloads.view(workspace, shown)
            else:
                self._into_message(body, pressed, workspace, workspace.users[user], shown)
            body["actions"] = [action]
            self._send("block_actions", "interactive", pressed)
            return pressed

        return self._do(act)

    def shortcut(self, user: str, message: Message, callback_id: str) -> Interaction:
        """Use a message shortcut."""

        def act() -> Interaction:
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("message_action", workspace, workspace.users[user])
            used = self._interaction(Interaction, body, workspace, user)
            self._into_message(body, used, workspace, workspace.users[user], message)
            for key in ("container", "state"):
                del body[key]
            body |= {"callback_id": callback_id, "message_ts": message.ts}
            body["action_ts"] = self.platform.timestamp()
            self._send("message_action", "interactive", used)
            return used

        return self._do(act)

    def global_shortcut(self, user: str, callback_id: str) -> Interaction:
        """Use a shortcut that belongs to no message."""

        def act() -> Interaction:
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("shortcut", workspace, workspace.users[user])
            used = self._interaction(Interaction, body, workspace, user)
            body |= {"callback_id": callback_id, "action_ts": self.platform.timestamp()}
            self._send("shortcut", "interactive", used)
            return used

        return self._do(act)
