"""Answers as Slack messages, with their buttons; and the windows around asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.asking.service import PAGE
from bot.asking.store import AskedQuestion
from bot.slack.modals import MAX_OPTIONS, MAX_VALUE_CHARS, as_input, modal, option, packed
from bot.slack.passages import citation_elements, passage_block, title_of
from bot.slack.text import (
    MESSAGE_LIMIT,
    Block,
    ButtonValue,
    Message,
    Verdict,
    actions,
    button,
    fallback,
    label,
    quote,
    rich,
    section,
    size,
    words,
)
from bot.wording import confidence_words, corrected_line, cut, is_visible, one_line, plain, window
from embeddings.search.question import MAX_LENGTH
from embeddings.text.periods import Period, says
from embeddings.types import Answer, Highlight, Passage, StoredArticle

_READING = 300


@dataclass(frozen=True, slots=True)
class PageValue(ButtonValue):
    """An answer from one of its passages on, counted from 0."""

    question_id: str
    first: int


@dataclass(frozen=True, slots=True)
class PassageValue(ButtonValue):
    """Where a passage of an answer is. The article's id is last, for it may hold anything."""

    question_id: str
    paragraph: int
    article_id: str


@dataclass(frozen=True, slots=True)
class Shown:
    """How an answer is shown: from which passage on (counted from 0), with which buttons, and what was understood.

    `reading` is the question as it was read, when it differs from what was typed. `shareable` answers were given
    to one person alone; `sharer` is who then showed one to all. `lead` comes above everything else. What is of
    the `preferred` period came first.
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
    preferred: Period | None = None
    nearest: bool = False
    may_add: bool = True
    unasked: bool = False
    shared: bool = False
    """Whether a person's own answer was shown to all since."""


def shown(
    asked: AskedQuestion,
    *,
    typed: str | None = None,
    first: int = 0,
    shareable: bool = False,
    sharer: str | None = None,
    lead: str | None = None,
    nearest: bool = False,
    unasked: bool = False,
    may_add: bool = True,
) -> Shown:
    """Return how this question's answer is shown; `typed` is what the person wrote, where that may differ."""
    return Shown(
        asked.id,
        first=first,
        reading=asked.text if typed is not None and not _holds(typed, asked.text) else None,
        since=asked.bound_since,
        until=asked.bound_until,
        preferred=asked.preferred,
        collections=asked.collections,
        shareable=shareable,
        sharer=sharer,
        lead=lead or (f"Question: {asked.text}" if shareable or sharer else None),
        nearest=nearest,
        unasked=unasked,
        may_add=may_add,
    )


def _holds(typed: str, understood: str) -> bool:
    """Return whether the question was taken as it was typed, but for its bounds."""
    return understood.casefold().rstrip(" ?!.") in typed.casefold()


def joined(messages: Sequence[Message]) -> Message | None:
    """Return one message of several answers, inside Slack's limits: each with its best passages."""
    if len(messages) <= 1:
        return messages[0] if messages else None
    room = MESSAGE_LIMIT // len(messages)
    found: list[Block] = []
    for number, one in enumerate(messages):
        kept: list[Block] = []
        for block in one.blocks:
            is_button = block["type"] in ("actions", "context_actions")
            if not is_button and sum(size(other) for other in kept) + size(block) <= room:
                renamed = {"block_id": f"{block['block_id']}-{number}"} if "block_id" in block else {}
                kept.append({**block, **renamed})
        found += kept
    return Message(fallback(" ".join(one.text for one in messages)), found)


def answer_view(given: Answer, shown: Shown) -> Message:
    """Return the message of an answer, inside Slack's limits: whole passages go before sources or buttons do."""
    if not given.answered and not shown.nearest and not shown.first:
        return _nothing(given, shown)
    passages = given.passages[shown.first : shown.first + PAGE]
    if given.answered and not shown.first:
        last = max((place for place, one in enumerate(passages, start=1) if one.relevant), default=1)
        passages = passages[:last]  # whole up to there: "Show more" goes on after the last one shown
    while True:
        blocks = _blocks(given, shown, passages)
        if len(passages) <= 1 or sum(size(block) for block in blocks) <= MESSAGE_LIMIT:
            return Message(_spoken(given, passages, shown.first), blocks)
        passages = passages[:-1]


def _nothing(given: Answer, shown: Shown) -> Message:
    """Return that nothing was found, in a line, and what can be done next."""
    offers = [button("Show what comes nearest", "nearest", shown.question_id)] if given.passages else []
    offers += [button("Ask without the period", "any-period", shown.question_id)] if _is_bound(shown) else []
    offers += [button("Add a source", "add-source", shown.question_id)] if shown.may_add else []
    offers.append(button("Tell me when something turns up", "alert", shown.question_id))
    head = rich(section(*_head(given, shown)), block_id="head")
    return Message(fallback("I found nothing on that."), [head, *actions(offers, f"offers-{shown.question_id}")])


def _blocks(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    if shown.first and not passages:
        return [rich(section(words("That was the last passage.")))]
    head = rich(section(*_head(given, shown)), block_id="head")
    quoted = [passage_block(one, shown.question_id) for one in passages]
    return [head, *quoted, *_buttons(given, shown, passages), *_feedback(given, shown)]


def _head(given: Answer, shown: Shown) -> list[Block]:
    if not given.passages:
        parts = [words("I found nothing on that.", bold=True), words(" " + _empty(shown))]
    elif given.answered:
        parts = [words(confidence_words(given.confidence), bold=True)]
        parts += [words(f" · from passage {shown.first + 1} on")] if shown.first else []
    elif shown.nearest or shown.first:
        parts = [
            words("I found nothing on that.", bold=True),
            words(" These passages come nearest; see for yourself."),
        ]
    else:
        parts = [words("I found nothing on that.", bold=True)]
    if shown.lead:
        parts = [words(f"{one_line(shown.lead, _READING)}\n"), *parts]
    if shown.shared:
        parts.append(words(" · Shared"))
    if shown.sharer:
        parts += [words(" · shared by "), {"type": "user", "user_id": shown.sharer}]
    if shown.reading:
        parts.append(words(f"\nRead as: {one_line(shown.reading, _READING)}", italic=True))
    parts += [words(f"\n{one_line(one, _READING)}", italic=True) for one in given.notes]
    if given.corrected:
        parts.append(words(f"\n{one_line(corrected_line(given.corrected), _READING)}", italic=True))
    for ranks in given.differ:
        parts.append(words(f"\nThe figures in passages {' and '.join(map(str, ranks))} differ; compare them."))
    bounds = _bounds(shown)
    return [*parts, words(f"\n{bounds}", italic=True)] if bounds else parts


def _empty(shown: Shown) -> str:
    if shown.since or shown.until or shown.collections is not None:
        return "There is no article with a date or collection like that."
    return "There are no articles yet."


def _bounds(shown: Shown) -> str:
    """Return which articles were searched, when not all of them."""
    parts = []
    if shown.collections is not None:
        parts.append("in " + one_line(", ".join(shown.collections) or "no collection", _READING))
    parts += [f"of {says(Period(shown.since, shown.until))}"] if shown.since or shown.until else []
    if parts:
        return f"Searched only articles {' '.join(parts)}."
    return f"Articles of {says(shown.preferred)} come first." if shown.preferred is not None else ""


def _buttons(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    row = []
    if shown.shareable and given.answered:
        row.append(button("Share to channel", "share", PageValue(shown.question_id, shown.first).pack()))
    if len(given.passages) > shown.first + len(passages):
        rest = PageValue(shown.question_id, shown.first + len(passages))
        row.append(button("Show more", "more", rest.pack()))
    for one in passages:
        place = PassageValue(shown.question_id, one.paragraph, one.citation.article_id)
        name = f"Context {one.rank}" if len(passages) > 1 else "Context"
        if place.fits:
            row.append(button(name, f"context-{one.rank}", place.pack()))
    if given.answered:
        row.append(button("Tell me when there is more", "alert", shown.question_id))
    if shown.unasked:
        row.append(button("Don't answer in this thread", "quiet", shown.question_id))
    rows = actions(row, f"answer-{shown.question_id}")
    if not given.answered:
        offers = [button("Ask without the period", "any-period", shown.question_id)] if _is_bound(shown) else []
        offers += [button("Add a source", "add-source", shown.question_id)] if shown.may_add else []
        offers.append(button("Tell me when something turns up", "alert", shown.question_id))
        rows += actions(offers, f"offers-{shown.question_id}")
    return rows


def _is_bound(shown: Shown) -> bool:
    return shown.since is not None or shown.until is not None


def _feedback(given: Answer, shown: Shown) -> list[Block]:
    if not given.passages:
        return []
    element = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": label("Helpful"), "value": Verdict(shown.question_id, True).pack()},
        "negative_button": {"text": label("Not helpful"), "value": Verdict(shown.question_id, False).pack()},
    }
    return [{"type": "context_actions", "block_id": f"feedback-{shown.question_id}", "elements": [element]}]


def _spoken(given: Answer, passages: tuple[Passage, ...], first: int) -> str:
    if not passages:
        return fallback("That was the last passage." if first else "I found nothing on that.")
    best = passages[0]
    sentence = best.text[best.highlight.start : best.highlight.end]
    found = f"{confidence_words(given.confidence)}:" if given.answered else "I found nothing on that. Nearest:"
    return fallback(f"{found} {sentence}", f"({title_of(best.citation)}, paragraph {best.paragraph + 1})")


REASONS = {
    "wrong": "It is about something else",
    "old": "It is out of date",
    "partial": "Part of the answer is missing",
    "other": "Something else",
}

_AROUND, _CONTEXT_TEXT = 2, 2800


def ask_modal(collections: Sequence[str], metadata: Mapping[str, str], question: str = "") -> Block:
    """Return the window with a question box, a collection and a period."""
    box = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_LENGTH, "multiline": False}
    start = {"initial_value": cut(plain(question), MAX_LENGTH)} if is_visible(question) else {}
    hint = {"placeholder": label("what did Alibaba pledge?")}
    blocks = [as_input("question", "Your question", {**box, **start, **hint})]
    options = [option(name, name) for name in collections if len(name) <= MAX_VALUE_CHARS][:MAX_OPTIONS]
    if len(options) > 1:
        choice = {"type": "static_select", "action_id": "value", "options": options}
        blocks.append(as_input("collection", "Only this collection", choice, optional=True))
    for name, text in (("since", "Articles from"), ("until", "Articles to")):
        blocks.append(as_input(name, text, {"type": "datepicker", "action_id": "value"}, optional=True))
    return modal("ask", "Ask topicbot", blocks, "Ask", packed(metadata))


def context_modal(
    article: StoredArticle, paragraph: int, highlight: Highlight | None, *, removable: bool
) -> Block:
    """Return the window with the paragraphs around a passage, the passage itself as a quotation."""
    first = max(0, paragraph - _AROUND)
    shown = article.paragraphs[first : paragraph + _AROUND + 1]
    head = section(*citation_elements(article.citation, paragraph))
    blocks: list[Block] = [rich(head)]
    heading = None
    for number, one in enumerate(shown, start=first):
        if one.heading and one.heading != heading:
            blocks.append(rich(section(words(one_line(one.heading, 300) or " ", bold=True))))
        heading = one.heading
        span = highlight if number == paragraph and highlight else Highlight(0, 0)
        texts = [plain(part) for part in window(one.text, span.start, span.end, _CONTEXT_TEXT)]
        elements = [words(part, bold=True) if i == 1 else words(part) for i, part in enumerate(texts) if part]
        elements = elements or [words(" ")]
        blocks.append(rich(quote(*elements) if number == paragraph else section(*elements)))
    blocks.append(
        rich(section(words(f"Paragraphs {first + 1} to {first + len(shown)} of {len(article.paragraphs)}")))
    )
    article_id = article.citation.article_id
    if removable and len(article_id) <= _CONTEXT_TEXT - 1000:
        blocks += actions([_remove(article_id)], "manage")
    return modal("context", "Context", blocks, None, "")


def reason_modal(question_id: str) -> Block:
    """Return the window that asks what was not helpful."""
    options = [{"text": label(text), "value": value} for value, text in REASONS.items()]
    blocks = [
        as_input("reason", "What was wrong?", {"type": "radio_buttons", "action_id": "value", "options": options}),
        as_input(
            "more",
            "Anything else that helps",
            {"type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": MAX_LENGTH},
            optional=True,
        ),
    ]
    return modal("reason", "Not helpful", blocks, "Send", question_id)


def _remove(article_id: str) -> Block:
    confirm = {
        "title": label("Remove this article?"),
        "text": label("It is gone for everybody in this workspace until somebody adds it again."),
        "confirm": label("Remove"),
        "deny": label("Keep"),
    }
    return button("Remove this article", "remove", article_id, style="danger", confirm=confirm)


_HELP = (
    ("Ask here", '/ask what did Alibaba pledge? (only you see the answer; "Share to channel" shows it to all)'),
    ("Ask in a channel", "mention me with your question; I answer in the thread, and you can ask on there"),
    ("Ask in private", "write to me under Messages, without a command"),
    ("What is said on a subject", "/topic Alibaba, or mention me with: topic Alibaba"),
    ("What is in the news", "/topic"),
    ("Regular posts of what is new", "/digest sets one up; /digest list shows yours"),
    ("Narrow it down", "in:reports · since:2024-05-01 · until:yesterday · or in words: since Monday, last week"),
    ("Ask about a message", 'its menu (⋮), then "Ask topicbot about this"'),
    ("Where the articles come from", "/sources lists feeds and pages"),
    (
        "For admins: add articles",
        "/sources add and the address of a feed or page; or share a PDF, text or OPML file with me in private",
    ),
    (
        "For admins",
        "/topicbot bind tax, law — this channel's questions see only those collections; /topicbot unbind",
    ),
    ("Numbers", "/topicbot status"),
    ("Keep your questions off the list of what found nothing", "/topicbot private on; back with: off"),
)


def usage() -> Message:
    """Return what can be done here, a line each."""
    parts = [section(words("What I can do", bold=True))]
    for name, how in _HELP:
        parts.append(section(words(f"{name}: ", bold=True), words(how)))
    text = "What I can do: " + "; ".join(f"{name}: {how}" for name, how in _HELP)
    return Message(fallback(text), [rich(*parts)])
