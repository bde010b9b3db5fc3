"""One Slack workspace: its articles, what was asked there, and who may see what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.config import Settings
from bot.locale.texts import gettext as _
from bot.slack.people import People
from bot.workspace import store as channels
from embeddings import Database
from embeddings.errors import NotAllowedError, NotFoundError
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.search.reading import Wanted, read_question
from embeddings.subscriptions.service import Sources
from embeddings.team import TeamLibrary
from embeddings.types import ArticleSummary, Passage, Stats, StoredArticle, Story


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question was asked, and by whom. `thread` is the `ts` of the thread's first message, if any."""

    user: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace `team_id` and its articles.

    With one bot token those are the command line's, with many workspaces each one's own.
    """

    team_id: str
    articles: TeamLibrary
    store: Database
    settings: Settings
    people: People
    now: Callable[[], datetime]
    sources: Sources

    @property
    def library(self) -> Library:
        """The library that holds its articles, and perhaps others'."""
        return self.articles.library

    def __deepcopy__(self, _memo: object) -> Workspace:
        """Bolt copies a request's context for the inbox; the workspace that it names stays this one."""
        return self

    def audiences(self) -> list[str]:
        """Return the people and channels that have articles of their own."""
        return self.library.audiences(self.articles.team)

    def seen_by(self, audiences: Sequence[str]) -> Workspace:
        """Return the workspace with what these people and channels see besides what everybody sees."""
        if not audiences:
            return self
        return replace(self, articles=self.library.of(self.articles.team, audiences))

    def article(self, article_id: str, channel: str) -> StoredArticle:
        """Return the article, for a channel that may see it. Raises `NotFoundError` when it is gone.

        Raises `NotAllowedError` when it is not for the channel.
        """
        try:
            found = self.articles.article(article_id)
        except NotFoundError as error:
            raise NotFoundError(_("That article is no longer here. Ask again.")) from error
        if found.citation.collection not in self.visible(channel):
            raise NotAllowedError(_("This channel no longer sees that article. Ask again."))
        return found

    def read(self, text: str | Wanted, place: Place) -> Wanted:
        """Return what was typed at `place`, or put into a window, read in the person's time zone.

        Raises `QuestionError` for a period that can't be one.
        """
        typed = text.question if isinstance(text, Wanted) else text
        found = read_question(typed, self.now(), self.people.zone(place.user))
        if isinstance(text, str):
            return found
        return replace(
            found,
            collections=text.collections or found.collections,
            since=text.since or found.since,
            until=text.until or found.until,
            preferred=found.preferred if text.since is None and text.until is None else None,
        )

    def visible(self, channel: str) -> tuple[str, ...]:
        """Return the collections that questions in the channel may see."""
        bound, held = self.bound_collections(channel), self.articles.collections()
        return held if bound is None else tuple(name for name in held if name in bound)

    def bound_collections(self, channel: str) -> tuple[str, ...] | None:
        """Return the collections that the channel is bound to; `None` when it is not, and sees all."""
        with self.store.reading() as connection:
            return channels.bound_collections(connection, self.team_id, channel)

    def scope(
        self,
        channel: str | None,
        collections: tuple[str, ...] | None,
        *,
        since: datetime | None = None,
        added_since: datetime | None = None,
    ) -> Scope:
        """Return the articles in these collections, or in all, as far as the channel may see them.

        A collection that is no longer there is left out. `channel` is `None` where no channel is meant.
        """
        visible = self.visible(channel or "")
        if collections is not None:
            visible = tuple(name for name in collections if name in visible)
        return Scope(visible, since=since, added_since=added_since)

    def story(self, story_id: str, channel: str) -> Story:
        """Return one story, as far as the channel may see it. Raises `NotFoundError` when there is none."""
        found = [one for one in self.stories(self.scope(channel, None)) if one.story_id == story_id]
        if not found:
            raise NotFoundError(_("That story is no longer here."))
        return found[0]

    def stories(self, scope: Scope) -> list[Story]:
        """Return the stories in the scope, newest first; each article on its own when stories are switched off."""
        return self.articles.stories(scope, grouped=self.settings.group_stories)

    def lead(self, story: Story) -> Passage:
        """Return the first sentence of the article whose title is the story's headline."""
        article_id = next((one.article_id for one in story.articles if one.title == story.headline), None)
        return self.articles.lead(article_id or story.articles[0].article_id)

    def bind(self, channel: str, names: Sequence[str]) -> None:
        """Bind the channel to collections; to none: unbind it. Raises `NotFoundError` for one that isn't there."""
        held = self.articles.collections()
        for name in names:
            if name not in held:
                listed = ", ".join(held) or _("none yet")
                said = _("There is no collection {name}. The library has: {known}.", name=repr(name), known=listed)
                raise NotFoundError(said)
        with self.store.writing() as connection:
            channels.bind_channel(connection, self.team_id, channel, names)

    def stats(self) -> Stats:
        """Return how much there is."""
        return self.articles.stats()

    def remove(self, article_id: str) -> None:
        """Remove the article. Raises `NotFoundError`."""
        self.articles.remove(article_id)

    def newest(self) -> list[ArticleSummary]:
        """Return every article, the one that was added last first."""
        listed = self.articles.articles()
        return sorted(listed, key=lambda one: one.added_at, reverse=True)

    def allowed(self, wanted: tuple[str, ...] | None, bound: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the collections to search: those wanted, of a bound channel none but its own.

        `bound` is what `bound_collections` gave. Raises `NotAllowedError` for another one.
        """
        if bound is None:
            return wanted
        for name in wanted or ():
            if name not in bound:
                seen = ", ".join(bound)
                raise NotAllowedError(_("Questions in this channel see only {names}. Ask elsewhere.", names=seen))
        held = self.articles.collections()
        return tuple(name for name in wanted or bound if name in held)
