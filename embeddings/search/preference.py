"""A period that a question names as part of the matter: articles of it, and sentences that name it, come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from embeddings.search.pipeline import Measured
from embeddings.search.ranking import Ranked
from embeddings.store.tables import article as articles
from embeddings.text.calendar import is_word_of_time
from embeddings.text.dates import utc_key
from embeddings.text.periods import Period

_OF_PERIOD, _NAMES_IT = 0.08, 0.05
"""What is added to a score: as much as parts a good passage from the next one, not from one on something else."""


def prefer(connection: Connection, measured: Measured, ranked: Sequence[Ranked], period: Period) -> list[Ranked]:
    """Return the ranked candidates, those of the period and those that name it ahead of others as good."""
    dates = _dates(connection, {one.candidate.article_key for one in ranked})
    since = utc_key(period.since) if period.since is not None else ""
    until = utc_key(period.until) if period.until is not None else "9999"
    named = [place for place, term in enumerate(measured.question.terms) if is_word_of_time(term)]
    raised = []
    for one in ranked:
        is_of_period = since <= (dates.get(one.candidate.article_key) or "") <= until
        titled, says_it = (
            bool(named) and bool(where[one.row, named].all())
            for where in (measured.features.in_title, measured.features.in_paragraph)
        )
        bonus = _OF_PERIOD * (is_of_period or titled) + _NAMES_IT * says_it
        raised.append(replace(one, score=min(1.0, one.score + bonus)))
    return sorted(raised, key=lambda one: -one.score)


def _dates(connection: Connection, keys: set[int]) -> dict[int, str | None]:
    query = select(articles.c.key, articles.c.published_utc).where(articles.c.key.in_(sorted(keys)))
    return dict(connection.execute(query).all())
