"""What an operator sees of a running bot: health, readiness, metrics, the log, and a backup beside it."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bot.operations.archive import unpack
from bot.operations.backup import back_up
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, running
from tests.flows.process import Process, started
from tests.flows.test_reliability import status_of
from tests.slack_server import SlackServer

SECRET = "Rumpelstiltskin"


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def got(port: int, path: str) -> tuple[int, str]:
    """Status and body of what an operator's address gives."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=300) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def value(metrics: str, sample: str) -> float:
    """The value of one sample, like `topicbot_articles`."""
    (found,) = re.findall(rf"^{re.escape(sample)} (\S+)$", metrics, re.MULTILINE)
    return float(found)


def ready(port: int) -> tuple[int, dict[str, bool]]:
    """Status and checks of /readyz."""
    status, body = got(port, "/readyz")
    return status, {name: one["ok"] for name, one in json.loads(body)["checks"].items()}


def requests_of(process: Process) -> dict[str, list[dict[str, Any]]]:
    """The logged lines by their delivery; every line must be JSON."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in process.lines:
        event = json.loads(line)
        if "request" in event:
            found.setdefault(event["request"], []).append(event)
    return found


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """The operations port that a started bot opens."""
    found = free_port()
    monkeypatch.setenv("TOPICBOT_OPERATIONS_PORT", str(found))
    return found


def test_health_readiness_and_metrics_of_a_running_bot(
    slack: SlackServer, samples_folder: Path, tmp_path: Path, port: int
) -> None:
    with started(slack, tmp_path / "data", copy_of=samples_folder):
        assert got(port, "/healthz") == (200, "ok\n")
        slack.wait_for(lambda: ready(port)[0] == 200)
        assert ready(port)[1] == dict.fromkeys(("process", "database", "model", "slack", "digests"), True)
        first = slack.say("UANN", "CNEWS", f"{BOT} what did Alibaba pledge?")
        slack.wait_for(lambda: slack.messages("CNEWS", first.ts)[1:])
        second = slack.say("UANN", "CNEWS", f"{BOT} what did {SECRET} pledge?")
        slack.wait_for(lambda: slack.messages("CNEWS", second.ts)[1:])
        slack.command("UANN", "CNEWS", "/topic", "Alibaba")
        slack.settle()
        slack.wait_for(lambda: value(got(port, "/metrics")[1], "topicbot_inbox_waiting") == 0)
        status, metrics = got(port, "/metrics")
        assert status == 200
        assert value(metrics, 'topicbot_questions_total{outcome="answered"}') == 1
        assert value(metrics, 'topicbot_questions_total{outcome="no_answer"}') == 1
        assert value(metrics, 'topicbot_topics_total{outcome="shown"}') == 1
        assert value(metrics, "topicbot_confidence_count") == 2
        assert value(metrics, 'topicbot_stage_seconds_count{stage="search"}') == 3
        assert value(metrics, 'topicbot_stage_seconds_count{stage="encode"}') == 3
        assert value(metrics, 'topicbot_stage_seconds_count{stage="post"}') == 3
        assert value(metrics, 'topicbot_slack_calls_total{method="chat.postMessage",status="ok"}') == 2
        assert value(metrics, 'topicbot_slack_calls_total{method="response_url",status="ok"}') == 1
        assert value(metrics, "topicbot_delivery_seconds_count") == 3
        assert value(metrics, "topicbot_socket_connected") == 1
        assert value(metrics, "topicbot_articles") > 0
        assert value(metrics, "topicbot_digest_lag_seconds") == 0
        assert value(metrics, 'topicbot_file_bytes{file="library.db"}') > 0
        assert not [name for name in (SECRET, "Alibaba", "UANN", "CNEWS") if name in metrics]
        file, manifest = back_up(tmp_path / "data", tmp_path)
        assert unpack(file, None) == manifest
        assert value(got(port, "/metrics")[1], "topicbot_last_backup_timestamp_seconds") > 0
        slack.die()
        slack.wait_for(lambda: ready(port)[1]["slack"] is False)
        assert ready(port)[0] == 503
        assert got(port, "/healthz")[0] == 200
        slack.revive()
        slack.wait_for(lambda: ready(port)[0] == 200)
        assert got(port, "/elsewhere")[0] == 404


def test_nothing_that_people_write_is_logged_and_each_line_names_its_delivery(
    slack: SlackServer, samples_folder: Path, tmp_path: Path
) -> None:
    with started(slack, tmp_path, copy_of=samples_folder) as process:
        slack.fail("chat.postMessage", status=500)
        first = slack.say("UANN", "CNEWS", f"{BOT} did {SECRET} pledge?")
        slack.wait_for(lambda: slack.messages("CNEWS", first.ts)[1:])
        slack.fail("response_url", status=503)
        runs = [
            slack.command("UANN", "CNEWS", name, text)
            for name, text in (
                ("/ask", f"did {SECRET} pledge?"),
                ("/ask", f"did {SECRET} pledge in:{SECRET}?"),
                ("/topic", SECRET),
                ("/sources", f"add http://{SECRET}.example/{SECRET}"),
                ("/topicbot", f"bind {SECRET}"),
            )
        ]
        slack.wait_for(lambda: all(run.shown for run in runs))
        slack.command("UGUS", "CNEWS", "/ask", SECRET)
        slack.fail("chat.postMessage", error="channel_not_found")
        slack.say("UANN", "CNEWS", f"{BOT} where is {SECRET}?")
        slack.wait_for(lambda: process.log("failed"))
        slack.wait_for(lambda: slack.ephemerals("UANN", "CNEWS"))
        slack.settle()
        assert process.end() == 0
    assert SECRET.lower() not in process.stderr.lower()
    requests = requests_of(process)
    (failed,) = process.log("failed")
    assert failed["request"] == failed["id"]
    assert failed["id"] in slack.ephemerals("UANN", "CNEWS")[-1].text
    (again,) = [lines for lines in requests.values() if lines[0]["event"].startswith("Slack or the store")][:1]
    assert all(one["request"] == again[0]["request"] for one in again)
    assert all("request" in one for one in process.log("refused"))


def test_what_is_refused_or_known_already_is_logged_with_its_delivery(
    slack: SlackServer, library: Library, tmp_path: Path
) -> None:
    library.local.add(article("Tower", "The tower crane stands in the harbour."))
    with running(slack, library, tmp_path, "http") as bot, capture_logs([merge_contextvars]) as lines:
        bot.answered(bot.command("where does the crane stand?"))
        (url,) = slack.platform.courier.urls
        (delivery,) = [one for one in slack.deliveries if one.kind == "command"]
        form = "application/x-www-form-urlencoded"
        replayed = urllib.parse.urlencode(delivery.payload).encode()
        assert status_of(url, replayed, slack.signed_request(replayed, content_type=form)) == 403
        asked = bot.ask(f"{BOT} where does the crane stand?")
        bot.replies(asked)
        delivery = next(one for one in slack.deliveries if one.kind == "app_mention")
        again = json.dumps(delivery.payload).encode()
        assert status_of(url, again, slack.signed_request(again)) == 200
        odd = json.dumps({"team": "T1", "event": "x"}).encode()
        assert status_of(url, odd, slack.signed_request(odd, secret="wrong")) == 401
    replays = [one["request"] for one in lines if one.get("reason") == "a replay"]
    known = [one["request"] for one in lines if one["event"] == "delivered again"]
    assert (len(replays), len(set(known))) == (1, 1)
    assert replays != known


def test_a_port_that_is_taken_is_told(slack: SlackServer, samples_folder: Path, tmp_path: Path, port: int) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with (
            pytest.raises(AssertionError, match="TOPICBOT_OPERATIONS_PORT"),
            started(slack, tmp_path, copy_of=samples_folder),
        ):
            pass
