"""Keep threads quiet, and remember which message answers which."""

from __future__ import annotations

from bot.dialogue import store
from bot.workspace.workspace import Workspace


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
