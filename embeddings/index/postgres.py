"""The search index in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from cachetools import TTLCache
from sqlalchemy import ClauseElement, Connection, Executable, Row, Select, and_, bindparam, func, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import column, table
from sqlalchemy.sql.compiler import SQLCompiler

from embeddings.encoding.backends.base import Vectors
from embeddings.index.base import Counts, Reach, Searchable, rarest
from embeddings.index.postgres_rows import (
    analyze,
    differ,
    drop_index,
    forget,
    has_index,
    make_index,
    put,
    quoted,
    reset_keywords,
    to_text,
)
from embeddings.scope import TeamScope
from embeddings.store import metadata
from embeddings.store.base import Database
from embeddings.store.metadata import Model
from embeddings.store.paragraphs import CANDIDATES, Candidate, Shape, bounds, conditions, sound_candidates
from embeddings.store.tables import VIEWS, paragraph, paragraph_checksum
from embeddings.store.tables import article as articles
from embeddings.store.versions import VersionCache

EXACT_ROWS = 20_000
"""A scope with at most this many vectors, as the planner estimates, is compared one by one …"""

_ESTIMATES, _ESTIMATE_SECONDS = 1000, 60
"""… in a larger one the HNSW index is asked. This many estimates are kept, for this many seconds."""

_AT_ONCE = 8  # most of a question's time is the server's

_BATCH = 500

_keyword = table("keyword", column("paragraph_id"), column("article_key"), column("terms"), column("tokens"))
_view = table("paragraph_view", column("paragraph_id"), column("article_key"), column("vector"))


class PostgresIndex:
    """pgvector for vectors, a tsvector with BM25 in SQL for keywords: all of it in the database itself."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._estimates: TTLCache[tuple[tuple[str, Any], ...], float] = TTLCache(_ESTIMATES, _ESTIMATE_SECONDS)
        self._estimates_lock = threading.Lock()
        self._counts, self._paragraphs = Counts(), VersionCache[None, int](1)
        self.kind, self.at_once = "hnsw", _AT_ONCE

    def put(
        self, connection: Connection, keys: Sequence[int], ids: Sequence[int], rows: Sequence[Searchable]
    ) -> None:
        """Write their words and vectors."""
        put(connection, keys, ids, rows)

    def forget(self, connection: Connection, ids: Sequence[int]) -> None:
        """Delete their words and vectors."""
        forget(connection, ids)

    def reset(self, connection: Connection, dim: int) -> None:
        """Delete all words and vectors, and make the index for vectors of `dim` numbers.

        Nobody who reads has to wait: no index is dropped. That of a former model stays, empty.
        """
        reset_keywords(connection)
        connection.execute(text("DELETE FROM paragraph_view"))
        make_index(connection, dim)

    def refill(self, connection: Connection, dim: int) -> None:
        """Write the words and vectors of all paragraphs, then make the index."""
        drop_index(connection, dim)
        for batch in connection.execute(_SEARCHED, execution_options={"yield_per": _BATCH}).partitions():
            put(connection, [row.article_key for row in batch], [row.id for row in batch], batch)
        make_index(connection, dim)
        analyze(connection)

    def within(self, connection: Connection, model: Model, scope: TeamScope, version: int) -> Reach:
        """There is nothing to catch up with: the database does it."""
        paragraphs = self._paragraphs.read(version, None, lambda: int(connection.scalar(_PARAGRAPHS) or 0))
        return Reach(connection, model, paragraphs, scope, version)

    def frequencies(self, reach: Reach, terms: Sequence[str]) -> dict[str, int]:
        """Count."""

        def count(some: list[str]) -> dict[str, int]:
            return dict(reach.connection.execute(_FREQUENCIES, {"terms": some}).all())

        return self._counts.of(reach, terms, count)

    def known(self, reach: Reach, terms: Sequence[str]) -> dict[str, int]:
        """Count in the library, then look for them within reach."""
        given = bounds(reach.bounds)
        query = _known_query(frozenset(given))
        return {
            term: number
            for term, number in self.frequencies(reach, terms).items()
            if reach.connection.scalar(query, {"query": quoted(term), **given}) is not None
        }

    def keywords(
        self, reach: Reach, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """By BM25.

        The formula and its numbers are those of SQLite's FTS5 (https://sqlite.org/fts5.html, "The bm25()
        function"): k1 = 1.2, b = 0.75, over own and context terms together.
        """
        terms = rarest(frequencies)
        if not terms:
            return {}
        given = bounds(reach.bounds)
        query = " | ".join(map(quoted, terms))
        values = {"wanted": terms, "query": query, "limit": limit, **given}
        return dict(reach.connection.execute(_keyword_query(frozenset(given)), values).all())

    def nearest(self, reach: Reach, vector: Vectors, limit: int) -> list[int]:
        """By the HNSW index, or one by one where the scope has few vectors."""
        return [row[0] for row in self._nearest(reach, vector, limit, _nearest_query, {})]

    def candidates(self, reach: Reach, vector: Vectors, limit: int, known: Collection[int]) -> list[Candidate]:
        """Search and read the rows in one statement: a round trip."""
        rows = self._nearest(reach, vector, limit, _candidate_query, {"known": list(known)})
        return sound_candidates(reach.connection, [row[:-1] for row in rows if row[0] is not None])

    def _nearest(
        self,
        reach: Reach,
        vector: Vectors,
        limit: int,
        query_of: Callable[..., Select[Any]],
        values: Mapping[str, Any],
    ) -> Sequence[Row[Any]]:
        """Return the rows of a query over the nearest, whose last column says how many vectors were found."""
        given, dim, wanted = bounds(reach.bounds), len(vector), limit * VIEWS
        values = {**given, **values, "vector": to_text(vector), "vectors": wanted, "limit": limit}

        def run(*, exact: bool) -> Sequence[Row[Any]]:
            return reach.connection.execute(query_of(frozenset(given), dim, exact=exact), values).all()

        if reach.paragraphs * VIEWS > EXACT_ROWS and self._estimate(reach.connection, given) > EXACT_ROWS:
            rows = run(exact=False)
            if rows and rows[0][-1] >= wanted:
                return rows
        return run(exact=True)  # few, the estimate was wrong, or the scan came to its end before it found enough

    def _estimate(self, connection: Connection, given: dict[str, Any]) -> float:
        """Return how many vectors are within these bounds, as the planner reckons or did a moment ago."""
        asked = tuple(sorted(given.items()))
        with self._estimates_lock:
            known = self._estimates.get(asked)
        if known is None:
            plan = connection.execute(_explained(frozenset(given)), given).scalar_one()
            known = float(plan[0]["Plan"]["Plan Rows"])
            with self._estimates_lock:
                self._estimates[asked] = known
        return known

    def begin_loading(self, model: Model) -> None:
        """Take the index off an empty library: vectors come in faster, and all are compared until `warm`."""
        with self._database.writing() as connection:
            if metadata.claim(connection, model):
                self.reset(connection, model.dim)
            if not connection.scalar(_PARAGRAPHS):
                drop_index(connection, model.dim)

    def warm(self, model: Model, *, wait: bool, scopes: bool) -> bool:
        """Make the index if it is missing, as after a load, done or interrupted. Nobody can write until then."""
        if not wait:
            return False
        with self._database.reading() as connection:
            if has_index(connection, model.dim):
                return False
        with self._database.writing() as connection:
            make_index(connection, model.dim)
            analyze(connection)
        return True

    def overwrite_removed(self, connection: Connection) -> None:
        """Leave it to the server, which overwrites dead rows when it vacuums and reuses their pages."""

    def check(self, connection: Connection) -> list[str]:
        """Return the words and vectors, compared with the paragraphs."""
        found = [fault for fault, query in _FAULTS.items() if connection.scalar(query)]
        return found or ([_DIFFERS] if self._differs(connection) else [])

    def _differs(self, connection: Connection) -> bool:
        with connection.execute(_SEARCHED, execution_options={"yield_per": _BATCH}) as rows:
            return any(_is_other(connection, batch) for batch in rows.partitions())

    def close(self, *, save: bool = True) -> None:
        """Nothing: the database keeps it."""


def _is_other(connection: Connection, batch: Sequence[Any]) -> bool:
    if len({len(row.views) for row in batch}) > 1:  # the article's own damage
        return False
    return differ(connection, [row.article_key for row in batch], [row.id for row in batch], batch)


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
    found = query.order_by(order).limit(bindparam("vectors")).cte("found").prefix_with("MATERIALIZED")
    placed = select(found.c.paragraph_id, func.row_number().over().label("place")).subquery("placed")
    best = select(
        placed.c.paragraph_id, select(func.count()).select_from(found).scalar_subquery().label("vectors")
    )
    return best.group_by(placed.c.paragraph_id).order_by(func.min(placed.c.place)).limit(bindparam("limit"))


@cache
def _candidate_query(shape: Shape, dim: int, *, exact: bool) -> Select[Any]:
    # Known ones are rows without values: were they left out, nothing would say how many vectors were found.
    best = _nearest_query(shape, dim, exact=exact).subquery("best")
    is_new = paragraph.c.id.not_in(bindparam("known", expanding=True))
    rows = (
        best.outerjoin(paragraph, and_(paragraph.c.id == best.c.paragraph_id, is_new))
        .outerjoin(articles, articles.c.key == paragraph.c.article_key)
        .outerjoin(paragraph_checksum, paragraph_checksum.c.paragraph_id == paragraph.c.id)
    )
    return select(*CANDIDATES.selected_columns, best.c.vectors).select_from(rows).order_by(paragraph.c.id)


@cache
def _known_query(shape: Shape) -> Select[Any]:
    query = select(_keyword.c.paragraph_id).join(articles, articles.c.key == _keyword.c.article_key)
    return query.where(text("keyword.terms @@ CAST(:query AS tsquery)"), conditions(shape)).limit(1)


@cache
def _keyword_query(shape: Shape) -> Select[Any]:
    # Materialized: the planner would look the words up again for each paragraph that holds one.
    weights = _WEIGHTS.columns(column("term"), column("weight"), column("average")).cte("known")
    weights = weights.prefix_with("MATERIALIZED")
    return (
        select(_keyword.c.paragraph_id, _SCORE)
        .add_cte(weights)
        .join(articles, articles.c.key == _keyword.c.article_key)
        .where(text("keyword.terms @@ CAST(:query AS tsquery)"), conditions(shape))
        .order_by(text("score DESC"), _keyword.c.paragraph_id)
        .limit(bindparam("limit"))
    )


_SEARCHED = select(
    paragraph.c.id, paragraph.c.article_key, paragraph.c.terms, paragraph.c.context_terms, paragraph.c.views
)
_BY_VIEW = articles.c.key == _view.c.article_key
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

_AGAIN = "Run `topicbot reindex`, which makes them anew."
_DIFFERS = f"Words or vectors that are searched differ from the paragraphs. {_AGAIN}"
_FAULTS = {
    f"The keyword index differs from the articles. {_AGAIN}": text("""
        WITH counted AS (
            SELECT lexeme, count(*), count(*) FILTER (WHERE weights[1] = 'B')
            FROM keyword, unnest(terms) AS held (lexeme, positions, weights) GROUP BY lexeme
        )
        SELECT EXISTS (
            (SELECT term, anywhere, own FROM keyword_term EXCEPT SELECT * FROM counted)
            UNION ALL (SELECT * FROM counted EXCEPT SELECT term, anywhere, own FROM keyword_term)
        ) OR (SELECT count(*) FROM keyword_total) <> 1 OR EXISTS (
            SELECT paragraphs, tokens FROM keyword_total
            EXCEPT SELECT count(*), coalesce(sum(tokens), 0) FROM keyword
        ) OR EXISTS (SELECT id FROM paragraph EXCEPT SELECT paragraph_id FROM keyword)
    """),
    f"The vectors that are searched differ from the paragraphs. {_AGAIN}": text("""
        SELECT EXISTS (
            SELECT id FROM paragraph
            EXCEPT SELECT paragraph_id FROM paragraph_view GROUP BY paragraph_id HAVING count(*) = :views
        )
    """).bindparams(views=VIEWS),
}
