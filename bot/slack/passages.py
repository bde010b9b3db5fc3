"""A passage and its citation as Slack blocks."""

from __future__ import annotations

from urllib.parse import quote as quote_path

from bot.slack.text import Block, link, quote, rich, section, words
from bot.wording import one_line, place_words, plain, window
from embeddings.types import Citation, Highlight, Passage

_PASSAGE, _TITLE, _NAME = 2400, 150, 80
_ALSO = 3
_reader: dict[str, str | None] = {"address": None}  # one process has one public address


def citation_elements(
    citation: Citation,
    paragraph: int,
    page: int | None = None,
    label: str | None = None,
    highlight: Highlight | None = None,
) -> list[Block]:
    """Return a citation: the title as a link, then source, author, date, page of a PDF, paragraph as
    people count.
    """
    date = citation.published_at[:10] if citation.published_at else None
    where = one_line(place_words(paragraph, page, label), _NAME)
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
    return one_line(citation.title, limit) or "Untitled"


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
    elements = [words("Also in: ")]
    for number, citation in enumerate(passage.also_in[:_ALSO]):
        elements += [words("; ")] if number else []
        elements.append(link(title_of(citation, _NAME), address_of(citation)))
    more = len(passage.also_in) - _ALSO
    return [*elements, words(f" and {more} more")] if more > 0 else elements
