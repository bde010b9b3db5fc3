"""The pages that `topicbot run --http` serves beside Slack: people sign in, and the log stays silent on them."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest

from tests.flows.process import started
from tests.slack_server import SlackServer

SECRET = "zanzibar-parsnip"


@pytest.mark.slow
def test_people_sign_in_to_the_pages_that_are_served_beside_slack(
    slack: SlackServer, samples_folder: Path, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {
        "TOPICBOT_PUBLIC_URL": url,
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
    }
    with (
        started(slack, tmp_path, "--http", "--port", str(port), copy_of=samples_folder, **settings) as process,
        httpx.Client(base_url=url, timeout=300) as browser,
        httpx.Client(base_url=url, timeout=300) as guest,
    ):
        assert browser.get("/articles").headers["location"] == "/login?next=%2Farticles"
        assert browser.get("/api/v1/articles").status_code == 401
        asked = browser.get("/login/slack", params={"next": "/articles"}).headers["location"]
        inside = browser.get(slack.authorize(asked, team="T1", user="UANN"))
        assert inside.headers["location"] == "/articles"
        page = browser.get("/articles")
        assert page.status_code == 200
        assert re.search(r'href="/articles/[^"?]+"', page.text)
        assert browser.get("/", params={"q": f"what is the {SECRET}?"}).status_code == 200
        assert browser.post("/api/v1/articles", json={"title": "x", "text": "y"}).status_code == 403

        asked = guest.get("/login/slack").headers["location"]
        assert guest.get(slack.authorize(asked, team="T1", user="UGUEST")).status_code in (401, 403)
        assert guest.get("/articles").headers["location"].startswith("/login")

        cookies = [cookie.value for cookie in browser.cookies.jar if cookie.value]
        assert cookies
        assert httpx.get(f"{url}/articles", timeout=300).status_code == 303
    for words in (SECRET, "UANN", "UGUEST", slack.client_secret, *cookies):
        assert words not in process.stderr
