"""What comes over HTTP before Slack's signature is known to be right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.http_server import http_server
from bot.server.app import build_app
from bot.server.http import EVENTS_PATH, application
from embeddings.library import Library
from tests.flows.many import CERTIFICATES
from tests.slack_server.signing import signed_headers

SECRET = "s3cret"


@pytest.fixture
def url(library: Library, tmp_path: Path) -> Iterator[str]:
    settings = Settings(
        data_dir=tmp_path, slack_bot_token=SecretStr("xoxb-1"), slack_signing_secret=SecretStr(SECRET)
    )
    app = build_app(settings, library)
    with http_server(application(app), ("127.0.0.1", 0), advice="") as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{broken", "application/json"),
        (b"[1, 2]", "application/json"),
        (b"null", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"team": 1, "event": [], "user": 7}', "application/json"),
        (b"payload=%7Bbroken", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/json"),
    ],
)
@pytest.mark.parametrize("stamp", ["now", "yesterday", "1e9", "-1", "1" * 5000, ""])
def test_what_is_no_request_of_slacks_is_refused_without_an_error(
    url: str,
    body: bytes,
    kind: str,
    stamp: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    headers = {"content-type": kind, "x-slack-request-timestamp": stamp, "x-slack-signature": "v0=00"}
    if stamp == "now":
        headers = signed_headers(SECRET, int(time.time()), body, kind)
    status = httpx.post(
        url + EVENTS_PATH, content=body, headers=headers, verify=CERTIFICATES, timeout=300
    ).status_code
    assert status in ((400, 401) if stamp != "now" else (400, 401, 403))
    shown = capfd.readouterr()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
    assert '"level": "error"' not in shown.err + shown.out
    assert "[error" not in shown.err + shown.out


def test_health_answers_and_other_ways_are_closed(url: str) -> None:
    assert httpx.get(f"{url}/healthz", timeout=300).text == "ok\n"
    assert httpx.get(url + EVENTS_PATH, timeout=300).status_code == 405
    assert httpx.get(f"{url}/slack/install", timeout=300).status_code == 404
