"""The workspaces, people, channels and messages that the stand-in keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SCOPES = frozenset(
    "app_mentions:read assistant:write channels:history channels:read chat:write commands files:read files:write "
    "groups:history groups:read im:history im:read im:write mpim:history mpim:read reactions:read reactions:write "
    "users:read".split()
)


@dataclass(slots=True)
class User:
    """A person or a bot. `team_id` is the home workspace, another one's for a Slack Connect stranger."""

    id: str
    team_id: str
    name: str
    tz: str = "Europe/London"
    tz_offset: int = 0
    locale: str = "en-GB"
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    deleted: bool = False
    teams: list[str] = field(default_factory=list)
    """Its workspaces in an organisation; empty outside one."""


@dataclass(slots=True)
class Message:
    """A message as stored. `ephemeral_to` names the only reader, if there is one.

    `reactions` are the users by name of the reaction, `state` the choices made in its inputs,
    `source` the payload it was made from, `streaming` whether a stream is still open.
    """

    ts: str
    team_id: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    bot_id: str | None = None
    thread_ts: str | None = None
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: Json | None = None
    files: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    ephemeral_to: str | None = None
    deleted: bool = False
    streaming: bool = False
    broadcast: bool = False
    state: Json = field(default_factory=dict)
    source: Json | None = None


@dataclass(slots=True)
class View:
    """A modal or a Home tab as last opened, updated or published."""

    id: str
    hash: str
    body: Json
    user: str
    team_id: str
    previous: View | None = None
    is_open: bool = True
    state: Json = field(default_factory=dict)

    @property
    def callback_id(self) -> str:
        """The app's name for this kind of view."""
        return str(self.body.get("callback_id") or "")


@dataclass(slots=True)
class Channel:
    """A conversation. `kind` is channel, group, im or mpim, as in the names of scopes without the plural."""

    id: str
    name: str
    kind: str = "channel"
    members: list[str] = field(default_factory=list)
    is_ext_shared: bool = False
    is_archived: bool = False
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Message] = field(default_factory=list)
    by_ts: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)
    statuses: dict[str, Json] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, list[str]] = field(default_factory=dict)
    prompts: Json | None = None

    @property
    def scope(self) -> str:
        """How scopes name this kind: channels, groups, im, mpim."""
        return {"channel": "channels", "group": "groups"}.get(self.kind, self.kind)

    def store(self, message: Message) -> None:
        """Keep `message`, in its thread too if it is a reply."""
        self.by_ts[message.ts] = message
        if message.thread_ts:
            self.threads.setdefault(message.thread_ts, []).append(message)
        self.messages.append(message)

    def find(self, ts: str | None) -> Message | None:
        """The message with this ts, unless deleted."""
        found = self.by_ts.get(ts or "")
        return None if found is None or found.deleted else found

    def thread(self, ts: str) -> list[Message]:
        """The parent, then its replies, oldest first."""
        parent = self.find(ts)
        replies = [reply for reply in list(self.threads.get(ts, ())) if not reply.deleted]
        return replies if parent is None else [parent, *replies]


@dataclass(slots=True)
class File:
    """An upload. `shared` are the channels it was shared to."""

    id: str
    team_id: str
    user: str
    name: str
    size: int
    title: str = ""
    content: bytes | None = None
    complete: bool = False
    shared: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Workspace:
    """A team that has the app. Tests may change `scopes`, what its bot token is good for.

    With an `enterprise_id` it belongs to an organisation that has installed the app for all of its workspaces.
    """

    team_id: str
    name: str
    domain: str
    bot_user: str
    bot_id: str
    bot_token: str
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    enterprise_id: str | None = None

    def add_user(self, user_id: str, **fields: Any) -> User:
        """Add somebody, who joins no channel yet. `fields` are those of `User`."""
        fields = {"name": user_id[1:].lower(), "team_id": self.team_id} | fields
        self.users[user_id] = user = User(user_id, **fields)
        return user

    def add_channel(self, channel_id: str, kind: str = "channel", members: Iterable[str] = ()) -> Channel:
        """Add a conversation with these members."""
        name = {"im": "directmessage", "mpim": f"mpdm-{channel_id.lower()}"}.get(kind, channel_id[1:].lower())
        self.channels[channel_id] = channel = Channel(channel_id, name, kind, list(members))
        return channel

    def im(self, user_id: str) -> Channel:
        """The conversation of `user_id` with the bot alone, made when first asked for."""
        channel_id = "D" + user_id
        return self.channels.get(channel_id) or self.add_channel(channel_id, "im", [user_id, self.bot_user])


@dataclass(slots=True)
class Token:
    """A bot token: whose it is and how long it is good for (seconds since 1970; None for ever).

    One of an `organisation` is good for all its workspaces, and each call has to name one.
    """

    value: str
    team_id: str
    expires: float | None = None
    revoked: bool = False
    refresh: str | None = None
    organisation: str | None = None


class World:
    """Every workspace, and the tokens that open them."""

    def __init__(self) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self.tokens: dict[str, Token] = {}
        self._last_ts = 0

    def add(self, workspace: Workspace) -> Workspace:
        """Add a workspace in which the app is installed."""
        self.workspaces[workspace.team_id] = workspace
        self.tokens[workspace.bot_token] = Token(workspace.bot_token, workspace.team_id)
        workspace.add_user(workspace.bot_user, is_bot=True, name="topicbot")
        return workspace

    def home_of(self, user_id: str) -> Workspace:
        """The workspace in which `user_id` is known."""
        return self._find("user", user_id, [w for w in self.workspaces.values() if user_id in w.users])

    def holder_of(self, channel_id: str) -> Workspace:
        """The workspace that has this channel."""
        return self._find("channel", channel_id, [w for w in self.workspaces.values() if channel_id in w.channels])

    def timestamp(self, now: float) -> str:
        """A `ts` for this moment that no other message has."""
        self._last_ts = max(self._last_ts + 1, int(now * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def _find(self, noun: str, identifier: str, found: list[Workspace]) -> Workspace:
        assert found, f"there is no {noun} {identifier} in {', '.join(self.workspaces)}; add it first"
        return found[0]


def default_world() -> World:
    """Acme (T1) with its guests, its stranger and five kinds of channels, and Other (T2)."""
    world = World()
    acme = world.add(Workspace("T1", "Acme", "acme", "UBOT1", "BBOT1", "xoxb-T1"))
    acme.add_user("UANN", tz="America/New_York", tz_offset=-18000, locale="en-US")
    acme.add_user("UBOB", tz="Europe/Berlin", tz_offset=3600)
    acme.add_user("UADA", is_admin=True)
    acme.add_user("UOWN", is_owner=True, is_admin=True)
    acme.add_user("UGUS", is_restricted=True)
    acme.add_user("UULT", is_restricted=True, is_ultra_restricted=True)
    acme.add_user("USAM", team_id="T9", is_stranger=True)
    staff = ["UANN", "UBOB", "UADA", "UOWN"]
    acme.add_channel("CNEWS", members=[*staff, "UGUS", "UULT", "USAM", "UBOT1"]).is_ext_shared = True
    acme.add_channel("CTAX", members=[*staff, "UBOT1"])
    acme.add_channel("CQUIET", members=staff)
    acme.add_channel("GPRIV", "group", ["UANN", "UADA", "UBOT1"])
    other = world.add(Workspace("T2", "Other", "other", "UBOT2", "BBOT2", "xoxb-T2"))
    other.add_user("UZOE", tz="Asia/Tokyo", tz_offset=32400)
    other.add_channel("COTHER", members=["UZOE", "UBOT2"])
    return world
