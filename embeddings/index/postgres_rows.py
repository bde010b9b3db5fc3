"""What PostgreSQL's search index keeps beside the articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from embeddings.encoding.paragraphs import from_blob
from embeddings.index.base import Searchable
from embeddings.store.tables import VIEWS

_LEAST_BUILD_MEMORY = "512MB"
_MOST_COUNTED = 16_383  # the highest position in a tsvector
_LONGEST_TERM = 1000  # what an index of PostgreSQL takes in at most is 2,046 bytes for a tsvector, 2,704 for a key


def put(connection: Connection, keys: Sequence[int], ids: Sequence[int], rows: Sequence[Searchable]) -> None:
    """Take in paragraphs: the keys of their articles, their own ids, and what is searched, all in one order."""
    if not ids:
        return
    counted = [_counted(row) for row in rows]
    values = {
        "ids": list(ids),
        "keys": list(keys),
        "tokens": [tokens for _, tokens in counted],
        "terms": [vector for vector, _ in counted],
    }
    connection.execute(_PUT_KEYWORDS, values)
    _count(connection, ids, 1)
    connection.execute(_PUT_VIEWS, _view_values(keys, ids, rows))


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """Leave paragraphs out, before they are removed or changed."""
    if not ids:
        return
    _count(connection, ids, -1)
    for statement in _FORGET:
        connection.execute(statement, {"ids": list(ids)})


def differ(connection: Connection, keys: Sequence[int], ids: Sequence[int], rows: Sequence[Searchable]) -> bool:
    """Return whether what is searched isn't what `put` would write for these paragraphs."""
    counted = [_counted(row) for row in rows]
    words = {
        "ids": list(ids),
        "keys": list(keys),
        "tokens": [tokens for _, tokens in counted],
        "terms": [vector for vector, _ in counted],
    }
    return bool(connection.scalar(_OTHER_KEYWORDS, words)) or bool(
        connection.scalar(_OTHER_VIEWS, _view_values(keys, ids, rows))
    )


def reset_keywords(connection: Connection) -> None:
    """Delete all words, and begin counting anew."""
    for statement in _RESET_KEYWORDS:
        connection.execute(statement)


def make_index(connection: Connection, dim: int) -> None:
    """Index the vectors of `dim` numbers, by HNSW (Malkov and Yashunin, arXiv:1603.09320).

    A graph that outgrows the server's `maintenance_work_mem` is built several times slower, so this asks for more.
    """
    connection.execute(_BUILD_MEMORY, {"least": _LEAST_BUILD_MEMORY})
    connection.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {index_name(dim)} ON paragraph_view"
            f" USING hnsw ((vector::halfvec({dim:d})) halfvec_ip_ops) WHERE vector_dims(vector) = {dim:d}"
        )
    )


def drop_index(connection: Connection, dim: int) -> None:
    """Take the index away, to load many vectors faster."""
    connection.execute(text(f"DROP INDEX IF EXISTS {index_name(dim)}"))


def has_index(connection: Connection, dim: int) -> bool:
    """Return whether the vectors of `dim` numbers are indexed."""
    return connection.scalar(text("SELECT to_regclass(:name)"), {"name": index_name(dim)}) is not None


def analyze(connection: Connection) -> None:
    """Have the server analyze the tables after a large load: its plans go by what it last saw."""
    connection.execute(text("ANALYZE article, paragraph, keyword, keyword_term, paragraph_view"))


def index_name(dim: int) -> str:
    """Return the name of the index over vectors of `dim` numbers."""
    return f"paragraph_view_nearest_{dim:d}"


def to_text(vector: np.ndarray) -> str:
    """Return a vector as pgvector reads it."""
    return f"[{','.join(map(str, vector.tolist()))}]"


def quoted(term: str) -> str:
    """Return a term as PostgreSQL reads it in a tsvector or a tsquery."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def _view_values(keys: Sequence[int], ids: Sequence[int], rows: Sequence[Searchable]) -> dict[str, Any]:
    views = [row.views for row in rows]
    vectors = from_blob(b"".join(views), len(views[0]) // 2 // VIEWS)
    return {
        "ids": [number for number in ids for _ in range(VIEWS)],
        "views": list(range(VIEWS)) * len(ids),
        "keys": [key for key in keys for _ in range(VIEWS)],
        "vectors": [to_text(vector) for vector in vectors],
    }


def _counted(row: Searchable) -> tuple[str, int]:
    """Return the paragraph's tsvector, as text, and the number of its tokens."""
    own = row.terms.split()
    found = Counter(own)
    found.update(row.context_terms.split())
    mine = frozenset(own)
    return " ".join(
        f"{quoted(term)}:{min(times, _MOST_COUNTED)}{'B' if term in mine else ''}"
        for term, times in found.items()
        if len(term) <= _LONGEST_TERM // 4
    ), found.total()


def _count(connection: Connection, ids: Sequence[int], sign: int) -> None:
    for statement in (_COUNT_TERMS, _COUNT_ALL):
        connection.execute(statement, {"ids": list(ids), "sign": sign})
    if sign < 0:
        connection.execute(_DROP_TERMS, {"ids": list(ids)})


_BUILD_MEMORY = text(
    "SELECT set_config('maintenance_work_mem', :least, true)"
    " WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes(:least)"
)

_PUT_KEYWORDS = text(
    "INSERT INTO keyword (paragraph_id, article_key, tokens, terms)"
    " SELECT id, key, tokens, terms::tsvector"
    " FROM unnest(CAST(:ids AS integer[]), CAST(:keys AS integer[]), CAST(:tokens AS integer[]),"
    " CAST(:terms AS text[])) AS given (id, key, tokens, terms)"
)

_PUT_VIEWS = text(
    "INSERT INTO paragraph_view (paragraph_id, view, article_key, vector)"
    " SELECT id, view, key, vector::halfvec"
    " FROM unnest(CAST(:ids AS integer[]), CAST(:views AS smallint[]), CAST(:keys AS integer[]),"
    " CAST(:vectors AS text[])) AS given (id, view, key, vector)"
)

_OTHER_KEYWORDS = text(
    "SELECT EXISTS (SELECT 1"
    " FROM unnest(CAST(:ids AS integer[]), CAST(:keys AS integer[]), CAST(:tokens AS integer[]),"
    " CAST(:terms AS text[])) AS given (id, key, tokens, terms)"
    " LEFT JOIN keyword ON keyword.paragraph_id = given.id"
    " WHERE (keyword.article_key, keyword.tokens, keyword.terms)"
    " IS DISTINCT FROM (given.key, given.tokens, given.terms::tsvector))"
)

_OTHER_VIEWS = text(
    "SELECT EXISTS (SELECT 1"
    " FROM unnest(CAST(:ids AS integer[]), CAST(:views AS smallint[]), CAST(:keys AS integer[]),"
    " CAST(:vectors AS text[])) AS given (id, view, key, vector)"
    " LEFT JOIN paragraph_view AS held ON held.paragraph_id = given.id AND held.view = given.view"
    " WHERE held.article_key IS DISTINCT FROM given.key OR held.vector::text IS DISTINCT FROM"
    " given.vector::halfvec::text)"
)

_RESET_KEYWORDS = (
    text("DELETE FROM keyword"),
    text("DELETE FROM keyword_term"),
    text("DELETE FROM keyword_total"),
    text("INSERT INTO keyword_total VALUES (0, 0)"),
)

_COUNT_TERMS = text(
    "INSERT INTO keyword_term AS known (term, anywhere, own)"
    " SELECT lexeme, :sign * count(*), :sign * count(*) FILTER (WHERE weights[1] = 'B')"
    " FROM keyword, unnest(terms) AS held (lexeme, positions, weights)"
    " WHERE paragraph_id = ANY(CAST(:ids AS integer[])) GROUP BY lexeme"
    " ON CONFLICT (term) DO UPDATE"
    " SET anywhere = known.anywhere + excluded.anywhere, own = known.own + excluded.own"
)

_COUNT_ALL = text(
    "UPDATE keyword_total SET paragraphs = keyword_total.paragraphs + :sign * given.paragraphs,"
    " tokens = keyword_total.tokens + :sign * given.tokens"
    " FROM (SELECT count(*) AS paragraphs, coalesce(sum(keyword.tokens), 0) AS tokens FROM keyword"
    " WHERE paragraph_id = ANY(CAST(:ids AS integer[]))) AS given"
)

_DROP_TERMS = text(
    "DELETE FROM keyword_term WHERE anywhere = 0 AND term IN (SELECT lexeme FROM keyword,"
    " unnest(terms) AS held (lexeme, positions, weights) WHERE paragraph_id = ANY(CAST(:ids AS integer[])))"
)

_FORGET = (
    text("DELETE FROM keyword WHERE paragraph_id = ANY(CAST(:ids AS integer[]))"),
    text("DELETE FROM paragraph_view WHERE paragraph_id = ANY(CAST(:ids AS integer[]))"),
)
