"""Starting `topicbot run`: what is missing or refused is told at once, and all of it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings, SettingsError
from bot.slack.credentials import check_settings, check_token
from bot.slack.messages import SCOPES, SlackRefusedError
from bot.store.leases import lock_data_dir
from tests.slack_server import SlackServer


def settings(folder: Path, slack: SlackServer, token: str) -> Settings:
    return Settings(data_dir=folder, slack_bot_token=SecretStr(token), slack_api_url=slack.api_url)


def test_every_missing_setting_is_listed_with_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        check_settings(Settings(data_dir=tmp_path), http=False)
    assert "SLACK_BOT_TOKEN: The bot's token" in str(told.value)
    assert "OAuth & Permissions" in str(told.value)
    assert "SLACK_APP_TOKEN" in str(told.value)
    assert "SLACK_SIGNING_SECRET" not in str(told.value)
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET"):
        check_settings(Settings(data_dir=tmp_path, slack_bot_token=SecretStr("xoxb-1")), http=True)


def test_a_token_that_slack_refuses_is_told(tmp_path: Path) -> None:
    with SlackServer() as slack:
        with pytest.raises(SlackRefusedError, match="invalid_auth"):
            check_token(settings(tmp_path, slack, "xoxb-wrong"))
        workspace = slack.workspaces["T1"]
        workspace.scopes = set(SCOPES) - {"users:read", "im:write"}
        with pytest.raises(SlackRefusedError, match="lacks the scopes im:write, users:read"):
            check_token(settings(tmp_path, slack, workspace.bot_token))
        workspace.scopes = set(SCOPES)
        assert check_token(settings(tmp_path, slack, workspace.bot_token)).team_id == "T1"
        slack.die()
        with pytest.raises(SlackRefusedError, match="can't be reached"):
            check_token(settings(tmp_path, slack, workspace.bot_token))
        slack.revive()


def test_a_second_bot_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        lock_data_dir(tmp_path),
        pytest.raises(SettingsError, match="Another `topicbot run` works with"),
        lock_data_dir(tmp_path),
    ):
        pass
    with lock_data_dir(tmp_path):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("mode", [[], ["--http"]])
def test_the_command_ends_at_once_with_the_list(tmp_path: Path, mode: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
    shown = subprocess.run(
        [sys.executable, "-m", "bot", "run", *mode],
        env={**environment, "TOPICBOT_DATA_DIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1
    assert "These settings are missing" in shown.stderr
    assert ("SLACK_SIGNING_SECRET" in shown.stderr) is bool(mode)


@pytest.mark.parametrize(
    ("bot", "app", "wrong"),
    [
        ("xapp-secret", "xapp-1", "SLACK_BOT_TOKEN does not begin with xoxb-"),
        ("xoxb-1", "xoxb-secret", "SLACK_APP_TOKEN does not begin with xapp-"),
        ("xoxp-secret", "secret", "SLACK_BOT_TOKEN does not begin with xoxb-; SLACK_APP_TOKEN"),
    ],
)
def test_a_token_of_another_form_is_said_before_slack_is_asked(
    tmp_path: Path, bot: str, app: str, wrong: str
) -> None:
    given = Settings(data_dir=tmp_path, slack_bot_token=SecretStr(bot), slack_app_token=SecretStr(app))
    with pytest.raises(SettingsError) as told:
        check_settings(given, http=False)
    assert wrong in str(told.value)
    assert "secret" not in str(told.value)


_ALLOCATING = """
import ctypes, sys, threading
from bot.server.run import limit_arenas

if sys.argv[1] == "limited":
    limit_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)

def work():
    together.wait()
    for _ in range(200):
        libc.malloc(ctypes.c_size_t(2000))
    together.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="glibc only")
def test_threads_share_two_arenas(tmp_path: Path) -> None:
    def arenas(how: str) -> int:
        file = tmp_path / how
        subprocess.run([sys.executable, "-c", _ALLOCATING, how, str(file)], check=True, timeout=300)
        return file.read_text().count("<heap nr=")

    assert arenas("limited") <= 2 < arenas("free")
