"""Sources in Slack: the list, and the window that adds links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from bot.console.tables import summary_line
from bot.locale.library import translated
from bot.locale.texts import N_, format_number, ngettext
from bot.locale.texts import gettext as _
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
from bot.wording import ago, ahead, cut, health_words, look_line, one_line, plain, span, trouble
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
    Audience.PERSON: (N_("Only me"), N_("Only you can ask about it.")),
    Audience.CHANNEL: (N_("Only this channel"), N_("Only the members of this channel can ask about it.")),
    Audience.WORKSPACE: (N_("Everyone here"), N_("Everyone in this workspace can ask about it.")),
    Audience.NOBODY: (N_("Cancel"), ""),
}


def who_sees(audience: Audience) -> str:
    """Return the sentence that says who can ask about what was added."""
    return _(_AUDIENCES[audience][1])


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
        blocks = [as_input("links", _("Pages to add"), choice)]
    else:
        blocks = [as_input("link", _("Address of a page"), {"type": "url_text_input", "action_id": "value"})]
    name = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_VALUE_CHARS}
    blocks.append(as_input("collection", _("Into the collection"), name, optional=True))
    audiences = [{"text": label(_(_AUDIENCES[one][0])), "value": one.value} for one in choices]
    radio = {"type": "radio_buttons", "action_id": "value", "options": audiences, "initial_option": audiences[0]}
    blocks.append(as_input("audience", _("Who can ask about it"), radio))
    return modal("links", _("Add to topicbot"), blocks, _("Add"), packed({**metadata, "links": kept}))


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
    head = ngettext("{count} source", "{count} sources", sources)
    return (
        head + ", " + (_("{count} failing or paused", count=format_number(failing)) if failing else _("all well"))
    )


def sources_list(
    sources: Sequence[Source], counts: Mapping[int, int], now: datetime, page: int, *, manages: bool
) -> Message:
    """Return one page of the sources; with buttons for those who may change them."""
    if not sources:
        said = _("No source yet. Add a feed or a page with /sources add and its address.")
        return Message(said, [rich(section(words(said)))])
    last = (len(sources) - 1) // PAGE
    page = min(max(page, 0), last)
    shown = sources[page * PAGE : (page + 1) * PAGE]
    head = counted(len(sources), failing(sources))
    blocks = [rich(section(words(head, bold=True)))]
    for one in shown:
        blocks.append(rich(*_source(one, counts.get(one.key, 0), now, linked=manages)))
        blocks += actions(_buttons(one), f"source-{one.key}") if manages else []
    turns = [button(_("Back"), "source-page-back", ListPage(page - 1).pack())] if page else []
    turns += [button(_("More"), "source-page-more", ListPage(page + 1).pack())] if page < last else []
    blocks += actions(turns, f"sources-page-{page}")
    spoken = "; ".join(f"{one_line(one.title, _TITLE)}: {health_words(one.health)}" for one in shown)
    return Message(fallback(f"{head}. {spoken}"), blocks)


def source_form(metadata: Mapping[str, Any]) -> Block:
    """Return the window to add a source."""
    name = {"type": "plain_text_input", "action_id": "value", "max_length": _VALUE}
    days = {"type": "number_input", "action_id": "value", "is_decimal_allowed": False, "min_value": "1"}
    days["max_value"] = str(MOST_DAYS)
    blocks = [
        as_input("url", _("Address of a feed or a page"), {"type": "url_text_input", "action_id": "value"}),
        as_input("collection", _("Into the collection"), name, optional=True),
        as_input("keep_days", _("Remove its articles after this many days"), days, optional=True),
    ]
    return modal("source", _("Add a source"), blocks, _("Add"), packed(metadata))


def added(report: ImportReport) -> Message:
    """Return what adding or refreshing added, and what couldn't be fetched."""
    lines = [section(words(summary_line(report), bold=True))]
    for title in report.subscribed:
        lines.append(section(words(_("From now on I look there for news: {title}", title=_title(title)))))
    for failure in report.failed[:_FAILED_SHOWN]:
        name, reason = one_line(failure.source, _ERROR), one_line(translated(failure.error), _ERROR)
        lines.append(section(words(_("Couldn't fetch {name}: {reason}", name=name, reason=reason))))
    for passed in (*report.skipped, *report.warnings)[:_FAILED_SHOWN]:
        name, reason = one_line(passed.source, _ERROR), one_line(translated(passed.reason), _ERROR)
        lines.append(section(words(f"{name}: {reason}")))
    more = len(report.failed) - _FAILED_SHOWN
    lines += [section(words(_("and {count} more", count=format_number(more))))] if more > 0 else []
    if report.stopped:
        lines.append(section(words(_("Stopped: {reason}", reason=one_line(report.stopped, _ERROR)))))
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
    said = _(
        "Who should be able to ask me about {names}? Nothing is stored until you choose.", names=_named(names)
    )
    said += " " + _("I can't read {names}.", names=_named(refused)) if refused else ""
    if left:
        said += " " + _(
            "I take {count} files at a time; share the other {left} in another message.",
            count=format_number(len(names)),
            left=format_number(left),
        )
    buttons = [
        button(
            _(_AUDIENCES[one][0]), f"keep-{one}", offered.pack(), **({"style": "primary"} if place == 0 else {})
        )
        for place, one in enumerate((*choices, Audience.NOBODY))
    ]
    return Message(fallback(said), [rich(section(words(said))), *actions(buttons, "keep")])


def cannot_read(names: Sequence[str], readable: Sequence[str]) -> Message:
    """Return that these files can't be read, and which kinds can."""
    kinds = ", ".join(one.lstrip(".") for one in readable)
    said = _("I can't read {names}.", names=_named(names)) + " " + _("I read {kinds}.", kinds=kinds)
    return Message(fallback(said), [rich(section(words(said)))])


def _named(names: Sequence[str]) -> str:
    shown = [one_line(name, _TITLE) or _("a file") for name in names[:_NAMED]]
    listed = ", ".join(_("“{name}”", name=one) for one in shown)
    more = len(names) - _NAMED
    return listed + (" " + _("and {count} more", count=format_number(more)) if more > 0 else "")


def kept(
    report: ImportReport, audience: Audience, undo: Undo | None, articles: Sequence[StoredArticle] = ()
) -> Message:
    """Return what was added for the audience, article by article, with buttons to ask about it or remove it."""
    message = added(report)
    if undo is None:
        return message
    lines = [section(words("• "), *_taken_in(one)) for one in articles[:_LISTED]]
    more = len(articles) - _LISTED
    lines += [section(words(_("and {count} more", count=format_number(more))))] if more > 0 else []
    read = [rich(*lines, block_id="taken-in")] if lines else []
    buttons = [button(_("Ask it something"), "open-ask", "ask")]
    buttons += [button(_("Undo"), "undo-add", undo.pack())] if undo.fits else []
    who = rich(section(words(who_sees(audience))))
    return Message(message.text, [*message.blocks, *read, who, *actions(buttons, "kept")])


def _taken_in(article: StoredArticle) -> list[Block]:
    """Return an article's title, its collection, and what was read of it: "12 paragraphs, 2 tables"."""
    texts = sum(not one.table for one in article.paragraphs)
    tables = sum(is_table for is_table, _ in groupby(one.table for one in article.paragraphs))
    read = [ngettext("{count} paragraph", "{count} paragraphs", texts)] if texts or not tables else []
    read += [ngettext("{count} table", "{count} tables", tables)] if tables else []
    facts = [one_line(article.citation.collection, _TITLE), ", ".join(read)]
    title = link(title_of(article.citation), address_of(article.citation))
    return [title, words("".join(f" · {one}" for one in facts if one))]


def under_way(title: str, done: int, total: int) -> Message:
    """Return how far a long job is."""
    counted, working = format_number(done), _("Working")
    of = _("{done} of {total}", done=counted, total=format_number(total))
    of = of if total else _("{done} so far", done=counted)
    said = f"{one_line(title, _TITLE) or working} … {of}"
    return Message(fallback(said), [rich(section(words(said)))])


def source_paused(source: Source, now: datetime) -> Message:
    """For who added a source that failed for too long."""
    title, why = _title(source.title), one_line(translated(source.error or ""), _ERROR)
    if source.failing_since:
        after = span(now - source.failing_since)
        said = _("I paused “{title}” after {time} of errors: it {why}", title=title, time=after, why=why)
    else:
        said = _("I paused “{title}”: it {why}", title=title, why=why)
    how = " " + _("When it works again, type /sources resume and its name.")
    return Message(fallback(said + how), [rich(section(words(said), words(how)))])


def _source(source: Source, count: int, now: datetime, *, linked: bool) -> list[Block]:
    facts = [ngettext("{count} article", "{count} articles", count)]
    facts += [_("last new {when}", when=ago(source.changed_at, now))] if source.changed_at else []
    facts += [] if source.paused_at else [_("next check {when}", when=ahead(source.next_at, now))]
    facts += [_("into {collection}", collection=one_line(source.collection, _TITLE))] if source.collection else []
    facts += [_("kept {count} days", count=format_number(source.keep_days))] if source.keep_days else []
    lines = [
        section(
            words(f"{_SIGNS[source.health]} "),
            link(_title(source.title), source.url if linked else None),  # an address may hold a key
            words(f" · {health_words(source.health)} · {' · '.join(facts)}"),
        )
    ]
    if source.last_look is not None:
        lines.append(section(words(_("Last check: {result}", result=look_line(source.last_look)), italic=True)))
    why = one_line(trouble(source, now), _ERROR)
    return [*lines, section(words(_("It {why}", why=why), italic=True))] if why else lines


def _buttons(source: Source) -> list[Block]:
    turn = (_("Resume"), "source-resume") if source.paused_at else (_("Pause"), "source-pause")
    stops = _("I'll stop checking “{title}”. Its articles stay.", title=_title(source.title))
    sure = {
        "title": label(_("Remove the source?")),
        "text": label(cut(plain(stops), 300)),
        "confirm": label(_("Remove")),
        "deny": label(_("Keep")),
    }
    return [
        button(_("Refresh"), "source-refresh", source.id),
        button(turn[0], turn[1], source.id),
        button(_("Remove"), "source-remove", source.id, style="danger", confirm=sure),
    ]


def _title(title: str) -> str:
    return one_line(title, _TITLE) or _("Untitled")
