"""What goes into a digest: the stories that are new on its topics, each once. Preview and post share it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.digests.model import Digest, Told
from bot.locale.texts import ngettext
from bot.workspace.workspace import Workspace
from embeddings.scope import Scope
from embeddings.text.terms import terms
from embeddings.types import Passage, Story

ALSO_NEW = 10
"""How many stories beyond the digest's most are named by their headline alone."""

LATE = timedelta(days=2)
"""How much later than its own date an article may come in and still be new."""
_LONG = timedelta(days=6)
"""A digest of so much time begins with a line that counts its stories."""

_SOURCES, _AGE = 0.05, 0.05
"""What twice as many sources add to a story's closeness, and what being the oldest takes away."""

_COMPARED = 5
"""With how many of the articles that were posted an update is compared, the newest."""

_LIKENESS = 0.6
"""The cosine from which a story is like one that nobody wanted more of."""


@dataclass(frozen=True, slots=True)
class Item:
    """One story of a digest, with the passage that is its news; `is_update` when it was posted before."""

    story: Story
    passage: Passage
    is_update: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The stories of one topic, best first; `topic` is `None` in a digest of everything."""

    topic: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A whole digest: what is new from `since` to `until`. `left_out` counts new stories that are not named,
    `added` those that only just came into the library, but are old or have no date.
    """

    since: datetime
    until: datetime
    sections: tuple[Section, ...]
    also_new: tuple[Story, ...] = ()
    left_out: int = 0
    added: int = 0

    @property
    def updates(self) -> int:
        """How many of the stories that are shown were posted before."""
        return sum(item.is_update for section in self.sections for item in section.items)

    @property
    def counted(self) -> str:
        """How much there is, as the first line of a digest of a week or more: "12 stories, 3 updates"."""
        count = len(self.stories) + self.left_out
        if not count or self.until - self.since < _LONG:
            return ""
        stories = ngettext("{count} story", "{count} stories", count)
        updates = ngettext("{count} update", "{count} updates", self.updates)
        return f"{stories}, {updates}" if self.updates else stories

    @property
    def stories(self) -> list[Story]:
        """Every story that is named."""
        return [*(item.story for section in self.sections for item in section.items), *self.also_new]


def collect(
    workspace: Workspace, digest: Digest, told: Mapping[str, Told], since: datetime, until: datetime
) -> Content:
    """Return the stories with an article that is new since `since`, by its own date too, and that were not posted
    yet.

    A story comes once, under the topic that it fits best. One that was posted comes again when it has moved on:
    when an article is new that repeats no other's text.
    """
    # What is new goes by its own date: neither an archive that was just added nor what has no date is news.
    scope = workspace.scope(digest.channel, digest.collections, since=since - LATE, added_since=since)
    fresh = _without_unwanted(workspace, _fresh(workspace, scope, told), told)
    if digest.topics:
        found = _by_topic(workspace, digest, scope, fresh)
    else:
        largest = sorted(fresh.values(), key=lambda story: (story.sources, story.last_seen), reverse=True)
        found = [(None, story, None) for story in largest]
    shown = fair_share([topic for topic, _, _ in found], digest.most)
    rest = [one for number, one in enumerate(found) if number not in shown]
    found = [found[number] for number in shown]
    sections: dict[str | None, list[Item]] = {topic: [] for topic in digest.topics or (None,)}
    for topic, story, passage in found:
        sections[topic].append(_item(workspace, story, topic, passage, told))
    kept = tuple(Section(topic, tuple(items)) for topic, items in sections.items() if items)
    also_new = tuple(story for _, story, _ in rest[:ALSO_NEW])
    return Content(
        since, until, kept, also_new, max(0, len(rest) - ALSO_NEW), _only_added(workspace, digest, scope)
    )


def _item(
    workspace: Workspace, story: Story, topic: str | None, passage: Passage | None, told: Mapping[str, Told]
) -> Item:
    """Return the story with its news: of an update what was not posted yet, otherwise the lead.

    Where neither title nor lead has a word of the topic, it is the passage that does.
    """
    known = frozenset().union(*(one.article_ids for one in told.values()))
    posted = [one.article_id for one in story.articles if one.article_id in known]
    new = [one.article_id for one in story.articles if one.article_id not in (*known, *story.copies)]
    if posted and new:
        return Item(story, workspace.articles.lead(new[-1], posted[-_COMPARED:]), is_update=True)
    lead = workspace.lead(story)
    if topic is not None and passage is not None:
        opening = set(terms(f"{lead.citation.title} {lead.sentence}"))
        lead = lead if opening & set(terms(topic)) else passage
    return Item(story, lead, bool(posted))


def _only_added(workspace: Workspace, digest: Digest, scope: Scope) -> int:
    """Return how many stories came into the library without being new by their date."""
    new = {story.story_id for story in workspace.stories(scope)}
    added = workspace.stories(workspace.scope(digest.channel, digest.collections, added_since=scope.added_since))
    return sum(story.story_id not in new for story in added)


def _fresh(workspace: Workspace, scope: Scope, told: Mapping[str, Told]) -> dict[str, Story]:
    """Return the stories in the scope by id, but for those that are muted or have not moved on since they were
    posted.
    """
    found = {}
    tellers = {article_id: one for one in told.values() for article_id in one.article_ids}
    for story in workspace.stories(scope):
        # Two stories that turn out to be one keep the id of one of them.
        known = (tellers.get(one.article_id) for one in story.articles)
        before = told.get(story.story_id) or next(filter(None, known), None)
        if before is None or not (before.is_muted or before.is_unwanted or _stands_still(story, before)):
            found[story.story_id] = story
    return found


def _stands_still(story: Story, before: Told) -> bool:
    return all(one.article_id in before.article_ids or one.article_id in story.copies for one in story.articles)


def _without_unwanted(
    workspace: Workspace, fresh: Mapping[str, Story], told: Mapping[str, Told]
) -> dict[str, Story]:
    """Return the stories that are unlike every one of which fewer were asked for."""
    unwanted = [story_id for story_id, one in told.items() if one.is_unwanted]
    if not unwanted or not fresh:
        return dict(fresh)
    vectors = workspace.articles.story_vectors([*unwanted, *fresh])
    against = [vectors[one] for one in unwanted if one in vectors]
    return {
        story_id: story
        for story_id, story in fresh.items()
        if story_id not in vectors or all(float(vectors[story_id] @ one) < _LIKENESS for one in against)
    }


def _by_topic(
    workspace: Workspace, digest: Digest, scope: Scope, fresh: Mapping[str, Story]
) -> list[tuple[str | None, Story, Passage | None]]:
    """Return each story with its best passage and the topic that it is about, best first."""
    home = {one.article_id: story for story in fresh.values() for one in story.articles}
    best: dict[str, tuple[str, Passage]] = {}
    for topic in digest.topics:
        for passage in workspace.articles.about(topic, scope, least=digest.least):
            story = home.get(passage.citation.article_id)
            if story is None:
                continue
            known = best.get(story.story_id)
            if known is None or passage.score > known[1].score:
                best[story.story_id] = (topic, passage)
    days = sorted({story.last_seen[:10] for story in fresh.values()})
    ranked = sorted(best.items(), key=lambda item: -_weight(fresh[item[0]], item[1][1].score, days))
    return [(topic, fresh[story_id], passage) for story_id, (topic, passage) in ranked]


def _weight(story: Story, score: float, days: Sequence[str]) -> float:
    """Return what a story is worth in its topic: how close it is, how many sources tell it, and how new it is.

    `days` are those of all stories, in order.
    """
    age = (len(days) - 1 - days.index(story.last_seen[:10])) / max(1, len(days) - 1)
    return score + _SOURCES * math.log2(story.sources) - _AGE * age


def fair_share(topics: Sequence[str | None], most: int) -> list[int]:
    """Return the numbers of the stories to show, best first, of stories with these topics, best first.

    Each topic in turn adds its next best one, so that a busy topic leaves room for a quiet one.
    """
    turns: Counter[str | None] = Counter()
    order = []
    for number, topic in enumerate(topics):
        order.append((turns[topic], number))
        turns[topic] += 1
    return sorted(number for _, number in sorted(order)[:most])
