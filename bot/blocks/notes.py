"""Short messages: greeting, help, refusals, errors, reports."""

from __future__ import annotations

from bot.blocks.answer import Message
from bot.blocks.text import cut, fallback, is_visible, one_line, plain, rich, section, words

_NOTE = 2900
_HELP = (
    ("Ask here", '/ask what did Alibaba pledge? (only you see the answer; "Share to channel" shows it to all)'),
    ("Ask in a channel", "mention me with your question; I answer in the thread, and you can ask on there"),
    ("Ask in private", "write to me under Messages, without a command"),
    ("What is said on a subject", "/topic Alibaba, or mention me with: topic Alibaba"),
    ("What is in the news", "/topic"),
    ("Regular posts of what is new", "/digest sets one up; /digest list shows yours"),
    ("Narrow it down", "in:reports · since:2024-05-01 · until:yesterday · or in words: since Monday, last week"),
    ("Ask about a message", 'its menu (⋮), then "Ask topicbot about this"'),
    ("Where the articles come from", "/sources lists feeds and pages"),
    (
        "For admins: add articles",
        "/sources add and the address of a feed or page; or share a PDF, text or OPML file with me in private",
    ),
    (
        "For admins",
        "/topicbot bind tax, law — this channel's questions see only those collections; /topicbot unbind",
    ),
    ("Numbers", "/topicbot status"),
    ("Keep your questions off the list of what found nothing", "/topicbot private on; back with: off"),
)


def note(text: str) -> Message:
    """A plain note; the text may come from anywhere, Slack reads no markup in it."""
    shown = cut(plain(text), _NOTE) if is_visible(text) else "topicbot"
    return Message(fallback(text), [rich(section(words(shown)))])


def greeting(kind: str) -> Message:
    """The answer to a greeting ("hello") or to thanks ("thanks")."""
    return note(
        "Hello! Ask me anything about the articles here, for example: what did Alibaba pledge?"
        if kind == "hello"
        else "You're welcome! Ask me whenever you like."
    )


def usage() -> Message:
    """What can be done here, a line each."""
    parts = [section(words("What I can do", bold=True))]
    for name, how in _HELP:
        parts.append(section(words(f"{name}: ", bold=True), words(how)))
    text = "What I can do: " + "; ".join(f"{name}: {how}" for name, how in _HELP)
    return Message(fallback(text), [rich(*parts)])


def members_only() -> Message:
    """For guests and people of other workspaces."""
    return note("I answer members of this workspace only. Ask one of its admins whether that can be changed.")


def admins_only() -> Message:
    """For members who try what only admins and listed people may do."""
    return note("Only workspace admins, and people who are listed for me, can do that. Ask one of them.")


def failed(number: str) -> Message:
    """Something went wrong; `number` finds it in the log."""
    return note(
        f"Something went wrong on my side, and I noted it as {number}. Try again; if it stays, give that number "
        "to whoever runs me."
    )


def too_late() -> Message:
    """A window could not be opened in time."""
    return note("Slack was too slow to open the window. Try it again.")


def digest_paused(name: str, channel: str) -> Message:
    """For the owner of a digest whose channel can no longer be posted to."""
    said = (
        f"I have paused your digest “{one_line(name, 60)}”: I can no longer post to its channel. It was deleted "
        "or archived, or I was removed from it. "
    )
    how = "To go on, type /invite @topicbot there and then /digest resume here; or pick another channel with Edit."
    place = {"type": "channel", "channel_id": channel}
    return Message(
        fallback(said + how), [rich(section(words(said), words("Channel: "), place, words(". " + how)))]
    )
