"""Summaries and trends as Slack messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.locale.texts import format_date, ngettext
from bot.locale.texts import gettext as _
from bot.slack.notes import note
from bot.slack.passages import address_of, passage_block, source_line, title_of
from bot.slack.text import (
    MESSAGE_LIMIT,
    ArticleValue,
    Block,
    Message,
    actions,
    button,
    chart,
    fallback,
    header,
    link,
    mrkdwn,
    quote,
    rich,
    section,
    size,
    small,
    table,
    words,
)
from bot.topics.trends import Trends
from bot.wording import changed_line, coverage_line, cut, one_line, period_words, place_words, plain
from embeddings.text.periods import Period
from embeddings.types import ArticleSummary, Citation, Event, Named, Point, Story, TopicSummary

_SUBJECT, _TITLE, _NAME = 150, 120, 60
_POINT = 1200
_CELL, _ROWS = 300, 12
_TIMELINE, _NAMED, _SOURCES = 10, 8, 10
_FEWEST, _OFFERED = 4, 5
_BARS, _FEWEST_BARS = 20, 3


@dataclass(frozen=True, slots=True)
class TopicShown:
    """How a summary is shown: its id for the buttons, when the person asked before, and from which collections.

    `shareable` ones were given to one person alone; `sharer` is who then showed one to all. `period` is that of
    its articles, if one was asked for.
    """

    view_id: str
    since: datetime | None = None
    collections: tuple[str, ...] | None = None
    shareable: bool = False
    sharer: str | None = None
    period: Period | None = None


def topic_message(summary: TopicSummary, shown: TopicShown) -> Message:
    """Return the message of a summary, inside Slack's limits: what matters least is left out first."""
    subject = one_line(summary.subject, _SUBJECT) or _("this")
    if not summary.enough:
        return _too_little(summary, shown, subject)
    title = _("What the articles say on {subject}", subject=subject)
    head = [words(title, bold=True)]
    head += [words(" · " + _("shared by ")), {"type": "user", "user_id": shown.sharer}] if shown.sharer else []
    points, timeline = list(summary.points), list(summary.timeline[-_TIMELINE:])
    conflicts, named = list(summary.conflicts), summary.named[:_NAMED]
    while True:
        blocks = [rich(section(*head), *_bounds(shown), block_id="head")]
        blocks += _points(points, shown)
        blocks += _conflicts(conflicts)
        more = [*_changed(summary, shown), *_timeline(timeline, summary), *_named(named), *_coverage(summary)]
        blocks += [rich(*more, block_id="more")] if more else []
        blocks += _chart(summary)
        named_above = {one.citation.article_id for one in points} | {one.article_id for one in timeline}
        others = [one for one in summary.sources if one.article_id not in named_above]
        blocks += [*_sources(others, is_rest=bool(named_above)), *_buttons(shown)]
        if sum(size(block) for block in blocks) <= MESSAGE_LIMIT:
            break
        if len(points) > _FEWEST:
            points.pop()
        elif timeline:
            timeline.pop(0)
        elif named:
            named = ()
        elif conflicts:
            conflicts.pop()
        else:
            break
    spoken = " ".join(one.shown for one in points)
    return Message(fallback(f"{title}: {spoken}"), blocks)


def article_message(summary: TopicSummary, cited: Citation) -> Message:
    """Return what one article says, in its own sentences."""
    title = title_of(cited)
    if not summary.points:
        return note(_("“{title}” is too short for a summary.", title=title))
    lines = [section(words(_("In short: "), bold=True), link(title, address_of(cited)))]
    for point in summary.points:
        place = link(place_words(point.paragraph, None, None), address_of(cited, point.paragraph))
        lines.append(section(words(f"\n• {_said(point)} "), place))
    spoken = " ".join(one.shown for one in summary.points)
    return Message(fallback(_("In short: ") + f"{title}. {spoken}"), [rich(*lines)])


def which_article(newest: Sequence[ArticleSummary]) -> Message:
    """Return the question which article is meant, with a button for each of the newest."""
    if not newest:
        return note(_("There are no articles yet. Share a file with me in a direct message to add the first."))
    said = _("Which article? Write “summarise” and words of its title. These were added last:")
    blocks: list[Block] = [rich(section(words(said)))]
    for number, one in enumerate(newest[:_OFFERED]):
        blocks.append(rich(section(words("• "), link(title_of(one.citation), address_of(one.citation)))))
        value = ArticleValue(one.citation.article_id)
        if value.fits:
            blocks += actions([button(_("Summarise"), "summarise", value.pack())], f"offered-{number}")
    return Message(fallback(said, "; ".join(title_of(one.citation) for one in newest[:_OFFERED])), blocks)


def trends_message(found: Trends) -> Message:
    """Return what is in the news here: the largest stories of a period and those that grow fastest."""
    title = _("In the news here, {period}", period=period_words(Period(found.since, found.until)))
    if not found.largest:
        said = _("No article is of these days. Ask about a subject with /topic and its name.")
        return Message(fallback(f"{title}: {said}"), [header(title), rich(section(words(said)))])
    lines = [section(words(_("Largest stories"), bold=True))]
    lines += [_story(one, f"{_count(one, now)}") for one, now in found.largest]
    if found.growing:
        lines.append(section(words("\n" + _("Growing fastest"), bold=True)))
        lines += [
            _story(one, _("{articles}, {count} before", articles=_count(one, now), count=before))
            for one, now, before in found.growing
        ]
    spoken = "; ".join(one_line(one.headline, _TITLE) for one, _now in found.largest)
    return Message(fallback(f"{title}: {spoken}"), [header(title), rich(*lines)])


def _too_little(summary: TopicSummary, shown: TopicShown, subject: str) -> Message:
    passages, alone = list(summary.passages[:3]), replace(shown, shareable=False)
    said = (
        _("There is too little on {subject} for a summary.", subject=subject)
        if summary.sources
        else _("I found nothing on {subject}.", subject=subject)
    )
    nearest = [words(" " + _("These passages come nearest; see for yourself."))] if passages else []
    while True:
        head = rich(section(words(said, bold=True), *nearest), *_bounds(shown), block_id="head")
        blocks = [head, *(passage_block(one, shown.view_id) for one in passages), *_buttons(alone)]
        if len(passages) <= 1 or sum(size(block) for block in blocks) <= MESSAGE_LIMIT:
            return Message(fallback(said), blocks)
        passages.pop()


def _bounds(shown: TopicShown) -> list[Block]:
    if shown.period is not None:
        period = [section(words(_("Articles of {period}.", period=period_words(shown.period)), italic=True))]
        return [*period, *_bounds(replace(shown, period=None))]
    if shown.collections is None:
        return []
    listed = one_line(", ".join(shown.collections), _SUBJECT) or _("no collection")
    bounds = _("in {collections}", collections=listed)
    return [section(words(_("Searched only articles {bounds}.", bounds=bounds), italic=True))]


def _points(points: Sequence[Point], shown: TopicShown) -> list[Block]:
    """Return the points, those of one article together above its name."""
    of_article: dict[str, list[Point]] = {}
    for one in points:
        of_article.setdefault(one.citation.article_id, []).append(one)
    blocks = []
    for number, group in enumerate(of_article.values(), start=1):
        quotes = []
        for one in group:
            is_new = shown.since is not None and datetime.fromisoformat(one.added_at) > shown.since
            mark = [words(_("new") + " · ", bold=True)] if is_new else []
            quotes.append(quote(*mark, words(_said(one))))
        cited, paragraphs = group[0].citation, list(dict.fromkeys(one.paragraph + 1 for one in group))
        numbers = ", ".join(map(str, paragraphs))
        where = ngettext("paragraph {numbers}", "paragraphs {numbers}", len(paragraphs), numbers=numbers)
        source = source_line(cited, where, address_of(cited, group[0].paragraph))
        blocks += [rich(*quotes, block_id=f"point-{number}"), small([mrkdwn(source)], f"point-{number}-source")]
    return blocks


def _said(point: Point) -> str:
    said = cut(plain(point.shown), _POINT) or " "
    return f"…{said}" if said[:1].islower() else said


def _conflicts(groups: Sequence[Sequence[Point]]) -> list[Block]:
    """Return the figures that differ, side by side, with whose they are."""
    rows = []
    for one in (point for group in groups for point in group):
        date = format_date((one.citation.published_at or "")[:10]) or _("no date")
        rows.append((one_line(_said(one), _CELL) or " ", title_of(one.citation, _TITLE), date))
    return [table((_("The figures differ"), _("Article"), _("Date")), rows[:_ROWS], "conflicts")] if rows else []


def _timeline(events: Sequence[Event], summary: TopicSummary) -> list[Block]:
    urls = {one.article_id: one.url for one in summary.sources}
    lines = [section(words("\n" + _("Timeline"), bold=True))] if events else []
    for one in events:
        day = format_date(one.date) if one.date else _("no date")
        title = link(one_line(one.headline, _TITLE) or _("Untitled"), urls.get(one.article_id))
        lines.append(section(words(f"{day} – "), title))
    return lines


def _named(named: Sequence[Named]) -> list[Block]:
    if not named:
        return []
    listed = ", ".join(f"{one_line(one.name, _NAME)} ({one.paragraphs})" for one in named)
    return [section(words("\n" + _("Named most: "), bold=True), words(listed))]


def _coverage(summary: TopicSummary) -> list[Block]:
    line = coverage_line(summary.coverage)
    return [section(words("\n" + _("Coverage: "), bold=True), words(line))] if line else []


def _chart(summary: TopicSummary) -> list[Block]:
    """Return how many articles there are over time as a chart, where there is something to see."""
    counts = list(summary.coverage)
    per = -(-len(counts) // _BARS)  # neighbours share a bar where there are too many
    bars = [
        (counts[first].start, sum(one.articles for one in counts[first : first + per]))
        for first in range(0, len(counts), per or 1)
    ]
    if sum(count > 0 for _, count in bars) < _FEWEST_BARS:
        return []
    return [chart(_("Articles over time"), _("Articles"), bars, "coverage")]


def _sources(sources: Sequence[Citation], *, is_rest: bool) -> list[Block]:
    """Return the sources, newest first; `is_rest`: those that weren't named above."""
    if not sources:
        return []
    lines = [section(words(_("Other sources") if is_rest else _("Sources"), bold=True))]
    for cited in reversed(sources[-_SOURCES:]):
        facts = [one_line(cited.source or "", _NAME), format_date((cited.published_at or "")[:10])]
        after = "".join(f" · {fact}" for fact in facts if fact)
        lines.append(section(words("• "), link(title_of(cited), cited.url), *([words(after)] if after else [])))
    more = len(sources) - _SOURCES
    return [
        rich(
            *lines, *([section(words(_("and {count} more", count=more)))] if more > 0 else []), block_id="sources"
        )
    ]


def _changed(summary: TopicSummary, shown: TopicShown) -> list[Block]:
    if shown.since is None:
        return []
    return [section(words(changed_line(summary, shown.since), italic=True))]


def _buttons(shown: TopicShown) -> list[Block]:
    row = [button(_("Share to channel"), "share-topic", shown.view_id)] if shown.shareable else []
    row.append(button(_("Tell me when there is more"), "alert", shown.view_id))
    return actions(row, f"topic-{shown.view_id}")


def _story(told: Story, count: str) -> Block:
    lead = next((one for one in told.articles if one.title == told.headline), told.articles[0])
    return section(words("• "), link(title_of(lead), lead.url), words(f" · {count}"))


def _count(told: Story, articles: int) -> str:
    counted = ngettext("{count} article", "{count} articles", articles)
    return (
        _("{articles} from {count} sources", articles=counted, count=told.sources) if told.sources > 1 else counted
    )
