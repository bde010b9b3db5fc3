"""What the bot answers to dialogue acts, but for questions: fixed words, and what is said of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.dialogue.model import Act
from bot.locale.texts import N_, ngettext
from bot.locale.texts import gettext as _
from bot.slack.notes import note
from bot.slack.passages import address_of, citation_elements, title_of
from bot.slack.text import Message, fallback, label, link, rich, section, small, words
from bot.wording import confidence_words, one_line, place_words, span
from embeddings.types import Answer, ArticleSummary, Passage

_TEXTS = {
    Act.IDENTITY: N_(
        "I'm topicbot, a bot. I answer questions with sentences from the articles here, and each "
        "answer names its source. I make nothing up. Ask me a question, or write help."
    ),
    Act.THANKS: N_("You're welcome! Ask me whenever you like."),
    Act.HELPED: N_("Good to hear. Ask me whenever you like."),
    Act.HELLO: N_("Hello! Ask me anything about the articles here, or write help to see what I can do."),
    Act.YES: N_("Gladly. What would you like to know?"),
    Act.NO: N_("All right."),
    Act.SMALL_TALK: N_("That's beyond me: I only know the articles in this workspace. Ask me about one of them."),
    Act.INSULT: N_(
        "I'm sorry that I wasn't of more help. Ask in other words, or name the article that you expect."
    ),
    Act.WRONG: N_("I'm sorry. Press “Not helpful” below the answer to note it, or ask again in other words."),
    Act.STOP: N_("All right, I won't answer in this thread unless you mention me."),
}
_LISTED, _TITLE, _SENTENCE = 10, 150, 600

SILENT = frozenset({Act.EMOJI, Act.ASIDE, Act.AGREEMENT})
"""Acts that want no answer, wherever they are written."""

UNASKED = frozenset(
    {Act.QUESTION, Act.NEWS, Act.WHY, Act.MORE, Act.SOURCE, Act.SURE, Act.CORRECTION, Act.SUMMARISE, Act.STOP}
)
"""Acts that are answered in a thread of the bot's although nobody mentions it there."""


def reply(act: Act) -> Message:
    """Return the fixed answer to the act. Raises `KeyError` for acts that have none."""
    return note(_(_TEXTS[act]))


def nothing_to_stop() -> Message:
    """Return the answer to "stop" where there is no thread to be quiet in."""
    return note(_("All right. I write here only when you do."))


def nothing_before() -> Message:
    """Return the answer to "why?", "more" and the like where nothing was answered before."""
    return note(_("I have no answer here to go on from. Ask me a question first."))


def nothing_found_before(question: str) -> Message:
    """Return the same where the question before found nothing."""
    said = _(
        "I found nothing on “{question}”, so I can't go on from it. Ask it in other words.",
        question=one_line(question, _TITLE),
    )
    return note(said)


def nothing_further(title: str) -> Message:
    """Return that an article holds nothing new on what was asked."""
    said = _(
        "“{title}” says nothing further on that, and neither do the other articles.", title=one_line(title, _TITLE)
    )
    return note(said)


def article_list(articles: Sequence[ArticleSummary]) -> Message:
    """Return the newest articles by their titles, and how many there are."""
    if not articles:
        return note(_("There are no articles yet. Share a file with me in a direct message to add the first."))
    head = ngettext("{count} article", "{count} articles", len(articles))
    if len(articles) > _LISTED:
        head = _("{articles}; the {count} that were added last", articles=head, count=_LISTED)
    lines = [section(words(head, bold=True))]
    for one in articles[:_LISTED]:
        title = one_line(one.citation.title, _TITLE) or _("Untitled")
        lines.append(section(words("\n• "), link(title, address_of(one.citation))))
    return Message(fallback(f"{head}: " + "; ".join(a.citation.title for a in articles[:_LISTED])), [rich(*lines)])


def late(message: Message, age: timedelta) -> Message:
    """Return the answer to a message that Slack delivered so late, with that above it."""
    said = _("You wrote this {time} ago; Slack delivered it only now.", time=span(age))
    return replace(message, blocks=[small([label(said)], "late"), *message.blocks])


def source_note(best: Passage) -> Message:
    """Return where an answer is from."""
    place = (best.paragraph, best.page, best.label)
    line = rich(section(words(_("From: ")), *citation_elements(best.citation, *place)))
    return Message(
        fallback(_("From: ") + f"{title_of(best.citation)}, {place_words(best.paragraph, None)}"), [line]
    )


def sure_note(given: Answer) -> Message:
    """Return how well the articles bear an answer out: its words, and how many of them it is in."""
    best = given.passages[0]
    titles = {one.citation.article_id for one in given.passages if one.relevant}
    others = len(titles - {best.citation.article_id})
    sentence = one_line(best.text[best.highlight.start : best.highlight.end], _SENTENCE)
    also = ngettext(
        "{count} other article says something on it", "{count} other articles say something on it", others
    )
    if not others:
        also = _("No other article here says anything on it")
    cited = link(title_of(best.citation), address_of(best.citation, best.paragraph, best.highlight))
    said = " " + _(
        "says: “{sentence}” {also}. I quote what is written and can't check it; open the article to judge.",
        sentence=sentence,
        also=also,
    )
    heading = section(words(f"{confidence_words(given)}. "), cited)
    return Message(fallback(f"{title_of(best.citation)}{said}"), [rich(heading, section(words(said)))])
