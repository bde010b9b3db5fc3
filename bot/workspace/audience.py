"""Who may see an article: the whole workspace, the members of one channel, or one person.

An audience is the id of that channel or person; `None` is the workspace. What somebody shares gets the audience of
the place where they share it. What somebody asks is answered from what everybody who sees the answer may see.
"""

from __future__ import annotations

from slack_sdk import WebClient

from bot.workspace.workspace import Workspace

_DIRECT = "D"
"""How the ids of direct messages begin."""

_PEOPLE = ("U", "W")
"""How the ids of people begin: nobody is a member of another person, and Slack isn't asked."""


def is_direct(channel: str) -> bool:
    """Return whether these are direct messages."""
    return channel.startswith(_DIRECT)


def seen_by_person(workspace: Workspace, client: WebClient, user: str, channel: str) -> Workspace:
    """Return the workspace as an answer in the channel may show it to the person.

    In a channel that is what its members see; in direct messages, the Home tab and windows (`channel` is empty)
    what the person sees, with what is of the channels that they are in now.
    """
    held = [one for one in workspace.audiences() if one == user or not one.startswith(_PEOPLE)]
    is_in = workspace.people.is_member
    if channel and not is_direct(channel):
        held = [one for one in held if one == channel]
    return workspace.seen_by([one for one in held if one == user or is_in(client, one, user)])


def seen_by_all(workspace: Workspace, channel: str) -> Workspace:
    """Return the workspace as a message that everybody in the channel sees may show it."""
    return workspace.seen_by([one for one in workspace.audiences() if one == channel])


def audience_of(workspace: Workspace, client: WebClient, user: str, channel: str) -> str | None:
    """Return the narrowest audience of what the person shares in the channel.

    A channel that isn't plainly public, or of which Slack says nothing, is its members' alone.
    """
    if not channel or is_direct(channel):
        return user
    return None if workspace.people.is_public(client, channel) else channel
