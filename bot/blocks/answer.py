"""An answer as a Slack message: passages with the sentence in bold, citations, buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.blocks.text import (
    VALUE,
    Block,
    actions,
    button,
    fallback,
    label,
    link,
    one_line,
    plain,
    quote,
    rich,
    section,
    size,
    window,
    words,
)
from bot.show import confidence_words
from embeddings.types import Answer, Citation, Passage

PAGE = 3
"""Passages on a page."""

PAGES = 5
"""How many pages *Show more* goes through."""

MESSAGE_LIMIT = 11_000
"""The most characters of all text in a message's blocks; Slack's own limit lies near 12,000."""

_PASSAGE, _TITLE, _NAME = 2400, 150, 80
_READING = 300
_ALSO = 3


@dataclass(frozen=True, slots=True)
class Message:
    """What a message holds: `text` for notifications and screen readers, `blocks` for eyes."""

    text: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shown:
    """How an answer is shown: from which passage on (counted from 0), with which buttons, and what was understood.

    `reading` is the question as it was read, when it differs from what was typed. `shareable` answers were given
    to one person alone; `sharer` is who then showed one to all. `lead` stands above everything else.
    """

    question_id: str
    first: int = 0
    reading: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    collections: tuple[str, ...] | None = None
    shareable: bool = False
    sharer: str | None = None
    lead: str | None = None


def answer(given: Answer, shown: Shown) -> Message:
    """The message of an answer, inside Slack's limits: whole passages go before sources or buttons do."""
    passages = given.passages[shown.first : shown.first + PAGE]
    while True:
        blocks = _blocks(given, shown, passages)
        if len(passages) <= 1 or sum(size(block) for block in blocks) <= MESSAGE_LIMIT:
            return Message(_spoken(given, passages, shown.first), blocks)
        passages = passages[:-1]


def _blocks(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    if shown.first and not passages:
        return [rich(section(words("There are no more passages.")))]
    head = rich(section(*_head(given, shown)), block_id="head")
    quoted = [passage_block(one, shown.question_id) for one in passages]
    return [head, *quoted, *_buttons(given, shown, passages), *_feedback(given, shown)]


def citation_elements(citation: Citation, paragraph: int, page: int | None = None) -> list[Block]:
    """A citation: the title as a link, then source, author, date, page of a PDF, paragraph as people count."""
    where = f"paragraph {paragraph + 1}" if page is None else f"page {page}, paragraph {paragraph + 1}"
    date = citation.published_at[:10] if citation.published_at else None
    facts = [one_line(fact, _NAME) for fact in (citation.source, citation.author, date) if fact]
    line = " · ".join(["", *dict.fromkeys(fact for fact in facts if fact), where])
    return [link(title_of(citation), citation.url), words(line)]


def title_of(citation: Citation, limit: int = _TITLE) -> str:
    """The article's title as one line."""
    return one_line(citation.title, limit) or "Untitled"


def _head(given: Answer, shown: Shown) -> list[Block]:
    if not given.passages:
        parts = [words("I found nothing on that.", bold=True), words(" " + _empty(shown))]
    elif given.answered:
        parts = [words(confidence_words(given.confidence), bold=True)]
        parts += [words(f" · from passage {shown.first + 1} on")] if shown.first else []
    else:
        parts = [
            words("I found nothing on that.", bold=True),
            words(" These passages come nearest; see for yourself."),
        ]
    if shown.lead:
        parts = [words(f"{one_line(shown.lead, _READING)}\n"), *parts]
    if shown.sharer:
        parts += [words(" · shared by "), {"type": "user", "user_id": shown.sharer}]
    if shown.reading:
        parts.append(words(f"\nRead as: {one_line(shown.reading, _READING)}", italic=True))
    bounds = _bounds(shown)
    return [*parts, words(f"\n{bounds}", italic=True)] if bounds else parts


def _empty(shown: Shown) -> str:
    if shown.since or shown.until or shown.collections is not None:
        return "There is no article with a date or collection like that."
    return "There are no articles yet."


def _bounds(shown: Shown) -> str:
    """Which articles were looked at, when not all of them."""
    parts = []
    if shown.collections is not None:
        parts.append("in " + one_line(", ".join(shown.collections) or "no collection", _READING))
    parts += [f"from {shown.since:%Y-%m-%d}"] if shown.since else []
    parts += [f"to {shown.until:%Y-%m-%d}"] if shown.until else []
    return f"Looked only at articles {' '.join(parts)}." if parts else ""


def passage_block(passage: Passage, name: str) -> Block:
    """One passage: its text with the answering sentence in bold, and its citation; `name` makes its id unique."""
    start, end = passage.highlight.start, passage.highlight.end
    before, sentence, after = window(passage.text, start, end, _PASSAGE)
    parts = [(plain(before), {}), (plain(sentence), {"bold": True}), (plain(after), {})]
    quoted = [words(text, **style) for text, style in parts if text] or [words(" ")]
    lines = [
        quote(*quoted),
        section(words(f"{passage.rank}. "), *citation_elements(passage.citation, passage.paragraph, passage.page)),
    ]
    if passage.also_in:
        lines.append(section(*_also_in(passage)))
    return rich(*lines, block_id=f"passage-{name}-{passage.rank}")


def _also_in(passage: Passage) -> list[Block]:
    elements = [words("Also in: ")]
    for number, citation in enumerate(passage.also_in[:_ALSO]):
        elements += [words("; ")] if number else []
        elements.append(link(title_of(citation, _NAME), citation.url))
    more = len(passage.also_in) - _ALSO
    return [*elements, words(f" and {more} more")] if more > 0 else elements


def _buttons(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    row = []
    if shown.shareable and given.answered:
        row.append(button("Share to channel", "share", f"{shown.question_id}:{shown.first}"))
    if len(given.passages) > shown.first + len(passages):
        row.append(button("Show more", "more", f"{shown.question_id}:{shown.first + len(passages)}"))
    for one in passages:
        if len(_place(shown.question_id, one)) > VALUE:
            continue
        name = f"Context {one.rank}" if len(passages) > 1 else "Context"
        row.append(button(name, f"context-{one.rank}", _place(shown.question_id, one)))
    if given.answered:
        row.append(button("Tell me when there is more", "alert", shown.question_id))
    rows = actions(row, f"answer-{shown.question_id}")
    if not given.answered:
        offers = [
            button("Add a source", "add-source", shown.question_id),
            button("Tell me when something turns up", "alert", shown.question_id),
        ]
        rows += actions(offers, f"offers-{shown.question_id}")
    return rows


def _place(question_id: str, passage: Passage) -> str:
    """Where a passage stands, as a button's value: the id stands last, for it may hold anything."""
    return f"{question_id}:{passage.paragraph}:{passage.citation.article_id}"


def _feedback(given: Answer, shown: Shown) -> list[Block]:
    if not given.passages:
        return []
    element = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": label("Helpful"), "value": f"{shown.question_id}:yes"},
        "negative_button": {"text": label("Not helpful"), "value": f"{shown.question_id}:no"},
    }
    return [{"type": "context_actions", "block_id": f"feedback-{shown.question_id}", "elements": [element]}]


def _spoken(given: Answer, passages: tuple[Passage, ...], first: int) -> str:
    if not passages:
        return fallback("There are no more passages." if first else "I found nothing on that.")
    best = passages[0]
    sentence = best.text[best.highlight.start : best.highlight.end]
    found = f"{confidence_words(given.confidence)}:" if given.answered else "I found nothing on that. Nearest:"
    return fallback(f"{found} {sentence}", f"({title_of(best.citation)}, paragraph {best.paragraph + 1})")
