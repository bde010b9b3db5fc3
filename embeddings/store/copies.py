"""Copies of a text at other addresses: one article, with a link to each. All in the transaction that is passed."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from embeddings.scope import audience_mark
from embeddings.store import checksums
from embeddings.store.checksums import is_sound
from embeddings.store.prepared import Prepared
from embeddings.store.tables import article as articles
from embeddings.store.tables import link
from embeddings.text.urls import identity, is_web_address
from embeddings.types import Added, Article, Citation, Outcome

_LEAST_LETTERS = 200
_NOT_LETTERS = re.compile(r"[\W_]+")


def text_hash(article: Article) -> str | None:
    """Return a digest of the letters and digits of an article from the web, or `None`: for other articles, which
    are kept apart, and for texts so short that different pages may share them."""
    is_own = article.id is not None and article.added_at is None
    if is_own or not is_web_address(article.origin or ""):
        return None
    letters = _NOT_LETTERS.sub("", "".join(one.text for one in article.paragraphs)).casefold()
    return hashlib.sha256(letters.encode()).hexdigest() if len(letters) >= _LEAST_LETTERS else None


def original_of(connection: Connection, text: str | None, origin: str | None, team: str) -> tuple[int, str] | None:
    """Key and id of the team's article with the same text from another address; `text` is its `text_hash`."""
    if text is None:
        return None
    found = _ORIGINAL.rows(connection, {"team": team, "text": text, "origin": origin})
    return (found[0][0], found[0][1]) if found else None


def unlink(connection: Connection, article: Article, team: str) -> None:
    """Forget that the article's address has the text of another article: it says something of its own now."""
    if article.origin is not None:
        _UNLINK.run(connection, {"team": team, "origin": article.origin})


def keep(connection: Connection, article: Article, original: tuple[int, str], team: str) -> Added:
    """Note the address of an article whose text is that of `original`, as `original_of` returns it."""
    key, article_id = original
    mine = (link.c.team_id == team) & (link.c.origin == article.origin)
    values = {
        "article_key": key,
        "url": article.url or article.origin,
        "title": article.title,
        "source": article.source,
    }
    known = connection.execute(select(link).where(mine)).mappings().first()
    count = len(article.paragraphs)
    if known is not None and all(known[name] == value for name, value in values.items()):
        return Added(Outcome.UNCHANGED, article_id, count)
    values = _sealed({"team_id": team, "origin": article.origin, **values})
    if known is not None:
        connection.execute(update(link).where(mine).values(**values))
    else:
        connection.execute(insert(link).values(**values))
    return Added(Outcome.UPDATED, article_id, count)


def restore(connection: Connection, key: int, article: Article, team: str) -> None:
    """Keep the addresses that an exported article names."""
    for one in article.also_at:
        values = {"article_key": key, "url": one.url, "title": one.title, "source": one.source}
        values = _sealed({"team_id": team, "origin": identity(one.url or ""), **values})
        connection.execute(insert(link).values(values).on_conflict_do_nothing())


def of(connection: Connection, article_keys: Iterable[int]) -> dict[int, list[Citation]]:
    """Return the other addresses of the articles with these keys, as citations of the article's own id.

    Damaged ones are left out.
    """
    found: dict[int, list[Citation]] = defaultdict(list)
    for row in _OF.mappings(connection, {"keys": list(article_keys)}):
        if is_sound(row, checksums.LINK):
            private = audience_mark(row["owner"]) is not None
            found[row["article_key"]].append(
                Citation(
                    row["id"],
                    row["title"],
                    row["url"],
                    row["source"],
                    collection=row["collection"],
                    private=private,
                )
            )
    return found


def damaged(connection: Connection) -> list[str]:
    """Return the ids of the articles that have an address which isn't what was written."""
    every = select(link, articles.c.id).outerjoin(articles, articles.c.key == link.c.article_key)
    rows = connection.execute(every.order_by(link.c.key)).mappings()
    return list(dict.fromkeys(str(row["id"]) for row in rows if not is_sound(row, checksums.LINK)))


def _sealed(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "checksum": checksums.of_row(values, checksums.LINK)}


# Built once: building a statement takes longer than running it.
_UNLINK = Prepared(delete(link).where(link.c.team_id == bindparam("team"), link.c.origin == bindparam("origin")))
_ORIGINAL = Prepared(
    select(articles.c.key, articles.c.id)
    .where(
        articles.c.team_id == bindparam("team"),
        articles.c.text_hash == bindparam("text"),
        articles.c.origin != bindparam("origin"),
    )
    .order_by(articles.c.key)
    .limit(1)
)
_OF = Prepared(
    select(link, articles.c.id, articles.c.team_id.label("owner"), articles.c.collection)
    .join(articles, articles.c.key == link.c.article_key)
    .where(link.c.article_key.in_(bindparam("keys", expanding=True)))
    .order_by(link.c.key)
)
