"""What the library says in whole sentences of its own, which knows no catalogue, in the reader's language."""

from __future__ import annotations

import re
from functools import cache

from bot.locale.texts import ENGLISH, N_, gettext, language

_SENTENCES = (
    N_("I found nothing on “{question}”."),
    N_("That period is still to come: {period}. Ask without it to search every article."),
    N_("No article here is from that period: {period}. Ask without it to search every article."),
    N_("No article here answers that in that period: {period}. Ask without it to search every article."),
    N_("That is {length} characters long; I read at most {most}. Ask one short question."),
    N_("That period is longer than the calendar. Name a shorter one."),
    N_("since {since} is after until {until}. Turn them round."),
    N_("I can't read {value} as a date. {example}"),
    N_('The question is empty. Ask something like "what did Alibaba pledge?".'),
    N_("The question has {length} characters; the most is {most}. Ask it in a sentence."),
    N_("The question holds bytes that are not UTF-8 text. Type it again."),
    N_('The question "{question}" has no word to look for. Ask something like "what did Alibaba pledge?".'),
    N_("There is no collection {name}. The library has: {known}."),
    N_("There is no collection {name}. Leave the filter out to ask everything."),
    N_("This server answers to 127.0.0.1 and localhost alone."),
    N_("This request comes from another site's page. Use this site's own."),
    N_("Too many requests. Try again in a minute."),
    N_("Something failed here. The log names it {number}."),
    N_("Only admins add and remove articles here. Ask one of yours."),
    N_("Only somebody who is signed in with Slack has articles of their own."),
    N_("This token only reads. Create one with `topicbot tokens create NAME --write`."),
    N_("This token doesn't write to {name}. It writes to: {known}."),
    N_("This token isn't known here."),
    N_("Nobody signs in with Slack here. Log in with a token."),
    N_("You did not allow it in Slack."),
    N_("This login was finished, is more than ten minutes old, or was begun in another browser. Begin again."),
    N_("Not Found"),
    N_("Method Not Allowed"),
    N_("There is no article {name}. `topicbot articles list` shows what is there."),
    N_("There is no article {name}. The list of articles shows what there is."),
    N_("There is no collection {name}. Leave the filter out to list everything."),
    N_("This page is for members of a workspace that topicbot is in. Ask your admin."),
    N_("Slack can't be reached just now ({reason})."),
    N_("Slack can't be reached just now ({reason}). Try again in a minute."),
    N_("Slack doesn't take this login ({reason}). Sign in again."),
    N_("What Slack said of you can't be checked ({reason}). Sign in again."),
    N_("Slack's answer is for another login. Sign in again."),
    N_("Slack didn't say which workspace you are in. Sign in again."),
    N_("I'm no longer in that channel, so nothing was stored. Invite me there, and share it again."),
    # For translators: the sentences without a subject come after the name of a file.
    N_("was not shared here. Share it again."),
    N_("can't be kept here."),
    N_("is a feed. Feeds can only be added for the whole workspace."),
    N_("is no longer in Slack. Share it again."),
    N_("is not kept in Slack. Upload the file itself."),
    N_("has more than {size} MB. Split it up."),
    N_("can't be fetched from Slack ({reason}). Share it again."),
    N_("may not be read by me. Have the app reinstalled with the scope files:read."),
)


def translated(sentence: str) -> str:
    """Return a sentence of the library's in the language spoken now; as it is, where the catalogue lacks it."""
    if language() == ENGLISH:
        return sentence
    for template, pattern in _patterns():
        if found := pattern.fullmatch(sentence):
            return gettext(template, **found.groupdict()) if found.groupdict() else gettext(template)
    return sentence


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Return each sentence with the pattern that finds its values."""
    found = []
    for template in _SENTENCES:
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(f"(?P<{one}>.*?)" if i % 2 else re.escape(one) for i, one in enumerate(parts))
        found.append((template, re.compile(pattern, re.DOTALL)))
    return found
