"""Which articles tell the same story: place each article as it comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from embeddings.encoding.paragraphs import from_blob
from embeddings.store import stories
from embeddings.store.checksums import Row
from embeddings.store.stories import Told, is_news, lead_vector, own_story_id, vector_rows
from embeddings.text.dates import utc_key
from embeddings.topics.clustering import (
    NEAREST,
    SAME_EVENT,
    WINDOW,
    Marks,
    Rarity,
    apart,
    fitting_stories,
    is_copy,
    marks,
    marks_to_blob,
    probability,
    read_marks,
)


def place(connection: Connection, row: Row, paragraphs: Sequence[Told] = ()) -> str:
    """Put the article in this row into the story that it tells, or begin one with it; return the story's id.

    Its `paragraphs` are read from the store unless they are at hand.
    An article that is placed again, because it changed, stays where it is when no other story fits.
    """
    team, key = row["team_id"], row["key"]
    stored = paragraphs or stories.paragraphs_of(connection, key)
    own = marks(row["title"], [told[:3] for told in stored])
    vector = lead_vector(stored[0][3])
    moment = row["published_utc"] or utc_key(row["added_at"])
    near, rarity = _near(connection, team, key, vector, moment)
    copied = [one for one, _ in near if is_copy(own, read_marks(one["marks"]))]
    copies = {one["article_key"] for one in copied}
    # Of one story are reports, and whatever repeats another's text.
    may_share = [
        (one, cosine) for one, cosine in near if one["article_key"] in copies or (is_news(row) and is_news(one))
    ]
    fitting = _fitting(may_share, copies, own, moment, rarity)
    if fitting:
        story = fitting[0]
        _merge(connection, team, near, fitting, rarity)
    else:
        story = stories.alone_in(connection, team, key) or own_story_id(team, row["id"], row["added_at"])
    values = {
        "article_key": key,
        "team_id": team,
        "story_id": story,
        "moment": moment,
        "copy_of": copied[0]["copy_of"] or copied[0]["article_key"] if copied else None,
        "vector": vector,
        "marks": marks_to_blob(own),
    }
    stories.put(connection, values)
    return story


def place_missing(connection: Connection) -> int:
    """Place every article that was stored before stories were; return how many."""
    rows = stories.unplaced(connection)
    for row in rows:
        place(connection, row)
    return len(rows)


def renew_vector(connection: Connection, key: int) -> None:
    """Take over the vector of title and lead after the article was encoded anew."""
    vector = stories.lead(connection, key)
    if vector is not None:
        stories.put_vector(connection, key, vector)


def _near(
    connection: Connection, team: str, key: int, vector: bytes, moment: str
) -> tuple[list[tuple[Row, float]], Rarity]:
    """Return the articles of the window with the most similar title and lead, each with its cosine, nearest first.

    With them comes how rare words and names are in the window.
    """
    centre = datetime.fromisoformat(moment)
    first = (max(centre, datetime.min + WINDOW) - WINDOW).isoformat(timespec="seconds")
    last = (min(centre, datetime.max - WINDOW) + WINDOW).isoformat(timespec="seconds")
    rows = stories.within_days(connection, team, key, first, last)
    if not rows:
        return [], Rarity([])
    every, vectors, marked = zip(*rows, strict=True)
    rarity = Rarity([one for one in marked if one is not None])
    # Not `@`: waking BLAS's threads takes longer than so small a product, and much longer on a busy machine.
    cosines = np.einsum("ij,j->i", vector_rows(vectors), from_blob(vector, len(vector) // 2)[0])
    nearest = np.argsort(-cosines, kind="stable")[:NEAREST]
    keys = {every[number]: float(cosines[number]) for number in nearest}
    found = stories.rows_of(connection, list(keys))
    return sorted(((one, keys[one["article_key"]]) for one in found), key=lambda pair: -pair[1]), rarity


def _fitting(
    near: Sequence[tuple[Row, float]], copies: Collection[int], own: Marks, moment: str, rarity: Rarity
) -> list[str]:
    """Return the stories that an article with these marks may join, best first; `copies` has its copies' keys."""
    likely: dict[str, list[float]] = defaultdict(list)
    for one, cosine in near:
        chance = 1.0
        if one["article_key"] not in copies:
            between = apart(moment, one["moment"])
            chance = probability(cosine, own, read_marks(one["marks"]), between, rarity)
        likely[one["story_id"]].append(chance)
    return fitting_stories(likely)


def _merge(
    connection: Connection,
    team: str,
    near: Sequence[tuple[Row, float]],
    fitting: Sequence[str],
    rarity: Rarity,
) -> None:
    """Make one story of the best fitting one and those that agree with it: the new article is the missing link."""
    first, *others = ([row for row, _ in near if row["story_id"] == story] for story in fitting)
    for other in others:
        chances = [_chance(one, two, rarity) for one in first for two in other]
        if sum(chances) >= SAME_EVENT * len(chances):
            stories.merge(connection, team, other[0]["story_id"], fitting[0])


def _chance(one: Row, other: Row, rarity: Rarity) -> float:
    first, second = vector_rows([one["vector"], other["vector"]])
    between = apart(one["moment"], other["moment"])
    marks = read_marks(one["marks"]), read_marks(other["marks"])
    return probability(float(first @ second), *marks, between, rarity)
