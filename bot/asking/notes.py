"""What is said of an answer: where it is from, and how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.locale.texts import ENGLISH, LANGUAGES, language_name, ngettext, speaking
from bot.locale.texts import gettext as _
from bot.slack.passages import address_of, citation_elements, title_of
from bot.slack.text import Message, fallback, link, rich, section, words
from bot.wording import confidence_words, one_line, place_words
from embeddings.text.language import language_of
from embeddings.types import Answer, Passage

_SENTENCE = 600
_FEWEST_WORDS = 3
"""Fewer words don't tell their language: "en route" is Spanish by its words."""


def source_note(best: Passage) -> Message:
    """Return where an answer is from."""
    place = (best.paragraph, best.page, best.label)
    line = rich(section(words(_("From: ")), *citation_elements(best.citation, *place)))
    return Message(
        fallback(_("From: ") + f"{title_of(best.citation)}, {place_words(best.paragraph, None)}"), [line]
    )


def foreign_line(question: str, nearest: Sequence[Passage]) -> str:
    """Return that the question isn't in the language of the articles that come nearest, in its own language.

    Empty where it is, or where the bot doesn't speak it. Without words that tell, a question counts as English:
    of those nothing is said.
    """
    asked = language_of(question)
    if asked == ENGLISH or asked not in LANGUAGES or len(question.split()) < _FEWEST_WORDS or not nearest:
        return ""
    ((written, _times),) = Counter(language_of(one.text) for one in nearest).most_common(1)
    if written == asked:
        return ""
    with speaking(asked):
        return _(
            "Your question is in another language than the articles that come nearest: they are in {language}. "
            "Ask in {language} to find more.",
            language=language_name(written),
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
