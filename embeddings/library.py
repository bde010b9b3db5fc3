"""The library: the one facade over reading, storing and searching articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import tzinfo
from time import perf_counter

from sqlalchemy import Connection

from embeddings import adding
from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import EncodedParagraph, encode_paragraphs
from embeddings.errors import NotFoundError
from embeddings.index import postgres
from embeddings.index.base import Finder
from embeddings.index.embedded import EmbeddedFinder
from embeddings.index.postgres import PostgresFinder
from embeddings.opened import OpenedLibrary
from embeddings.search import ordering, pipeline
from embeddings.search.pipeline import Measured
from embeddings.search.question import Question, parse
from embeddings.search.ranking import sentence_scores
from embeddings.search.reading import asked_as, nothing_then, read_question
from embeddings.store import articles, metadata, paragraphs, stories
from embeddings.store.postgres import PostgresDatabase
from embeddings.subscriptions import store as sources
from embeddings.text.dates import iso_seconds
from embeddings.text.periods import Period
from embeddings.text.sentences import sentences
from embeddings.topics import summary
from embeddings.topics.stories import place_missing
from embeddings.topics.summary import LEAST_SCORE, best_of_articles
from embeddings.types import (
    LOCAL_TEAM,
    Added,
    Answer,
    Article,
    ArticleSummary,
    Highlight,
    Passage,
    Scope,
    StoredArticle,
    Story,
    TopicSummary,
)
from embeddings.weights import CANDIDATES, DEFAULT_CONFIDENCE, DEFAULT_WEIGHTS

_PASSAGES, _BATCH_SIZE = 5, 100


class Library(OpenedLibrary):
    """Articles in one folder, searchable. Safe to use from several threads, and from several processes at once.

    Each article is one transaction: when `add` has returned, the article is kept; before that it is not there.
    """

    def add(
        self,
        article: Article,
        *,
        team: str = LOCAL_TEAM,
        quiet: bool = False,
        may_be_copy: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Added:
        """Add the article, or bring it up to date; the same article again changes nothing.

        A `quiet` one alerts nobody. One that may not be a copy is an article also when its text is there already.
        `progress` is told texts encoded and in all.

        Raises `SourceError` for an article without text, `ModelMismatchError` when the library was built with
        another model, and `StoreError` when the article can't be kept; then nothing of it is.
        """
        adding.check_has_text(article)
        with self.database.reading() as connection:
            metadata.check(connection, self._own_model())
            merge_copies = self._merge_copies and may_be_copy
            looked = adding.plan(connection, article, team, merge_copies=merge_copies)
        if isinstance(looked, Added):
            return looked
        rows = self._encoded(article, progress) if looked else None
        with self.database.writing() as connection:
            metadata.claim(connection, self._own_model())
            return self._write(connection, article, rows, team, quiet=quiet, merge_copies=merge_copies)

    def missing(self, wanted: Sequence[Article], *, team: str = LOCAL_TEAM) -> list[bool]:
        """For each article whether adding it takes encoding: its text isn't here. Raises what `add` raises."""
        for article in wanted:
            adding.check_has_text(article)
        with self.database.reading() as connection:
            metadata.check(connection, self._own_model())
            return [adding.plan(connection, one, team, merge_copies=self._merge_copies) is True for one in wanted]

    def add_encoded(
        self, given: Sequence[tuple[Article, Sequence[EncodedParagraph] | None]], *, team: str = LOCAL_TEAM
    ) -> list[Added]:
        """Add articles in this order, in one transaction, with what `encode_paragraphs` gave for each elsewhere.

        That must have been by this library's model. An article that `missing` found to be here already has `None`;
        where it is needed all the same, it is encoded here. Raises what `add` raises; then none of them is kept.
        """
        if all(rows is None for _, rows in given):
            with self.database.reading() as connection:
                looked = [adding.plan(connection, one, team, merge_copies=self._merge_copies) for one, _ in given]
            there = [one for one in looked if isinstance(one, Added)]
            if len(there) == len(given):
                return there  # nothing to write: no turn at writing is waited for
        with self.database.writing() as connection:
            metadata.claim(connection, self._own_model())
            return [self._write(connection, one, rows, team) for one, rows in given]

    def begin_loading(self) -> None:
        """Prepare to add very many articles: in an empty PostgreSQL database `warm` indexes them afterwards.

        Raises `ModelMismatchError` and `StoreError`.
        """
        if isinstance(self.database, PostgresDatabase):
            postgres.leave_out(self.database, self._own_model())

    def remove(self, article_id: str, *, team: str = LOCAL_TEAM) -> None:
        """Remove an article. Raises `NotFoundError` when the team has none with this id."""
        with self.database.writing() as connection:
            if not articles.remove(connection, article_id, team):
                raise _no_article(article_id)

    def remove_all(self, team: str) -> None:
        """Remove every article and source of the team, in steps between which others may write."""
        with self.database.writing() as connection:
            sources.remove_all(connection, team)
        while True:
            with self.database.writing() as connection:
                if not articles.remove_some(connection, team, _BATCH_SIZE):
                    return

    def article(self, article_id: str, *, team: str = LOCAL_TEAM) -> StoredArticle:
        """One whole article. Raises `NotFoundError` when the team has none with this id."""
        with self.database.reading() as connection:
            stored = articles.load(connection, article_id, team)
        if stored is None:
            raise _no_article(article_id)
        return stored

    def lead(self, article_id: str, *, team: str = LOCAL_TEAM) -> Passage:
        """The first paragraph of an article, its first sentence highlighted. Raises `NotFoundError`."""
        stored = self.article(article_id, team=team)
        first = stored.paragraphs[0]
        start, end = sentences(first.text)[0]
        return Passage(1, 1.0, stored.citation, 0, first.text, Highlight(start, end), first.heading)

    def articles(self, *, team: str = LOCAL_TEAM, collection: str | None = None) -> list[ArticleSummary]:
        """The team's articles, newest first; undated ones last."""
        with self.database.reading() as connection:
            if collection is not None:
                paragraphs.check_collection(connection, team, collection)
            return articles.summaries(connection, team, collection)

    def ask(
        self,
        question: str,
        scope: Scope | None = None,
        *,
        limit: int = 5,
        preferred: Period | None = None,
        zone: tzinfo | None = None,
    ) -> Answer:
        """The best passages for the question, at most `limit`, and whether they answer it.

        What lies in the `preferred` period comes first. With a `zone`, the question is read as somebody there
        types it: its options and the period that it names count where the scope has none (`search.reading`).

        Raises `QuestionError` for a question without words or too long, `NotFoundError` for a collection that
        isn't there, and `ModelMismatchError` when the library was built with another model.
        """
        started = perf_counter()
        scope, text = scope or Scope(), question
        if zone is not None:
            wanted = read_question(question, self.now(), zone)
            text, scope, preferred = wanted.question, wanted.within(scope), preferred or wanted.preferred
        asked = (text, scope, limit, preferred)
        version = self.database.version()
        found = self._answers.find(asked, version)
        if found is None:
            found = self._answer(*asked)
            self._answers.keep(asked, version, found)
        return replace(found, question=question, took_ms=round((perf_counter() - started) * 1000, 1))

    def _answer(self, question: str, scope: Scope, limit: int, preferred: Period | None) -> Answer:
        answered, confidence = False, 0.0
        passages: tuple[Passage, ...] = ()
        notes: tuple[str, ...] = ()
        with self._searching(parse(question), scope) as (connection, measured):
            if measured is not None:
                vector = self._question_vector(measured.question.text)
                ranked, confidence, notes = ordering.order(connection, measured, vector, scope, preferred)
                answered = confidence >= DEFAULT_CONFIDENCE.threshold
                self._lap("ranking")
                passages = pipeline.passages(connection, ranked, limit)
                self._lap("passages")
        asked = asked_as(question, scope, preferred)
        if not answered and (empty := nothing_then(asked, self.now(), is_empty=not passages)):
            notes = (empty, *notes)
        return Answer(question, answered, round(confidence, 4), passages, 0.0, asked, notes)

    def topic(self, subject: str, scope: Scope | None = None) -> TopicSummary:
        """What the articles say on a subject: a summary of cited sentences, or that there is too little for one.

        Raises what `ask` raises.
        """
        started = perf_counter()
        parsed = parse(subject)
        given: summary.Material | None = None
        passages: tuple[Passage, ...] = ()
        with self._searching(parsed, scope or Scope(), summary.CANDIDATES) as (connection, measured):
            if measured is not None:
                given = summary.material(connection, measured)
                passages = pipeline.passages(connection, pipeline.decide(measured)[0], _PASSAGES)
        found = summary.summarise(parsed.text, given, passages)
        return replace(found, took_ms=round((perf_counter() - started) * 1000, 1))

    def about(self, subject: str, scope: Scope | None = None, *, least: float = LEAST_SCORE) -> list[Passage]:
        """The best passage about the subject of each article that has one, best first.

        `least` is the lowest score (0 to 1) that counts. Raises what `ask` raises.
        """
        with self._searching(parse(subject), scope or Scope(), summary.CANDIDATES) as (connection, measured):
            if measured is None:
                return []
            scores = sentence_scores(measured.features, measured.idf, DEFAULT_WEIGHTS)
            ranked = best_of_articles(measured, scores, least)
            return list(pipeline.passages(connection, ranked, len(ranked)))

    def stories(self, scope: Scope | None = None, *, grouped: bool = True) -> list[Story]:
        """The stories with an article in the scope, newest first, whole but for articles in other collections.

        Not `grouped`, each article is a story of its own.

        Raises `NotFoundError` for a collection that isn't there.
        """
        scope = scope or Scope()
        self._place_missing()
        with self.database.reading() as connection:
            for name in scope.collections or ():
                paragraphs.check_collection(connection, scope.team, name)
            return stories.listed(connection, scope, grouped=grouped)

    def story_vectors(self, story_ids: Sequence[str], *, team: str = LOCAL_TEAM) -> dict[str, Vectors]:
        """The mean vector of title and lead of each story, float32, unit length; unknown ids are left out."""
        with self.database.reading() as connection:
            return stories.vectors(connection, team, story_ids)

    def measure(self, question: str, scope: Scope | None = None) -> Measured | None:
        """The candidates for a question with all their features, for evaluation; `None` when there are none."""
        with self._searching(parse(question), scope or Scope()) as (_, measured):
            return measured

    def places(self) -> dict[int, tuple[str, int, str]]:
        """Every paragraph's id with its article's id, its position and its text, for evaluation."""
        with self.database.reading() as connection:
            found = paragraphs.passages(connection, paragraphs.paragraph_ids(connection).tolist())
        return {number: (one.citation.article_id, one.position, one.text) for number, one in found.items()}

    @contextmanager
    def _searching(
        self, question: Question, scope: Scope, most: int = CANDIDATES
    ) -> Iterator[tuple[Connection, Measured | None]]:
        version = self.database.version()
        with self.database.reading() as connection:
            for name in scope.collections or ():
                paragraphs.check_collection(connection, scope.team, name)
            if metadata.check(connection, self._own_model()) is None:
                yield connection, None
                return
            self._lap("beginning")
            vector = self._question_vector(question.text)
            self._lap("encoding")
            finder = self._finder(connection, scope, version)
            self._lap("scope")
            yield connection, pipeline.gather(connection, finder, question, vector, most, self._lap)

    def _place_missing(self) -> None:
        """Find the stories of articles that an earlier version stored."""
        with self.database.reading() as connection:
            if not stories.is_any_missing(connection):
                return
        with self.database.writing() as connection:
            place_missing(connection)

    def _encoded(
        self, article: Article, progress: Callable[[int, int], None] | None = None
    ) -> list[EncodedParagraph]:
        return encode_paragraphs(article.title, article.paragraphs, self.encoder, progress)

    def _write(
        self,
        connection: Connection,
        article: Article,
        rows: Sequence[EncodedParagraph] | None,
        team: str,
        *,
        quiet: bool = False,
        merge_copies: bool | None = None,
    ) -> Added:
        return adding.apply(
            connection,
            article,
            rows,
            team,
            iso_seconds(self.now()),
            quiet=quiet,
            merge_copies=self._merge_copies if merge_copies is None else merge_copies,
            encode=self._encoded,
        )

    def _finder(self, connection: Connection, scope: Scope, version: int) -> Finder:
        if isinstance(self.database, PostgresDatabase):
            return PostgresFinder(connection, scope)
        index = self.vector_index(connection)
        return EmbeddedFinder(connection, index, self._keywords, self._scopes, scope, version)


def _no_article(article_id: str) -> NotFoundError:
    return NotFoundError(f"There is no article {article_id!r}. `topicbot articles list` shows what is there.")
