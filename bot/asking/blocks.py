"""Answers as Slack messages, with their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from bot.asking.service import PAGE
from bot.asking.store import AskedQuestion
from bot.locale.library import translated
from bot.locale.texts import format_date
from bot.locale.texts import gettext as _
from bot.slack.key_words import figures_in
from bot.slack.passages import answer_blocks, title_of
from bot.slack.text import (
    MESSAGE_LIMIT,
    MOST_CHOICES,
    Block,
    ButtonValue,
    Message,
    Verdict,
    actions,
    button,
    fallback,
    label,
    menu,
    rich,
    section,
    size,
    small,
    table,
    without_tables,
    words,
)
from bot.wording import confidence_words, corrected_line, cut, one_line, period_words, place_words, plain
from embeddings.text.periods import Period
from embeddings.types import Answer, Passage

_READING, _CELL, _ROWS = 300, 120, 20
_PROMPT = 4000
_slackbot = {"offered": False}  # one process has one setting
_DIRECT = "D"
"""How the ids of direct messages begin."""


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
    removes: bool = False
    """Whether the person may remove the article answered from."""
    question: str = ""
    """The question as it was understood: its words are marked in the answer."""
    at: datetime | None = None
    """When it was asked: how old an article is, is counted to then."""


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
    may_add: bool,
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
        lead=lead or _asked(asked, shareable=shareable, sharer=sharer),
        nearest=nearest,
        unasked=unasked,
        may_add=may_add,
        removes=may_add and (shareable or asked.channel.startswith(_DIRECT)),
        question=asked.text,
        at=asked.asked_at,
    )


def _asked(asked: AskedQuestion, *, shareable: bool, sharer: str | None) -> str | None:
    """Return what was asked; `None` directly under the question itself."""
    if sharer:
        return _("Question: {question}", question=asked.text)
    if shareable or asked.thread is None:
        return _("You asked: {question}", question=asked.text)
    return None


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
        for block in without_tables(one.blocks):  # a message may have one table
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
    if given.answered and not shown.first:  # up to the first that doesn't belong: "more" goes on from there
        passages = (*passages[:1], *takewhile(lambda one: one.relevant, passages[1:]))
    while True:
        blocks = _blocks(given, shown, passages)
        if len(passages) <= 1 or sum(size(block) for block in blocks) <= MESSAGE_LIMIT:
            return Message(_spoken(given, passages, shown.first), blocks)
        passages = passages[:-1]


def _nothing(given: Answer, shown: Shown) -> Message:
    """Return that nothing was found, in a line, and what can be done next."""
    offers = [button(_("Show what comes nearest"), "nearest", shown.question_id)] if given.passages else []
    offers += [button(_("Ask without the period"), "any-period", shown.question_id)] if _is_bound(shown) else []
    offers.append(button(_("Tell me when…"), "alert", shown.question_id))
    offers += [button(_("Add a source"), "add-source", shown.question_id)] if shown.may_add else []
    empty = [] if given.passages else [words(" " + _empty(shown))]
    found = rich(section(words(_("I found nothing on that."), bold=True), *empty), block_id="head")
    blocks = [*_lead(shown), found, *_notes(given, shown), *actions(offers, f"offers-{shown.question_id}")]
    return Message(fallback(_("I found nothing on that.")), blocks)


def _blocks(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    if shown.first and not passages:
        return [rich(section(words(_("That was the last passage."))))]
    leads = given.answered and not shown.first
    parts = [answer_blocks(one, shown.question_id, shown.at) for one in passages]
    if leads and passages:
        sure = confidence_words(given)
        parts[0] = answer_blocks(passages[0], shown.question_id, shown.at, shown.question, sure)
    best, others = (parts[0], parts[1:]) if leads and parts else ([], parts)
    return [
        *_lead(shown),
        *_where(given, shown),
        *best,
        *_notes(given, shown),
        *(block for one in others for block in one),
        *_differing(given),
        *_buttons(given, shown, passages),
        *_feedback(given, shown),
    ]


def _lead(shown: Shown) -> list[Block]:
    """Return who asked what, where the answer isn't directly under its question."""
    parts = [words(one_line(shown.lead, _READING) or _("Question"))] if shown.lead else []
    if shown.sharer:
        parts += [
            words(" · " + _("shared by ") if parts else _("Shared by ")),
            {"type": "user", "user_id": shown.sharer},
        ]
    parts += [words((" · " if parts else "") + _("Shared"))] if shown.shared else []
    return [rich(section(*parts), block_id="lead")] if parts else []


def _where(given: Answer, shown: Shown) -> list[Block]:
    """Return what the passages are, where they don't begin with the answer itself."""
    if shown.first:
        return [rich(section(words(_("More, from passage {number} on", number=shown.first + 1))), block_id="head")]
    if given.answered:
        return []
    if not given.passages:
        found = words(_("I found nothing on that."), bold=True)
        return [rich(section(found, words(" " + _empty(shown))), block_id="head")]
    nearest = words(" " + _("These passages come nearest; see for yourself."))
    return [rich(section(words(_("I found nothing on that."), bold=True), nearest), block_id="head")]


def _notes(given: Answer, shown: Shown) -> list[Block]:
    """Return how the question was read and which articles were searched, in small print."""
    lines = [_("Read as: {question}", question=one_line(shown.reading, _READING))] if shown.reading else []
    lines += [
        one_line(one, _READING)
        for one in (*map(translated, given.notes), corrected_line(given.corrected), _bounds(shown))
    ]
    lines = [one for one in lines if one]
    return [small([label("\n".join(lines))], "notes")] if lines else []


def _differing(given: Answer) -> list[Block]:
    """Return the figures of passages that differ, side by side."""
    by_rank = {one.rank: one for one in given.passages}
    rows = []
    for ranks in given.differ:
        for one in (by_rank[rank] for rank in ranks if rank in by_rank):
            cited, sentence = one.citation, one.text[one.highlight.start : one.highlight.end]
            date = format_date((cited.published_at or "")[:10]) or _("no date")
            rows.append((figures_in(sentence) or one_line(sentence, _CELL) or " ", title_of(cited, _CELL), date))
    return [table((_("The figures differ"), _("Article"), _("Date")), rows[:_ROWS], "differ")] if rows else []


def _empty(shown: Shown) -> str:
    if shown.since or shown.until or shown.collections is not None:
        return _("There is no article with a date or collection like that.")
    return _("There are no articles yet.")


def _bounds(shown: Shown) -> str:
    """Return which articles were searched, when not all of them."""
    parts = []
    if shown.collections is not None:
        listed = one_line(", ".join(shown.collections) or _("no collection"), _READING)
        parts.append(_("in {collections}", collections=listed))
    if shown.since or shown.until:
        parts.append(_("of {period}", period=period_words(Period(shown.since, shown.until))))
    if parts:
        return _("Searched only articles {bounds}.", bounds=" ".join(parts))
    if shown.preferred is None:
        return ""
    return _("Articles of {period} come first.", period=period_words(shown.preferred))


def _buttons(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    """Return one row: what most people want next, the rest of the passages, and a menu of everything else."""
    question_id, row = shown.question_id, []
    reading = [(one, PassageValue(question_id, one.paragraph, one.citation.article_id)) for one in passages]
    reading = [(one, place) for one, place in reading if place.fits]
    if shown.shareable and given.answered:
        row.append(
            button(_("Share to channel"), "share", PageValue(question_id, shown.first).pack(), style="primary")
        )
    elif reading:
        (one, place), *reading = reading
        row.append(button(_("Read in context"), f"context-{one.rank}", place.pack()))
    left = len(given.passages) - shown.first - len(passages)
    if left > 0:
        rest = PageValue(question_id, shown.first + len(passages))
        row.append(button(_("{count} more", count=left), "more", rest.pack()))
    row += _for_slackbot(given, shown, passages)
    several = len(passages) > 1
    choices = [
        (
            _("Read passage {number} in context", number=one.rank) if several else _("Read in context"),
            f"context:{place.pack()}",
        )
        for one, place in reading
    ]
    if not given.answered:
        choices += [(_("Ask without the period"), f"any-period:{question_id}")] if _is_bound(shown) else []
        choices += [(_("Add a source"), f"add-source:{question_id}")] if shown.may_add else []
    when = _("Tell me when there is more") if given.answered else _("Tell me when something turns up")
    choices.append((when, f"alert:{question_id}"))
    choices += [(_("Don't answer in this thread"), f"quiet:{question_id}")] if shown.unasked else []
    if shown.removes and passages:
        choices.append((_("Remove this article…"), f"remove:{passages[0].citation.article_id}"))
    if given.answered and passages and len(choices) < MOST_CHOICES:
        choices.insert(len(reading), (_("Summarise"), f"summarise:{passages[0].citation.article_id}"))
    return actions([*row, *menu("answer-menu", choices)], f"answer-{question_id}")


def word_with_slackbot(*, offered: bool) -> None:
    """Set whether answers have the button *Word this with Slackbot*: a workspace has Slackbot's AI, or hasn't."""
    _slackbot["offered"] = offered


def _for_slackbot(given: Answer, shown: Shown, passages: tuple[Passage, ...]) -> list[Block]:
    """Return the button that hands the answer to Slackbot, to be said in its words."""
    if not (_slackbot["offered"] and given.answered and passages and not shown.first):
        return []
    quotes = "\n\n".join(f"“{plain(one.text)}” ({title_of(one.citation)})" for one in passages)
    asked = one_line(shown.question or given.question, _READING)
    prompt = _(
        "Answer in your own words, from these quotations alone, and name their articles: {question}",
        question=asked,
    )
    name = _("Word this with Slackbot")
    more = {"agent_prompt": cut(f"{prompt}\n\n{quotes}", _PROMPT), "agent_prompt_display": name}
    return [button(name, "slackbot", shown.question_id, **more)]


def _is_bound(shown: Shown) -> bool:
    return shown.since is not None or shown.until is not None


def _feedback(given: Answer, shown: Shown) -> list[Block]:
    if not given.passages:
        return []
    element = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": label(_("Helpful")), "value": Verdict(shown.question_id, True).pack()},
        "negative_button": {"text": label(_("Not helpful")), "value": Verdict(shown.question_id, False).pack()},
    }
    return [{"type": "context_actions", "block_id": f"feedback-{shown.question_id}", "elements": [element]}]


def _spoken(given: Answer, passages: tuple[Passage, ...], first: int) -> str:
    if not passages:
        return fallback(_("That was the last passage.") if first else _("I found nothing on that."))
    best = passages[0]
    sentence = best.text[best.highlight.start : best.highlight.end]
    source = f"{title_of(best.citation)}, {place_words(best.paragraph, None)}"
    if not given.answered:
        nearest = _("I found nothing on that. Nearest: {sentence}", sentence=sentence)
        return fallback(nearest, f"({source})")
    return fallback(sentence, f"({confidence_words(given)}: {source})")
