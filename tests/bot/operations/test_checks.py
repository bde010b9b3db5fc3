"""What `topicbot doctor` tells an operator beside the library."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.http_server import http_server
from bot.operations.backup import back_up
from bot.operations.checks import Check, can_others_read, examine_settings, examine_slack, examine_work
from bot.slack.messages import SCOPES
from bot.store.leases import lock_data_dir
from tests.bot.conftest import workspace_in
from tests.conftest import NOON, article
from tests.slack_server import SlackServer


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data_dir=folder, _env_file=None, **more)  # type: ignore[call-arg]  # pydantic-settings takes it


def seen(folder: Path, **more: Any) -> dict[str, Check]:
    return {check.name: check for check in examine_settings(settings(folder, **more))}


def test_an_empty_folder_without_slack_is_in_order(tmp_path: Path) -> None:
    found = seen(tmp_path)
    assert all(check.ok for check in found.values()), found
    assert "command line alone" in found["settings"].finding


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"slack_bot_token": "xapp-1", "slack_app_token": "xapp-1"}, "SLACK_BOT_TOKEN does not begin with xoxb-"),
        ({"slack_bot_token": "xoxb-1"}, "SLACK_APP_TOKEN is missing"),
        ({"slack_app_token": "xapp-1"}, "SLACK_BOT_TOKEN is missing"),
    ],
)
def test_tokens_that_cannot_be_right_are_told_and_never_shown(
    tmp_path: Path, given: dict[str, str], words: str
) -> None:
    found = seen(tmp_path, **{name: SecretStr(value) for name, value in given.items()})["settings"]
    assert not found.ok
    assert words in found.finding


def test_a_slack_over_plain_http_is_told(tmp_path: Path) -> None:
    tokens = {"slack_bot_token": SecretStr("xoxb-1"), "slack_app_token": SecretStr("xapp-1")}
    assert seen(tmp_path, **tokens)["settings"].finding == "there for Socket Mode"
    assert "not https" in seen(tmp_path, **tokens, slack_api_url="http://slack.example")["settings"].finding


def test_a_folder_that_others_can_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they can depends on the folders above too: those of this test are the owner's alone."""
    monkeypatch.setattr("bot.operations.checks.can_others_read", lambda path: path.name == "library.db")
    with workspace_in(tmp_path):
        pass
    found = seen(tmp_path)["permissions"]
    assert not found.ok
    assert found.advice == f"chmod go-rwx {tmp_path / 'library.db'}"


def test_what_others_can_read_goes_by_every_folder_above(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("")
    secret.chmod(0o644)
    assert not can_others_read(secret)
    assert can_others_read(Path("/etc/passwd"))


def test_a_new_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with workspace_in(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_running_bot_is_seen_and_asked(tmp_path: Path) -> None:
    assert "no `topicbot run`" in seen(tmp_path)["bot"].finding
    answer: dict[str, Any] = {"status": 200, "body": {"checks": {}}}

    async def ready(_: Request) -> Response:
        return JSONResponse(answer["body"], answer["status"])

    application = Starlette(routes=[Route("/readyz", ready)])
    with lock_data_dir(tmp_path), http_server(application, ("127.0.0.1", 0), advice="") as (_, port):
        found = seen(tmp_path, operations_port=port)
        assert "a `topicbot run` works" in found["bot"].finding
        assert "is ready" in found["operations"].finding
        answer["status"] = 503
        answer["body"] = {"checks": {"slack": {"ok": False, "finding": "the socket is closed"}}}
        found = seen(tmp_path, operations_port=port)
        assert (found["operations"].ok, found["operations"].finding) == (
            False,
            "not ready: slack: the socket is closed",
        )
    with lock_data_dir(tmp_path):
        assert "does not answer" in seen(tmp_path, operations_port=port)["operations"].finding


def test_late_digests_dead_sources_and_old_backups_are_told(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as workspace:
        workspace.library.local.add(article("Crane", "The crane stands."))
        back_up(tmp_path, tmp_path / "backup.tar", now=lambda: NOON)

        def work(now: datetime) -> dict[str, Check]:
            given = workspace.settings, workspace.store, [workspace.sources], now
            return {check.name: check for check in examine_work(*given)}

        assert all(check.ok for check in work(NOON).values())
        assert "2024-05-01 12:00 UTC" in work(NOON)["backup"].finding
        schedule = Schedule(time(13), "UTC", (1, 2, 3, 4, 5, 6, 7))
        with workspace.store.writing() as connection:
            digests.save(connection, "T1", Digest("d", "UANN", "CNEWS", "News", schedule, NOON, NOON))
        workspace.sources.add("https://one.example/feed", title="One")
        workspace.sources.add("https://two.example/feed", title="Two")
        workspace.sources.pause("one", "topicbot")
        assert work(NOON + timedelta(hours=1, minutes=5))["digests"].ok
        later = work(NOON + timedelta(hours=2))
        assert (later["digests"].ok, "1:00:00 ago" in later["digests"].finding) == (False, True)
        assert (later["sources"].ok, later["sources"].finding) == (
            False,
            "2, of which 0 fail and 1 were given up: one",
        )
        assert not work(NOON + timedelta(days=8))["backup"].ok


def test_slack_is_asked_only_when_wanted(tmp_path: Path, slack: SlackServer) -> None:
    token = SecretStr(slack.workspaces["T1"].bot_token)
    slack.workspaces["T1"].scopes = set(SCOPES)
    found = examine_slack(settings(tmp_path, slack_bot_token=token, slack_api_url=slack.api_url))
    assert (found.ok, "T1" in found.finding) == (True, True)
    wrong = settings(tmp_path, slack_bot_token=SecretStr("xoxb-wrong"), slack_api_url=slack.api_url)
    assert "invalid_auth" in examine_slack(wrong).finding
    assert not examine_slack(settings(tmp_path)).ok


def test_the_command_tells_all_of_it(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", str(tiny_model))
    ran = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(ran.output)
    names = [one["name"] for one in found["checks"]]
    assert names == [
        *("names", "settings", "permissions", "bot", "operations", "time zones", "leftovers", "logs"),
        *("tables", "memory"),
        *("versions", "disk", "model", "encoder", "database", "index", "confidence"),
        *("sources", "digests", "backup"),
    ]
    assert (ran.exit_code, found["ok"]) == (0, True)
    assert not (tmp_path / "data" / "bot.db").exists()
