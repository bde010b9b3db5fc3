"""What one team has in a library: its articles, asked, summarised, added and removed. Nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from embeddings import adding
from embeddings.adding import Plan
from embeddings.arguments import Bound, article_of, count_of, narrowed, text_of
from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import EncodedParagraph, encode_paragraphs
from embeddings.errors import DamagedError
from embeddings.scope import Scope, TeamScope, audience_mark, owner, owners
from embeddings.search import ordering
from embeddings.search.parts import merged, parts
from embeddings.search.pipeline import Measured, order, passages
from embeddings.search.question import stripped
from embeddings.search.ranking import sentence_scores
from embeddings.search.reading import asked_as, nothing_then, read_question
from embeddings.store import articles, metadata, paragraphs, stories
from embeddings.store.articles import HashedArticle
from embeddings.text.dates import iso_seconds
from embeddings.text.periods import Period
from embeddings.text.terms import terms
from embeddings.text.urls import identity
from embeddings.topics import summary
from embeddings.topics.differ import differing_passages
from embeddings.topics.material import CANDIDATES as TOPIC_CANDIDATES
from embeddings.topics.material import LEAST_SCORE, Material, article_material, best_of_articles, material
from embeddings.topics.novelty import news_of
from embeddings.topics.stories import place_missing
from embeddings.types import (
    Added,
    Answer,
    Article,
    ArticleSummary,
    Passage,
    Stats,
    StoredArticle,
    Story,
    TopicSummary,
)
from embeddings.weights import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from embeddings.library import Library

Asked = tuple[str, TeamScope, int | None, Period | None, bool, float]
"""A question as it was typed, its scope, the number of passages wanted, the period that comes first, whether it is
taken to the letter, and by how much the threshold is shifted."""

EVERYTHING, _PASSAGES, _BATCH_SIZE = Scope(), 5, 100
_FEW, _OF_TITLE = 50, 0.6
"""In how many articles the only one of a scope is looked for, and which share of a title's words names it."""


class TeamLibrary:
    """One team's articles in a library. As safe for threads and processes as the library is.

    Each article is one transaction: when `add` has returned, the article is kept; before that it is not there.
    """

    def __init__(self, library: Library, team: str, audiences: Sequence[str] = ()) -> None:
        self.library, self.team, self.audiences = library, team, tuple(audiences)
        self.database, self.now = library.database, library.now

    def only_for(self, audience: str) -> TeamLibrary:
        """Return what one audience of the team has for itself alone: to add there, and to remove it all."""
        return self.library.of(owner(self.team, audience))

    def add(
        self,
        article: Article | Mapping[str, Any],
        *,
        quiet: bool = False,
        may_be_copy: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Added:
        """Add the article, or bring it up to date; the same article again changes nothing.

        A mapping like `{"title": …, "text": …}` has what `Article.from_text` takes. A `quiet` one alerts nobody.
        One that may not be a copy is an article even if its text is there already. `progress` gets texts encoded
        and in all.

        Raises `InvalidInputError` for what is no article, `SourceError` for one without text, `ModelMismatchError`
        when the library was built with another model, and `StoreError` when the article can't be kept; then
        nothing of it is.
        """
        article = article_of(article)
        given, model = self._hashed(article), self.library.model
        version = self.database.version()
        with self.database.reading() as connection:
            metadata.check(connection, model)
            planned = self._plan(connection, given, may_be_copy=may_be_copy)
        if planned.is_unchanged:
            return planned.unchanged()
        rows = self._encode(article, progress) if planned.needs_encoding else None
        with self.database.writing() as connection:
            adding.claim(connection, self.library.index, model)
            if self.database.version() != version:  # somebody has written in between
                planned = self._plan(connection, given, may_be_copy=may_be_copy)
            return self._apply(connection, planned, rows, quiet)

    def missing(self, wanted: Sequence[Article]) -> list[bool]:
        """For each article whether adding it takes encoding: its text isn't here. Raises what `add` raises."""
        given = [self._hashed(article) for article in wanted]
        with self.database.reading() as connection:
            metadata.check(connection, self.library.model)
            return [self._plan(connection, one).needs_encoding for one in given]

    def add_encoded(self, given: Sequence[tuple[Article, Sequence[EncodedParagraph] | None]]) -> list[Added]:
        """Add articles in this order, in one transaction, with what `encode_paragraphs` gave for each elsewhere.

        That must have been by this library's model. An article that `missing` found to be here already has `None`;
        where it is needed all the same, it is encoded here. Raises what `add` raises; then none of them is kept.
        """
        hashed = [(self._hashed(article), rows) for article, rows in given]
        if all(rows is None for _, rows in hashed):
            with self.database.reading() as connection:
                plans = [self._plan(connection, one) for one, _ in hashed]
            if all(planned.is_unchanged for planned in plans):
                return [planned.unchanged() for planned in plans]  # nothing to write: no turn at writing is needed
        with self.database.writing() as connection:
            adding.claim(connection, self.library.index, self.library.model)
            return [self._apply(connection, self._plan(connection, one), rows) for one, rows in hashed]

    def remove(self, article_id: str) -> None:
        """Remove an article. Raises `NotFoundError` when the team has none with this id."""
        with self.database.writing() as connection:
            key = articles.key_of(connection, article_id, self._owners)
            if key is None:
                raise articles.missing(article_id)
            adding.remove(connection, self.library.index, key)

    def remove_all(self) -> None:
        """Remove every article of the team, its audiences' too, in steps between which others may write."""
        for audience in self.library.audiences(self.team):
            self.only_for(audience).remove_all()
        keys = [0]
        while keys:
            with self.database.writing() as connection:
                keys = articles.some_keys(connection, self.team, _BATCH_SIZE)
                for key in keys:
                    adding.remove(connection, self.library.index, key)

    def article(self, article_id: str) -> StoredArticle:
        """Return one whole article.

        Raises `NotFoundError` when the team has none with this id, and `DamagedError`.
        """
        with self.database.reading() as connection:
            stored = articles.load(connection, article_id, self._owners)
        if stored is None:
            raise articles.missing(article_id)
        return stored

    def lead(self, article_id: str, beside: Sequence[str] = ()) -> Passage:
        """Return the paragraph of an article with its news, that sentence highlighted: its lead.

        `beside` articles with these ids, it is what they don't say. Raises `NotFoundError`.
        """
        stored = self.article(article_id)
        number, place = news_of(stored, [self.article(one) for one in beside])
        found = stored.paragraphs[number]
        return Passage(1, 1.0, stored.citation, number, found.text, place, found.heading, table=found.table)

    def articles(self, collection: str | None = None) -> list[ArticleSummary]:
        """Return the team's articles, newest first; undated ones last."""
        with self.database.reading() as connection:
            if collection is not None:
                paragraphs.check_collection(connection, self._owners, collection)
            return articles.summaries(connection, self._owners, collection)

    def collections(self) -> tuple[str, ...]:
        """Return the names of the team's collections, sorted; unlike `stats` it counts nothing."""
        with self.database.reading() as connection:
            return paragraphs.collections(connection, self._owners)

    def sources(self, scope: Scope = EVERYTHING, *, limit: int = 200) -> tuple[str, ...]:
        """Return the names of the sources that the citations in the scope have, sorted: the most frequent ones."""
        with self.database.reading() as connection:
            return paragraphs.sources(connection, self._scope(scope), limit)

    def titles(self, words: Sequence[str], scope: Scope = EVERYTHING, *, limit: int = 50) -> list[str]:
        """Return the titles in the scope that contain each of these words or parts of words, newest first."""
        with self.database.reading() as connection:
            return paragraphs.titles(connection, self._scope(scope), words, limit)

    def stats(self) -> Stats:
        """Return counts of what the team has here."""
        with self.database.reading() as connection:
            model = metadata.model(connection)
            return paragraphs.stats(connection, self._scope(EVERYTHING), model.name if model else None)

    def ask(
        self,
        question: str,
        scope: Scope = EVERYTHING,
        *,
        limit: int | None = 5,
        preferred: Period | None = None,
        zone: tzinfo | None = None,
        literal: bool = False,
        k: int | None = None,
        since: Bound = None,
        until: Bound = None,
        collection: str | None = None,
        shift: float = 0.0,
    ) -> Answer:
        """Return the best passages for the question, up to `limit`, and whether they answer it.

        `k` is a shorter word for `limit`. `since`, `until` (a date, a datetime or ISO 8601 text; a day counts
        whole, in UTC) and `collection` narrow the scope. `shift` is added to the confidence from which on a
        question counts as answered, and a passage as relevant.

        Without a limit those that belong to the answer, at most five. Mistyped words are read as the library's own
        unless `literal`. What is of the `preferred` period comes first. With a `zone`, the question is read as
        somebody there types it: its options and its period count where the scope has none (`search.reading`).

        Raises `QuestionError` for a question without words or too long, `NotFoundError` for a collection that
        isn't there, `InvalidInputError` for an argument that can't be used, and `ModelMismatchError` when the
        library was built with another model.
        """
        started = perf_counter()
        limit = limit if k is None else count_of("k", k)
        scope = narrowed(scope, since, until, collection)
        text = text_of("question", question)
        if zone is not None:
            wanted = read_question(question, self.now(), zone)
            text, scope, preferred = wanted.question, wanted.within(scope), preferred or wanted.preferred
        own = self._scope(scope)
        asked = (text, own, limit, preferred, literal, shift)
        version = self.database.version()
        found = self.library.answers.get(version, asked)
        if found is None:
            searcher, each = self.library.searcher, []
            for one in (text, *parts(text)):
                searching = searcher.search(one, own, literal=literal, rerank=True, version=version)
                with searching as (connection, measured):
                    judged = measured.shifted(shift) if measured is not None else None
                    each.append(ordering.answer(searcher, connection, one, judged, own, limit, preferred))
            found = merged(each[0], each[1:], limit)
            found = replace(found, differ=differing_passages(found.passages))
            self.library.answers.put(version, asked, found)
        if not found.answered:
            empty = nothing_then(asked_as(text, scope, preferred), self.now(), is_empty=not found.passages)
            found = replace(found, notes=(*((empty,) if empty else ()), *found.notes))
        return replace(found, question=question, took_ms=round((perf_counter() - started) * 1000, 1))

    def topic(self, subject: str, scope: Scope = EVERYTHING) -> TopicSummary:
        """Return what the articles say on a subject: a summary of cited sentences, or that there is too little for
        one.

        Raises what `ask` raises.
        """
        started = perf_counter()
        subject = stripped(subject)
        given: Material | None = None
        nearest: tuple[Passage, ...] = ()
        search = self.library.searcher.search(subject, self._scope(scope), TOPIC_CANDIDATES)
        with search as (connection, measured):
            if measured is not None:
                given = material(connection, measured)
                nearest = passages(connection, order(measured), _PASSAGES)
        found = summary.summarise(subject, given, nearest)
        return replace(found, took_ms=round((perf_counter() - started) * 1000, 1))

    def summary(self, article_id: str) -> TopicSummary:
        """Return what one article says: its lead, facts, figures, quotes and outlook, in its order.

        Raises `NotFoundError` when the team has none with this id, and `DamagedError`.
        """
        started = perf_counter()
        with self.database.reading() as connection:
            ids = paragraphs.of_article(connection, self._owners, article_id)
            if not ids:
                raise articles.missing(article_id)
            candidates = paragraphs.candidates(connection, ids, None)
            if len(candidates) != len(ids) or len(paragraphs.passages(connection, ids)) != len(ids):
                raise DamagedError([article_id])
            given = article_material(connection, candidates)
        title = next(iter(given.paragraphs.values())).citation.title
        found = summary.summarise(title, given, ())
        return replace(found, took_ms=round((perf_counter() - started) * 1000, 1))

    def meant(self, named: str, scope: Scope = EVERYTHING, *, by_title: bool = False) -> str | None:
        """Return the id of the article that somebody names, `None` when it isn't clear which one.

        The words are those of its title, or the article is the nearest to them; with `by_title` they must be most
        of one title. Without words it is the only article in the scope. Raises what `ask` raises.
        """
        if not set(terms(named)):
            if self.stats().articles > _FEW:
                return None
            kept = [one.citation for one in self.articles()]
            seen = [one for one in kept if scope.collections is None or one.collection in scope.collections]
            return seen[0].article_id if len(seen) == 1 else None
        wanted = set(terms(named))
        near = [one.citation for one in self.about(named, scope, least=0.0)]
        near = near or [one.citation for one in self.ask(named, scope).passages]
        titled = [one.article_id for one in near if wanted <= set(terms(one.title))]
        if by_title:
            whole = {one.article_id for one in near if len(wanted) >= _OF_TITLE * len(set(terms(one.title)))}
            return titled[0] if len(titled) == 1 and whole.issuperset(titled) else None
        return next(iter([*titled, *(one.article_id for one in near)]), None)

    def at(self, address: str) -> str | None:
        """Return the id of the article that was read from this web address."""
        with self.database.reading() as connection:
            found = (articles.id_at(connection, one, identity(address)) for one in self._owners)
            return next((article_id for article_id in found if article_id), None)

    def about(self, subject: str, scope: Scope = EVERYTHING, *, least: float = LEAST_SCORE) -> list[Passage]:
        """Return the best passage about the subject of each article that has one, best first.

        `least` is the lowest score (0 to 1) that counts. Raises what `ask` raises.
        """
        search = self.library.searcher.search(subject, self._scope(scope), TOPIC_CANDIDATES)
        with search as (connection, measured):
            if measured is None:
                return []
            scores = sentence_scores(measured.question, measured.features, measured.idf, DEFAULT_WEIGHTS)
            ranked = best_of_articles(measured, scores, least)
            return list(passages(connection, ranked, len(ranked)))

    def stories(self, scope: Scope = EVERYTHING, *, grouped: bool = True, news: bool = False) -> list[Story]:
        """Return the stories with an article in the scope, newest first, whole but for articles in other
        collections.

        Not `grouped`, each article is a story of its own. With `news`, stories that are no news are left out:
        minutes and manuals.

        Raises `NotFoundError` for a collection that isn't there.
        """
        with self.database.reading() as connection:
            is_any_missing = stories.is_any_missing(connection)
        if is_any_missing:  # an earlier version stored them
            with self.database.writing() as connection:
                place_missing(connection)
        with self.database.reading() as connection:
            for name in scope.collections or ():
                paragraphs.check_collection(connection, self._owners, name)
            return stories.listed(connection, self._scope(scope), grouped=grouped, news=news)

    def story_vectors(self, story_ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the mean vector of title and lead of each story, float32, unit length; unknown ids
        are left out.
        """
        with self.database.reading() as connection:
            return stories.vectors(connection, self._owners, story_ids)

    def measure(self, question: str, scope: Scope = EVERYTHING, *, literal: bool = False) -> Measured | None:
        """Return the candidates for a question with all their features, for evaluation; `None` when there are
        none.
        """
        search = self.library.searcher.search(question, self._scope(scope), literal=literal, rerank=True)
        with search as (_, measured):
            return measured

    @property
    def _owners(self) -> tuple[str, ...]:
        return owners(self.team, self.audiences)

    def _scope(self, scope: Scope) -> TeamScope:
        return scope.of(self.team, self.audiences)

    def _hashed(self, article: Article) -> HashedArticle:
        """Return the article hashed. An audience's has an id that no article of the team's can have."""
        mark = audience_mark(self.team)
        if mark is not None:
            article = replace(article, id=article.id and f"{article.id}-{mark}", name=f"{mark} {article.name}")
        return adding.hashed(article)

    def _plan(self, connection: Connection, given: HashedArticle, *, may_be_copy: bool = True) -> Plan:
        merge_copies = self.library.merge_copies and may_be_copy
        return adding.plan(connection, given, self.team, merge_copies=merge_copies)

    def _apply(
        self, connection: Connection, planned: Plan, rows: Sequence[EncodedParagraph] | None, quiet: bool = False
    ) -> Added:
        given = self.library.index, planned, rows, self.team, iso_seconds(self.now())
        return adding.apply(connection, *given, quiet=quiet, encode=self._encode)

    def _encode(
        self, article: Article, progress: Callable[[int, int], None] | None = None
    ) -> list[EncodedParagraph]:
        return encode_paragraphs(article.title, article.paragraphs, self.library.encoder, progress)
