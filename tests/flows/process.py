"""`topicbot run` as a process of its own, beside the stand-in for Slack."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from bot.server.http import EVENTS_PATH
from tests.slack_server import SlackServer

_START_SECONDS = 300


@dataclass
class Process:
    """A running bot, and what it has logged so far."""

    running: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    port: int | None = None

    @property
    def stderr(self) -> str:
        """All that it has written to standard error."""
        return "".join(self.lines)

    def log(self, event: str) -> list[dict[str, Any]]:
        """The logged events of this name."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [one for one in found if one.get("event") == event]

    def read(self) -> None:
        """Take in what it writes until it ends."""
        for line in self.running.stderr or ():
            self.lines.append(line)

    def kill(self) -> None:
        """SIGKILL."""
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(300)

    def end(self) -> int:
        """SIGTERM; gives the exit code."""
        self.running.send_signal(signal.SIGTERM)
        code = self.running.wait(300)
        time.sleep(0.2)  # what it wrote last is still being read
        return code


@contextmanager
def started(
    slack: SlackServer, folder: Path, *options: str, copy_of: Path | None = None, **settings: str
) -> Iterator[Process]:
    """A bot over the library in `folder`, which is first made a copy of another; it is ended on leaving.

    `settings` go into its environment, by their names there.
    """
    if copy_of:
        shutil.copytree(copy_of, folder, dirs_exist_ok=True)
    workspace = slack.workspaces["T1"]
    environment = {
        **os.environ,
        "TOPICBOT_DATA_DIR": str(folder),
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        **settings,
    }
    command = [sys.executable, "-m", "bot", "run", *options]
    running = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True)
    process = Process(running)
    reader = Thread(target=process.read, daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not process.log("serving"):
            assert running.poll() is None, process.stderr
            assert time.monotonic() < deadline, process.stderr
            time.sleep(0.02)
        if "--http" in options:
            process.port = int(re.findall(r":(\d+)$", process.log("serving")[0]["address"])[0])
            slack.deliver_over_http(f"http://127.0.0.1:{process.port}{EVENTS_PATH}")
        yield process
    finally:
        if running.poll() is None:
            process.end()
        reader.join(300)
        assert running.stderr
        running.stderr.close()
