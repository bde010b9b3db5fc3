"""Taking an article in: whether it is there already, whether its text must be encoded, and writing it.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from embeddings.encoding.paragraphs import EncodedParagraph
from embeddings.errors import SourceError
from embeddings.index.base import SearchIndex
from embeddings.store import articles, copies, metadata, paragraph_rows
from embeddings.store.articles import HashedArticle
from embeddings.store.checksums import Row
from embeddings.topics.stories import place, renew_vector
from embeddings.types import Added, Article, Outcome

Encode = Callable[[Article], Sequence[EncodedParagraph]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What adding an article comes to, as long as nobody else changes the library.

    `known` is its row, if it is there; `original` key and id of another article with the very same text, when it
    is to become a link of that one. `merge_copies`: such an article is one with it.
    """

    given: HashedArticle
    merge_copies: bool
    known: Row | None = None
    original: tuple[int, str] | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether there is nothing to write."""
        return self.known is not None and articles.is_unchanged(self.known, self.given)

    @property
    def needs_encoding(self) -> bool:
        """Whether its text is not here: neither under other metadata nor at another address."""
        if self.known is None:
            return self.original is None
        return not articles.has_text_of(self.known, self.given)

    def unchanged(self) -> Added:
        """Return the result for an article that is there, unchanged."""
        if self.known is None:
            raise ValueError("the article is not there")
        return Added(Outcome.UNCHANGED, self.known["id"], len(self.given.article.paragraphs))


def hashed(article: Article) -> HashedArticle:
    """Hash the article. Raises `SourceError` for one without paragraphs, or with an empty one."""
    if not article.paragraphs or not all(paragraph.text.strip() for paragraph in article.paragraphs):
        raise SourceError(article.title, "has no paragraph, or an empty one. Give each paragraph some text.")
    return articles.hashed(article)


def plan(connection: Connection, given: HashedArticle, team: str, *, merge_copies: bool) -> Plan:
    """Look the article up. With `merge_copies`, one whose text is there from another address becomes its link."""
    known = articles.find(connection, given, team)
    if known is not None or not merge_copies:
        return Plan(given, merge_copies, known)
    original = copies.original_of(connection, given.text_hash, given.article.origin, team)
    return Plan(given, merge_copies, None, original)


def claim(connection: Connection, index: SearchIndex, own: metadata.Model) -> None:
    """Make the model in use that of an empty library; in any other it must be it. Raises `ModelMismatchError`."""
    if metadata.claim(connection, own):
        index.reset(connection, own.dim)


def apply(
    connection: Connection,
    index: SearchIndex,
    planned: Plan,
    rows: Sequence[EncodedParagraph] | None,
    team: str,
    added_at: str,
    *,
    quiet: bool,
    encode: Encode,
) -> Added:
    """Write the article as planned in this transaction, and place it into its story; copies become links.

    `rows` are its paragraphs encoded, when they are; where they are needed all the same, `encode` makes them.
    """
    if planned.is_unchanged:
        return planned.unchanged()
    article, known = planned.given.article, planned.known
    if planned.original is not None:
        return copies.keep(connection, article, planned.original, team)
    if known is None and planned.merge_copies:
        copies.unlink(connection, article, team)
    if rows is None and planned.needs_encoding:
        rows = encode(article)  # another process has changed the article in between
    row = articles.save(connection, planned.given, known, team, added_at, quiet=quiet)
    if rows is not None:
        _replace_paragraphs(connection, index, row["key"], rows, is_new=known is None)
    told = [(one.text, one.sentence_spans, one.terms, one.views) for one in rows or ()]
    place(connection, row, told)
    return Added(Outcome.ADDED if known is None else Outcome.UPDATED, row["id"], len(article.paragraphs))


def encode_again(connection: Connection, index: SearchIndex, key: int, rows: Sequence[EncodedParagraph]) -> None:
    """Replace the paragraphs of the article with this key by the same ones, encoded by another model."""
    _replace_paragraphs(connection, index, key, rows)
    renew_vector(connection, key)


def remove(connection: Connection, index: SearchIndex, key: int) -> None:
    """Remove the article with this key from the store and the index."""
    ids = paragraph_rows.ids_of(connection, key)
    index.forget(connection, ids)
    articles.remove(connection, key, ids)


def _replace_paragraphs(
    connection: Connection,
    index: SearchIndex,
    key: int,
    rows: Sequence[EncodedParagraph],
    *,
    is_new: bool = False,
) -> None:
    if is_new:
        ids = paragraph_rows.add(connection, key, rows)
    else:
        index.forget(connection, paragraph_rows.ids_of(connection, key))
        ids = paragraph_rows.replace(connection, key, rows)
    index.put(connection, [key] * len(ids), ids, rows)
