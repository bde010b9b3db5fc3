"""Keep threads quiet, and remember which message answers which and what people have on screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.dialogue import store
from bot.slack.people import kept_name
from bot.workspace.workspace import Workspace

_ON_SCREEN = timedelta(hours=4)
"""How long a channel counts as on screen without a word of Slack's."""

_LATE = timedelta(hours=1)
"""How old a message is that Slack delivers late: after an outage it sends what was missed, hours later."""

_CHANNEL = "slack#/types/channel_id"


def silence(workspace: Workspace, channel: str, thread: str) -> bool:
    """Answer in the thread only when mentioned, from now on; in direct messages there is nothing to silence.

    Return whether the thread is quiet.
    """
    if channel.startswith("D"):
        return False
    with workspace.store.writing() as connection:
        store.silence(connection, workspace.team_id, channel, thread, workspace.now())
    return True


def is_quiet(workspace: Workspace, channel: str, thread: str) -> bool:
    """Return whether the thread wants no answer without a mention."""
    with workspace.store.reading() as connection:
        return store.is_quiet(connection, workspace.team_id, channel, thread)


def keep_reply(workspace: Workspace, channel: str, message: str, reply: str) -> None:
    """Remember that the bot's message `reply` answers the `message`; both are named by their `ts`."""
    with workspace.store.writing() as connection:
        store.keep_reply(connection, workspace.team_id, channel, message, reply, workspace.now())


def reply_to(workspace: Workspace, channel: str, message: str) -> str | None:
    """Return the `ts` of the bot's answer to the message."""
    with workspace.store.reading() as connection:
        return store.reply_to(connection, workspace.team_id, channel, message)


def drop_reply(workspace: Workspace, channel: str, message: str) -> None:
    """Forget the answer to a message that was deleted."""
    with workspace.store.writing() as connection:
        store.drop_reply(connection, workspace.team_id, channel, message)


def channel_in(context: object) -> str | None:
    """Return the channel that Slack names first in what a person has on screen; `None` when there is none."""
    entities = context.get("entities") if isinstance(context, dict) else None
    for one in entities if isinstance(entities, list) else ():
        if isinstance(one, dict) and one.get("type") == _CHANNEL and isinstance(one.get("value"), str):
            return str(one["value"])
    return None


def keep_screen(workspace: Workspace, user: str, channel: str | None) -> None:
    """Remember which channel the person has on screen; `None` for no channel."""
    kept = kept_name(workspace.settings, workspace.team_id, user)
    with workspace.store.writing() as connection:
        store.keep_screen(connection, workspace.team_id, kept, channel, workspace.now())


def screen_of(workspace: Workspace, user: str, message: dict[str, Any]) -> str | None:
    """Return the channel that the person has on screen beside this direct message, if Slack has said so.

    A message carries it by itself; what an event said before counts for some hours.
    """
    if "app_context" in message:
        return channel_in(message["app_context"])
    kept = kept_name(workspace.settings, workspace.team_id, user)
    with workspace.store.reading() as connection:
        return store.screen_of(connection, workspace.team_id, kept, workspace.now() - _ON_SCREEN)


def stop(workspace: Workspace, channel: str, thread: str, ts: str) -> None:
    """Answer nothing that was written in the thread before `ts`."""
    with workspace.store.writing() as connection:
        store.stop(connection, workspace.team_id, channel, thread, ts, workspace.now())


def is_stopped(workspace: Workspace, channel: str, thread: str, ts: str) -> bool:
    """Return whether the thread was stopped after the message with this `ts` was written."""
    with workspace.store.reading() as connection:
        stopped = store.stopped(connection, workspace.team_id, channel, thread)
    return stopped is not None and float(ts) < float(stopped)


def lateness(workspace: Workspace, ts: str) -> timedelta | None:
    """Return how long ago the message with this `ts` was written, when that is so long that it has to be said."""
    age = workspace.now() - datetime.fromtimestamp(float(ts), UTC)
    return age if age >= _LATE else None
