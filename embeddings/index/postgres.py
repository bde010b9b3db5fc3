"""The search index in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Executable, Select, bindparam, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import column, table
from sqlalchemy.sql.compiler import SQLCompiler

from embeddings.encoding.backends.base import Vectors
from embeddings.index.base import rarest
from embeddings.index.postgres_rows import analyze, drop_index, has_index, make_index, quoted, to_text
from embeddings.store import metadata
from embeddings.store.paragraphs import Shape, bounds, conditions
from embeddings.store.sqlite import Database
from embeddings.store.tables import VIEWS
from embeddings.store.tables import article as articles
from embeddings.types import Scope

EXACT_ROWS = 20_000
"""A scope with no more vectors than this, as the planner estimates, is looked through one by one …"""

SCANNED = 200
"""… in a larger one the HNSW index is asked, which keeps so many candidates at hand, and goes on until there are
enough rows within the scope."""

_keyword = table("keyword", column("paragraph_id"), column("article_key"), column("terms"), column("tokens"))
_view = table("paragraph_view", column("paragraph_id"), column("article_key"), column("vector"))


def paragraphs(connection: Connection) -> int:
    """How many paragraphs the library holds, of all teams."""
    return int(connection.scalar(_PARAGRAPHS) or 0)


def document_frequencies(connection: Connection, terms: Sequence[str]) -> dict[str, int]:
    """In how many paragraphs each term stands, context left out; terms that stand nowhere are missing."""
    return dict(connection.execute(_FREQUENCIES, {"terms": list(terms)}).all())


def keyword_matches(connection: Connection, terms: Sequence[str], scope: Scope, limit: int) -> dict[int, float]:
    """Paragraph ids within the scope with their BM25 score, higher is better, best first.

    The formula and its numbers are those of SQLite's FTS5 (https://sqlite.org/fts5.html, "The bm25() function"):
    k1 = 1.2, b = 0.75, over own and context terms together.
    """
    if not terms:
        return {}
    values = {
        "wanted": list(terms),
        "query": " | ".join(map(quoted, terms)),
        "limit": limit,
        **bounds(scope),
    }
    return dict(connection.execute(_keyword_query(frozenset(bounds(scope))), values).all())


def nearest(connection: Connection, vector: Vectors, scope: Scope, limit: int) -> list[int]:
    """The ids of up to `limit` paragraphs within the scope nearest in either view, best first."""
    given, shape, dim = bounds(scope), frozenset(bounds(scope)), len(vector)
    values = {**given, "vector": to_text(vector), "limit": limit * VIEWS}
    rows: list[int] = []
    if paragraphs(connection) * VIEWS > EXACT_ROWS and _estimate(connection, scope) > EXACT_ROWS:
        for setting, value in (("iterative_scan", "strict_order"), ("ef_search", str(SCANNED))):
            connection.execute(_SET, {"name": f"hnsw.{setting}", "value": value})
        rows = list(connection.scalars(_nearest_query(shape, dim, exact=False), values))
    if len(rows) < limit * VIEWS:  # the estimate was wrong, or the scan came to its end before it had enough
        rows = list(connection.scalars(_nearest_query(shape, dim, exact=True), values))
    return list(dict.fromkeys(rows))[:limit]


def faults(connection: Connection) -> list[str]:
    """What is wrong with what is searched in, a sentence each."""
    return [told for told, query in _FAULTS.items() if connection.scalar(query)]


def _estimate(connection: Connection, scope: Scope) -> float:
    """How many vectors lie in the scope, as the planner reckons."""
    plan = connection.execute(_explained(frozenset(bounds(scope))), bounds(scope)).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])


class _Explained(Executable, ClauseElement):
    """A statement's plan in place of its rows."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: SQLCompiler, **given: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **given)}"


# Statements are built once for each set of bounds: building one takes as long as running it.
@cache
def _explained(shape: Shape) -> _Explained:
    return _Explained(select(_view.c.paragraph_id).join(articles, _BY_VIEW).where(conditions(shape)))


@cache
def _nearest_query(shape: Shape, dim: int, *, exact: bool) -> Select[Any]:
    # `<#>` is the negative inner product. Adding 0 keeps the planner from the index, which may give too few rows.
    distance = f"(paragraph_view.vector::halfvec({dim:d}) <#> CAST(:vector AS halfvec({dim:d})))"
    order = text(f"{distance} + 0, paragraph_id" if exact else distance)
    of_model = text(f"vector_dims(paragraph_view.vector) = {dim:d}")  # as the index says
    query = select(_view.c.paragraph_id).join(articles, _BY_VIEW).where(of_model, conditions(shape))
    return query.order_by(order).limit(bindparam("limit"))


@cache
def _keyword_query(shape: Shape) -> Select[Any]:
    weights = _WEIGHTS.columns(column("term"), column("weight"), column("average")).cte("known")
    return (
        select(_keyword.c.paragraph_id, _SCORE)
        .add_cte(weights)
        .join(articles, articles.c.key == _keyword.c.article_key)
        .where(text("keyword.terms @@ CAST(:query AS tsquery)"), conditions(shape))
        .order_by(text("score DESC"), _keyword.c.paragraph_id)
        .limit(bindparam("limit"))
    )


_BY_VIEW = articles.c.key == _view.c.article_key
_SET = text("SELECT set_config(:name, :value, true)")
_PARAGRAPHS = text("SELECT paragraphs FROM keyword_total")
_FREQUENCIES = text("SELECT term, own FROM keyword_term WHERE own > 0 AND term = ANY(CAST(:terms AS text[]))")

_WEIGHTS = text("""
    SELECT term, CASE WHEN weight > 0 THEN weight ELSE 1e-6 END AS weight, average
    FROM (
        SELECT term, ln((paragraphs - anywhere + 0.5::float8) / (anywhere + 0.5::float8)) AS weight,
               tokens::float8 / paragraphs AS average
        FROM keyword_term, keyword_total
        WHERE term = ANY(CAST(:wanted AS text[]))
    ) AS counted
""")

_SCORE = text("""(
    SELECT sum(weight * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * keyword.tokens / average)))
    FROM unnest(ts_filter(setweight(keyword.terms, 'A', CAST(:wanted AS text[])), '{a}')) AS held (term, at),
         LATERAL (SELECT at[1]::float8 AS times) AS counted,
         known
    WHERE known.term = held.term
) AS score""")

_FAULTS = {
    "The keyword index differs from the articles.": text("""
        SELECT EXISTS (
            SELECT term, anywhere, own FROM keyword_term
            EXCEPT SELECT lexeme, count(*), count(*) FILTER (WHERE weights[1] = 'B')
            FROM keyword, unnest(terms) AS held (lexeme, positions, weights) GROUP BY lexeme
        ) OR EXISTS (
            SELECT paragraphs, tokens FROM keyword_total
            EXCEPT SELECT count(*), coalesce(sum(tokens), 0) FROM keyword
        ) OR EXISTS (SELECT id FROM paragraph EXCEPT SELECT paragraph_id FROM keyword)
    """),
    "The vectors that are searched differ from the paragraphs.": text("""
        SELECT EXISTS (
            SELECT id FROM paragraph
            EXCEPT SELECT paragraph_id FROM paragraph_view GROUP BY paragraph_id HAVING count(*) = :views
        )
    """).bindparams(views=VIEWS),
}


class PostgresFinder:
    """pgvector for vectors, a tsvector with BM25 in SQL for keywords."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        """Looks at the database alone; there is nothing to bring up to date."""
        self._connection, self._scope = connection, scope
        self.bounds: Scope | None = scope

    def paragraphs(self) -> int:
        """As in `Finder`."""
        return paragraphs(self._connection)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """As in `Finder`."""
        return document_frequencies(self._connection, terms)

    def keywords(
        self, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """By BM25."""
        return keyword_matches(self._connection, rarest(frequencies), self._scope, limit)

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """As in `Finder`."""
        return nearest(self._connection, vector, self._scope, limit)


def leave_out(database: Database, model: metadata.Model) -> None:
    """Take the index off an empty library that is to be filled with vectors of `model`; `complete` makes it.

    Without it every vector is compared. Raises `ModelMismatchError`.
    """
    with database.writing() as connection:
        metadata.claim(connection, model)
        if not paragraphs(connection):
            drop_index(connection, model.dim)


def complete(database: Database) -> bool:
    """Make the index if it is missing, as after a load, broken off or not; whether that was so.

    Nobody else can write meanwhile.
    """
    with database.reading() as connection:
        model = metadata.model(connection)
        if model is None or has_index(connection, model.dim):
            return False
    with database.writing() as connection:
        make_index(connection, model.dim)
        analyze(connection)
    return True
