"""What happens in a workspace besides talk: people come, open the app, take it away; any other event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.slack_server import payloads
from tests.slack_server.stage import Stage
from tests.slack_server.world import Channel, Message, User

Json = dict[str, Any]


class Events(Stage):
    """Acts that the app hears of as events."""

    def emit(self, team: str, event: Json, *, deliveries: int = 0) -> str:
        """Deliver any event in its envelope, subscribed to or not; gives the event_id."""

        def act() -> str:
            workspace = self.platform.world.workspaces[team]
            stamped = {"event_ts": self.platform.timestamp(), **event}
            channel = workspace.channels.get(str(event.get("channel")))
            shared = channel is not None and channel.is_ext_shared
            event_id = self.platform.publish(workspace, stamped, deliveries, shared=shared, always=True)
            assert event_id is not None
            return event_id

        return self._do(act)

    def open_home(self, user: str, tab: str = "home") -> None:
        """Open the app's Home (`home`) or Messages (`messages`) tab."""

        def act() -> None:
            workspace = self.platform.world.home_of(user)
            event: Json = {"type": "app_home_opened", "user": user, "channel": workspace.im(user).id, "tab": tab}
            event["event_ts"] = self.platform.timestamp()
            shown = workspace.homes.get(user)
            if tab == "home" and shown is not None:
                event["view"] = payloads.view(workspace, shown)
            self.platform.publish(workspace, event)

        self._do(act)

    def edit(self, user: str, message: Message, text: str) -> None:
        """Change one's own message: `message` with subtype message_changed."""

        def act() -> None:
            assert message.user == user, f"{user} cannot edit what {message.user} said"
            previous = payloads.message(message)
            message.text, message.edited = text, {"user": user, "ts": self.platform.timestamp()}
            self._changed(message, "message_changed", {"message": payloads.message(message), "previous": previous})

        self._do(act)

    def unsay(self, user: str, message: Message) -> None:
        """Delete one's own message: `message` with subtype message_deleted."""

        def act() -> None:
            assert message.user == user, f"{user} cannot delete what {message.user} said"
            message.deleted = True
            previous = payloads.message(message)
            self._changed(message, "message_deleted", {"deleted_ts": message.ts, "previous": previous})

        self._do(act)

    def _changed(self, message: Message, subtype: str, fields: Json) -> None:
        workspace = self.platform.world.holder_of(message.channel)
        channel = workspace.channels[message.channel]
        fields["previous_message"] = fields.pop("previous")
        ts = self.platform.timestamp()
        event = {"type": "message", "subtype": subtype, "channel": channel.id, "channel_type": channel.kind}
        if workspace.bot_user in channel.members:
            self.platform.publish(workspace, event | fields | {"hidden": True, "ts": ts, "event_ts": ts})

    def react(self, user: str, message: Message, name: str) -> None:
        """React to a message with an emoji; the app hears of it if it subscribes to reaction_added."""

        def act() -> None:
            workspace = self.platform.world.home_of(user)
            message.reactions.setdefault(name, []).append(user)
            item = {"type": "message", "channel": message.channel, "ts": message.ts}
            event = {"type": "reaction_added", "user": user, "reaction": name, "item": item}
            event |= {"item_user": message.user, "event_ts": self.platform.timestamp()}
            self.platform.publish(workspace, event)

        self._do(act)

    def join(self, user: str, channel: str) -> None:
        """Let somebody, the bot too, join a channel; the app hears of it if the bot is in."""

        def act() -> None:
            workspace = self.platform.world.home_of(user)
            found = workspace.channels[channel]
            if user in found.members:
                return
            found.members.append(user)
            if workspace.bot_user not in found.members:
                return
            event = {"type": "member_joined_channel", "user": user, "channel": channel, "team": workspace.team_id}
            event["channel_type"] = "C" if found.kind == "channel" else "G"
            event["event_ts"] = self.platform.timestamp()
            self.platform.publish(workspace, event)

        self._do(act)

    def leave(self, user: str, channel: str) -> None:
        """Let somebody, the bot too, leave a channel."""
        self._do(lambda: self.platform.world.home_of(user).channels[channel].members.remove(user))

    def uninstall(self, team: str) -> None:
        """Remove the app from a workspace: its token dies, tokens_revoked and app_uninstalled arrive."""

        def act() -> None:
            workspace = self.platform.world.workspaces[team]
            for token in self.platform.world.tokens.values():
                token.revoked = token.revoked or token.team_id == team
            revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [workspace.bot_user]}}
            for event in (revoked, {"type": "app_uninstalled"}):
                self.platform.publish(workspace, event | {"event_ts": self.platform.timestamp()})

        self._do(act)

    def authorize(
        self, url: str, *, team: str = "T2", user: str = "UZOE", whole_organisation: bool = False
    ) -> str:
        """Click "Allow" at the authorization `url` that the app made; gives the URL that Slack sends back to.

        `whole_organisation`: for every workspace of the Enterprise Grid organisation that the team is in.
        """

        def act() -> str:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            assert asked.get("client_id") == self.platform.client_id, f"client_id is {asked.get('client_id')!r}"
            scopes = [scope for scope in asked.get("scope", "").split(",") if scope]
            code = f"code-{self.platform.tickets.number()}"
            redirect = asked.get("redirect_uri")
            self.platform.codes[code] = {
                "team": team,
                "user": user,
                "scopes": scopes,
                "redirect_uri": redirect,
                "nonce": asked.get("nonce"),
                "used": False,
                "whole_organisation": whole_organisation,
            }
            return f"{redirect or ''}?{urlencode({'code': code, 'state': asked.get('state', '')})}"

        return self._do(act)

    def add_user(self, team: str, user: str, *, channels: Iterable[str] | None = None, **flags: Any) -> User:
        """Add somebody to a workspace and to `channels`, by default the public ones. Flags are those of `User`."""

        def act() -> User:
            workspace = self.platform.world.workspaces[team]
            added = workspace.add_user(user, **flags)
            public = [one.id for one in workspace.channels.values() if one.kind == "channel"]
            for name in public if channels is None else channels:
                workspace.channels[name].members.append(user)
            return added

        return self._do(act)

    def add_channel(
        self, team: str, channel: str, *, kind: str = "channel", members: Iterable[str] = ()
    ) -> Channel:
        """Add a channel, group or mpim; name the bot among `members` if it is to be in."""
        return self._do(lambda: self.platform.world.workspaces[team].add_channel(channel, kind, members))

    def im(self, user: str) -> str:
        """The id of somebody's conversation with the bot."""
        return self._do(lambda: self.platform.world.home_of(user).im(user).id)
