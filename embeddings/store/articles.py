"""Writing articles and listing them. Every function works inside the transaction that it is passed."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from embeddings.encoding.paragraphs import ENCODING, EncodedParagraph
from embeddings.errors import DamagedError, NotFoundError
from embeddings.scope import audience_mark
from embeddings.store import checksums, copies, metadata, roll
from embeddings.store.checksums import Row, is_sound
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import paragraph_checksum as sums
from embeddings.store.tables import removal
from embeddings.text.dates import published_key
from embeddings.text.urls import is_web_address
from embeddings.types import DEFAULT_COLLECTION, Article, ArticleSummary, Citation, Paragraph, StoredArticle

_log = logging.getLogger("topicbot.store")
RowOf = TypeVar("RowOf", bound=Row)


def content_hash(article: Article) -> str:
    """sha256 over the title and the paragraphs: equal for equal text, wherever it was read."""
    return content_hash_of(article.title, article.paragraphs)


def content_hash_of(title: str, paragraphs: Iterable[Paragraph]) -> str:
    """Return the same of these."""
    parts = [title, *(f"{p.heading or ''}\n{p.text}" for p in paragraphs)]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


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
        return _seal(connection, connection.execute(changed).mappings().one())
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
    _seal(connection, row)
    roll.enter(connection, [row["key"]])
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
    if connection.execute(delete(articles).where(articles.c.key == key)).rowcount:
        roll.enter(connection, [key], -1)


def summaries(connection: Connection, owners: Sequence[str], collection: str | None) -> list[ArticleSummary]:
    """Return every article, newest first, with the number of its paragraphs.

    Damaged ones are left out, and logged.
    """
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
    rows = sound(connection.execute(query).mappings())
    return [ArticleSummary(citation(row), row["paragraphs"], row["added_at"]) for row in rows]


def sound(rows: Iterable[RowOf], name: str = "checksum") -> list[RowOf]:
    """Return the rows, with all columns of their articles, that are what was written. The others are logged.

    `name` is the column of the article's checksum.
    """
    kept: list[RowOf] = []
    damaged: list[RowOf] = []
    for row in rows:
        (kept if is_sound(row, checksums.ARTICLE, name) else damaged).append(row)
    if damaged:
        log_damaged(str(row["id"]) for row in damaged)
    return kept


def log_damaged(article_ids: Iterable[str]) -> None:
    """Log which articles are left out of what is shown, and what to do."""
    _log.error(
        "damaged articles are left out of answers: %s. `topicbot doctor` names each. Remove them with `topicbot "
        "articles remove ID`, then add them again",
        ", ".join(sorted(set(article_ids))),
    )


def audiences(connection: Connection, team: str) -> list[str]:
    """Return the audiences of the team that have articles, sorted."""
    found = select(articles.c.team_id).distinct().where(articles.c.team_id.startswith(f"{team}/", autoescape=True))
    return sorted(one.removeprefix(f"{team}/") for one in connection.scalars(found))


def ids(connection: Connection, team: str) -> list[tuple[str, str | None]]:
    """Id and origin of every article, in the order in which they came."""
    query = select(articles.c.id, articles.c.origin).where(articles.c.team_id == team).order_by(articles.c.key)
    return [(article_id, origin) for article_id, origin in connection.execute(query)]


def load(connection: Connection, article_id: str, owners: Sequence[str]) -> StoredArticle | None:
    """Return one whole article, or `None`. Raises `DamagedError` when a row of it isn't what was written."""
    row = _first(connection, select(articles).where(articles.c.team_id.in_(owners), articles.c.id == article_id))
    if row is None:
        return None
    if not is_sound(row, checksums.ARTICLE):
        raise DamagedError([article_id])
    key = row["key"]
    also_at = tuple(copies.of(connection, [key])[key])
    texts = _paragraphs_of(connection, key, row)
    return StoredArticle(citation(row), row["added_at"], texts, row["language"], also_at)


def each(connection: Connection) -> Iterator[tuple[int, str, tuple[Paragraph, ...]]]:
    """Key, title and paragraphs of every article of every team. Raises `DamagedError` for one that is damaged."""
    for row in connection.execute(select(articles)).mappings().all():
        if not is_sound(row, checksums.ARTICLE):
            raise DamagedError([row["id"]])
        yield row["key"], row["title"], _paragraphs_of(connection, row["key"], row)


def citation(row: Row) -> Citation:
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


def _paragraphs_of(connection: Connection, key: int, article: RowMapping) -> tuple[Paragraph, ...]:
    columns = (paragraphs.c[name] for name in checksums.SHOWN)
    query = select(*columns, sums.c.shown).outerjoin(sums, sums.c.paragraph_id == paragraphs.c.id)
    own = query.where(paragraphs.c.article_key == key).order_by(paragraphs.c.position)
    rows = connection.execute(own).mappings().all()
    found = tuple(
        Paragraph(row["text"], row["heading"], row["page"], bool(row["is_table"]), row["label"]) for row in rows
    )
    are_sound = all(is_sound(row, checksums.SHOWN, "shown") for row in rows)
    if not are_sound or content_hash_of(article["title"], found) != article["content_hash"]:
        raise DamagedError([article["id"]])
    return found


def _seal(connection: Connection, row: RowMapping) -> RowMapping:
    """Write the checksum of an article's row, as it is now."""
    value = checksums.of_row(row, checksums.ARTICLE)
    connection.execute(update(articles).where(articles.c.key == row["key"]).values(checksum=value))
    return row


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
    return metadata.free_id(
        connection, select(articles.c.id).where(articles.c.team_id == team), articles.c.id, name
    )


def _make_way(connection: Connection, article_id: str, team: str) -> None:
    """Give an id from a source to its article; one that has it by chance, made of its name, gets another."""
    mine = (articles.c.team_id == team) & (articles.c.id == article_id)
    if connection.scalar(select(articles.c.key).where(mine)) is not None:
        another = _free_id(connection, article_id, team)
        moved = update(articles).where(mine).values(id=another).returning(articles)
        _seal(connection, connection.execute(moved).mappings().one())


def replace_paragraphs(connection: Connection, key: int, rows: Sequence[EncodedParagraph]) -> list[int]:
    """Make these the paragraphs of the article with this key; returns their ids.

    Those whose text stays keep theirs. No index may hold the former ones any longer.
    """
    query = select(paragraphs.c.id, paragraphs.c.text).where(paragraphs.c.article_key == key)
    old = connection.execute(query.order_by(paragraphs.c.position)).all()
    kept = _kept_ids([text for _, text in old], [row.text for row in rows], [number for number, _ in old])
    revision = metadata.next_revision(connection)
    _delete_paragraphs(connection, [number for number, _ in old if number not in kept.values()], revision)
    now: list[int] = []
    sealed = []
    for position, row in enumerate(rows):
        values = {"article_key": key, "position": position, "revision": revision, **row.columns()}
        if position in kept:
            connection.execute(update(paragraphs).where(paragraphs.c.id == kept[position]).values(**values))
            now.append(kept[position])
        else:
            now.append(connection.scalars(_INSERT, values).one())
        sealed.append(paragraph_sums(now[-1], values))
    if sealed:
        connection.execute(_SEAL, sealed)
    connection.execute(update(articles).where(articles.c.key == key).values(encoding=ENCODING))
    return now


def paragraph_sums(number: int, row: Mapping[str, Any]) -> dict[str, int]:
    """Return the row of checksums of the paragraph with this id, whose columns are `row`."""
    return {
        "paragraph_id": number,
        "shown": checksums.of_row(row, checksums.SHOWN),
        "scored": checksums.of_row(row, checksums.SCORED),
        "indexed": checksums.of_row(row, checksums.INDEXED),
    }


def _kept_ids(old: list[str], new: list[str], ids: list[int]) -> dict[int, int]:
    """Return new position to old id, for the paragraphs whose text stays; of equal texts the first is first."""
    places: dict[str, deque[int]] = defaultdict(deque)
    for text, number in zip(old, ids, strict=True):
        places[text].append(number)
    return {place: places[text].popleft() for place, text in enumerate(new) if places[text]}


def _delete_paragraphs(connection: Connection, ids: Sequence[int], revision: int) -> None:
    if ids:
        connection.execute(_DELETE, [{"gone": number} for number in ids])
        connection.execute(_REMOVED, [{"paragraph_id": number, "revision": revision} for number in ids])


# Built once: building a statement takes longer than running it.
_INSERT = insert(paragraphs).returning(paragraphs.c.id)
_DELETE = delete(paragraphs).where(paragraphs.c.id == bindparam("gone"))
_REMOVED = upsert(removal)
_UPSERT = upsert(sums)
_SEAL = _UPSERT.on_conflict_do_update(
    index_elements=["paragraph_id"], set_={name: _UPSERT.excluded[name] for name in ("shown", "scored", "indexed")}
)
