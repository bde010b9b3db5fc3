"""Sources in Slack: the list, and the window that adds links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from bot.console.tables import summary_line
from bot.slack.modals import MAX_METADATA_CHARS, MAX_OPTION_CHARS, MAX_VALUE_CHARS, as_input, modal, packed
from bot.slack.passages import address_of, title_of
from bot.slack.text import (
    Block,
    ButtonValue,
    Message,
    actions,
    button,
    fallback,
    label,
    link,
    rich,
    section,
    words,
)
from bot.wording import ago, ahead, cut, look_line, noun, one_line, plain, span, trouble
from embeddings.import_report import ImportReport
from embeddings.subscriptions.model import MOST_DAYS, Source, SourceHealth
from embeddings.types import StoredArticle

MAX_LINKS = 10
"""The most links that are offered from one message."""


class Audience(StrEnum):
    """Who will be able to ask about what was shared."""

    PERSON = "me"
    CHANNEL = "channel"
    WORKSPACE = "all"
    NOBODY = "cancel"


_AUDIENCES = {
    Audience.PERSON: ("Only me", "Only you can ask about it."),
    Audience.CHANNEL: ("Only this channel", "Only the members of this channel can ask about it."),
    Audience.WORKSPACE: ("Everyone here", "Everyone in this workspace can ask about it."),
    Audience.NOBODY: ("Cancel", ""),
}


def who_sees(audience: Audience) -> str:
    """Return the sentence that says who can ask about what was added."""
    return _AUDIENCES[audience][1]


def links_modal(found: Sequence[str], metadata: Mapping[str, str], choices: Sequence[Audience]) -> Block:
    """Return the window to add web pages: those found in a message to tick, or a box for one when there are none.

    `choices` are the audiences that the person may add for, the proposed one first.

    A window remembers 3000 characters; of links that are longer together, the longest are left out.
    """
    kept = list(found[:MAX_LINKS])
    while kept and len(packed({**metadata, "links": kept})) > MAX_METADATA_CHARS:
        kept.remove(max(kept, key=len))
    if kept:
        options = [{"text": label(cut(url, MAX_OPTION_CHARS)), "value": str(n)} for n, url in enumerate(kept)]
        choice = {"type": "checkboxes", "action_id": "value", "options": options, "initial_options": options}
        blocks = [as_input("links", "Pages to add", choice)]
    else:
        blocks = [as_input("link", "Address of a page", {"type": "url_text_input", "action_id": "value"})]
    name = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_VALUE_CHARS}
    blocks.append(as_input("collection", "Into the collection", name, optional=True))
    audiences = [{"text": label(_AUDIENCES[one][0]), "value": one.value} for one in choices]
    radio = {"type": "radio_buttons", "action_id": "value", "options": audiences, "initial_option": audiences[0]}
    blocks.append(as_input("audience", "Who can ask about it", radio))
    return modal("links", "Add to topicbot", blocks, "Add", packed({**metadata, "links": kept}))


PAGE = 8
"""Sources per message."""

_TITLE, _ERROR, _VALUE = 120, 300, 150
_FAILED_SHOWN, _LISTED = 8, 5
_NAMED = 3
_SIGNS = {SourceHealth.OK: "✅", SourceHealth.NEW: "🆕", SourceHealth.FAILING: "⚠️", SourceHealth.PAUSED: "⏸️"}


@dataclass(frozen=True, slots=True)
class ListPage(ButtonValue):
    """A page of the list, counted from 0."""

    page: int


def failing(sources: Sequence[Source]) -> int:
    """Return how many of the sources fail or are paused."""
    return sum(one.health in (SourceHealth.FAILING, SourceHealth.PAUSED) for one in sources)


def counted(sources: int, failing: int) -> str:
    """Return how many sources there are and how they do: "3 sources, 1 failing or paused"."""
    head = f"{sources:,} {noun('source', sources)}"
    return head + (f", {failing:,} failing or paused" if failing else ", all well")


def sources_list(
    sources: Sequence[Source], counts: Mapping[int, int], now: datetime, page: int, *, manages: bool
) -> Message:
    """Return one page of the sources; with buttons for those who may change them."""
    if not sources:
        said = "No source yet. Add a feed or a page with /sources add and its address."
        return Message(said, [rich(section(words(said)))])
    last = (len(sources) - 1) // PAGE
    page = min(max(page, 0), last)
    shown = sources[page * PAGE : (page + 1) * PAGE]
    head = counted(len(sources), failing(sources))
    blocks = [rich(section(words(head, bold=True)))]
    for one in shown:
        blocks.append(rich(*_source(one, counts.get(one.key, 0), now, linked=manages)))
        blocks += actions(_buttons(one), f"source-{one.key}") if manages else []
    turns = [button("Back", "source-page-back", ListPage(page - 1).pack())] if page else []
    turns += [button("More", "source-page-more", ListPage(page + 1).pack())] if page < last else []
    blocks += actions(turns, f"sources-page-{page}")
    spoken = "; ".join(f"{one_line(one.title, _TITLE)}: {one.health}" for one in shown)
    return Message(fallback(f"{head}. {spoken}"), blocks)


def source_form(metadata: Mapping[str, Any]) -> Block:
    """Return the window to add a source."""
    name = {"type": "plain_text_input", "action_id": "value", "max_length": _VALUE}
    days = {"type": "number_input", "action_id": "value", "is_decimal_allowed": False, "min_value": "1"}
    days["max_value"] = str(MOST_DAYS)
    blocks = [
        as_input("url", "Address of a feed or a page", {"type": "url_text_input", "action_id": "value"}),
        as_input("collection", "Into the collection", name, optional=True),
        as_input("keep_days", "Remove its articles after this many days", days, optional=True),
    ]
    return modal("source", "Add a source", blocks, "Add", packed(metadata))


def added(report: ImportReport) -> Message:
    """Return what adding or refreshing added, and what couldn't be fetched."""
    lines = [section(words(summary_line(report), bold=True))]
    lines += [section(words(f"From now on I look there for news: {_title(title)}")) for title in report.subscribed]
    for failure in report.failed[:_FAILED_SHOWN]:
        lines.append(
            section(words(f"Couldn't fetch {one_line(failure.source, _ERROR)}: {one_line(failure.error, _ERROR)}"))
        )
    for passed in (*report.skipped, *report.warnings)[:_FAILED_SHOWN]:
        lines.append(section(words(f"{one_line(passed.source, _ERROR)}: {one_line(passed.reason, _ERROR)}")))
    more = len(report.failed) - _FAILED_SHOWN
    lines += [section(words(f"and {more:,} more"))] if more > 0 else []
    lines += [section(words(f"Stopped: {one_line(report.stopped, _ERROR)}"))] if report.stopped else []
    return Message(fallback(summary_line(report)), [rich(*lines)])


@dataclass(frozen=True, slots=True)
class Offered(ButtonValue):
    """Files that somebody shared: who, and Slack's ids of the files."""

    user: str
    files: str


@dataclass(frozen=True, slots=True)
class Undo(ButtonValue):
    """What somebody has just added: who, for which audience, and the ids of the articles."""

    user: str
    audience: str
    articles: str


def audience_question(
    names: Sequence[str],
    choices: Sequence[Audience],
    offered: Offered,
    refused: Sequence[str] = (),
    *,
    left: int = 0,
) -> Message:
    """Return the question who may ask about these files; the first of the choices is proposed.

    The `refused` files came with them and can't be read; `left` is how many are too many for one message.
    """
    said = f"Who should be able to ask me about {_named(names)}? Nothing is stored until you choose."
    said += f" I can't read {_named(refused)}." if refused else ""
    said += f" I take {len(names)} files at a time; share the other {left:,} in another message." if left else ""
    buttons = [
        button(_AUDIENCES[one][0], f"keep-{one}", offered.pack(), **({"style": "primary"} if place == 0 else {}))
        for place, one in enumerate((*choices, Audience.NOBODY))
    ]
    return Message(fallback(said), [rich(section(words(said))), *actions(buttons, "keep")])


def cannot_read(names: Sequence[str], readable: Sequence[str]) -> Message:
    """Return that these files can't be read, and which kinds can."""
    said = f"I can't read {_named(names)}. I read {', '.join(one.lstrip('.') for one in readable)}."
    return Message(fallback(said), [rich(section(words(said)))])


def _named(names: Sequence[str]) -> str:
    listed = ", ".join(f"“{one_line(name, _TITLE) or 'a file'}”" for name in names[:_NAMED])
    return listed + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def kept(
    report: ImportReport, audience: Audience, undo: Undo | None, articles: Sequence[StoredArticle] = ()
) -> Message:
    """Return what was added for the audience, article by article, with buttons to ask about it or remove it."""
    message = added(report)
    if undo is None:
        return message
    lines = [section(words("• "), *_taken_in(one)) for one in articles[:_LISTED]]
    more = len(articles) - _LISTED
    lines += [section(words(f"and {more:,} more"))] if more > 0 else []
    read = [rich(*lines, block_id="taken-in")] if lines else []
    buttons = [button("Ask it something", "open-ask", "ask")]
    buttons += [button("Undo", "undo-add", undo.pack())] if undo.fits else []
    who = rich(section(words(who_sees(audience))))
    return Message(message.text, [*message.blocks, *read, who, *actions(buttons, "kept")])


def _taken_in(article: StoredArticle) -> list[Block]:
    """Return an article's title, its collection, and what was read of it: "12 paragraphs, 2 tables"."""
    texts = sum(not one.table for one in article.paragraphs)
    tables = sum(is_table for is_table, _ in groupby(one.table for one in article.paragraphs))
    read = [f"{texts:,} {noun('paragraph', texts)}"] if texts or not tables else []
    read += [f"{tables:,} {noun('table', tables)}"] if tables else []
    facts = [one_line(article.citation.collection, _TITLE), ", ".join(read)]
    title = link(title_of(article.citation), address_of(article.citation))
    return [title, words("".join(f" · {one}" for one in facts if one))]


def under_way(title: str, done: int, total: int) -> Message:
    """Return how far a long job is."""
    of = f"{done:,} of {total:,}" if total else f"{done:,} so far"
    said = f"{one_line(title, _TITLE) or 'Working'} … {of}"
    return Message(fallback(said), [rich(section(words(said)))])


def source_paused(source: Source, now: datetime) -> Message:
    """For who added a source that failed for too long."""
    title, why = _title(source.title), one_line(source.error or "", _ERROR)
    after = f" after {span(now - source.failing_since)} of errors" if source.failing_since else ""
    said = f"I paused “{title}”{after}: it {why}"
    how = " When it works again, type /sources resume and its name."
    return Message(fallback(said + how), [rich(section(words(said), words(how)))])


def _source(source: Source, count: int, now: datetime, *, linked: bool) -> list[Block]:
    facts = [f"{count:,} {noun('article', count)}"]
    facts += [f"last new {ago(source.changed_at, now)}"] if source.changed_at else []
    facts += [] if source.paused_at else [f"next check {ahead(source.next_at, now)}"]
    facts += [f"into {one_line(source.collection, _TITLE)}"] if source.collection else []
    facts += [f"kept {source.keep_days:,} days"] if source.keep_days else []
    lines = [
        section(
            words(f"{_SIGNS[source.health]} "),
            link(_title(source.title), source.url if linked else None),  # an address may hold a key
            words(f" · {source.health} · {' · '.join(facts)}"),
        )
    ]
    if source.last_look is not None:
        lines.append(section(words(f"Last check: {look_line(source.last_look)}", italic=True)))
    why = one_line(trouble(source, now), _ERROR)
    return [*lines, section(words(f"It {why}", italic=True))] if why else lines


def _buttons(source: Source) -> list[Block]:
    turn = ("Resume", "source-resume") if source.paused_at else ("Pause", "source-pause")
    sure = {
        "title": label("Remove the source?"),
        "text": label(cut(plain(f"I'll stop checking “{_title(source.title)}”. Its articles stay."), 300)),
        "confirm": label("Remove"),
        "deny": label("Keep"),
    }
    return [
        button("Refresh", "source-refresh", source.id),
        button(turn[0], turn[1], source.id),
        button("Remove", "source-remove", source.id, style="danger", confirm=sure),
    ]


def _title(title: str) -> str:
    return one_line(title, _TITLE) or "Untitled"
