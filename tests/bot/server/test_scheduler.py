"""What is done beside answering: telling who waits, forgetting what is old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.alerts import store as alerts
from bot.alerts.store import Alert
from bot.asking import service as asking
from bot.asking import store as questions
from bot.clock import now
from bot.config import Settings
from bot.resources import open_store
from bot.server.scheduler import Job, Scheduler, jobs_of
from bot.slack.client import bot_client
from bot.workspace.registry import OneWorkspace, open_workspace
from bot.workspace.workspace import Place
from embeddings.library import Library
from embeddings.weights import DEFAULT_CONFIDENCE
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer
from tests.waiting import eventually


def test_a_round_tells_who_waits_and_forgets_what_is_old(slack: SlackServer, tmp_path: Path) -> None:
    token = SecretStr(slack.workspaces["T1"].bot_token)
    settings = Settings(data_dir=tmp_path, slack_bot_token=token, slack_api_url=slack.api_url)
    moments = [datetime(2026, 3, 1, tzinfo=UTC)]
    store = open_store(tmp_path)
    library = Library(tmp_path / "library", HashedEncoder(), now=lambda: moments[-1])
    workspace = open_workspace("T1", settings, library, store, lambda: moments[-1])
    _, asked = asking.ask(workspace, "first", "where does the crane stand?", Place("UANN", "CNEWS"))
    asking.ask(workspace, "second", "who built the tower?", Place("UANN", "CNEWS"))
    with store.writing() as connection:
        alert = Alert(
            id="crane", user="UANN", channel=None, asked_in="CNEWS", text=asked.text, collections=None,
            threshold=0.3, quiet_from=None, quiet_until=None, zone="UTC", daily_most=5,
            checked_at=moments[-1], created_at=moments[-1],
        )  # fmt: skip
        alerts.save(connection, "T1", alert)
    scheduler = Scheduler(jobs_of(OneWorkspace(workspace, bot_client(settings))), workspace.now)
    scheduler.run_due()
    slack.settle()
    assert slack.messages(slack.im("UANN")) == []
    moments.append(moments[0] + timedelta(days=31))
    library.local.add(article("Crane", "The crane stands by the river.", id="crane"))
    scheduler.run_due()
    (told,) = slack.messages(slack.im("UANN"))
    assert "The crane stands by the river." in told.text
    with store.reading() as connection:
        assert questions.unanswered(connection, "T1", 10) == []
    moments.append(moments[0] + timedelta(days=62))
    scheduler.run_due()
    with store.reading() as connection:
        assert questions.unanswered(connection, "T1", 10) == []
    assert len(slack.messages(slack.im("UANN"))) == 1
    scheduler.stop()
    library.close()
    store.close()


def test_the_bot_fits_the_confidence_to_a_model_that_no_fit_ships_for(slack: SlackServer, tmp_path: Path) -> None:
    token = SecretStr(slack.workspaces["T1"].bot_token)
    settings = Settings(data_dir=tmp_path, slack_bot_token=token, slack_api_url=slack.api_url)
    with closing(open_store(tmp_path)) as store, Library(tmp_path / "library", HashedEncoder()) as library:
        workspace = open_workspace("T1", settings, library, store, now)
        jobs = {one.name: one for one in jobs_of(OneWorkspace(workspace, bot_client(settings)))}
        said = "Engineers closed the old railway station near {} and replaced rusty signal number {}."
        towns = [
            f"{first}{last}" for first in ("Al", "Ber", "Cal", "Dun", "El") for last in ("ton", "gen", "sund")
        ]
        jobs["confidence"].work(lambda: False)
        assert library.decision() == DEFAULT_CONFIDENCE, "the library is still empty"
        for number, town in enumerate(towns):
            library.of("T1").add(
                article(town, said.format(town, number), f"{town} has {number} thousand old oaks.")
            )
        jobs["confidence"].work(lambda: True)
        assert library.decision() == DEFAULT_CONFIDENCE, "the bot is about to stop"
        jobs["confidence"].work(lambda: False)
        assert library.decision() != DEFAULT_CONFIDENCE


def test_a_job_that_takes_long_or_fails_holds_up_no_other(tmp_path: Path) -> None:
    ended, runs, failures = threading.Event(), [0], [0]

    def long(stopped: Callable[[], bool]) -> None:
        while not stopped():
            time.sleep(0.01)
        ended.set()

    def failing(_: Callable[[], bool]) -> None:
        failures[0] += 1
        raise OSError("no way to Slack")

    def quick(_: Callable[[], bool]) -> None:
        runs[0] += 1

    released: list[str] = []
    moment = timedelta(seconds=0.05)
    jobs = [
        Job("sources", moment, long, lambda: released.append("sources")),
        Job("alerts", moment, failing),
        Job("digests", moment, quick),
    ]
    scheduler = Scheduler(jobs, now)
    scheduler.start()
    eventually(lambda: runs[0] >= 3 and failures[0] >= 3)
    assert runs[0] >= 3
    assert failures[0] >= 3
    assert not ended.is_set()
    scheduler.stop()
    assert ended.is_set(), "it was asked to end, and did"
    assert released == ["sources"]
