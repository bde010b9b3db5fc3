"""Writing articles and listing them. Every function works inside the transaction that it is passed."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from embeddings.encoding.paragraphs import ENCODING, EncodedParagraph
from embeddings.errors import NotFoundError
from embeddings.store import copies, metadata
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import removal
from embeddings.text.dates import published_key
from embeddings.text.urls import is_web_address
from embeddings.types import (
    DEFAULT_COLLECTION,
    Article,
    ArticleSummary,
    Citation,
    Paragraph,
    StoredArticle,
    audience_mark,
)


def content_hash(article: Article) -> str:
    """sha256 over the title and the paragraphs: equal for equal text, wherever it was read."""
    parts = [article.title, *(f"{p.heading or ''}\n{p.text}" for p in article.paragraphs)]
    return hashlib.sha256("\x00".join(parts).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class HashedArticle:
    """An article with the hashes that tell its text from another's: both cost a pass over the whole text."""

    article: Article
    content_hash: str
    text_hash: str | None


def hashed(article: Article) -> HashedArticle:
    """Hash the article, once for all that compares and stores it."""
    return HashedArticle(article, content_hash(article), copies.text_hash(article))


def find(connection: Connection, given: HashedArticle, team: str) -> RowMapping | None:
    """Return the stored row of this very article: by the id that its source gave, else by its origin, else by its
    text.

    The same text of another URL or source is another article.
    """
    article = given.article
    base = select(articles).where(articles.c.team_id == team)
    if article.id is not None:
        came_back = (  # an export
            articles.c.content_hash == given.content_hash
            if article.origin is None
            else articles.c.origin == article.origin
        )
        return _first(connection, base.where(articles.c.id == article.id, or_(articles.c.id_given, came_back)))
    known = None
    if article.origin is not None:
        known = _first(connection, base.where(articles.c.origin == article.origin))
    if known is None:
        known = _first(
            connection,
            base.where(
                articles.c.content_hash == given.content_hash,
                articles.c.collection == _collection(article, None),
                articles.c.url.is_not_distinct_from(article.url),
                articles.c.source.is_not_distinct_from(article.source),
            ),
        )
    return known


def id_at(connection: Connection, team: str, origin: str) -> str | None:
    """Return the id of the article from this address."""
    return connection.scalar(select(articles.c.id).where(articles.c.team_id == team, articles.c.origin == origin))


def is_unchanged(row: RowMapping, given: HashedArticle) -> bool:
    """Return whether the stored row already says all that the article says."""
    return has_text_of(row, given) and all(
        row[name] == value for name, value in _metadata(given.article, row).items()
    )


def has_text_of(row: RowMapping, given: HashedArticle) -> bool:
    """Return whether the stored row has this text, encoded as it is today."""
    return bool(row["content_hash"] == given.content_hash) and bool(row["encoding"] == ENCODING)


def count(connection: Connection) -> int:
    """Return how many articles there are, of all teams."""
    return connection.scalar(select(func.count()).select_from(articles)) or 0


def count_outdated(connection: Connection) -> int:
    """Return how many articles were encoded before headings were part of the text."""
    outdated = select(func.count()).select_from(articles).where(articles.c.encoding < ENCODING)
    return connection.scalar(outdated) or 0


def save(
    connection: Connection,
    given: HashedArticle,
    known: RowMapping | None,
    team: str,
    added_at: str,
    *,
    quiet: bool = False,
) -> RowMapping:
    """Write the article without its paragraphs; returns its row. `known` is what `find` gave just before."""
    article = given.article
    values = {
        "content_hash": given.content_hash,
        "text_hash": given.text_hash,
        **_metadata(article, known),
    }
    if known is not None:
        changed = update(articles).where(articles.c.key == known["key"]).values(**values).returning(articles)
        return connection.execute(changed).mappings().one()
    if article.id is not None:
        _make_way(connection, article.id, team)
    fresh = {
        "team_id": team,
        "id": article.id or _free_id(connection, article.name, team),
        "id_given": article.id is not None,
        "origin": article.origin,
        "added_at": article.added_at or added_at,
        "quiet": quiet,
    }
    row = connection.execute(insert(articles).values(**fresh, **values).returning(articles)).mappings().one()
    copies.restore(connection, row["key"], article, team)
    return row


def missing(article_id: str) -> NotFoundError:
    """Return the error for an id that no article has."""
    return NotFoundError(f"There is no article {article_id!r}. `topicbot articles list` shows what is there.")


def key_of(connection: Connection, article_id: str, owners: Sequence[str]) -> int | None:
    """Return the key of the article with this id, or `None`."""
    query = select(articles.c.key).where(articles.c.team_id.in_(owners), articles.c.id == article_id)
    return connection.scalar(query)


def some_keys(connection: Connection, team: str, most: int) -> list[int]:
    """Return the keys of up to `most` of the team's articles."""
    return list(connection.scalars(select(articles.c.key).where(articles.c.team_id == team).limit(most)))


def paragraph_ids(connection: Connection, key: int) -> list[int]:
    """Return the ids of the article's paragraphs, in order of position."""
    own = select(paragraphs.c.id).where(paragraphs.c.article_key == key)
    return list(connection.scalars(own.order_by(paragraphs.c.position)))


def remove(connection: Connection, key: int, ids: Sequence[int]) -> None:
    """Remove the article with this key and its paragraphs, those with these `ids`; no index may have them."""
    _delete_paragraphs(connection, ids, metadata.next_revision(connection))
    connection.execute(delete(articles).where(articles.c.key == key))


def summaries(connection: Connection, owners: Sequence[str], collection: str | None) -> list[ArticleSummary]:
    """Return every article, newest first, with the number of its paragraphs."""
    count = func.count(paragraphs.c.id).label("paragraphs")
    query = (
        select(articles, count)
        .outerjoin(paragraphs, paragraphs.c.article_key == articles.c.key)
        .where(articles.c.team_id.in_(owners))
        .group_by(articles.c.key)
        .order_by(articles.c.published_utc.desc().nulls_last(), articles.c.key.desc())
    )
    if collection is not None:
        query = query.where(articles.c.collection == collection)
    rows = connection.execute(query).mappings()
    return [ArticleSummary(citation(row), row["paragraphs"], row["added_at"]) for row in rows]


def audiences(connection: Connection, team: str) -> list[str]:
    """Return the audiences of the team that have articles, sorted."""
    found = select(articles.c.team_id).distinct().where(articles.c.team_id.startswith(f"{team}/", autoescape=True))
    return sorted(one.removeprefix(f"{team}/") for one in connection.scalars(found))


def ids(connection: Connection, team: str) -> list[tuple[str, str | None]]:
    """Id and origin of every article, in the order in which they came."""
    query = select(articles.c.id, articles.c.origin).where(articles.c.team_id == team).order_by(articles.c.key)
    return [(article_id, origin) for article_id, origin in connection.execute(query)]


def load(connection: Connection, article_id: str, owners: Sequence[str]) -> StoredArticle | None:
    """Return one whole article, or `None`."""
    row = _first(connection, select(articles).where(articles.c.team_id.in_(owners), articles.c.id == article_id))
    if row is None:
        return None
    key = row["key"]
    also_at = tuple(copies.of(connection, [key])[key])
    return StoredArticle(citation(row), row["added_at"], _paragraphs_of(connection, key), row["language"], also_at)


def each(connection: Connection) -> Iterator[tuple[int, str, tuple[Paragraph, ...]]]:
    """Key, title and paragraphs of every article of every team."""
    for key, title in connection.execute(select(articles.c.key, articles.c.title)).all():
        yield key, title, _paragraphs_of(connection, key)


def citation(row: RowMapping) -> Citation:
    """Return the citation in a row that has the article's columns."""
    return Citation(
        article_id=row["id"],
        title=row["title"],
        url=row["url"],
        source=row["source"],
        author=row["author"],
        published_at=row["published_at"],
        collection=row["collection"],
        private=audience_mark(row["team_id"]) is not None,
    )


def _first(connection: Connection, query: Select[tuple[object, ...]]) -> RowMapping | None:
    return connection.execute(query.order_by(articles.c.key).limit(1)).mappings().first()


def _paragraphs_of(connection: Connection, key: int) -> tuple[Paragraph, ...]:
    columns = (paragraphs.c[name] for name in ("text", "heading", "page", "is_table", "label"))
    query = select(*columns).where(paragraphs.c.article_key == key).order_by(paragraphs.c.position)
    return tuple(Paragraph(*row) for row in connection.execute(query))


def _collection(article: Article, known: RowMapping | None) -> str:
    return article.collection or (known["collection"] if known is not None else DEFAULT_COLLECTION)


def _metadata(article: Article, known: RowMapping | None) -> dict[str, str | None]:
    """Return what is stored beside the text. What a page on the web no longer says of itself stays as it was, and
    a name of its source that is only its host takes no other's place.
    """
    values = stated(article, known)
    if known is None or not is_web_address(article.origin or ""):
        return values
    if values["source"] and values["source"] in (article.url or ""):
        values["source"] = known["source"]
    return {name: known[name] if value is None else value for name, value in values.items()}


def stated(article: Article, known: RowMapping | None) -> dict[str, str | None]:
    """Return what the article says of itself, as columns; `known` is its row, if it has one."""
    return {
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "author": article.author,
        "published_at": article.published_at,
        "published_utc": published_key(article.published_at) if article.published_at else None,
        "language": article.language,
        "collection": _collection(article, known),
    }


def _free_id(connection: Connection, name: str, team: str) -> str:
    return free_id(connection, select(articles.c.id).where(articles.c.team_id == team), articles.c.id, name)


def _make_way(connection: Connection, article_id: str, team: str) -> None:
    """An id from a source goes to its article; one that has it by chance, made of its name, gets another."""
    mine = (articles.c.team_id == team) & (articles.c.id == article_id)
    if connection.scalar(select(articles.c.key).where(mine)) is not None:
        another = _free_id(connection, article_id, team)
        connection.execute(update(articles).where(mine).values(id=another))


def replace_paragraphs(connection: Connection, key: int, rows: Sequence[EncodedParagraph]) -> list[int]:
    """Make these the paragraphs of the article with this key; returns their ids.

    Those whose text stays keep theirs. No index may hold the former ones any longer.
    """
    query = select(paragraphs.c.id, paragraphs.c.text).where(paragraphs.c.article_key == key)
    old = connection.execute(query.order_by(paragraphs.c.position)).all()
    kept = _kept_ids([text for _, text in old], [row.text for row in rows], [number for number, _ in old])
    revision = metadata.next_revision(connection)
    _delete_paragraphs(connection, [number for number, _ in old if number not in kept.values()], revision)
    now = []
    for position, row in enumerate(rows):
        values = {"article_key": key, "position": position, "revision": revision, **asdict(row)}
        if position in kept:
            connection.execute(update(paragraphs).where(paragraphs.c.id == kept[position]).values(**values))
            now.append(kept[position])
        else:
            now.append(connection.scalars(_INSERT, values).one())
    connection.execute(update(articles).where(articles.c.key == key).values(encoding=ENCODING))
    return now


def _kept_ids(old: list[str], new: list[str], ids: list[int]) -> dict[int, int]:
    """New position to old id, for the paragraphs whose text stays; of equal texts the first is the first."""
    places: dict[str, deque[int]] = defaultdict(deque)
    for text, number in zip(old, ids, strict=True):
        places[text].append(number)
    return {place: places[text].popleft() for place, text in enumerate(new) if places[text]}


def _delete_paragraphs(connection: Connection, ids: Sequence[int], revision: int) -> None:
    for number in ids:
        connection.execute(delete(paragraphs).where(paragraphs.c.id == number))
        connection.execute(upsert(removal).values(paragraph_id=number, revision=revision))


# Built once: building a statement takes longer than running it.
_INSERT = insert(paragraphs).returning(paragraphs.c.id)
_LENGTH = 60


def free_id(connection: Connection, taken: Select[Any], column: ColumnElement[Any], name: str) -> str:
    """Return an id made of the name that is not among the `taken` ones of `column`; the second of a name gets
    "-2".
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    base = re.sub(r"[\W_]+", "-", plain)[:_LENGTH].strip("-") or "article"
    known: set[str] = set(connection.scalars(taken.where(column.startswith(base, autoescape=True))))
    number = 1
    while (candidate := base if number == 1 else f"{base}-{number}") in known:
        number += 1
    return candidate
