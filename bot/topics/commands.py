"""`topicbot topic` and `topicbot stories`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.console.options import Collection, Json, Since, Tz, Until, scope_of, zone_of
from bot.console.session import is_styled, open_library, print_json, print_rich, report_errors, say
from bot.console.tables import answer_passage, citation_line, strip_control_chars
from bot.resources import opened_store
from bot.wording import changed_line, coverage_line
from embeddings.search.reading import Wanted, read_question
from embeddings.text.periods import Period, says

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.question import SummaryAsked
    from bot.topics.trends import Trends
    from embeddings.library import Library
    from embeddings.types import Citation, Point, Scope, Story, TopicSummary

_USER = "command line"


def topic(
    subject: Annotated[str, typer.Argument(help="What to summarise. Left out: what is in the news.")] = "",
    article: Annotated[
        str | None, typer.Option(help="Summarise this article instead of a subject: its id.", metavar="ID")
    ] = None,
    collection: Collection = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also draw the coverage over time as a picture, a .png file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Summarise what the articles say on a subject, in their own sentences, each with its citation."""
    if article is not None and subject.strip():
        raise typer.BadParameter("Give a subject or --article ID, not both.")
    from bot.config import read_settings
    from bot.console.plots import check_plot, plot_coverage

    zone = zone_of(tz)
    scope = scope_of(collection, since, until, zone)
    if plot is not None:
        with report_errors():
            check_plot(plot)
    with open_library() as library:
        settings = read_settings()
        if article is not None:
            _show(library.local.summary(article), None, scope, as_json=as_json)
            return
        wanted = read_question(subject, datetime.now(UTC), zone)
        scope = _scope(wanted, scope)
        if not wanted.question.strip():
            _trends(library, settings, scope, zone, as_json=as_json)
            return
        summary = library.local.topic(wanted.question, scope)
        before = _asked_before(settings, summary.subject)
        if plot is not None:
            plot_coverage(summary, plot)
    _show(summary, before, scope, as_json=as_json)


def show_view(library: Library, subject: str, wanted: Wanted, scope: Scope, zone: tzinfo) -> None:
    """Print what is new, on a subject or on everything, of the period that a question names."""
    from bot.config import read_settings

    scope = _scope(wanted, scope)
    if not subject:
        _trends(library, read_settings(), scope, zone, as_json=False)
        return
    print_rich(topic_page(library.local.topic(subject, scope), None, scope, styled=is_styled()))


def show_summary(library: Library, asked: SummaryAsked, wanted: Wanted, scope: Scope, zone: tzinfo) -> bool:
    """Print the summary of the article or subject that was asked for; return whether there is one to print.

    "What is … about?" prints nothing where there is too little: it is answered as a question then.
    """
    from bot.topics.service import article_meant

    if not asked.subject and not asked.of_article:
        show_view(library, "", wanted, scope, zone)
        return True
    within = _scope(wanted, scope)
    article = article_meant(library.local, asked, within)
    if article is None and not asked.subject:
        say("Name the article by words of its title: topicbot ask summarise the report on …, or give its id with")
        say("topicbot topic --article ID; topicbot articles list shows them.")
        return True
    if article is None and asked.is_title:
        return False
    found = library.local.summary(article) if article else library.local.topic(asked.subject, within)
    if asked.is_question and not found.enough:
        return False
    _show(found, None, within, as_json=False)
    return True


def _scope(wanted: Wanted, scope: Scope) -> Scope:
    """Return the scope with the bounds that were typed; in a topic a period that is named bounds it too."""
    if wanted.preferred is not None:
        wanted = replace(wanted, since=wanted.preferred.since, until=wanted.preferred.until)
    return wanted.within(scope)


def stories(
    collection: Collection = None, since: Since = None, until: Until = None, tz: Tz = None, as_json: Json = False
) -> None:
    """List the stories, newest first: articles of the same event are one story."""
    from bot.config import read_settings
    from bot.console.shapes import story_json

    scope = scope_of(collection, since, until, zone_of(tz))
    with open_library() as library:
        found = library.local.stories(scope, grouped=read_settings().group_stories, news=True)
    if as_json:
        print_json({"stories": [story_json(one) for one in found]})
    else:
        print_rich(stories_table(found))


def _show(summary: TopicSummary, before: datetime | None, scope: Scope, *, as_json: bool) -> None:
    from bot.console.shapes import topic_json

    if as_json:
        print_json(topic_json(summary, before))
    else:
        print_rich(topic_page(summary, before, scope, styled=is_styled()))


def _trends(library: Library, settings: Settings, scope: Scope, zone: tzinfo, *, as_json: bool) -> None:
    from bot.console.shapes import story_json
    from bot.topics.trends import trends

    whole = replace(scope, since=None, until=None)
    every = library.local.stories(whole, grouped=settings.group_stories, news=True)
    found = trends(every, scope.until or datetime.now(UTC).astimezone(zone), scope.since)
    if as_json:
        largest = [{**story_json(one), "articles": now} for one, now in found.largest]
        growing = [{**story_json(one), "articles": now, "before": before} for one, now, before in found.growing]
        period = {"since": found.since.isoformat(), "until": found.until.isoformat()}
        print_json({**period, "largest": largest, "growing": growing})
    else:
        print_rich(trends_table(found))


def _asked_before(settings: Settings, subject: str) -> datetime | None:
    """Return when the subject was last asked for on the command line, if ever; from now on that is now."""
    import uuid

    from bot.topics import store as topics
    from bot.topics.store import TopicView
    from embeddings.types import LOCAL_TEAM

    with opened_store(settings) as store, store.writing() as connection:
        before = topics.last_seen(connection, LOCAL_TEAM, _USER, subject)
        view = TopicView(uuid.uuid4().hex, _USER, "", subject, None, None, None, datetime.now(UTC), before)
        topics.keep(connection, LOCAL_TEAM, view)
    return before


def topic_page(
    summary: TopicSummary, since: datetime | None, scope: Scope | None = None, *, styled: bool
) -> RenderableType:
    """Return a summary: its points numbered, each with its place, figures that differ, timeline and the rest."""
    if not summary.enough:
        return _too_little(summary, styled=styled)
    period = says(Period(scope.since, scope.until)) if scope is not None and (scope.since or scope.until) else ""
    subject = strip_control_chars(summary.subject)
    of_article = [one.title for one in summary.sources] == [summary.subject]
    title = f"In short: {subject}" if of_article else f"What the articles say on {subject}"
    lines: list[RenderableType] = [Text(f"{title}, {period}" if period else title, style="bold")]
    for number, one in enumerate(summary.points, start=1):
        lines += _point(one, f"[{number}] ")
    for group in summary.conflicts:
        lines.append(Text("\nThe figures differ", style="bold"))
        for one in group:
            lines += _point(one, "- ")
    lines += [Text("\nTimeline", style="bold")] if summary.timeline else []
    lines += [Text(strip_control_chars(f"{one.date or 'no date   '}  {one.headline}")) for one in summary.timeline]
    if summary.named:
        listed = ", ".join(f"{one.name} ({one.paragraphs})" for one in summary.named)
        lines.append(Text.assemble(("\nNamed most: ", "bold"), strip_control_chars(listed)))
    if drawn := coverage_line(summary.coverage):
        lines.append(Text.assemble(("\nCoverage: ", "bold"), drawn))
    lines.append(Text("\nSources", style="bold"))
    lines += [Text(strip_control_chars(_source(one))) for one in summary.sources]
    if since is not None:
        lines.append(Text(f"\n{strip_control_chars(changed_line(summary, since))}", style="italic"))
    return Group(*lines)


def stories_table(found: Sequence[Story]) -> RenderableType:
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
        is_dated = any(cited.published_at for cited in one.articles)
        table.add_row(
            one.last_seen[:10] if is_dated else f"added {one.last_seen[:10]}",
            Text(strip_control_chars(one.headline)),
            *counts,
            one.story_id,
        )
    return table


def trends_table(found: Trends) -> RenderableType:
    """Return the largest stories of a period and those that grow fastest."""
    title = f"In the news here, {says(Period(found.since, found.until))}"
    if not found.largest:
        return Text(f"{title}: no article is of these days. `topicbot stories` lists what there is.")
    table = Table("Articles", "Before", "Headline", title=title, title_justify="left", box=None, pad_edge=False)
    before = {one.story_id: str(count) for one, _, count in found.growing}
    for one, now in found.largest:
        table.add_row(str(now), before.get(one.story_id, ""), Text(strip_control_chars(one.headline)))
    return table


def _too_little(summary: TopicSummary, *, styled: bool) -> RenderableType:
    subject = strip_control_chars(summary.subject)
    little = f"There is too little on {subject} for a summary."
    head = Text(little if summary.sources else f"I found nothing on {subject}.", style="yellow")
    if summary.passages:
        head.append(" These passages come nearest; see for yourself.", style="default")
    return Group(head, *(answer_passage(one, styled=styled) for one in summary.passages))


def _point(point: Point, mark: str) -> list[RenderableType]:
    said = f"…{point.shown}" if point.shown[:1].islower() else point.shown
    line = Text(strip_control_chars(citation_line(point.citation, point.paragraph)), style="dim")
    return [
        Text(f"\n{mark}", style="cyan").append(strip_control_chars(said), style="default"),
        Padding(line, (0, 0, 0, 4)),
    ]


def _source(cited: Citation) -> str:
    date = (cited.published_at or "")[:10]
    return " · ".join(part for part in (cited.title, cited.source, date, cited.url) if part)
