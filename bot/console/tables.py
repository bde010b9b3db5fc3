"""Answers, articles and tables for a terminal: domain objects in, rich renderables out. Nothing here prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.locale.texts import gettext as _
from bot.locale.texts import ngettext
from bot.wording import confidence_words, corrected_line, noun, place_words
from embeddings.text.controls import CONTROLS
from embeddings.text.periods import Period, says

if TYPE_CHECKING:
    from embeddings.import_report import DryRun, ImportReport
    from embeddings.scope import Asked
    from embeddings.types import Answer, ArticleSummary, Citation, Passage, StoredArticle


def answer_page(given: Answer, *, styled: bool) -> RenderableType:
    """Return an answer: the passages numbered, each with its place and the answering sentence in bold.

    Where styles can't be seen (`styled` false), two asterisks are put on both sides of the sentence instead.
    """
    notes = [Text(strip_control_chars(one), style="italic") for one in (*_read_as(given.asked), *given.notes)]
    if given.answered:
        head = Text(f"{confidence_words(given)} (confidence {given.confidence:.2f})", style="green")
    elif given.passages:
        head = Text("I found nothing on that. ", style="yellow").append(
            "These passages come nearest; see for yourself.", style="default"
        )
    elif not given.confidence:
        nothing = "I found nothing on that: the library has no articles there. Add some with `topicbot add FILE`."
        return Group(Text(nothing), *notes)
    else:
        head = Text("I found nothing on that. ", style="yellow").append(
            "With `-k 3` the nearest passages are shown all the same.", style="default"
        )
    if given.corrected:
        head.append(
            f"\n{strip_control_chars(corrected_line(given.corrected))} (--literal: as typed)", style="italic"
        )
    for ranks in given.differ:
        listed = " and ".join(str(rank) for rank in ranks)
        head.append(f"\nThe figures in {listed} differ; compare them.", style="yellow")
    return Group(head, *notes, *(answer_passage(one, styled=styled) for one in given.passages))


def _read_as(asked: Asked | None) -> list[str]:
    """Return the period that a question was read with."""
    if asked is None or (asked.since is None and asked.until is None):
        return []
    period = says(Period(asked.since, asked.until))
    return [f"Searched only articles of {period}." if asked.strict else f"Articles of {period} come first."]


def citation_line(citation: Citation, paragraph: int, page: int | None = None, label: str | None = None) -> str:
    """Return one line: title, source, author, date, paragraph counted from 1 as people count, and page
    of a PDF.
    """
    date = citation.published_at[:10] if citation.published_at else None
    facts = [citation.title, citation.source, citation.author, date, place_words(paragraph, page, label)]
    return strip_control_chars(" · ".join(dict.fromkeys(fact for fact in facts if fact)))


def strip_control_chars(text: str) -> str:
    """Return the text with "�" for each control character: an article must not steer the terminal that
    shows it.
    """
    return CONTROLS.sub("\ufffd", text)


def articles_table(summaries: Sequence[ArticleSummary]) -> RenderableType:
    """Return the list of articles as a table."""
    if not summaries:
        return Text("The library is empty. Add articles with `topicbot add FILE`.")
    table = Table(box=None, pad_edge=False)
    table.add_column(
        "Id", overflow="fold", min_width=min(32, max(len(one.citation.article_id) for one in summaries))
    )
    table.add_column("Date", no_wrap=True, min_width=len("2021-09-26"))
    table.add_column("Title", ratio=1)
    table.add_column("Collection", overflow="fold")
    table.add_column("Paragraphs", justify="right")
    for one in summaries:
        cited = one.citation
        date = (cited.published_at or "")[:10]
        cells = (cited.article_id, date, cited.title, cited.collection, str(one.paragraphs))
        table.add_row(*(Text(strip_control_chars(cell)) for cell in cells))
    return table


def dry_run_page(found: DryRun) -> RenderableType:
    """Return what `add` would add."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Title", ratio=1)
    table.add_column("Date", no_wrap=True, min_width=len("2021-09-26"))
    table.add_column("Paragraphs", justify="right")
    table.add_column("From", overflow="fold", ratio=1)
    for one in found.articles:
        cells = (one.title, (one.published_at or "")[:10], str(one.paragraphs), one.source)
        table.add_row(*(Text(strip_control_chars(cell)) for cell in cells))
    lines: list[RenderableType] = [table] if found.articles else []
    lines += [
        Text(strip_control_chars(f"Feed: {one.title} ({one.url}){_entries(one.entries)}")) for one in found.feeds
    ]
    lines += [
        Text(strip_control_chars(f"Couldn't fetch {one.source}: {one.error}"), style="yellow")
        for one in found.failed
    ]
    lines += [
        Text(strip_control_chars(f"Skipped: {one.source}: {one.reason}"), style="dim") for one in found.skipped
    ]
    lines += [Text(strip_control_chars(f"Note: {one.source} {one.reason}"), style="dim") for one in found.warnings]
    counts = ((len(found.articles), "article"), (len(found.feeds), "feed"))
    total = ", ".join(f"{count:,} {noun(name, count)}" for count, name in counts)
    return Group(*lines, Text(f"{total}; nothing was changed."))


def _entries(count: int | None) -> str:
    return f", {count:,} entries" if count is not None else ""


def article_page(stored: StoredArticle) -> RenderableType:
    """Return one article with its paragraphs numbered from 1."""
    cited = stored.citation
    facts = [cited.source, cited.author, cited.published_at, cited.url, f"collection {cited.collection}"]
    lines: list[RenderableType] = [
        Text(strip_control_chars(cited.title), style="bold"),
        Text(strip_control_chars(" · ".join(f for f in facts if f)), style="dim"),
    ]
    heading = None
    lines += [Text(strip_control_chars(f"also at {one.url}"), style="dim") for one in stored.also_at]
    for number, paragraph in enumerate(stored.paragraphs, start=1):
        if paragraph.heading and paragraph.heading != heading:
            lines.append(Text(f"\n{strip_control_chars(paragraph.heading)}", style="bold"))
        heading = paragraph.heading
        lines.append(
            Text(f"\n{number:3}  ", style="dim").append(strip_control_chars(paragraph.text), style="not dim")
        )
    return Group(*lines)


def answer_passage(passage: Passage, *, styled: bool) -> RenderableType:
    """Return one passage: its place, its text with the answering sentence marked, its address."""
    before, sentence, after = (
        passage.text[: passage.highlight.start],
        passage.text[passage.highlight.start : passage.highlight.end],
        passage.text[passage.highlight.end :],
    )
    mark = "" if styled else "**"
    text = Text.assemble(
        strip_control_chars(before),
        (f"{mark}{strip_control_chars(sentence)}{mark}", "bold"),
        strip_control_chars(after),
    )
    parts: list[RenderableType] = [
        Text(f"\n[{passage.rank}] ", style="cyan").append(
            citation_line(passage.citation, passage.paragraph, passage.page, passage.label), style="dim"
        ),
    ]
    if passage.heading:
        parts.append(Padding(Text(strip_control_chars(passage.heading), style="italic"), (0, 0, 0, 4)))
    parts.append(Padding(text, (0, 0, 0, 4)))
    if passage.citation.url:
        parts.append(Padding(Text(strip_control_chars(passage.citation.url), style="dim"), (0, 0, 0, 4)))
    if passage.also_in:
        names = "; ".join(one.title for one in passage.also_in)
        parts.append(Padding(Text(f"Also in: {strip_control_chars(names)}", style="dim"), (0, 0, 0, 4)))
    return Group(*parts)


def summary_line(report: ImportReport) -> str:
    """Return one line for people: what happened, how many paragraphs, how long it took."""
    parts = [ngettext("{number} article added", "{number} articles added", report.added, number=report.added)]
    parts += [_("{count} updated", count=report.updated)] if report.updated else []
    parts += [_("{count} unchanged", count=report.unchanged)] if report.unchanged else []
    parts += [_("{count} failed", count=len(report.failed))] if report.failed else []
    parts += [_("{count} skipped", count=len(report.skipped))] if report.skipped else []
    number = report.paragraphs
    paragraphs = ngettext("{number} paragraph", "{number} paragraphs", number, number=number)
    took = _("{paragraphs} in {seconds} s.", paragraphs=paragraphs, seconds=f"{report.seconds:.1f}")
    return f"{', '.join(parts)}: {took}"
