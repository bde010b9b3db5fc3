"""What Slack's own client would never send: presses and windows with values that somebody made up."""

from __future__ import annotations

from typing import Any

from tests.slack_server import payloads
from tests.slack_server.hands import Hands
from tests.slack_server.records import Ack, Interaction
from tests.slack_server.responses import submitted
from tests.slack_server.world import View

Json = dict[str, Any]


class Forging(Hands):
    """Acts with forged content. The envelope is Slack's: who, in which workspace, cannot be made up."""

    def forge_press(self, user: str, channel: str, action_id: str, value: str) -> Interaction:
        """Press a button with any action_id and value, under a message of the bot's in the channel."""

        def act() -> Interaction:
            workspace, found = self._place(user, channel)
            carrier = self.platform.compose(workspace, found, {"text": "forged"})
            found.store(carrier)
            body = payloads.interaction("block_actions", workspace, workspace.users[user])
            pressed = self._interaction(Interaction, body, workspace, user)
            self._into_message(body, pressed, workspace, workspace.users[user], carrier)
            body["actions"] = [self._action(action_id, value)]
            self._send("block_actions", "interactive", pressed)
            return pressed

        return self._do(act)

    def forge_press_in_view(self, user: str, action_id: str, value: str) -> Interaction:
        """Press a button with any action_id and value, in a window of the bot's."""

        def act() -> Interaction:
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("block_actions", workspace, workspace.users[user])
            view = self._view(user, "forged", "")
            pressed = self._interaction(Interaction, body, workspace, user, view)
            body |= {"container": {"type": "view", "view_id": view.id}, "view": payloads.view(workspace, view)}
            body["actions"] = [self._action(action_id, value)]
            self._send("block_actions", "interactive", pressed)
            return pressed

        return self._do(act)

    def forge_submission(self, user: str, callback_id: str, metadata: str, values: Json) -> Interaction:
        """Submit a window with any callback_id and private_metadata; `values` are by block_id and action_id."""

        def act() -> Interaction:
            workspace = self.platform.world.home_of(user)
            view = self._view(user, callback_id, metadata)
            body = payloads.interaction("view_submission", workspace, workspace.users[user])
            sent = self._interaction(Interaction, body, workspace, user, view)
            body |= {"response_urls": [], "view": payloads.view(workspace, view, values)}

            def answered(ack: Ack) -> None:
                submitted(self.platform, workspace, sent, view, ack)

            self._send("view_submission", "interactive", sent, answered)
            return sent

        return self._do(act)

    def forge_search(self, user: str, action_id: str, typed: str) -> Interaction:
        """Type into a search menu with any action_id, in a window of the bot's."""

        def act() -> Interaction:
            workspace = self.platform.world.home_of(user)
            body = payloads.interaction("block_suggestion", workspace, workspace.users[user])
            view = self._view(user, "forged", "")
            body |= {"action_id": action_id, "block_id": "forged", "value": typed}
            body |= {"container": {"type": "view", "view_id": view.id}, "view": payloads.view(workspace, view)}
            sent = Interaction(body, user, "")
            self._send("block_suggestion", "interactive", sent)
            return sent

        return self._do(act)

    def forge_shortcut(self, user: str, channel: str, named: str, callback_id: str, text: str) -> Interaction:
        """Use a message shortcut on a message in one's own channel, with another channel's id in its place."""

        def act() -> Interaction:
            workspace, found = self._place(user, channel)
            message = self.platform.compose(workspace, found, {"text": text})
            found.store(message)
            body = payloads.interaction("message_action", workspace, workspace.users[user])
            used = self._interaction(Interaction, body, workspace, user)
            self._into_message(body, used, workspace, workspace.users[user], message)
            body |= {"callback_id": callback_id, "message_ts": message.ts, "channel": {"id": named, "name": "x"}}
            self._send("message_action", "interactive", used)
            return used

        return self._do(act)

    def _action(self, action_id: str, value: str) -> Json:
        made = {"type": "button", "block_id": "forged", "action_id": action_id, "value": value}
        return {**made, "action_ts": self.platform.timestamp()}

    def _view(self, user: str, callback_id: str, metadata: str) -> View:
        title = {"type": "plain_text", "text": "Forged"}
        body: Json = {"type": "modal", "callback_id": callback_id, "title": title, "blocks": []}
        workspace = self.platform.world.home_of(user)
        return self.platform.open_view(workspace, user, {**body, "private_metadata": metadata})
