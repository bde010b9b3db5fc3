"""How well articles of the same event are found: labelled articles in, pairwise precision and recall out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.types import Story


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Over all pairs of articles: those put together rightly, those put together, those that belong together.

    `wrong` and `missed` name the pairs that were put together wrongly, and those that were not.
    """

    articles: int
    events: int
    precision: float
    recall: float
    f1: float
    wrong: tuple[tuple[str, str], ...]
    missed: tuple[tuple[str, str], ...]


def read_events(path: Path) -> dict[str, str]:
    """Article id to event, from a `.jsonl` file whose lines have `id` and `event`. Raises `SourceError`."""
    events = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            fields = json.loads(line)
            events[str(fields["id"])] = str(fields["event"])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{path}, line {number}", "has no id and event. Give each line both.") from error
    return events


def score(stories: Sequence[Story], events: Mapping[str, str]) -> PairFigures:
    """Return the figures of these stories for articles of these events."""
    story_of = {one.article_id: story.story_id for story in stories for one in story.articles}
    right, wrong, missed = 0, [], []
    for one, other in combinations(sorted(events), 2):
        together, belong = story_of[one] == story_of[other], events[one] == events[other]
        right += together and belong
        if together and not belong:
            wrong.append((one, other))
        if belong and not together:
            missed.append((one, other))
    precision = right / (right + len(wrong)) if right + len(wrong) else 0.0
    recall = right / (right + len(missed)) if right + len(missed) else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return PairFigures(len(events), len(set(events.values())), precision, recall, f1, tuple(wrong), tuple(missed))
