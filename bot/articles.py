"""`topicbot articles`: list, show and remove what the library holds."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.arguments import Collection, Json
from bot.terminal import open_library, print_json, print_rich

articles_app = typer.Typer(no_args_is_help=True, help="List, show and remove the articles of the library.")


@articles_app.command("list")
def list_articles(collection: Collection = None, as_json: Json = False) -> None:
    """List the articles, newest first."""
    from bot import show
    from bot.shapes import summary_shape

    with open_library() as library:
        found = library.articles(collection=collection)
    if as_json:
        print_json({"articles": [summary_shape(one) for one in found]})
    else:
        print_rich(show.articles(found))


@articles_app.command("show")
def show_article(
    article_id: Annotated[str, typer.Argument(help="The id that `topicbot articles list` shows.")],
    as_json: Json = False,
) -> None:
    """Show one article, its paragraphs numbered."""
    from bot import show
    from bot.shapes import article_shape

    with open_library() as library:
        found = library.article(article_id)
    if as_json:
        print_json(article_shape(found))
    else:
        print_rich(show.article(found))


@articles_app.command("remove")
def remove_articles(
    article_ids: Annotated[list[str], typer.Argument(help="The ids that `topicbot articles list` shows.")],
    as_json: Json = False,
) -> None:
    """Remove articles from the library."""
    with open_library() as library:
        for article_id in article_ids:
            library.article(article_id)  # all of them are there, or none is removed
        for article_id in dict.fromkeys(article_ids):
            library.remove(article_id)
            if not as_json:
                typer.echo(f"Removed {article_id}.")
    if as_json:
        print_json({"removed": article_ids})
