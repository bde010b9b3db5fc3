"""What the bot remembers: deliveries, questions, bound channels, watches; nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from bot.asking import store as questions
from bot.asking.store import AskedQuestion
from bot.resources import DATABASE_FILE, open_store
from bot.store import deliveries, leases
from bot.store.deliveries import Delivery
from bot.store.tables import delivery, metadata, question
from bot.workspace import store as channels
from embeddings.store.base import Database
from tests.tables import differences

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


ASKED = AskedQuestion(
    id="q1",
    user="UANN",
    channel="CTAX",
    thread="1.1",
    text="What did Alibaba pledge?",
    subject="Alibaba",
    collections=("tax", "law"),
    since=NOON - timedelta(days=3),
    until=NOON - timedelta(seconds=1),
    answered=True,
    confidence=0.75,
    asked_at=NOON,
)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def store(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    opened = open_store(tmp_path, database_url)
    yield opened
    opened.close()


@pytest.fixture
def writing(store: Database) -> Iterator[Connection]:
    """One transaction for the whole test."""
    with store.writing() as connection:
        yield connection


def test_migrations_make_the_tables_that_the_code_expects(store: Database) -> None:
    with store.reading() as connection:
        table = "alembic_version" if connection.dialect.name == "sqlite" else "bot_version"
        assert differences(connection, metadata, table) == []


def test_what_was_kept_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    with first.writing() as connection:
        questions.keep(connection, "T1", ASKED)
    first.close()
    again = open_store(tmp_path)
    with again.reading() as connection:
        assert questions.load(connection, "T1", "q1") == ASKED
    again.close()
    assert (tmp_path / DATABASE_FILE).exists()


def test_a_transaction_that_fails_leaves_nothing(store: Database) -> None:
    def keep_and_fail() -> None:
        with store.writing() as connection:
            questions.keep(connection, "T1", ASKED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        keep_and_fail()
    with store.reading() as connection:
        assert questions.load(connection, "T1", "q1") is None


def given(key: str, minutes: float = 0) -> Delivery:
    return Delivery(key, "answer_mention", f'{{"key": "{key}"}}', later(minutes).isoformat())


def test_a_delivery_is_accepted_once(writing: Connection) -> None:
    assert not deliveries.is_known(writing, "a")
    assert deliveries.accept(writing, given("a"))
    assert not deliveries.accept(writing, replace(given("a", 1), body="{}"))
    assert deliveries.is_known(writing, "a")
    assert deliveries.unfinished(writing) == [given("a")]


def test_unfinished_deliveries_come_oldest_first_with_their_tries(writing: Connection) -> None:
    for one in (given("late", 2), given("early", 0), given("middle", 1)):
        deliveries.accept(writing, one)
    deliveries.tried(writing, "middle", 3)
    found = [(one.key, one.tries) for one in deliveries.unfinished(writing)]
    assert found == [("early", 0), ("middle", 3), ("late", 0)]


def test_a_delivery_that_is_done_is_known_but_its_content_gone(writing: Connection) -> None:
    for one in (given("a"), given("b", 1)):
        deliveries.accept(writing, one)
    deliveries.finish(writing, "a", later(2))
    assert deliveries.unfinished(writing) == [given("b", 1)]
    assert not deliveries.accept(writing, given("a"))
    assert writing.scalar(select(delivery.c.body).where(delivery.c.key == "a")) is None


def test_deliveries_are_forgotten_two_days_after_they_were_done(writing: Connection) -> None:
    for key in ("old", "new", "open"):
        deliveries.accept(writing, given(key))
    deliveries.finish(writing, "old", NOON)
    deliveries.finish(writing, "new", later(1))
    deliveries.forget(writing, NOON + timedelta(days=2, seconds=30))
    assert [deliveries.is_known(writing, key) for key in ("old", "new", "open")] == [False, True, True]
    deliveries.forget(writing, NOON + timedelta(days=400))
    assert [one.key for one in deliveries.unfinished(writing)] == ["open"]


def test_what_a_living_process_has_in_hand_is_left_to_it(writing: Connection) -> None:
    deliveries.accept(writing, given("a"), "one")
    deliveries.accept(writing, given("b", 1))
    assert [one.key for one in deliveries.acquire(writing, "two", later(0.5))] == ["b"]
    assert deliveries.acquire(writing, "three", later(0.5)) == []
    deliveries.renew(writing, "one", later(0.9))
    assert [one.key for one in deliveries.acquire(writing, "three", later(1.6))] == ["b"]
    assert deliveries.holds(writing, "a", "one")
    assert not deliveries.holds(writing, "b", "two")


def test_what_a_process_lets_go_or_had_when_it_died_is_taken_over(writing: Connection) -> None:
    for key, holder in (("a", "one"), ("b", "one"), ("c", "two"), ("done", "one")):
        deliveries.accept(writing, given(key), holder)
    deliveries.finish(writing, "done", NOON)
    deliveries.release(writing, "one")
    assert [one.key for one in deliveries.acquire(writing, "three", NOON)] == ["a", "b"]
    assert [one.key for one in deliveries.acquire(writing, "three", later(1))] == ["a", "b", "c"]
    deliveries.release(writing)
    assert len(deliveries.acquire(writing, "four", later(1))) == 3


def test_a_lease_is_one_process_s_until_it_runs_out_or_is_given_back(writing: Connection) -> None:
    minute = timedelta(minutes=1)
    assert leases.acquire(writing, "alerts", "one", NOON, minute)
    assert not leases.acquire(writing, "alerts", "two", later(0.9), minute)
    assert leases.acquire(writing, "other", "two", NOON, minute)
    assert leases.acquire(writing, "alerts", "one", later(0.9), minute)
    assert not leases.acquire(writing, "alerts", "two", later(1.8), minute)
    assert leases.acquire(writing, "alerts", "two", later(1.9), minute)
    leases.release(writing, "alerts", "one")
    assert not leases.acquire(writing, "alerts", "one", later(2), minute)
    leases.release(writing, "alerts", "two")
    assert leases.acquire(writing, "alerts", "one", later(2), minute)


@pytest.mark.parametrize(
    "asked",
    [
        ASKED,
        replace(ASKED, thread=None, collections=None, since=None, until=None, answered=False, confidence=0.0),
        replace(ASKED, collections=(), text="Wie heißt “Müller” <&> 🙂?", subject=""),
        replace(ASKED, collections=("a, b", 'c"d', "税")),
    ],
)
def test_a_question_comes_back_as_it_was_kept(writing: Connection, asked: AskedQuestion) -> None:
    questions.keep(writing, "T1", asked)
    assert questions.load(writing, "T1", asked.id) == asked


def test_a_question_kept_again_is_one_question_as_it_is_now(writing: Connection) -> None:
    questions.keep(writing, "T1", replace(ASKED, answered=False, asked_at=NOON))
    questions.keep(writing, "T1", replace(ASKED, confidence=0.9, asked_at=later(1)))
    assert questions.load(writing, "T1", "q1") == replace(ASKED, confidence=0.9, asked_at=later(1))
    assert questions.unanswered(writing, "T1", 5) == []


def test_the_last_question_of_a_thread_is_found_of_anyone_or_of_one(writing: Connection) -> None:
    for number, user in enumerate(("UANN", "UBOB", "UANN", "UBOB")):
        thread = "2.2" if number == 3 else "1.1"
        asked = replace(ASKED, id=f"q{number}", user=user, thread=thread, text=f"Question {number}?")
        questions.keep(writing, "T1", replace(asked, asked_at=later(-number)))
    newest = questions.last_in_thread(writing, "T1", "CTAX", "1.1")
    bobs = questions.last_in_thread(writing, "T1", "CTAX", "1.1", user="UBOB")
    assert (newest and newest.text, bobs and bobs.text) == ("Question 0?", "Question 1?")
    assert questions.last_in_thread(writing, "T1", "CTAX", "1.1", user="UADA") is None
    assert questions.last_in_thread(writing, "T1", "CNEWS", "1.1") is None
    assert questions.last_in_thread(writing, "T1", "CTAX", "3.3") is None


def test_what_a_person_thought_stays_with_the_question(writing: Connection) -> None:
    def thought() -> tuple[bool | None, str | None]:
        helpful, reason = writing.execute(select(question.c.helpful, question.c.reason)).one()
        return helpful, reason

    questions.keep(writing, "T1", ASKED)
    assert thought() == (None, None)
    questions.rate(writing, "T1", "q1", helpful=False, reason="too old")
    questions.keep(writing, "T1", replace(ASKED, asked_at=later(1)))
    assert thought() == (False, "too old")
    questions.rate(writing, "T1", "q1", helpful=True)
    assert thought() == (True, None)


def test_gaps_are_listed_newest_first_and_once_each(writing: Connection) -> None:
    for number, (text, answered) in enumerate(
        [
            ("Who won?", False),
            ("Who paid?", False),
            ("Who lost?", True),
            ("Who paid?", False),
            ("Who knew?", False),
        ]
    ):
        questions.keep(
            writing, "T1", replace(ASKED, id=str(number), text=text, answered=answered, asked_at=later(number))
        )
    found = questions.unanswered(writing, "T1", 10)
    assert [(one.text, one.times) for one in found] == [("Who knew?", 1), ("Who paid?", 2), ("Who won?", 1)]
    assert questions.unanswered(writing, "T1", 2) == found[:2]


def test_what_is_asked_by_people_who_opted_out_is_not_listed(writing: Connection) -> None:
    for number, user in enumerate(["UANN", "UBOB"]):
        asked = replace(ASKED, id=str(number), text=f"Who is {user}?", user=user, answered=False)
        questions.keep(writing, "T1", asked)
    questions.set_private(writing, "T1", "UANN", private=True)
    questions.set_private(writing, "T1", "UANN", private=True)
    assert [one.text for one in questions.unanswered(writing, "T1", 10)] == ["Who is UBOB?"]
    questions.set_private(writing, "T1", "UANN", private=False)
    assert len(questions.unanswered(writing, "T1", 10)) == 2


def test_a_gap_asked_again_is_new_again(writing: Connection) -> None:
    for number, text in enumerate(["Who won?", "Who paid?", "Who won?"]):
        questions.keep(
            writing, "T1", replace(ASKED, id=str(number), text=text, answered=False, asked_at=later(number))
        )
    assert [one.text for one in questions.unanswered(writing, "T1", 10)] == ["Who won?", "Who paid?"]


def test_old_questions_are_forgotten(writing: Connection) -> None:
    for name, days in (("old", 31), ("young", 29)):
        questions.keep(writing, "T1", replace(ASKED, id=name, asked_at=NOON - timedelta(days=days)))
    questions.forget(writing, NOON, 30)
    assert questions.load(writing, "T1", "old") is None
    assert questions.load(writing, "T1", "young") is not None


def test_a_channel_is_bound_in_place_of_what_it_was_bound_to(writing: Connection) -> None:
    assert channels.bound_collections(writing, "T1", "CTAX") is None
    channels.bind_channel(writing, "T1", "CTAX", ["tax", "law", "tax"])
    channels.bind_channel(writing, "T1", "CNEWS", ["press"])
    assert channels.bound_collections(writing, "T1", "CTAX") == ("law", "tax")
    channels.bind_channel(writing, "T1", "CTAX", ["tax"])
    assert channels.bound_collections(writing, "T1", "CTAX") == ("tax",)
    channels.bind_channel(writing, "T1", "CTAX", [])
    assert channels.bound_collections(writing, "T1", "CTAX") is None
    assert channels.bound_collections(writing, "T1", "CNEWS") == ("press",)


def test_nothing_of_another_team_is_ever_returned(writing: Connection) -> None:
    theirs = replace(ASKED, id="theirs", answered=False)
    questions.keep(writing, "T2", theirs)
    channels.bind_channel(writing, "T2", "CTAX", ["secret"])
    assert questions.load(writing, "T1", "theirs") is None
    assert questions.last_in_thread(writing, "T1", "CTAX", "1.1") is None
    assert questions.last_in_thread(writing, "T1", "CTAX", "1.1", user="UANN") is None
    assert questions.unanswered(writing, "T1", 10) == []
    assert channels.bound_collections(writing, "T1", "CTAX") is None


def test_nothing_of_another_team_can_be_changed(writing: Connection) -> None:
    theirs = replace(ASKED, id="theirs", answered=False)
    questions.keep(writing, "T2", theirs)
    channels.bind_channel(writing, "T2", "CTAX", ["secret"])
    questions.rate(writing, "T1", "theirs", helpful=True, reason="ours")
    channels.bind_channel(writing, "T1", "CTAX", [])
    rated = select(func.count()).where(question.c.helpful.is_not(None))
    assert writing.scalar(rated) == 0
    assert channels.bound_collections(writing, "T2", "CTAX") == ("secret",)
