"""What the library says in whole sentences of its own, which knows no catalogue, in the reader's language."""

from __future__ import annotations

import re
from functools import cache

from bot.locale.texts import ENGLISH, LANGUAGES, N_, gettext, language, language_code, language_name, speaking

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
    # For translators: the sentences without a subject come after the name of a file, a page or a feed.
    N_("was not shared here. Share it again."),
    N_("can't be kept here."),
    N_("is a feed. Feeds can only be added for the whole workspace."),
    N_("is no longer in Slack. Share it again."),
    N_("is not kept in Slack. Upload the file itself."),
    N_("has more than {size} MB. Split it up."),
    N_("can't be fetched from Slack ({reason}). Share it again."),
    N_("may not be read by me. Have the app reinstalled with the scope files:read."),
    N_("is not a web address. Write one like https://example.org/report."),
    N_("holds a user name or password. Leave them out."),
    N_("has an unknown host, {host}. Check the address."),
    N_("leads to {address}, which is not a public address. Save the page and add that."),
    N_("may not be read by programs, says its robots.txt."),
    N_("redirects more than {times} times. Add the page that it leads to."),
    N_("is left alone for now: its site answers with status {status} when asked what may be read."),
    N_("can't be fetched (no answer in time). Check the address."),
    N_("can't be fetched (no connection). Check the address."),
    N_("can't be fetched (a broken answer). Check the address."),
    N_("took longer than {seconds} seconds. Try again later."),
    N_("answers with status {status}. Open it in a browser to see why."),
    N_("has more than {size} MB, too much for one article."),
    N_("has more than {count} paragraphs. Save the part that matters and add that."),
    N_("is {kind}, not a page. Add the address of a page, or save it as a file."),
    N_("is a feed, not a page. Add it as a source."),
    N_("is not a feed that can be read. Check the address."),
    N_("is not a feed any more. Open it in a browser to see what it is."),
    N_("was removed during the check."),
    N_("can't be checked ({reason}). Report this, with the address."),
    N_("can't be read ({reason})."),
    N_("leads on to other pages again and again. Add the page that it leads to."),
    N_("holds no article: no paragraphs were found in the page."),
    N_("is an error page, not an article. Check the address."),
    N_("is a check for robots, not an article. Save the page and add that."),
    N_("shows only part of its article without a subscription. Save the whole page and add that."),
    N_("has neither a page nor a text of its own."),
    # For translators: why entries of a feed are left out; these follow their number, in brackets.
    N_("without title, text, link or file"),
    N_("the same as another entry"),
    N_("left for the next look"),
    N_("older than its articles are kept"),
    N_("in the library already, from elsewhere"),
    N_("not read: the feed is too long"),
)


_TWO_LANGUAGES = (
    N_(
        "Your question is in {asked}, the nearest passages are in {written}. Asked in {written}, it may find more."
    ),
    N_("Your question is in {asked}, the nearest passages are in {written}."),
)


def translated(sentence: str) -> str:
    """Return a sentence of the library's in the language spoken now; as it is, where the catalogue lacks it.

    That a question is in another language than the articles is said in the question's own, if it is spoken here.
    """
    for template, pattern in _patterns(_TWO_LANGUAGES):
        if found := pattern.fullmatch(sentence):
            asked = language_code(found["asked"])
            with speaking(asked if asked in LANGUAGES else language()):
                names = {
                    name: "/".join(map(_language, value.split(" or ")))
                    for name, value in found.groupdict().items()
                }
                return sentence if language() == ENGLISH else gettext(template, **names)
    if language() == ENGLISH:
        return sentence
    for template, pattern in _patterns(_SENTENCES):
        if found := pattern.fullmatch(sentence):
            return gettext(template, **found.groupdict()) if found.groupdict() else gettext(template)
    return sentence


def _language(english: str) -> str:
    code = language_code(english)
    return language_name(code) if code else english


@cache
def _patterns(templates: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    """Return each sentence with the pattern that finds its values."""
    found = []
    for template in templates:
        parts = re.split(r"\{(\w+)\}", template)
        pattern = ""
        for number, one in enumerate(parts):
            is_value, is_new = number % 2 == 1, one not in parts[:number]
            pattern += (f"(?P<{one}>.*?)" if is_new else f"(?P={one})") if is_value else re.escape(one)
        found.append((template, re.compile(pattern, re.DOTALL)))
    return found
