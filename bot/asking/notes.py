"""What is said of an answer: where it is from, and how sure it is."""

from __future__ import annotations

from bot.locale.texts import gettext as _
from bot.locale.texts import ngettext
from bot.slack.passages import address_of, citation_elements, title_of
from bot.slack.text import Message, fallback, link, rich, section, words
from bot.wording import confidence_words, one_line, place_words
from embeddings.types import Answer, Passage

_SENTENCE = 600


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
    heading = section(words(f"{confidence_words(given.confidence)}. "), cited)
    return Message(fallback(f"{title_of(best.citation)}{said}"), [rich(heading, section(words(said)))])
