"""The commands about articles, and the list of questions without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.console.options import Collection, Json
from bot.console.session import open_library, print_json, print_rich, say
from bot.console.tables import strip_control_chars
from bot.resources import opened_store

if TYPE_CHECKING:
    from bot.asking.gaps import Gap

articles_app = typer.Typer(no_args_is_help=True, help="List, show and remove the articles of the library.")


@articles_app.command("list")
def list_articles(collection: Collection = None, as_json: Json = False) -> None:
    """List the articles, newest first."""
    from bot.console import tables as show
    from bot.console.shapes import summary_json

    with open_library() as library:
        found = library.local.articles(collection=collection)
    if as_json:
        print_json({"articles": [summary_json(one) for one in found]})
    else:
        print_rich(show.articles_table(found))


@articles_app.command("show")
def show_article(
    article_id: Annotated[str, typer.Argument(help="The id that `topicbot articles list` shows.")],
    as_json: Json = False,
) -> None:
    """Show one article, its paragraphs numbered."""
    from bot.console import tables as show
    from bot.console.shapes import article_json

    with open_library() as library:
        found = library.local.article(article_id)
    if as_json:
        print_json(article_json(found))
    else:
        print_rich(show.article_page(found))


@articles_app.command("remove")
def remove_articles(
    article_ids: Annotated[list[str], typer.Argument(help="The ids that `topicbot articles list` shows.")],
    as_json: Json = False,
) -> None:
    """Remove articles from the library."""
    from contextlib import suppress

    from embeddings.errors import DamagedError

    with open_library() as library:
        for article_id in article_ids:
            with suppress(DamagedError):
                library.local.article(article_id)  # all of them are there, or none is removed
        for article_id in dict.fromkeys(article_ids):
            library.local.remove(article_id)
            if not as_json:
                say(f"Removed {article_id}.")
        library.overwrite_removed()
    if as_json:
        print_json({"removed": article_ids})


def gaps(as_json: Json = False) -> None:
    """List what people asked in Slack that found nothing, questions of one meaning together."""
    from dataclasses import asdict

    from bot.asking import store as questions
    from bot.asking.gaps import MAX_QUESTIONS
    from bot.asking.gaps import gaps as grouped
    from bot.config import read_settings

    with open_library() as library:
        settings = read_settings()
        with opened_store(settings) as store, store.reading() as connection:
            teams = questions.teams(connection) if settings.list_gaps else []
            asked = [one for team in teams for one in questions.unanswered(connection, team, MAX_QUESTIONS)]
        found = grouped(asked, library.encoder)
    if as_json:
        print_json({"gaps": [{**asdict(one), "asked_at": one.asked_at.isoformat()} for one in found]})
    else:
        print_rich(gaps_table(found))


_OTHERS = 4


def gaps_table(found: Sequence[Gap]) -> RenderableType:
    """Return what found nothing, as a table; questions of one meaning are grouped."""
    if not found:
        return Text("No question has been left without an answer.")
    table = Table("Asked", "Last", "Question", box=None, pad_edge=False)
    for one in found:
        first, *others = one.questions
        text = Text(strip_control_chars(first))
        for other in others[:_OTHERS]:
            text.append(f"\n{strip_control_chars(other)}", style="dim")
        table.add_row(str(one.times), f"{one.asked_at:%Y-%m-%d}", text)
    return table
