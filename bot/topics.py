"""`topicbot topic`, `topicbot stories` and `topicbot gaps`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.arguments import Collection, Json, Since, Until, scope_of
from bot.terminal import is_styled, open_library, print_json, print_rich, the_store

if TYPE_CHECKING:
    from bot.config import Settings
    from embeddings.library import Library
    from embeddings.types import Scope

_USER = "command line"


def topic(
    subject: Annotated[str, typer.Argument(help="What to summarise. Left out: what is in the news.")] = "",
    collection: Collection = None,
    since: Since = None,
    until: Until = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also draw the coverage over time as a picture, a .png file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Summarise what the articles say on a subject, in their own sentences, each with its citation."""
    from bot import show_topic
    from bot.config import read_settings
    from bot.plot import plot_coverage
    from bot.shapes import topic_shape

    scope = scope_of(collection, since, until)
    with open_library() as library:
        settings = read_settings()
        if not subject.strip():
            _trends(library, settings, scope, as_json=as_json)
            return
        summary = library.topic(subject, scope)
        before = _asked_before(settings, summary.subject)
        if plot is not None:
            plot_coverage(summary, plot)
    if as_json:
        print_json(topic_shape(summary, before))
    else:
        print_rich(show_topic.topic(summary, before, styled=is_styled()))


def stories(
    collection: Collection = None, since: Since = None, until: Until = None, as_json: Json = False
) -> None:
    """List the stories, newest first: articles of the same event are one story."""
    from bot import show_topic
    from bot.config import read_settings
    from bot.shapes import story_shape

    scope = scope_of(collection, since, until)
    with open_library() as library:
        found = library.stories(scope, grouped=read_settings().group_stories)
    if as_json:
        print_json({"stories": [story_shape(one) for one in found]})
    else:
        print_rich(show_topic.stories(found))


def gaps(as_json: Json = False) -> None:
    """List what people asked in Slack that found nothing, questions of one meaning together."""
    from dataclasses import asdict

    from bot import show_topic
    from bot.config import read_settings
    from bot.gaps import LOOKED_AT
    from bot.gaps import gaps as grouped
    from bot.store import questions

    with open_library() as library:
        settings = read_settings()
        with the_store(settings) as store, store.reading() as connection:
            teams = questions.teams(connection) if settings.list_gaps else []
            asked = [one for team in teams for one in questions.unanswered(connection, team, LOOKED_AT)]
        found = grouped(asked, library.encoder)
    if as_json:
        print_json({"gaps": [{**asdict(one), "asked_at": one.asked_at.isoformat()} for one in found]})
    else:
        print_rich(show_topic.gaps(found))


def _trends(library: Library, settings: Settings, scope: Scope, *, as_json: bool) -> None:
    from bot import show_topic
    from bot.shapes import story_shape
    from bot.trends import trends

    found = trends(library.stories(scope, grouped=settings.group_stories), scope.until or datetime.now(UTC))
    if as_json:
        largest = [{**story_shape(one), "articles": now} for one, now in found.largest]
        growing = [{**story_shape(one), "articles": now, "before": before} for one, now, before in found.growing]
        period = {"since": found.since.isoformat(), "until": found.until.isoformat()}
        print_json({**period, "largest": largest, "growing": growing})
    else:
        print_rich(show_topic.trends(found))


def _asked_before(settings: Settings, subject: str) -> datetime | None:
    """When the subject was last asked for on the command line, if ever; from now on that is now."""
    import uuid

    from bot.store import topics
    from bot.store.topics import TopicView
    from embeddings.types import LOCAL_TEAM

    with the_store(settings) as store, store.writing() as connection:
        before = topics.last_seen(connection, LOCAL_TEAM, _USER, subject)
        view = TopicView(uuid.uuid4().hex, _USER, "", subject, None, None, None, datetime.now(UTC), before)
        topics.keep(connection, LOCAL_TEAM, view)
    return before
