"""What is said of an answer: where it is from, and how sure it is."""

from __future__ import annotations

from bot.slack.passages import address_of, citation_elements, title_of
from bot.slack.text import Message, fallback, link, rich, section, words
from bot.wording import confidence_words, noun, one_line
from embeddings.types import Answer, Passage

_SENTENCE = 600


def source_note(best: Passage) -> Message:
    """Return where an answer is from."""
    place = (best.paragraph, best.page, best.label)
    line = rich(section(words("From: "), *citation_elements(best.citation, *place)))
    return Message(fallback(f"From: {title_of(best.citation)}, paragraph {best.paragraph + 1}"), [line])


def sure_note(given: Answer) -> Message:
    """Return how well the articles bear an answer out: its words, and how many of them it is in."""
    best = given.passages[0]
    titles = {one.citation.article_id for one in given.passages if one.relevant}
    others = len(titles - {best.citation.article_id})
    sentence = one_line(best.text[best.highlight.start : best.highlight.end], _SENTENCE)
    also = f"{others} other {noun('article', others)} {'says' if others == 1 else 'say'} something on it"
    if not others:
        also = "No other article here says anything on it"
    cited = link(title_of(best.citation), address_of(best.citation, best.paragraph, best.highlight))
    said = f" says: “{sentence}” {also}. I quote what is written and can't check it; open the article to judge."
    heading = section(words(f"{confidence_words(given.confidence)}. "), cited)
    return Message(fallback(f"{title_of(best.citation)}{said}"), [rich(heading, section(words(said)))])
