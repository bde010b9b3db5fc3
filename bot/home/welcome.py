"""The first words: to whoever installs the bot, and in a channel that it is invited to."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.locale.texts import N_
from bot.locale.texts import gettext as _
from bot.slack.messages import direct_channel, post
from bot.slack.text import Message, fallback, rich, section, words

_HELLO = N_(
    "Hello. Mention me with a question, and I answer in a thread with what the articles say, each with its source."
)
_ALONE = N_("Type /ask and a question for an answer that only you see, or /topicbot help for the rest.")
_EMPTY = N_(
    "I have no articles yet. An admin adds some with /sources add and an address, or shares a file with me."
)

_FIRST_STEPS = (
    (
        N_("Add articles"),
        N_("Type /sources add and the address of a feed or page, or share a file with me here."),
    ),
    (
        N_("Invite me"),
        N_("Type /invite and my name in a channel. I stay silent there until somebody mentions me."),
    ),
    (N_("Ask"), N_("Type /ask and a question anywhere; only you see the answer until you share it.")),
)


def hello(*, articles: int) -> Message:
    """Return what the bot says, once, in a channel that it was invited to."""
    lines = [_(_HELLO), _(_ALONE) if articles else _(_EMPTY)]
    return Message(fallback(lines[0]), [rich(*(section(words(one)) for one in lines))])


def first_steps() -> Message:
    """Return what whoever installed the bot does next."""
    lines = [section(words(_("I'm installed. Three steps, and the workspace can ask:"), bold=True))]
    for number, (name, how) in enumerate(_FIRST_STEPS, start=1):
        lines.append(section(words(f"{number}. {_(name)}. ", bold=True), words(_(how))))
    return Message(fallback(_("I'm installed. Add articles, invite me to a channel, and ask.")), [rich(*lines)])


def greet_installer(client: WebClient, user: str) -> None:
    """Send the first steps to whoever installed the bot. Raises what Slack's client raises."""
    post(client, direct_channel(client, user), first_steps(), f"installed:{user}", thread=None)
