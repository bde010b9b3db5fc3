"""How an act becomes a delivery, and how the app may answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tests.slack_server import inputs, payloads
from tests.slack_server.delivery import Parcel
from tests.slack_server.records import Ack, Interaction
from tests.slack_server.stage import Stage
from tests.slack_server.tickets import Hook
from tests.slack_server.world import Channel, File, Message, User, View, Workspace

Json = dict[str, Any]
Made = TypeVar("Made", bound=Interaction)


class Hands(Stage):
    """What acts have in common. All of it runs on the server's loop."""

    def _place(self, user: str, channel: str) -> tuple[Workspace, Channel]:
        workspace = self.platform.world.home_of(user)
        if channel == "D" + user:
            workspace.im(user)
        assert channel in workspace.channels, f"there is no channel {channel} in {workspace.team_id}"
        found = workspace.channels[channel]
        assert user in found.members, f"{user} is not in {channel}, only {found.members}"
        return workspace, found

    def _interaction(
        self, make: type[Made], payload: Json, workspace: Workspace, user: str, view: View | None = None
    ) -> Made:
        now = self.platform.clock.now()
        trigger = self.platform.tickets.trigger(workspace, user, now, view)
        payload["trigger_id"] = trigger.id
        return make(payload, user, trigger.id, opened=trigger.opened)

    def _hook(
        self, workspace: Workspace, channel: Channel, person: User, interaction: Interaction, kind: str
    ) -> Hook:
        hook_id = f"{workspace.team_id}-{self.platform.tickets.number()}"
        hook = Hook(hook_id, workspace, channel, person, interaction, self.platform.clock.now())
        self.platform.tickets.hooks[hook_id] = hook
        interaction.response_url = f"{self.platform.base}{kind}/{hook_id}"
        interaction.payload["response_url"] = interaction.response_url
        return hook

    def _into_message(
        self, body: Json, interaction: Interaction, workspace: Workspace, person: User, message: Message
    ) -> None:
        """Add to an interaction's payload which message it happened in."""
        channel = workspace.channels[message.channel]
        assert person.id in channel.members, f"{person.id} is not in {channel.id}"
        assert message.ephemeral_to in (None, person.id), f"only {message.ephemeral_to} sees this message"
        body |= payloads.in_message(message, channel)
        self._hook(workspace, channel, person, interaction, "actions").original = message

    def _send(
        self, kind: str, envelope: str, interaction: Interaction, answered: Callable[[Ack], None] | None = None
    ) -> None:
        self.platform.interactions.append(interaction)
        parcel = Parcel(kind, interaction.trigger_id, envelope, interaction.payload)
        self.platform.courier.once(parcel, interaction, answered or (lambda ack: None))

    def _made_from(self, payload: Interaction | Mapping[str, Any]) -> Message:
        if isinstance(payload, Interaction):
            assert payload.shown, "nothing was shown in answer to this interaction"
            return payload.shown[-1]
        for interaction in self.platform.interactions:
            for message in interaction.shown:
                if message.source is payload:
                    return message
        for workspace in self.platform.world.workspaces.values():
            for channel in workspace.channels.values():
                for message in [*channel.messages, *channel.ephemerals]:
                    if message.source is payload:
                        return message
        raise AssertionError("no message was made from this payload, or another one has replaced it")

    def _file(self, workspace: Workspace, channel: Channel, user: str, name: str, content: bytes) -> File:
        file_id = f"F{self.platform.tickets.number():06d}"
        file = File(file_id, workspace.team_id, user, name, len(content), name, content, True, [channel.id])
        workspace.files[file_id] = file
        return file


def check_open(user: str, view: View) -> None:
    assert view.is_open, f"view {view.id} was closed"
    assert view.user == user, f"view {view.id} is open for {view.user} only"


def blocks_of(message: Message) -> list[Json]:
    assert not message.deleted, f"message {message.ts} was deleted"
    attached = [
        block for attachment in message.attachments for block in inputs.with_ids(attachment.get("blocks", []))
    ]
    return [*message.blocks, *attached]
