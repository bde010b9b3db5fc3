"""What is too old goes daily in the running bot, and at once by the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from typer.testing import CliRunner

from bot.asking import service as asking
from bot.asking import store as questions
from bot.cli import app
from bot.digests import store as ledger
from bot.operations.privacy import Forgotten, forget_old
from bot.server import scheduler
from bot.server.scheduler import Scheduler, jobs_of
from bot.store import deliveries
from bot.store.deliveries import Delivery
from bot.topics import service as summaries
from bot.workspace.registry import OneWorkspace
from bot.workspace.workspace import Place, Workspace
from tests.bot.conftest import workspace_in
from tests.feeds import Item, lay_feed, words
from tests.site import Site

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


SETTINGS: dict[str, Any] = {"keep_questions_days": 30, "refresh_sources": False, "fetch_hosts": ("127.0.0.1",)}


def fill(workspace: Workspace, site: Site, moment: datetime) -> None:
    """One of everything that is kept for a while only, as of this moment; articles for 40 days."""
    asking.ask(workspace, "question", "where is the zebra?", Place("UANN", "CNEWS"))
    summaries.topic(workspace, "topic", "zebra news", Place("UANN", "CNEWS"))
    with workspace.store.writing() as connection:
        for hours in (0, 1):  # a digest's newest slot is kept for good
            ledger.skip(connection, "T1", "daily", [moment + timedelta(hours=hours)], moment)
        deliveries.accept(connection, Delivery("done", "ask", "{}", moment.isoformat()))
        deliveries.finish(connection, "done", moment)
    item = Item("zebra", "Zebra", path=None, text=words("zebra"), date=moment)
    source, _ = workspace.sources.add(lay_feed(site, "/feed", "Zoo", [item]), keep_days=40)
    workspace.sources.check(source)


def left(workspace: Workspace) -> tuple[int, int, int, bool, int]:
    """Questions, summaries, slots, whether the delivery is known, and articles."""
    with workspace.store.reading() as connection:
        asked = len(questions.unanswered(connection, "T1", 10))
        seen = connection.exec_driver_sql("SELECT count(*) FROM topic_view").scalar_one()
        slots = len(ledger.history(connection, "T1", "daily", 10))
        return asked, seen, slots, deliveries.is_known(connection, "done"), len(workspace.library.local.articles())


def test_the_running_bot_forgets_daily(tmp_path: Path, site: Site) -> None:
    """Also articles, though it looks at no source itself."""
    clock = [BEGIN]
    with workspace_in(tmp_path, now=lambda: clock[-1], **SETTINGS) as workspace:
        fill(workspace, site, BEGIN)
        jobs = Scheduler(jobs_of(OneWorkspace(workspace, WebClient("xoxb-none"))), workspace.now)
        jobs.run_due()
        assert left(workspace) == (1, 1, 2, True, 1)
        expected = [
            (timedelta(days=1.5), (1, 1, 2, True, 1)),
            (timedelta(days=2.6), (1, 1, 2, False, 1)),
            (timedelta(days=29), (1, 1, 2, False, 1)),
            (timedelta(days=30.1), (0, 0, 1, False, 1)),
            (timedelta(days=41.2), (0, 0, 1, False, 0)),
        ]
        for later, there in expected:
            clock.append(BEGIN + later)
            jobs.run_due()
            assert left(workspace) == there
        jobs.stop()


def test_it_forgets_also_when_posting_fails(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError("no way to Slack")

    clock = [BEGIN]
    with workspace_in(tmp_path, now=lambda: clock[-1], **SETTINGS) as workspace:
        fill(workspace, site, BEGIN)
        monkeypatch.setattr(scheduler, "post_due", broken)
        jobs = Scheduler(jobs_of(OneWorkspace(workspace, WebClient("xoxb-none"))), workspace.now)
        clock.append(BEGIN + timedelta(days=50))
        with pytest.raises(OSError, match="no way"):
            jobs.run_due()
        assert left(workspace) == (0, 0, 1, False, 0)
        jobs.stop()


def test_what_is_forgotten_is_counted(tmp_path: Path, site: Site) -> None:
    clock = [BEGIN]
    with workspace_in(tmp_path, now=lambda: clock[-1], **SETTINGS) as workspace:
        fill(workspace, site, BEGIN)
        clock.append(BEGIN + timedelta(days=50))
        given = workspace.store, [workspace.sources], workspace.settings
        assert forget_old(*given, clock[-1]) == Forgotten(questions=1, topics=1, slots=1, deliveries=1, articles=1)
        assert forget_old(*given, clock[-1]) == Forgotten(0, 0, 0, 0, 0)


def test_the_command_does_the_same_for_those_who_run_no_bot(
    tmp_path: Path, site: Site, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace_in(tmp_path, now=lambda: BEGIN - timedelta(days=2000), **SETTINGS) as workspace:
        fill(workspace, site, BEGIN - timedelta(days=2000))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", str(tiny_model))
    ran = CliRunner().invoke(app, ["purge", "--expired", "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.output)["articles"] == 1
    with workspace_in(tmp_path, now=lambda: BEGIN, **SETTINGS) as workspace:
        assert left(workspace) == (0, 0, 1, False, 0)
