"""Summaries, stories, trends and gaps for a terminal: domain objects in, rich renderables out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.blocks.topic import changed_line, coverage_line
from bot.gaps import Gap
from bot.show import answer_passage, citation_line, inert
from bot.trends import Trends
from embeddings.evaluate.stories import PairFigures
from embeddings.types import Citation, Point, Story, TopicSummary

_OTHERS = 4


def topic(summary: TopicSummary, since: datetime | None, *, styled: bool) -> RenderableType:
    """A summary: its points numbered, each with where it stands, figures that differ, timeline and the rest."""
    if not summary.enough:
        return _too_little(summary, styled=styled)
    lines: list[RenderableType] = [Text(f"What the articles say on {inert(summary.subject)}", style="bold")]
    for number, one in enumerate(summary.points, start=1):
        lines += _point(one, f"[{number}] ")
    for group in summary.conflicts:
        lines.append(Text("\nThe figures differ", style="bold"))
        for one in group:
            lines += _point(one, "- ")
    lines += [Text("\nTimeline", style="bold")] if summary.timeline else []
    lines += [Text(inert(f"{one.date or 'no date   '}  {one.headline}")) for one in summary.timeline]
    if summary.named:
        listed = ", ".join(f"{one.name} ({one.paragraphs})" for one in summary.named)
        lines.append(Text.assemble(("\nNamed most: ", "bold"), inert(listed)))
    if drawn := coverage_line(summary.coverage):
        lines.append(Text.assemble(("\nCoverage: ", "bold"), drawn))
    lines.append(Text("\nSources", style="bold"))
    lines += [Text(inert(_source(one))) for one in summary.sources]
    if since is not None:
        lines.append(Text(f"\n{inert(changed_line(summary, since))}", style="italic"))
    return Group(*lines)


def stories(found: Sequence[Story]) -> RenderableType:
    """Stories as a table, newest first."""
    if not found:
        return Text("There is no story there. Add articles with `topicbot add FILE`, or name an earlier --since.")
    table = Table(box=None, pad_edge=False)
    table.add_column("Last seen", no_wrap=True)
    table.add_column("Headline", ratio=1)
    table.add_column("Articles", justify="right")
    table.add_column("Sources", justify="right")
    table.add_column("Id", no_wrap=True)
    for one in found:
        counts = (str(len(one.articles)), str(one.sources))
        table.add_row(one.last_seen[:10], Text(inert(one.headline)), *counts, one.story_id)
    return table


def trends(found: Trends) -> RenderableType:
    """The largest stories of a period and those that grow fastest."""
    title = f"In the news here, {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}"
    if not found.largest:
        return Text(f"{title}: no article of these days has come in. `topicbot stories` lists what there is.")
    table = Table("Articles", "Before", "Headline", title=title, title_justify="left", box=None, pad_edge=False)
    before = {one.story_id: str(count) for one, _, count in found.growing}
    for one, now in found.largest:
        table.add_row(str(now), before.get(one.story_id, ""), Text(inert(one.headline)))
    return table


def gaps(found: Sequence[Gap]) -> RenderableType:
    """What found nothing, as a table; questions of one meaning stand together."""
    if not found:
        return Text("No question has been left without an answer.")
    table = Table("Asked", "Last", "Question", box=None, pad_edge=False)
    for one in found:
        first, *others = one.questions
        text = Text(inert(first))
        for other in others[:_OTHERS]:
            text.append(f"\n{inert(other)}", style="dim")
        table.add_row(str(one.times), f"{one.asked_at:%Y-%m-%d}", text)
    return table


def pair_figures(found: PairFigures) -> RenderableType:
    """How well articles of the same event were found, and each event where they were not."""
    table = Table("Figure", "Value", "Meaning", box=None, pad_edge=False)
    table.add_row("precision", f"{found.precision:.4f}", "of the pairs put together, those that belong together")
    table.add_row("recall", f"{found.recall:.4f}", "of the pairs that belong together, those put together")
    table.add_row("F1", f"{found.f1:.4f}", f"over {found.articles} articles of {found.events} events")
    lines = [f"put together wrongly: {one} and {other}" for one, other in found.wrong]
    lines += [f"not put together: {one} and {other}" for one, other in found.missed]
    return Group(table, *(Text(inert(line), style="dim") for line in lines))


def _too_little(summary: TopicSummary, *, styled: bool) -> RenderableType:
    subject = inert(summary.subject)
    little = f"There is too little on {subject} for a summary."
    head = Text(little if summary.sources else f"I found nothing on {subject}.", style="yellow")
    if summary.passages:
        head.append(" These passages come nearest; see for yourself.", style="default")
    return Group(head, *(answer_passage(one, styled=styled) for one in summary.passages))


def _point(point: Point, mark: str) -> list[RenderableType]:
    said = f"…{point.text}" if point.text[:1].islower() else point.text
    line = Text(inert(citation_line(point.citation, point.paragraph)), style="dim")
    return [Text(f"\n{mark}", style="cyan").append(inert(said), style="default"), Padding(line, (0, 0, 0, 4))]


def _source(cited: Citation) -> str:
    date = (cited.published_at or "")[:10]
    return " · ".join(part for part in (cited.title, cited.source, date, cited.url) if part)
