"""What Slack hands out for a short while: trigger_ids and response_urls."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.slack_server.errors import SlackError
from tests.slack_server.records import Interaction
from tests.slack_server.world import Channel, Message, User, View, Workspace

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5


@dataclass(slots=True)
class Trigger:
    """The right to open one view for `user`, `view` being the one it was pressed in, `opened` what came of it."""

    id: str
    team_id: str
    user: str
    born: float
    view: View | None = None
    used: bool = False
    opened: list[View] = field(default_factory=list)


@dataclass(slots=True)
class Hook:
    """A response_url: whose, where, and the message it can replace."""

    id: str
    workspace: Workspace
    channel: Channel
    person: User
    interaction: Interaction
    born: float
    original: Message | None = None
    uses: int = 0


@dataclass(slots=True)
class Tickets:
    """All that was handed out."""

    triggers: dict[str, Trigger] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    _count: int = 0

    def number(self) -> int:
        """A number not given before, for ids."""
        self._count += 1
        return self._count

    def trigger(self, workspace: Workspace, user: str, now: float, view: View | None = None) -> Trigger:
        """Hand out a trigger_id."""
        trigger_id = f"{self.number()}.{workspace.team_id}.trigger"
        self.triggers[trigger_id] = trigger = Trigger(trigger_id, workspace.team_id, user, now, view)
        return trigger

    def redeem(self, trigger_id: str | None, team_id: str, now: float) -> Trigger:
        """The trigger, to be marked used when the view is open. SlackError if it is good for nothing."""
        if not trigger_id:
            raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: trigger_id"])
        trigger = self.triggers.get(trigger_id)
        if trigger is None or trigger.team_id != team_id:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if now - trigger.born > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        return trigger

    def spend(self, hook_id: str, now: float) -> Hook | None:
        """The hook, one use less; None if there is none, or no more of it."""
        hook = self.hooks.get(hook_id)
        if hook is None or hook.uses >= RESPONSE_USES or now - hook.born > RESPONSE_SECONDS:
            return None
        hook.uses += 1
        return hook
