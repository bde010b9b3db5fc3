"""What is kept of a person comes out whole, and goes whole; what is others' stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts import store as alerts
from bot.alerts.store import Alert
from bot.asking import service as asking
from bot.asking import store as questions
from bot.dialogue import store as threads
from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.home import store as home
from bot.operations.privacy import Purged, export, purge
from bot.slack.people import kept_name
from bot.store import deliveries
from bot.store.deliveries import Delivery
from bot.topics import service as summaries
from bot.web.access import sessions
from bot.web.access.sessions import Session
from bot.workspace.workspace import Place, Workspace
from tests.bot.conftest import workspace_in
from tests.conftest import NOON, article

PEOPLE = {"UANN": "zebra", "UBOB": "yak"}
"""Two people, and a word that only the one writes."""


def fill(workspace: Workspace, user: str, word: str) -> None:
    """Everything that a person leaves in a workspace."""
    team = workspace.team_id
    asking.ask(workspace, f"question {user}", f"where is the {word}?", Place(user, "CNEWS"))
    summaries.topic(workspace, f"topic {user}", f"{word} news", Place(user, "CNEWS"))
    alert = Alert(
        id=f"alert-{user}-{team}", user=user, channel=None, asked_in="CNEWS", text=f"{word} alert",
        collections=None, threshold=0.3, quiet_from=None, quiet_until=None, zone="UTC", daily_most=5,
        checked_at=NOON, created_at=NOON,
    )  # fmt: skip
    schedule = Schedule(time(8), "UTC", (1, 2, 3))
    body = {"event": {"type": "app_mention", "user": user, "text": f"{word} waits", "channel": "CNEWS"}}
    with workspace.store.writing() as connection:
        alerts.save(connection, team, alert)
        for channel in ("CNEWS", "D01"):
            one = Digest(f"{channel}-{user}-{team}", user, channel, f"{word} {channel}", schedule, NOON, NOON)
            digests.save(connection, team, one)
            digests.mute(connection, team, one.id, f"story-{word}")
            digests.skip(connection, team, one.id, [NOON], NOON)
        questions.set_private(connection, team, kept_name(workspace.settings, team, user), private=True)
        sessions.start(connection, Session(team, user), NOON)
        deliveries.accept(connection, Delivery(f"{team} {user}", "ask", json.dumps(body), NOON.isoformat()))
        home.visit(connection, team, user, NOON, timedelta(0), NOON)
        threads.keep_screen(connection, team, user, "CNEWS", NOON)
    workspace.sources.add(f"https://{word}.{team}.example/feed", title=word, added_by=user)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in which two people have left all there is, as did they in another one, with their ids kept."""
    with workspace_in(tmp_path, team="T2", keep_names=True) as other:
        other.library.local.add(article("Zoo", "The crane stands in the zoo."))
        for user, word in PEOPLE.items():
            fill(other, user, word)
    with workspace_in(tmp_path) as found:
        for user, word in PEOPLE.items():
            fill(found, user, word)
        yield found


def counts(found: dict[str, Any]) -> dict[str, int]:
    """How many rows of each kind an export has."""
    return {name: len(rows) for name, rows in found.items() if isinstance(rows, list)}


ALL = {
    "questions": 2,
    "summaries": 2,
    "private": 2,
    "alerts": 2,
    "sessions": 2,
    "visits": 2,
    "screens": 2,
    "digests": 4,
    "waiting": 2,
    "sources": 2,
    "articles": 0,
}


def test_an_export_has_all_of_the_person_and_nothing_of_others(workspace: Workspace) -> None:
    found = export(workspace.store, [workspace.sources], "UANN", NOON)
    assert counts(found) == ALL
    text = json.dumps(found)
    assert "zebra" in text
    assert "yak" not in text
    assert "UBOB" not in text
    assert all(one["slots"] and one["stories"] for one in found["digests"])


def test_a_purge_leaves_nothing_of_the_person_and_all_of_others(workspace: Workspace, tmp_path: Path) -> None:
    before = export(workspace.store, [workspace.sources], "UBOB", NOON)
    gone = purge(workspace.store, [workspace.sources], "UANN", NOON)
    names = ["zebra CNEWS", "zebra CNEWS", "zebra D01", "zebra D01"]
    assert sorted(gone.digests) == names
    assert gone == Purged(
        "UANN", questions=2, summaries=2, private=2, alerts=2, sessions=2, visits=2, screens=2,
        waiting=2, sources=2,
        digests=gone.digests, handed_over=[],
        overwritten=True,
    )  # fmt: skip
    assert set(counts(export(workspace.store, [workspace.sources], "UANN", NOON)).values()) == {0}
    assert export(workspace.store, [workspace.sources], "UBOB", NOON) == before
    for path in tmp_path.glob("bot.db*"):
        body = path.read_bytes()
        assert b"zebra" not in body, path
        assert b"UANN" not in body.replace(b"T1 UANN", b"").replace(b"T2 UANN", b""), path  # this test's own keys
    assert any(b"yak" in path.read_bytes() for path in tmp_path.glob("bot.db*"))
    with workspace.store.reading() as connection:
        assert deliveries.is_known(connection, "T1 UANN")  # delivered again, it is not worked off after all
        assert [one.key for one in deliveries.unfinished(connection)] == ["T1 UBOB", "T2 UBOB"]


def test_digests_go_to_an_heir_but_for_those_to_direct_messages(workspace: Workspace) -> None:
    gone = purge(workspace.store, [workspace.sources], "UANN", NOON, heir="UADA")
    assert gone.handed_over == ["zebra CNEWS", "zebra CNEWS"]
    assert gone.digests == ["zebra D01", "zebra D01"]
    with workspace.store.reading() as connection:
        (kept,) = digests.every(connection, "T1", "UADA")
        assert set(digests.told(connection, "T1", kept.id)) == {"story-zebra"}
