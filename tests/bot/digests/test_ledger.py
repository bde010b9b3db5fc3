"""Each slot is posted once: whoever claims at the same time, takes over, or comes back too late."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, select

from bot.digests import store as ledger
from bot.digests.store import Run
from bot.resources import open_store
from bot.store.tables import MIGRATIONS, SCHEMA, digest_run
from embeddings.store.base import Database
from embeddings.store.sqlite import SqliteDatabase

SLOT = datetime(2024, 5, 1, 9, tzinfo=UTC)


DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


LEASE = 5 * MINUTE


RIVALS = 6


@pytest.fixture
def writing(tmp_path: Path, database_url: str | None) -> Iterator[Connection]:
    """One transaction for the whole test."""
    database = open_store(tmp_path, database_url)
    with database.writing() as connection:
        yield connection
    database.close()


def opened(folder: Path) -> Database:
    return SqliteDatabase(folder / "bot.db", MIGRATIONS, SCHEMA)


def claim(
    connection: Connection, digest: str = "d1", slot: datetime = SLOT, *, minutes: float = 0, team: str = "T1"
) -> Run | None:
    return ledger.acquire(connection, team, digest, slot, SLOT + minutes * MINUTE, LEASE)


def claimed(connection: Connection, digest: str = "d1", slot: datetime = SLOT, *, minutes: float = 0) -> Run:
    run = claim(connection, digest, slot, minutes=minutes)
    assert run is not None
    return run


def finished(connection: Connection, digest: str, slot: datetime, state: str = ledger.POSTED) -> None:
    ledger.finish(connection, "T1", claimed(connection, digest, slot), state, slot, "1.1")


def row(connection: Connection, digest: str = "d1") -> dict[str, object]:
    found = connection.execute(select(digest_run).where(digest_run.c.digest_id == digest)).mappings().one()
    return dict(found)


def test_a_slot_is_claimed_once(writing: Connection) -> None:
    assert claim(writing) == Run("d1", SLOT, 0, None)
    assert claim(writing, minutes=1) is None
    assert claim(writing, "d2") == Run("d2", SLOT, 0, None)
    assert claim(writing, slot=SLOT + DAY) == Run("d1", SLOT + DAY, 0, None)


def test_the_same_moment_in_another_zone_is_the_same_slot(writing: Connection) -> None:
    claimed(writing)
    assert claim(writing, slot=datetime.fromisoformat("2024-05-01T11:00:00+02:00")) is None


def test_a_claim_that_ran_out_is_taken_over_with_its_plan(writing: Connection) -> None:
    first = claimed(writing)
    ledger.keep_plan(writing, "T1", first, '{"messages": []}', SLOT + LEASE)
    assert claim(writing, minutes=4.9) is None
    assert claim(writing, minutes=5) == Run("d1", SLOT, 1, '{"messages": []}')
    assert claim(writing, minutes=6) is None
    assert claim(writing, minutes=10) == Run("d1", SLOT, 2, '{"messages": []}')


def test_a_run_that_is_put_off_can_be_claimed_from_then_on(writing: Connection) -> None:
    run = claimed(writing)
    ledger.postpone(writing, "T1", run, SLOT + 30 * MINUTE)
    assert claim(writing, minutes=29) is None
    assert ledger.expired(writing, "T1", SLOT + 29 * MINUTE) == []
    assert ledger.expired(writing, "T1", SLOT + 30 * MINUTE) == [("d1", SLOT)]
    assert claim(writing, minutes=30) == Run("d1", SLOT, 1, None)


@pytest.mark.parametrize("state", [ledger.POSTED, ledger.EMPTY, ledger.FAILED])
def test_a_slot_that_is_finished_is_never_claimed_again(writing: Connection, state: str) -> None:
    run = claimed(writing)
    ledger.keep_plan(writing, "T1", run, "{}", SLOT + LEASE)
    ledger.finish(writing, "T1", run, state, SLOT + MINUTE, "1.1")
    assert claim(writing, minutes=10_000) is None
    assert ledger.expired(writing, "T1", SLOT + DAY) == []
    assert ledger.history(writing, "T1", "d1", 5) == [(SLOT, state)]
    left = row(writing)
    assert (left["plan"], left["ts"]) == (None, "1.1")


def test_who_lost_the_claim_cannot_put_it_off_for_the_one_who_has_it(writing: Connection) -> None:
    late = claimed(writing)
    claimed(writing, minutes=6)
    ledger.postpone(writing, "T1", late, SLOT + 7 * MINUTE)
    assert claim(writing, minutes=8) is None


def test_who_lost_the_claim_cannot_change_how_it_ended(writing: Connection) -> None:
    late = claimed(writing)
    ledger.finish(writing, "T1", claimed(writing, minutes=6), ledger.POSTED, SLOT + 7 * MINUTE, "1.1")
    ledger.finish(writing, "T1", late, ledger.FAILED, SLOT + 8 * MINUTE)
    assert ledger.history(writing, "T1", "d1", 5) == [(SLOT, ledger.POSTED)]


def test_who_lost_the_claim_cannot_change_the_plan(writing: Connection) -> None:
    late = claimed(writing)
    ledger.keep_plan(writing, "T1", claimed(writing, minutes=6), "theirs", SLOT + LEASE)
    ledger.keep_plan(writing, "T1", late, "late", SLOT + LEASE)
    assert row(writing)["plan"] == "theirs"


def test_skipped_slots_are_seen_to_but_a_claim_is_left_alone(writing: Connection) -> None:
    run = claimed(writing)
    ledger.skip(writing, "T1", "d1", [SLOT - DAY, SLOT], SLOT)
    ledger.skip(writing, "T1", "d1", [SLOT - DAY], SLOT)
    assert claim(writing, slot=SLOT - DAY, minutes=100) is None
    ledger.finish(writing, "T1", run, ledger.POSTED, SLOT, "1.1")
    assert ledger.history(writing, "T1", "d1", 5) == [(SLOT, ledger.POSTED), (SLOT - DAY, ledger.SKIPPED)]


def test_open_runs_come_oldest_first(writing: Connection) -> None:
    for digest, slot in (("d2", SLOT), ("d1", SLOT), ("d3", SLOT - DAY)):
        claimed(writing, digest, slot)
    assert ledger.expired(writing, "T1", SLOT + 4 * MINUTE) == []
    found = ledger.expired(writing, "T1", SLOT + 5 * MINUTE)
    assert found == [("d3", SLOT - DAY), ("d1", SLOT), ("d2", SLOT)]


def test_a_process_that_is_alone_takes_over_at_once(writing: Connection) -> None:
    claimed(writing)
    ledger.release(writing, "T1", SLOT + MINUTE)
    assert claim(writing, minutes=1) == Run("d1", SLOT, 1, None)


def test_the_newest_slot_that_was_seen_to_is_known_for_each_digest(writing: Connection) -> None:
    finished(writing, "d1", SLOT - DAY)
    ledger.skip(writing, "T1", "d1", [SLOT - 2 * DAY], SLOT)
    claimed(writing, "d2")
    assert ledger.handled(writing, "T1", SLOT) == {"d1": SLOT - DAY, "d2": SLOT}


def test_slots_of_a_clock_that_was_in_the_future_are_left_aside(writing: Connection) -> None:
    ledger.skip(writing, "T1", "d1", [SLOT, SLOT + 900 * DAY], SLOT)
    assert ledger.handled(writing, "T1", SLOT + DAY) == {"d1": SLOT}


def test_what_was_told_last_is_neither_skipped_nor_failed(writing: Connection) -> None:
    assert ledger.last_told(writing, "T1", "d1", SLOT) is None
    finished(writing, "d1", SLOT - 3 * DAY)
    finished(writing, "d1", SLOT - 2 * DAY, ledger.EMPTY)
    finished(writing, "d1", SLOT - DAY, ledger.FAILED)
    ledger.skip(writing, "T1", "d1", [SLOT], SLOT)
    assert ledger.last_told(writing, "T1", "d1", SLOT) == SLOT - 2 * DAY


def test_history_has_the_last_slots_newest_first(writing: Connection) -> None:
    for days in range(5):
        finished(writing, "d1", SLOT + days * DAY)
    found = ledger.history(writing, "T1", "d1", 2)
    assert found == [(SLOT + 4 * DAY, ledger.POSTED), (SLOT + 3 * DAY, ledger.POSTED)]


def test_old_runs_are_forgotten_but_each_digest_s_newest_stays(writing: Connection) -> None:
    finished(writing, "stopped", SLOT - 90 * DAY)
    finished(writing, "stopped", SLOT - 89 * DAY)
    for days in (80, 20, 10):
        finished(writing, "d1", SLOT - days * DAY)
    claimed(writing, "d1", SLOT - 70 * DAY)
    ledger.forget(writing, SLOT, 30)
    assert ledger.handled(writing, "T1", SLOT)["stopped"] == SLOT - 89 * DAY
    assert len(ledger.history(writing, "T1", "stopped", 9)) == 1
    left = [slot for slot, _ in ledger.history(writing, "T1", "d1", 9)]
    assert left == [SLOT - 10 * DAY, SLOT - 20 * DAY, SLOT - 70 * DAY]


def test_a_run_is_forgotten_though_its_slot_is_another_digest_s_newest(writing: Connection) -> None:
    finished(writing, "stopped", SLOT - 90 * DAY)
    finished(writing, "d1", SLOT - 90 * DAY)
    finished(writing, "d1", SLOT)
    ledger.forget(writing, SLOT, 30)
    assert ledger.history(writing, "T1", "d1", 9) == [(SLOT, ledger.POSTED)]


def test_nothing_of_another_team_is_returned_or_changed(writing: Connection) -> None:
    run = claimed(writing)
    ledger.keep_plan(writing, "T1", run, "{}", SLOT + LEASE)
    before = row(writing)
    assert claim(writing, team="T2", minutes=60) is None
    ledger.keep_plan(writing, "T2", run, "theirs", SLOT + LEASE)
    ledger.postpone(writing, "T2", run, SLOT)
    ledger.release(writing, "T2", SLOT)
    ledger.finish(writing, "T2", run, ledger.POSTED, SLOT, "9.9")
    ledger.skip(writing, "T2", "d1", [SLOT], SLOT)
    assert row(writing) == before
    assert ledger.expired(writing, "T2", SLOT + DAY) == []
    assert ledger.handled(writing, "T2", SLOT) == {}
    assert ledger.last_told(writing, "T2", "d1", SLOT) is None
    assert ledger.history(writing, "T2", "d1", 5) == []


def rivals_claims(folder: Path, slots: list[datetime], now: datetime) -> list[list[Run | None]]:
    """What each of several processes' databases was given when all of them claimed each slot at once."""
    start = Barrier(RIVALS)

    def rival(_: int) -> list[Run | None]:
        database, won = opened(folder), []
        for slot in slots:
            start.wait(300)
            with database.writing() as connection:
                won.append(ledger.acquire(connection, "T1", "d1", slot, now, LEASE))
        database.close()
        return won

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(rival, range(RIVALS)))


def test_of_several_that_claim_at_once_exactly_one_wins(tmp_path: Path) -> None:
    opened(tmp_path).close()
    slots = [SLOT + number * DAY for number in range(10)]
    first = rivals_claims(tmp_path, slots, SLOT)
    assert [[run.tries for run in runs if run] for runs in zip(*first, strict=True)] == [[0]] * len(slots)
    over = rivals_claims(tmp_path, slots, SLOT + LEASE)
    assert [[run.tries for run in runs if run] for runs in zip(*over, strict=True)] == [[1]] * len(slots)
