"""One Slack workspace: its articles, what was asked there, and who may see what."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import metrics
from bot.asking import store as questions
from bot.asking.blocks import PAGE, PAGES
from bot.asking.store import AskedQuestion
from bot.config import Settings
from bot.question import Wanted, read_question
from bot.slack.people import People, kept_name
from bot.topics import store as topics
from bot.topics.store import TopicView
from bot.wording import one_line
from bot.workspace import store as channels
from embeddings.errors import NotFoundError
from embeddings.library import Library
from embeddings.search.follow_up import readings, subject
from embeddings.store.sqlite import Database
from embeddings.subscriptions.service import Sources
from embeddings.types import LOCAL_TEAM, Answer, Passage, Scope, StoredArticle, Story, TopicSummary

_ALL = PAGE * PAGES
_NEWEST, _TITLE = 20, 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question was asked, and by whom. `thread` is the `ts` of the thread's first message, if any."""

    user: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace `team_id`; its articles are `library_team`'s in the library.

    With one bot token those are the command line's, with many workspaces each one's own.
    """

    team_id: str
    library: Library
    store: Database
    settings: Settings
    people: People
    now: Callable[[], datetime]
    sources: Sources
    library_team: str = LOCAL_TEAM

    def __deepcopy__(self, _memo: object) -> Workspace:
        """Bolt copies a request's context for the inbox; the workspace that it names stays this one."""
        return self

    def ask(self, key: str, text: str | Wanted, place: Place) -> tuple[Answer, AskedQuestion]:
        """The first page of the answer to what was typed at `place`, read with the thread's last question.

        There is one passage more, so that the page knows whether there is another; `answer_again` gives them all.

        The question is kept for buttons and follow-ups. `key` names the delivery; the same key is the same
        question. Raises `QuestionError` and `NotFoundError` for questions that can't be asked.
        """
        wanted = text if isinstance(text, Wanted) else read_question(text, self.now())
        own_id = hashlib.sha256(f"{self.team_id} {key}".encode()).hexdigest()[:20]
        with self.store.reading() as connection:
            bound = channels.bound_collections(connection, self.team_id, place.channel)
            before = (
                questions.last_in_thread(connection, self.team_id, place.channel, place.thread, but=own_id)
                if place.thread
                else None
            )
        collections = self._allowed(wanted.collections, bound)
        if before is not None and (wanted.collections, wanted.since, wanted.until) == (None, None, None):
            wanted = replace(wanted, since=before.since, until=before.until)
            collections = before.collections if bound is None else collections
        scope = Scope(self.library_team, collections, wanted.since, wanted.until)
        texts = readings(wanted.question, before.text, before.subject) if before else (wanted.question,)
        with metrics.answering():
            answers = [self.library.ask(one, scope, limit=PAGE + 1) for one in texts]
        found = max(answers, key=lambda answer: answer.confidence)
        metrics.asked(answered=found.answered, confidence=found.confidence)
        asked = AskedQuestion(
            id=own_id,
            user=kept_name(self.settings, self.team_id, place.user),
            channel=place.channel,
            thread=place.thread,
            text=found.question,
            subject=subject(found.question) or (before.subject if before else ""),
            collections=collections,
            since=wanted.since,
            until=wanted.until,
            answered=found.answered,
            confidence=found.confidence,
            asked_at=self.now(),
        )
        with self.store.writing() as connection:
            questions.keep(connection, self.team_id, asked)
        return found, asked

    def answer_again(self, asked: AskedQuestion, channel: str) -> Answer:
        """The answer to a question that was asked before, within what this channel may see now."""
        with self.store.reading() as connection:
            bound = channels.bound_collections(connection, self.team_id, channel)
        collections = asked.collections
        if bound is not None:
            collections = self._allowed(tuple(name for name in asked.collections or bound if name in bound), bound)
        scope = Scope(self.library_team, collections, asked.since, asked.until)
        return self.library.ask(asked.text, scope, limit=_ALL)

    def get_question(self, question_id: str) -> AskedQuestion:
        """The question with this id. Raises `NotFoundError` when it is no longer kept."""
        with self.store.reading() as connection:
            found = questions.load(connection, self.team_id, question_id)
        if found is None:
            raise NotFoundError("I no longer have that question. Ask it again.")
        return found

    def article(self, article_id: str, channel: str) -> StoredArticle:
        """The article, for a channel that may see it. Raises `NotFoundError` when it is gone or not for it."""
        try:
            found = self.library.article(article_id, team=self.library_team)
        except NotFoundError as error:
            raise NotFoundError("That article is no longer here. Ask again.") from error
        if found.citation.collection not in self.visible(channel):
            raise NotFoundError("This channel no longer sees that article. Ask again.")
        return found

    def visible(self, channel: str) -> tuple[str, ...]:
        """The collections that questions in the channel may see."""
        with self.store.reading() as connection:
            bound = channels.bound_collections(connection, self.team_id, channel)
        held = self.library.collections(team=self.library_team)
        return held if bound is None else tuple(name for name in held if name in bound)

    def scope(
        self, channel: str | None, collections: tuple[str, ...] | None, *, added_since: datetime | None = None
    ) -> Scope:
        """The articles in these collections, or in all, as far as the channel may see them.

        A collection that is no longer there is left out. `channel` is `None` where no channel is meant.
        """
        visible = self.visible(channel or "")
        if collections is not None:
            visible = tuple(name for name in collections if name in visible)
        return Scope(self.library_team, visible, added_since=added_since)

    def topic(self, key: str, text: str, place: Place) -> tuple[TopicSummary, TopicView]:
        """The summary of what was typed at `place`, from what the channel may see, kept for its buttons.

        `key` names the delivery. Raises `QuestionError` and `NotFoundError`.
        """
        wanted = read_question(text, self.now())
        own_id = "topic-" + hashlib.sha256(f"{self.team_id} {key}".encode()).hexdigest()[:16]
        user = kept_name(self.settings, self.team_id, place.user)
        with self.store.reading() as connection:
            bound = channels.bound_collections(connection, self.team_id, place.channel)
            before = topics.last_seen(connection, self.team_id, user, wanted.question, but=own_id)
        view = TopicView(
            id=own_id,
            user=user,
            channel=place.channel,
            subject=wanted.question,
            collections=self._allowed(wanted.collections, bound),
            since=wanted.since,
            until=wanted.until,
            seen_at=self.now(),
            asked_before=before,
        )
        with metrics.answering():
            summary = self.library.topic(view.subject, self._scope_of(view))
        metrics.TOPICS.labels("told" if summary.enough else "nothing").inc()
        with self.store.writing() as connection:
            topics.keep(connection, self.team_id, view)
        return summary, view

    def topic_again(self, view: TopicView, channel: str) -> TopicSummary:
        """The summary once more, within what this channel may see now."""
        visible = self.scope(channel, view.collections).collections
        return self.library.topic(view.subject, self._scope_of(replace(view, collections=visible)))

    def topic_view(self, view_id: str) -> TopicView:
        """The summary that was asked for under this id. Raises `NotFoundError` when it is no longer kept."""
        with self.store.reading() as connection:
            found = topics.load(connection, self.team_id, view_id)
        if found is None:
            raise NotFoundError("I no longer have that summary. Ask for it again.")
        return found

    def alert_target(self, asked_id: str) -> tuple[str, tuple[str, ...] | None, datetime]:
        """What an alert under this question or summary is about, in which collections, and since when.

        Raises `NotFoundError` when it is no longer kept.
        """
        if asked_id.startswith("topic-"):
            view = self.topic_view(asked_id)
            return view.subject, view.collections, view.seen_at
        asked = self.get_question(asked_id)
        return asked.text, asked.collections, asked.asked_at

    def story(self, story_id: str, channel: str) -> Story:
        """One story, as far as the channel may see it. Raises `NotFoundError` when there is none."""
        found = [one for one in self.stories(self.scope(channel, None)) if one.story_id == story_id]
        if not found:
            raise NotFoundError("That story is no longer here.")
        return found[0]

    def _scope_of(self, view: TopicView) -> Scope:
        return Scope(self.library_team, view.collections, view.since, view.until)

    def stories(self, scope: Scope) -> list[Story]:
        """The stories in the scope, newest first; each article on its own when stories are switched off."""
        return self.library.stories(scope, grouped=self.settings.group_stories)

    def lead(self, story: Story) -> Passage:
        """The first sentence of the article that gives the story its headline."""
        article_id = next((one.article_id for one in story.articles if one.title == story.headline), None)
        return self.library.lead(article_id or story.articles[0].article_id, team=self.library_team)

    def examples(self, count: int) -> list[str]:
        """Questions that the library can answer: about the articles that were added last."""
        newest = sorted(self.library.articles(team=self.library_team), key=lambda one: one.added_at, reverse=True)
        titles = dict.fromkeys(_speakable(one.citation.title) for one in newest[:_NEWEST])
        return [f"What does “{title}” say?" for title in titles if title][:count]

    def bind(self, channel: str, names: Sequence[str]) -> None:
        """Bind the channel to collections; to none: unbind it. Raises `NotFoundError` for one that isn't there."""
        held = self.library.collections(team=self.library_team)
        for name in names:
            if name not in held:
                listed = ", ".join(held) or "none yet"
                raise NotFoundError(f"There is no collection {name!r}. The library has: {listed}.")
        with self.store.writing() as connection:
            channels.bind_channel(connection, self.team_id, channel, names)

    def _allowed(self, wanted: tuple[str, ...] | None, bound: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """The collections to look in: those wanted, of a bound channel none but its own."""
        if bound is None:
            return wanted
        for name in wanted or ():
            if name not in bound:
                raise NotFoundError(f"Questions in this channel see only {', '.join(bound)}. Ask elsewhere.")
        held = self.library.collections(team=self.library_team)
        return tuple(name for name in wanted or bound if name in held)


def _speakable(title: str) -> str:
    """A title for a question that a person sends with a click: no sign that Slack could read as markup."""
    return one_line(re.sub("[<>&]", " ", title), _TITLE)
