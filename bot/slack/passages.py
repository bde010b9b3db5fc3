"""A passage and its citation as Slack blocks."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote as quote_path

from bot.locale.texts import format_date
from bot.locale.texts import gettext as _
from bot.slack.key_words import key_words
from bot.slack.text import Block, escape, label, link, marked_link, mrkdwn, quote, rich, section, small, words
from bot.wording import dated, is_visible, one_line, place_words, plain, window
from embeddings.types import Citation, Highlight, Passage

_PASSAGE, _QUOTE, _TITLE, _NAME = 2400, 1200, 150, 80
_ALSO = 3
_reader: dict[str, str | None] = {"address": None}  # one process has one public address


def citation_elements(
    citation: Citation,
    paragraph: int,
    page: int | None = None,
    page_label: str | None = None,
    highlight: Highlight | None = None,
) -> list[Block]:
    """Return a citation: the title as a link, then source, author, date, page of a PDF, paragraph as
    people count.
    """
    date = format_date(citation.published_at[:10]) if citation.published_at else None
    where = one_line(place_words(paragraph, page, page_label), _NAME)
    facts = [one_line(fact, _NAME) for fact in (citation.source, citation.author, date) if fact]
    line = " · ".join(["", *dict.fromkeys(fact for fact in facts if fact), where])
    return [link(title_of(citation), address_of(citation, paragraph, highlight)), words(line)]


def lead_to_reader(public_url: str | None) -> None:
    """Set the bot's public address: the pages there show articles that have no web address of their own."""
    _reader["address"] = public_url


def address_of(citation: Citation, paragraph: int | None = None, highlight: Highlight | None = None) -> str | None:
    """Return where a citation leads: to the article's web address, or to its paragraph in the reader.

    The reader doesn't know who in Slack opens it, so it has no page for what is one audience's alone.
    """
    base, url = _reader["address"], citation.url
    if (
        base is None
        or citation.private
        or not citation.article_id
        or (url and url.startswith(("http://", "https://")))
    ):
        return url
    mark = f"?mark={paragraph}-{highlight.start}-{highlight.end}" if highlight else ""
    place = f"#p{paragraph}" if paragraph is not None else ""
    return f"{base.rstrip('/')}/articles/{quote_path(citation.article_id, safe='')}{mark}{place}"


def title_of(citation: Citation, limit: int = _TITLE) -> str:
    """Return the article's title as one line."""
    return one_line(citation.title, limit) or _("Untitled")


def answer_blocks(
    passage: Passage, name: str, at: datetime | None, question: str = "", sure: str = ""
) -> list[Block]:
    """Return one passage of an answer with its source below; `name` makes their ids unique.

    With a `question` the answering sentence comes first, its key words in bold, and then what is written around
    it; `sure` is how sure the bot is. Without one the paragraph is quoted, its sentence in bold.
    """
    start, end = passage.highlight.start, passage.highlight.end
    before, sentence, after = (plain(part) for part in window(passage.text, start, end, _QUOTE))
    if question and is_visible(sentence):
        around = " … ".join(part.strip() for part in (before, after) if is_visible(part))
        marked = _key_words(sentence, question) if around else [words(sentence, bold=True)]
        lines = [section(*marked), *([quote(words(around))] if around else [])]
    else:
        parts = [(before, {}), (sentence, {"bold": True}), (after, {})]
        lines = [quote(*([words(text, **style) for text, style in parts if text] or [words(" ")]))]
    source = small(_source(passage, at, sure), f"source-{name}-{passage.rank}")
    return [rich(*lines, block_id=f"passage-{name}-{passage.rank}"), source]


def _key_words(sentence: str, question: str) -> list[Block]:
    elements, at = [], 0
    for start, end in key_words(sentence, question):
        elements += [words(sentence[at:start])] if start > at else []
        elements.append(words(sentence[start:end], bold=True))
        at = end
    return [*elements, *([words(sentence[at:])] if at < len(sentence) else [])]


def _source(passage: Passage, at: datetime | None, sure: str) -> list[Block]:
    """Return where a passage is from, in small print, and the other articles that hold it too."""
    line = f"{passage.rank}. {sure} ·" if sure else f"{passage.rank}."
    where = place_words(passage.paragraph, passage.page, passage.label)
    address = address_of(passage.citation, passage.paragraph, passage.highlight)
    elements = [mrkdwn(f"{line} {source_line(passage.citation, where, address, passage.heading, at)}")]
    for number, one in enumerate(passage.also_in[:_ALSO]):
        also = marked_link(title_of(one, _NAME), address_of(one))
        elements.append(mrkdwn(also if number else _("Also in: ") + also))
    more = len(passage.also_in) - _ALSO
    return [*elements, label(_("and {count} more", count=more))] if more > 0 else elements


def source_line(
    citation: Citation, where: str, address: str | None, heading: str | None = None, at: datetime | None = None
) -> str:
    """Return a citation in Slack's markup: the title as a link, source, author, date, heading, and `where` in it.

    An article that is old `at` that time has its age beside its date.
    """
    date = dated(citation.published_at, at) if citation.published_at else None
    facts = [one_line(fact, _NAME) for fact in (citation.source, citation.author, date, heading, where) if fact]
    title = marked_link(title_of(citation), address)
    return title + "".join(f" · {escape(fact)}" for fact in dict.fromkeys(fact for fact in facts if fact))


def passage_block(passage: Passage, name: str) -> Block:
    """Return one passage: its text with the answering sentence in bold, and its citation; `name` makes its id
    unique.
    """
    start, end = passage.highlight.start, passage.highlight.end
    before, sentence, after = window(passage.text, start, end, _PASSAGE)
    parts = [(plain(before), {}), (plain(sentence), {"bold": True}), (plain(after), {})]
    quoted = [words(text, **style) for text, style in parts if text] or [words(" ")]
    place = (passage.paragraph, passage.page, passage.label)
    lines = [
        quote(*quoted),
        section(words(f"{passage.rank}. "), *citation_elements(passage.citation, *place, passage.highlight)),
    ]
    if passage.heading and (path := one_line(passage.heading, _TITLE)):
        lines.insert(0, section(words(path, italic=True)))
    if passage.also_in:
        lines.append(section(*_also_in(passage)))
    return rich(*lines, block_id=f"passage-{name}-{passage.rank}")


def _also_in(passage: Passage) -> list[Block]:
    elements = [words(_("Also in: "))]
    for number, citation in enumerate(passage.also_in[:_ALSO]):
        elements += [words("; ")] if number else []
        elements.append(link(title_of(citation, _NAME), address_of(citation)))
    more = len(passage.also_in) - _ALSO
    return [*elements, words(" " + _("and {count} more", count=more))] if more > 0 else elements
