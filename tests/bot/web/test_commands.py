"""`topicbot web` and `topicbot tokens` as commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.slack.messages import SlackRefusedError
from bot.web.commands import is_loopback


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path))
    return CliRunner()


def test_another_address_is_refused_without_a_token(runner: CliRunner) -> None:
    refused = runner.invoke(app, ["web", "--host", "192.0.2.1", "--port", "0"])
    assert refused.exit_code == 2
    assert "topicbot tokens create" in refused.output


def test_tokens_are_created_listed_and_revoked(runner: CliRunner) -> None:
    made = json.loads(runner.invoke(app, ["tokens", "create", "news", "--collection", "c", "--json"]).output)
    listed = runner.invoke(app, ["tokens", "list", "--json"]).output
    assert made["token"] not in listed
    assert json.loads(listed)["tokens"][0]["collections"] == ["c"]
    assert runner.invoke(app, ["tokens", "revoke", "news"]).exit_code == 0
    assert json.loads(runner.invoke(app, ["tokens", "list", "--json"]).output)["tokens"][0]["state"] == "revoked"
    assert runner.invoke(app, ["tokens", "revoke", "news"]).exit_code == 1
    assert runner.invoke(app, ["tokens", "create", "x", "--team", "local/U0ANN"]).exit_code == 2


def test_loopback_is_this_machine() -> None:
    assert all(is_loopback(one) for one in ("127.0.0.1", "::1", "localhost"))
    assert not any(is_loopback(one) for one in ("192.0.2.1", "10.0.0.1", "::", "example.org"))


def test_the_other_commands_load_no_web_server() -> None:
    program = (
        "import sys, bot.cli; print([m for m in ('starlette', 'mcp', 'jinja2', 'uvicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_login_may_be_asked_for_on_loopback_too(runner: CliRunner) -> None:
    refused = runner.invoke(app, ["web", "--login", "--port", "0"])
    assert refused.exit_code == 2
    assert "SLACK_CLIENT_ID" in refused.output


def test_sign_in_with_slack_is_login_enough_for_another_address(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refused(settings: Settings) -> NoReturn:
        asked.append(settings.public_url or "")
        raise SlackRefusedError("Slack refuses SLACK_BOT_TOKEN (invalid_auth).")

    monkeypatch.setattr("bot.slack.credentials.check_token", refused)
    for name, value in (
        ("SLACK_BOT_TOKEN", "xoxb-1"),
        ("SLACK_CLIENT_ID", "1.2"),
        ("SLACK_CLIENT_SECRET", "secret"),
        ("TOPICBOT_PUBLIC_URL", "https://bot.example"),
    ):
        monkeypatch.setenv(name, value)
    found = runner.invoke(app, ["web", "--host", "192.0.2.1", "--port", "0"])
    assert asked == ["https://bot.example/"]  # whose people may come in is asked first
    assert found.exit_code == 1
    assert "invalid_auth" in found.output
    assert "Traceback" not in found.output
