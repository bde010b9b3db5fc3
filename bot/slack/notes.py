"""Short messages that are the same everywhere."""

from __future__ import annotations

from bot.locale.texts import gettext as _
from bot.slack.text import Block, Message, fallback, header, rich, section, words
from bot.wording import cut, is_visible, plain


def closed() -> Block:
    """Return the Home tab of a guest or a stranger."""
    return {"type": "home", "blocks": [header("topicbot"), line(_("I answer members of this workspace only."))]}


def line(text: str) -> Block:
    """Return a block of one plain line."""
    return rich(section(words(text)))


_NOTE = 2900


def note(text: str) -> Message:
    """Return a plain note; the text may come from anywhere, Slack reads no markup in it."""
    shown = cut(plain(text), _NOTE) if is_visible(text) else "topicbot"
    return Message(fallback(text), [rich(section(words(shown)))])


def members_only() -> Message:
    """For guests and people of other workspaces."""
    return note(_("I answer members of this workspace only. Ask one of its admins whether that can be changed."))


def admins_only() -> Message:
    """For members who try what only admins and listed people may do."""
    return note(_("Only workspace admins, and people who are listed for me, can do that. Ask one of them."))


def failed(number: str) -> Message:
    """Something went wrong; `number` finds it in the log."""
    return note(
        _(
            "Something went wrong on my side, and I noted it as {number}. Try again; if it stays, give that "
            "number to whoever runs me.",
            number=number,
        )
    )


def too_late() -> Message:
    """Return a window could not be opened in time."""
    return note(_("Slack was too slow to open the window. Try it again."))
