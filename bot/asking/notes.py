"""What is said of an answer: where it is from, how sure it is, and what its article says in short."""

from __future__ import annotations

from bot.asking.service import PAGE
from bot.slack.notes import note
from bot.slack.passages import address_of, citation_elements, title_of
from bot.slack.text import Message, fallback, link, rich, section, words
from bot.wording import confidence_words, noun, one_line, plain
from embeddings.types import Answer, Passage, TopicSummary

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


def summary_note(given: TopicSummary) -> Message:
    """Return the first points of an article's summary, each in its own words, and the article."""
    points = given.points[:PAGE]
    if not points:
        return note("That article is too short for a summary.")
    lines = [section(words(f"• {plain(one.shown)}\n")) for one in points]
    source = section(link(title_of(points[0].citation), address_of(points[0].citation, points[0].paragraph)))
    text = " ".join(one.shown for one in points)
    return Message(fallback(text, f"({title_of(points[0].citation)})"), [rich(*lines, source)])
