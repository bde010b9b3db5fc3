"""Which articles tell the same story: place each article as it comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, RowMapping, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from embeddings.encoding.paragraphs import from_blob
from embeddings.store.stories import lead_vector, own_story_id, vector_rows
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.store.tables import telling
from embeddings.text.dates import utc_key
from embeddings.topics.clustering import (
    NEAREST,
    SAME_EVENT,
    WINDOW,
    Marks,
    apart,
    fitting_stories,
    is_copy,
    marks,
    marks_to_blob,
    probability,
    read_marks,
)


def place(connection: Connection, team: str, article_id: str) -> str:
    """Put the article into the story that it tells, or begin one with it; gives the story's id.

    An article that is placed again, because it changed, stays where it is when no other story fits.
    """
    row = connection.execute(_ARTICLE, {"team": team, "id": article_id}).mappings().one()
    return _place(connection, row)


def place_missing(connection: Connection) -> int:
    """Place every article that was stored before stories were; gives how many."""
    without = select(articles).where(articles.c.key.not_in(select(telling.c.article_key)))
    rows = connection.execute(without.order_by(articles.c.published_utc, articles.c.key)).mappings().all()
    for row in rows:
        _place(connection, row)
    return len(rows)


def renew_vector(connection: Connection, key: int) -> None:
    """Take over the vector of title and lead after the article was encoded anew."""
    views = connection.scalar(
        select(paragraphs.c.views).where(paragraphs.c.article_key == key, paragraphs.c.position == 0)
    )
    if views is not None:
        connection.execute(update(telling).where(telling.c.article_key == key).values(vector=lead_vector(views)))


def _place(connection: Connection, row: RowMapping) -> str:
    team, key = row["team_id"], row["key"]
    stored = connection.execute(_PARAGRAPHS, {"key": key}).all()
    own = marks(row["title"], [(text, spans, terms) for text, spans, terms, _ in stored])
    vector = lead_vector(stored[0].views)
    moment = row["published_utc"] or utc_key(row["added_at"])
    near = _near(connection, team, key, vector, moment)
    copied = (one["copy_of"] or one["article_key"] for one, _ in near if is_copy(own, read_marks(one["marks"])))
    fitting = _fitting(near, own, moment)
    if fitting:
        story = fitting[0]
        _merge(connection, team, near, fitting)
    else:
        story = _kept(connection, team, key) or own_story_id(team, row["id"], row["added_at"])
    values = {
        "article_key": key,
        "team_id": team,
        "story_id": story,
        "moment": moment,
        "copy_of": next(copied, None),
        "vector": vector,
        "marks": marks_to_blob(own),
    }
    connection.execute(
        insert(telling).values(values).on_conflict_do_update(index_elements=["article_key"], set_=values)
    )
    return story


def _near(
    connection: Connection, team: str, key: int, vector: bytes, moment: str
) -> list[tuple[RowMapping, float]]:
    """The articles of the window with the most similar title and lead, each with its cosine, nearest first."""
    centre = datetime.fromisoformat(moment)
    first, last = ((centre + way * WINDOW).isoformat(timespec="seconds") for way in (-1, 1))
    window = {"team": team, "key": key, "first": first, "last": last}
    rows = connection.execute(_WINDOW, window).all()
    if not rows:
        return []
    cosines = vector_rows([one.vector for one in rows]) @ from_blob(vector, len(vector) // 2)[0]
    nearest = np.argsort(-cosines, kind="stable")[:NEAREST]
    keys = {rows[number].article_key: float(cosines[number]) for number in nearest}
    found = connection.execute(_MARKS, {"keys": list(keys)}).mappings()
    return sorted(((one, keys[one["article_key"]]) for one in found), key=lambda pair: -pair[1])


def _fitting(near: Sequence[tuple[RowMapping, float]], own: Marks, moment: str) -> list[str]:
    """The stories that an article with these marks may join, best first."""
    likely: dict[str, list[float]] = defaultdict(list)
    for one, cosine in near:
        other = read_marks(one["marks"])
        chance = 1.0 if is_copy(own, other) else probability(cosine, own, other, apart(moment, one["moment"]))
        likely[one["story_id"]].append(chance)
    return fitting_stories(likely)


def _merge(
    connection: Connection, team: str, near: Sequence[tuple[RowMapping, float]], fitting: Sequence[str]
) -> None:
    """Make one story of the best fitting one and those that agree with it: the new article is the missing link."""
    first, *others = ([row for row, _ in near if row["story_id"] == story] for story in fitting)
    for other in others:
        chances = [_chance(one, two) for one in first for two in other]
        if sum(chances) >= SAME_EVENT * len(chances):
            both = update(telling).where(telling.c.team_id == team, telling.c.story_id == other[0]["story_id"])
            connection.execute(both.values(story_id=fitting[0]))


def _chance(one: RowMapping, other: RowMapping) -> float:
    first, second = vector_rows([one["vector"], other["vector"]])
    between = apart(one["moment"], other["moment"])
    return probability(float(first @ second), read_marks(one["marks"]), read_marks(other["marks"]), between)


def _kept(connection: Connection, team: str, key: int) -> str | None:
    """The story that the article is in already, when it is in it alone."""
    story = connection.scalar(select(telling.c.story_id).where(telling.c.article_key == key))
    if story is None:
        return None
    others = select(telling.c.article_key).where(
        telling.c.team_id == team, telling.c.story_id == story, telling.c.article_key != key
    )
    return None if connection.scalar(others.limit(1)) is not None else str(story)


# Built once: building a statement takes longer than running it.
_ARTICLE = select(articles).where(articles.c.team_id == bindparam("team"), articles.c.id == bindparam("id"))

_PARAGRAPHS = (
    select(paragraphs.c.text, paragraphs.c.sentence_spans, paragraphs.c.terms, paragraphs.c.views)
    .where(paragraphs.c.article_key == bindparam("key"))
    .order_by(paragraphs.c.position)
)

_WINDOW = select(telling.c.article_key, telling.c.vector).where(
    telling.c.team_id == bindparam("team"),
    telling.c.article_key != bindparam("key"),
    telling.c.moment.between(bindparam("first"), bindparam("last")),
)

_MARKS = select(telling).where(telling.c.article_key.in_(bindparam("keys", expanding=True)))
