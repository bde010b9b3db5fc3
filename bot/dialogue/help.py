"""What the bot says that it can do."""

from __future__ import annotations

from bot.locale.texts import N_
from bot.locale.texts import gettext as _
from bot.slack.text import Message, actions, button, fallback, rich, section, words

_HELP = (
    (
        N_("Ask here"),
        N_('/ask what did Alibaba pledge? (only you see the answer; "Share to channel" shows it to all)'),
    ),
    (
        N_("Ask in a channel"),
        N_("mention me with your question; I answer in the thread, and you can ask on there"),
    ),
    (N_("Ask in private"), N_("write to me under Messages, without a command")),
    (N_("What is said on a subject"), N_("/topic Alibaba, or mention me with: topic Alibaba")),
    (N_("Regular posts of what is new"), N_("/digest sets one up; /digest list shows yours")),
)
_MORE_HELP = (
    (N_("What is in the news"), N_("/topic")),
    (
        N_("Narrow it down"),
        N_("in:reports · since:2024-05-01 · until:yesterday · or in words: since Monday, last week"),
    ),
    (N_("Ask about a message"), N_('its menu (⋮), then "Ask topicbot about this"')),
    (N_("Where the articles come from"), N_("/sources lists feeds and pages")),
    (
        N_("For admins: add articles"),
        N_("/sources add and the address of a feed or page; or share a PDF, text or OPML file with me in private"),
    ),
    (
        N_("For admins"),
        N_("/topicbot bind tax, law — this channel's questions see only those collections; /topicbot unbind"),
    ),
    (N_("Numbers"), N_("/topicbot status")),
    (N_("Keep your questions off the list of what found nothing"), N_("/topicbot private on; back with: off")),
)


def usage(*, whole: bool = False) -> Message:
    """Return what can be done here, a line each: the most common in six lines, or the whole of it."""
    head = _("What I can do")
    parts = [section(words(head, bold=True))]
    lines = [(_(name), _(how)) for name, how in (_HELP + _MORE_HELP if whole else _HELP)]
    lines += [] if whole else [(_("Everything else"), "/topicbot help")]
    for name, how in lines:
        parts.append(section(words(f"{name}: ", bold=True), words(how)))
    text = f"{head}: " + "; ".join(f"{name}: {how}" for name, how in lines)
    begin = [button(_("Ask a question"), "open-ask", "help"), button(_("Set up a digest"), "digest-new", "help")]
    return Message(fallback(text), [rich(*parts), *actions(begin, "help")])
