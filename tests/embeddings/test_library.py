from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from embeddings.errors import (
    ModelMismatchError,
    NotFoundError,
    QuestionError,
    SourceError,
    StoreBusyError,
    StoreError,
)
from embeddings.library import DATABASE_FILE, Library
from embeddings.scope import Scope
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA
from embeddings.types import Outcome
from tests.conftest import article
from tests.hashed import HashedEncoder

CRANE = article("The crane returns", "A crane was seen on the river bank.", "It flew off at dusk.")


def test_the_same_article_again_changes_nothing(library: Library) -> None:
    first = library.local.add(CRANE)
    before = library.places()
    again = library.local.add(CRANE)
    assert (first.outcome, again.outcome) == (Outcome.ADDED, Outcome.UNCHANGED)
    assert library.places() == before


def test_a_changed_article_keeps_the_ids_of_its_untouched_paragraphs(library: Library) -> None:
    old = article("Harbour", "The harbour opened.", "It has two piers.", "Ships came.", id="harbour")
    library.local.add(old)
    ids = {text: number for number, (_, _, text) in library.places().items()}
    new = article(
        "Harbour", "New first words.", "The harbour opened.", "It has nine piers.", "Ships came.", id="harbour"
    )
    assert library.local.add(new).outcome is Outcome.UPDATED
    after = {text: number for number, (_, _, text) in library.places().items()}
    assert [text for _, _, text in sorted(library.places().values(), key=lambda place: place[1])] == [
        p.text for p in new.paragraphs
    ]
    assert after["The harbour opened."] == ids["The harbour opened."]
    assert after["Ships came."] == ids["Ships came."]
    assert after["It has nine piers."] not in ids.values()


def test_a_changed_article_is_found_by_its_new_words_only(library: Library) -> None:
    library.local.add(article("Harbour", "The walrus slept.", id="h"))
    library.local.ask("walrus")
    library.local.add(article("Harbour", "The ferry sailed.", id="h"))
    assert library.local.ask("ferry").passages[0].text == "The ferry sailed."
    assert all("walrus" not in passage.text for passage in library.local.ask("walrus").passages)


def test_a_new_date_alone_updates_the_citation_without_encoding_again(library: Library) -> None:
    library.local.add(article("Crane", "A crane.", id="c"))
    assert isinstance(library.encoder, HashedEncoder)
    library.encoder.encoded.clear()
    assert (
        library.local.add(article("Crane", "A crane.", id="c", published_at="2021-09-26")).outcome
        is Outcome.UPDATED
    )
    assert library.local.article("c").citation.published_at == "2021-09-26"
    assert library.encoder.encoded == []


def test_two_files_of_one_name_are_two_articles(library: Library) -> None:
    first = library.local.add(article("News", "One text.", origin="file:///a/news.txt"))
    second = library.local.add(article("News", "Another text.", origin="file:///b/news.txt"))
    assert (first.article_id, second.article_id) == ("news", "news-2")


def test_a_removed_article_is_found_no_more(library: Library) -> None:
    crane = library.local.add(CRANE)
    library.local.add(article("The dog", "A dog barked."))
    library.local.ask("crane")
    library.local.remove(crane.article_id)
    assert {passage.citation.title for passage in library.local.ask("crane on the river bank").passages} == {
        "The dog"
    }
    with pytest.raises(NotFoundError, match="topicbot articles list"):
        library.local.remove(crane.article_id)


def test_what_was_added_is_there_after_opening_again(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(CRANE)
        answer = library.local.ask("Where was the crane seen?")
    with Library(tmp_path, HashedEncoder()) as library:
        again = library.local.ask("Where was the crane seen?")
    assert again.passages == answer.passages


def test_another_process_s_article_is_found_at_once(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as one, Library(tmp_path, HashedEncoder()) as other:
        one.local.add(article("First", "Something else."))
        one.local.ask("crane")
        other.local.add(CRANE)
        assert one.local.ask("crane").passages[0].citation.title == CRANE.title


def test_another_model_is_refused_and_reindex_named(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(CRANE)
    with Library(tmp_path, HashedEncoder("other", dim=32)) as library:
        for attempt in (lambda: library.local.ask("crane"), lambda: library.local.add(article("Dog", "A dog."))):
            with pytest.raises(ModelMismatchError, match="topicbot reindex"):
                attempt()


def test_reindex_moves_to_another_model_and_keeps_paragraph_ids(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(CRANE)
        before = library.places()
    told: list[tuple[int, int]] = []
    with Library(tmp_path, HashedEncoder("other", dim=32)) as library:
        assert library.reindex(lambda done, total: told.append((done, total))) == 2
        assert library.local.ask("crane").passages[0].citation.title == CRANE.title
        assert library.places() == before
        assert library.local.stats().model == "other"
    assert told == [(1, 1)]


def test_teams_never_see_each_other_s_articles(library: Library) -> None:
    library.of("T1").add(CRANE)
    library.of("T2").add(article("The dog", "A dog barked.", id="the-crane-returns"))
    found = library.of("T2").ask("crane")
    assert [passage.citation.title for passage in found.passages] == ["The dog"]
    assert library.local.ask("crane").passages == ()
    assert library.of("T1").stats().articles == 1
    with pytest.raises(NotFoundError):
        library.of("T3").remove("the-crane-returns")


def test_scope_keeps_to_collection_and_period(library: Library) -> None:
    library.local.add(article("Old crane", "A crane in spring.", published_at="2020-03-01", collection="birds"))
    library.local.add(article("New crane", "A crane in autumn.", published_at="2021-09-26T23:30:00+08:00"))
    library.local.add(article("Undated crane", "A crane some day."))

    def titles(scope: Scope) -> set[str]:
        return {passage.citation.title for passage in library.local.ask("crane", scope).passages}

    assert titles(Scope()) == {"Old crane", "New crane", "Undated crane"}
    assert titles(Scope(collections=("birds",))) == {"Old crane"}
    assert titles(Scope(since=datetime(2021, 1, 1, tzinfo=UTC))) == {"New crane"}
    assert titles(Scope(since=datetime(2021, 9, 26, 15, 31, tzinfo=UTC))) == set()
    assert titles(Scope(until=datetime(2020, 3, 1, 23, 59, tzinfo=UTC))) == {"Old crane"}, "a bare day is its noon"


def test_an_unknown_collection_is_named_with_those_that_exist(library: Library) -> None:
    library.local.add(CRANE)
    with pytest.raises(NotFoundError, match=r"'nope'.*default"):
        library.local.ask("crane", Scope(collections=("nope",)))


@pytest.mark.parametrize("question", ["", "   ", "\n", "x", "🙂🙂", "?!", "a" * 10_000])
def test_questions_with_nothing_to_look_for_are_refused(library: Library, question: str) -> None:
    library.local.add(CRANE)
    with pytest.raises(QuestionError):
        library.local.ask(question)


def test_an_empty_library_answers_nothing(library: Library) -> None:
    answer = library.local.ask("what did Alibaba pledge?")
    assert (answer.answered, answer.passages, answer.confidence) == (False, (), 0.0)


def test_the_same_text_in_two_articles_is_one_passage_with_both_citations(library: Library) -> None:
    wire = "The bank said on Monday that profits rose by 12 per cent to 4 billion euros last year."
    library.local.add(article("Paper one", wire, url="https://one.example/a"))
    library.local.add(article("Paper two", wire, url="https://two.example/a"))
    library.local.add(article("Paper three", wire.replace("4 billion", "3 billion")))
    passages = library.local.ask("how much did the bank's profits rise?").passages
    assert len(passages) == 2
    first = next(passage for passage in passages if passage.also_in)
    assert {first.citation.title, first.also_in[0].title} == {"Paper one", "Paper two"}


def test_many_threads_may_ask_while_another_adds(library: Library) -> None:
    library.local.add(CRANE)
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(15):
            answer = library.local.ask("where was the crane seen on the river?")
            if answer.passages[0].citation.title != CRANE.title:
                wrong.append(answer.passages[0].citation.title)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for number in range(15):
        library.local.add(article(f"Filler {number}", f"Nothing of interest, number {number}."))
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_second_writer_waits_and_then_says_why(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder(), busy_seconds=0.2) as library:
        library.local.add(CRANE)
        with (
            SqliteDatabase(tmp_path / DATABASE_FILE, MIGRATIONS, SCHEMA).writing(),
            pytest.raises(StoreBusyError, match="Another process"),
        ):
            library.local.add(article("Dog", "A dog."))
        assert library.local.add(article("Dog", "A dog.")).outcome is Outcome.ADDED


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"certainly not a database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Library(tmp_path, HashedEncoder())


def test_a_folder_that_can_t_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Choose another folder"):
        Library(tmp_path / "file" / "library", HashedEncoder())


def test_stats_count_what_is_there(library: Library) -> None:
    library.local.add(CRANE)
    library.local.add(article("Dog", "A dog barked. It ran.", collection="pets"))
    stats = library.local.stats()
    assert (stats.articles, stats.paragraphs, stats.sentences) == (2, 3, 4)
    assert stats.collections == ("default", "pets")


def test_the_same_text_of_another_source_is_cited_beside(library: Library) -> None:
    wire = "The bank said on Monday that profits rose by 12 per cent to 4 billion euros."
    library.local.add(article("Profits rise", wire, url="https://a.example/1", source="A"))
    added = library.local.add(article("Profits rise", wire, url="https://b.example/1", source="B"))
    assert added.outcome is Outcome.ADDED
    (passage,) = library.local.ask("how much did profits rise?").passages
    assert {passage.citation.source, passage.also_in[0].source} == {"A", "B"}


def test_an_id_that_a_source_gives_never_replaces_an_article_named_so_by_chance(library: Library) -> None:
    library.local.add(article("wuzhen", "The canal town lies in Zhejiang."))
    library.local.add(article("Other", "Something else entirely.", id="wuzhen"))
    assert {one.citation.article_id: one.citation.title for one in library.local.articles()} == {
        "wuzhen": "Other",
        "wuzhen-2": "wuzhen",
    }


def test_many_copies_leave_room_for_other_passages(library: Library) -> None:
    for number in range(30):
        library.local.add(
            article(f"Copy {number}", "The crane was seen on the river bank.", url=f"https://c.example/{number}")
        )
    library.local.add(article("Own words", "A crane rested near another river."))
    passages = library.local.ask("where was the crane seen on the river?", limit=5).passages
    assert [passage.citation.title for passage in passages][1:] == ["Own words"]
    assert len(passages[0].also_in) == 29


def test_an_article_without_text_is_refused(library: Library) -> None:
    for empty in (article("Nothing"), article("Blank", "Text.", "  ")):
        with pytest.raises(SourceError, match="no paragraph"):
            library.local.add(empty)


def test_a_reindex_by_another_process_is_told_and_nothing_else(tmp_path: Path) -> None:
    def ask_on(library: Library) -> None:
        with library:
            library.local.ask("crane")
            with Library(tmp_path, HashedEncoder("other", dim=32)) as other:
                other.reindex()
            library.local.ask("crane")

    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(CRANE)
    with pytest.raises(ModelMismatchError):
        ask_on(Library(tmp_path, HashedEncoder()))


def test_check_waits_its_turn_and_reports_no_damage_that_isn_t_there(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder(), busy_seconds=0.2) as library:
        library.local.add(CRANE)
        with SqliteDatabase(tmp_path / DATABASE_FILE, MIGRATIONS, SCHEMA).writing(), pytest.raises(StoreBusyError):
            library.check()
        assert library.check() == []
