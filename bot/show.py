"""Answers, articles and tables for a terminal: domain objects in, rich renderables out. Nothing here prints."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from embeddings.types import Answer, ArticleSummary, Citation, Passage, StoredArticle

if TYPE_CHECKING:
    from bot.doctor import Check
    from bot.dry_run import DryRun
    from embeddings.evaluate.ablation import Row
    from embeddings.evaluate.report import Report

_SURE, _FAIRLY_SURE = 0.9, 0.7
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def noun(singular: str, count: int) -> str:
    """The noun for so many."""
    return singular if count == 1 else f"{singular}s"


def answer(given: Answer, *, styled: bool) -> RenderableType:
    """An answer: the passages numbered, each with where it stands and the answering sentence in bold.

    Where styles can't be seen (`styled` false), two asterisks stand on both sides of the sentence instead.
    """
    if not given.passages:
        return Text(
            "I found nothing on that: the library has no articles there. Add some with `topicbot add FILE`."
        )
    if given.answered:
        head = Text(f"{confidence_words(given.confidence)} (confidence {given.confidence:.2f})", style="green")
    else:
        head = Text("I found nothing on that. ", style="yellow").append(
            "These passages come nearest; see for yourself.", style="default"
        )
    return Group(head, *(answer_passage(one, styled=styled) for one in given.passages))


def confidence_words(confidence: float) -> str:
    """How sure the bot is, in words."""
    if confidence >= _SURE:
        return "Found"
    return "Probably found" if confidence >= _FAIRLY_SURE else "Perhaps found"


def citation_line(citation: Citation, paragraph: int, page: int | None = None) -> str:
    """One line: title, source, author, date, paragraph counted from 1 as people count, and page of a PDF."""
    date = citation.published_at[:10] if citation.published_at else None
    where = f"paragraph {paragraph + 1}" if page is None else f"page {page}, paragraph {paragraph + 1}"
    facts = [citation.title, citation.source, citation.author, date, where]
    return inert(" · ".join(dict.fromkeys(fact for fact in facts if fact)))


def inert(text: str) -> str:
    """The text with "�" for each control character: an article must not steer the terminal that shows it."""
    return _CONTROLS.sub("\ufffd", text)


def articles(summaries: Sequence[ArticleSummary]) -> RenderableType:
    """The list of articles as a table."""
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
        table.add_row(*(Text(inert(cell)) for cell in cells))
    return table


def dry_run(found: DryRun) -> RenderableType:
    """What `add` would add."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Title", ratio=1)
    table.add_column("Date", no_wrap=True, min_width=len("2021-09-26"))
    table.add_column("Paragraphs", justify="right")
    table.add_column("From", overflow="fold", ratio=1)
    for one in found.articles:
        cells = (one.title, (one.published_at or "")[:10], str(one.paragraphs), one.source)
        table.add_row(*(Text(inert(cell)) for cell in cells))
    lines: list[RenderableType] = [table] if found.articles else []
    lines += [Text(inert(f"Feed: {one.title} ({one.url}){_entries(one.entries)}")) for one in found.feeds]
    lines += [Text(inert(f"Not to be had: {one.source}: {one.error}"), style="yellow") for one in found.failed]
    counts = ((len(found.articles), "article"), (len(found.feeds), "feed"))
    total = ", ".join(f"{count:,} {noun(name, count)}" for count, name in counts)
    return Group(*lines, Text(f"{total}; nothing was changed."))


def _entries(count: int | None) -> str:
    return f", {count:,} entries" if count is not None else ""


def article(stored: StoredArticle) -> RenderableType:
    """One article with its paragraphs numbered from 1."""
    cited = stored.citation
    facts = [cited.source, cited.author, cited.published_at, cited.url, f"collection {cited.collection}"]
    lines: list[RenderableType] = [
        Text(inert(cited.title), style="bold"),
        Text(inert(" · ".join(f for f in facts if f)), style="dim"),
    ]
    heading = None
    lines += [Text(inert(f"also at {one.url}"), style="dim") for one in stored.also_at]
    for number, paragraph in enumerate(stored.paragraphs, start=1):
        if paragraph.heading and paragraph.heading != heading:
            lines.append(Text(f"\n{inert(paragraph.heading)}", style="bold"))
        heading = paragraph.heading
        lines.append(Text(f"\n{number:3}  ", style="dim").append(inert(paragraph.text), style="not dim"))
    return Group(*lines)


def report(figures: Report) -> RenderableType:
    """The figures of an evaluation, a line each, those that don't apply left out."""
    table = Table("Figure", "Value", "Meaning", box=None, pad_edge=False)
    rows = (
        ("hit@1", figures.hit_at_1, f"right passage first, of {figures.answerable} answerable questions"),
        ("hit@5", figures.hit_at_5, "right passage among the first five"),
        ("MRR", figures.mrr, "mean reciprocal rank, first ten"),
        ("nDCG@10", figures.ndcg_at_10, "discounted gain, first ten"),
        ("answered", figures.answered, "answerable questions that were answered"),
        (
            "declined",
            figures.declined,
            f"of {figures.questions - figures.answerable} without an answer, declined",
        ),
        ("accuracy", figures.accuracy, "of the decision to answer or not"),
        ("AUROC", figures.auroc, "of the confidence, answerable against the rest"),
    )
    for name, value, meaning in rows:
        if not math.isnan(value):
            table.add_row(name, f"{value:.4f}", meaning)
    return table


def ablation(rows: Sequence[Row]) -> RenderableType:
    """What each part of the score is worth, as a table."""
    table = Table("Method", "hit@1", "hit@5", "MRR", "nDCG@10", box=None, pad_edge=False)
    for row in rows:
        figures = (row.hit_at_1, row.hit_at_5, row.mrr, row.ndcg_at_10)
        table.add_row(row.method, *(f"{figure:.4f}" for figure in figures))
    return table


def checks(found: Sequence[Check]) -> RenderableType:
    """The doctor's findings: a mark, what was looked at, what was found, and what to do."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for check in found:
        mark = Text("ok", style="green") if check.ok else Text("!!", style="bold red")
        finding = Text(check.finding)
        if not check.ok:
            finding.append(f"\n→ {check.advice}", style="yellow")
        table.add_row(mark, Text(check.name), finding)
    return table


def answer_passage(passage: Passage, *, styled: bool) -> RenderableType:
    """One passage: where it stands, its text with the answering sentence marked, its address."""
    before, sentence, after = (
        passage.text[: passage.highlight.start],
        passage.text[passage.highlight.start : passage.highlight.end],
        passage.text[passage.highlight.end :],
    )
    mark = "" if styled else "**"
    text = Text.assemble(inert(before), (f"{mark}{inert(sentence)}{mark}", "bold"), inert(after))
    parts: list[RenderableType] = [
        Text(f"\n[{passage.rank}] ", style="cyan").append(
            citation_line(passage.citation, passage.paragraph, passage.page), style="dim"
        ),
        Padding(text, (0, 0, 0, 4)),
    ]
    if passage.citation.url:
        parts.append(Padding(Text(inert(passage.citation.url), style="dim"), (0, 0, 0, 4)))
    if passage.also_in:
        names = "; ".join(one.title for one in passage.also_in)
        parts.append(Padding(Text(f"Also in: {inert(names)}", style="dim"), (0, 0, 0, 4)))
    return Group(*parts)
