"""Who calls, and what a caller may see and do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.config import Settings
from embeddings import Database
from embeddings.arguments import Bound, narrowed
from embeddings.errors import NotAllowedError, NotFoundError
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.team import TeamLibrary
from embeddings.types import LOCAL_TEAM, Answer, ArticleSummary, Passage, StoredArticle, Story, TopicSummary

if TYPE_CHECKING:
    from bot.slack.sign_in import SignIn
    from bot.web.access.members import Members


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or program: whose articles it sees, which collections of them (`None`: all), and whether it writes.

    `audiences` are the people and channels whose own articles it sees too; `user` is the person's id in Slack.
    `name` says in the audit log who it was.
    """

    name: str
    team: str = LOCAL_TEAM
    collections: tuple[str, ...] | None = None
    may_write: bool = False
    audiences: tuple[str, ...] = ()
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages, the API and the MCP tools are served from.

    With `members`, people of Slack are known; with `sign_in` they can log in.
    """

    settings: Settings
    library: Library
    store: Database
    now: Callable[[], datetime]
    members: Members | None = None
    sign_in: SignIn | None = None

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return (self.settings.public_url or "").startswith("https:")

    def of(self, caller: Caller) -> Shelf:
        """Return the articles as this caller sees them."""
        return Shelf(caller, self.library.of(caller.team, caller.audiences), self.settings)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A team's articles as one caller sees them. Whatever is outside of its collections isn't there."""

    caller: Caller
    articles: TeamLibrary
    settings: Settings

    def collections(self) -> tuple[str, ...]:
        """Return the names of the collections that the caller sees."""
        found, own = self.articles.collections(), self.caller.collections
        return found if own is None else tuple(name for name in found if name in own)

    def sources(self) -> tuple[str, ...]:
        """Return the names of the sources that the caller sees articles of."""
        return self.articles.sources(self.scope())

    def titles(self, words: Sequence[str]) -> list[str]:
        """Return titles that contain each of these words or parts of words, newest first."""
        return self.articles.titles(words, self.scope())

    def scope(
        self, collection: str | None = None, since: Bound = None, until: Bound = None, source: str | None = None
    ) -> Scope:
        """Return the scope of these filters. Raises `NotFoundError` and `InvalidInputError`."""
        if collection is not None and collection not in self.collections():
            raise NotFoundError(f"There is no collection {collection!r}. Leave the filter out to ask everything.")
        own = None if self.caller.collections is None else self.collections()
        found = narrowed(Scope(collections=own), since, until, collection)
        return found if source is None else replace(found, sources=(source,))

    def ask(self, question: str, scope: Scope, k: int | None = None) -> Answer:
        """Return the answer, read as somebody types it. Raises what the library's `ask` raises.

        Mistyped words are read as the library's own for whoever sees all of it: they may be of other collections.
        """
        zone, literal = self.articles.now().tzinfo, self.caller.collections is not None
        found = self.articles.ask(question, scope, limit=k, zone=zone, literal=literal)
        return replace(found, passages=self._passages(found.passages))

    def topic(self, subject: str, scope: Scope) -> TopicSummary:
        """Return the summary. Raises what the library's `topic` raises."""
        found = self.articles.topic(subject, scope)
        return replace(found, passages=self._passages(found.passages))

    def stories(self, scope: Scope) -> list[Story]:
        """Return the stories, newest first."""
        return self.articles.stories(scope, grouped=self.settings.group_stories, news=True)

    def listed(self, collection: str | None = None) -> list[ArticleSummary]:
        """Return the articles, newest first. Raises `NotFoundError` for a collection that isn't there."""
        seen = self.collections()
        if collection is not None and collection not in seen:
            raise NotFoundError(f"There is no collection {collection!r}. Leave the filter out to list everything.")
        return [one for one in self.articles.articles(collection) if one.citation.collection in seen]

    def article(self, article_id: str) -> StoredArticle:
        """Return one article. Raises `NotFoundError`, the same for another's article as for none."""
        found = self.articles.article(article_id)
        own = self.caller.collections
        if own is None:
            return found
        if found.citation.collection not in own:
            raise NotFoundError(f"There is no article {article_id!r}. The list of articles shows what there is.")
        return replace(found, also_at=())  # other addresses may be of other collections

    def summary(self, article_id: str) -> TopicSummary:
        """Return what one article says, in its order. Raises as `article` does, and `DamagedError`."""
        self.article(article_id)
        found = self.articles.summary(article_id)
        return replace(found, passages=self._passages(found.passages))

    def remove(self, article_id: str) -> None:
        """Remove an article. Raises `NotFoundError` and `NotAllowedError`."""
        self.check_writing()
        if self.caller.collections is not None:
            self.article(article_id)
        self.articles.remove(article_id)

    def where_to_add(self, *, for_me: bool) -> TeamLibrary:
        """Return where to add: for everybody, which takes the right to, or as in Slack for the person alone.

        Raises `NotAllowedError`.
        """
        if not for_me:
            self.check_writing()
            return self.articles
        if self.caller.user is None:
            raise NotAllowedError("Only somebody who is signed in with Slack has articles of their own.")
        return self.articles.only_for(self.caller.user)

    def check_adding(self) -> None:
        """Raise `NotAllowedError` for a caller that can add nothing, not even for itself."""
        if self.caller.user is None:
            self.check_writing()

    def check_writing(self, collection: str | None = None) -> None:
        """Raise `NotAllowedError` for a caller that only reads, or that doesn't see the collection."""
        own = self.caller.collections
        if not self.caller.may_write:
            if self.caller.user is not None:
                raise NotAllowedError("Only admins add and remove articles here. Ask one of yours.")
            raise NotAllowedError("This token only reads. Create one with `topicbot tokens create NAME --write`.")
        if collection is not None and own is not None and collection not in own:
            raise NotAllowedError(f"This token doesn't write to {collection!r}. It writes to: {', '.join(own)}.")

    def collection_for(self, wanted: str | None) -> str | None:
        """Return where to add: what was wanted, or else the only collection of a scoped caller."""
        own = self.caller.collections
        chosen = wanted or (own[0] if own else None)
        self.check_writing(chosen)
        return chosen

    def check_mine(self, article_id: str | None) -> None:
        """Raise `NotAllowedError` when adding under this id would change an article of another collection."""
        own = self.caller.collections
        if own is None or article_id is None:
            return
        try:
            there = self.articles.article(article_id)
        except NotFoundError:
            return
        if there.citation.collection not in own:
            raise NotAllowedError("This id is taken. Choose another one.")

    def _passages(self, found: Sequence[Passage]) -> tuple[Passage, ...]:
        if self.caller.collections is None:
            return tuple(found)
        return tuple(replace(one, also_in=()) for one in found)  # the copies may be of other collections
