"""Taking an article in: whether it is there already, whether its text must be encoded, and writing it.

Every function works inside the transaction that it is handed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from embeddings.encoding.paragraphs import EncodedParagraph
from embeddings.errors import SourceError
from embeddings.store import articles, copies
from embeddings.topics.stories import place
from embeddings.types import Added, Article, Outcome

Encode = Callable[[Article], Sequence[EncodedParagraph]]


def check_has_text(article: Article) -> None:
    """Raise `SourceError` for an article without paragraphs, or with an empty one."""
    if not article.paragraphs or not all(paragraph.text.strip() for paragraph in article.paragraphs):
        raise SourceError(article.title, "has no paragraph, or an empty one. Give each paragraph some text.")


def plan(connection: Connection, article: Article, team: str, *, merge_copies: bool) -> Added | bool:
    """What adding the article would come to when it is there, unchanged; else whether its text must be encoded.

    It need not be when the text is there: under other metadata, or at another address.
    """
    known = articles.find(connection, article, team)
    if known is None:
        return not (merge_copies and copies.is_copy(connection, article, team))
    if articles.is_unchanged(known, article):
        return Added(Outcome.UNCHANGED, known["id"], len(article.paragraphs))
    return bool(known["content_hash"] != articles.content_hash(article))


def apply(
    connection: Connection,
    article: Article,
    rows: Sequence[EncodedParagraph] | None,
    team: str,
    added_at: str,
    *,
    quiet: bool,
    merge_copies: bool,
    encode: Encode,
) -> Added:
    """Write the article, whatever has changed since `look`, and place it into its story; copies become links.

    `rows` are its paragraphs encoded, when they are; where they are needed all the same, `encode` gives them.
    """
    count = len(article.paragraphs)
    known = articles.find(connection, article, team)
    if known is not None and articles.is_unchanged(known, article):
        return Added(Outcome.UNCHANGED, known["id"], count)
    if known is None and merge_copies and (link := copies.keep(connection, article, team)):
        return link
    if rows is None and (known is None or known["content_hash"] != articles.content_hash(article)):
        rows = encode(article)  # another process changed the article meanwhile
    article_id = articles.save(connection, article, rows, team, added_at, quiet=quiet)
    place(connection, team, article_id)
    return Added(Outcome.ADDED if known is None else Outcome.UPDATED, article_id, count)
