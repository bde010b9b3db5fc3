"""Slackbot asks the library by MCP, with requests that Slack signs for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web.access.callers import Site
from tests.bot.web.conftest import served as without_slack
from tests.bot.web.test_sign_in import ANN, BOB, Served, opened
from tests.conftest import NOON
from tests.slack_server import SlackServer
from tests.slack_server.signing import signed_headers
from tests.test_project import ROOT


@pytest.fixture
def served(site: Site, tmp_path: Path) -> Iterator[Served]:
    with SlackServer() as slack, opened(site, slack, tmp_path) as found:
        site.library.local.only_for(ANN).add({"title": "Ann alone", "text": "The heron nests at the quay."})
        yield found


def called(method: str, user: str | None = ANN, *, team: str = "T1", **params: Any) -> dict[str, Any]:
    """A JSON-RPC request as Slackbot sends it."""
    meta = {"_meta": {"slack": {"user_id": user, "team_id": team, "enterprise_id": None}}} if user else {}
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, **meta}}


def send(
    served: Served,
    body: bytes,
    secret: str | None = None,
    age: float = 0,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    signed = signed_headers(
        secret or served.slack.signing_secret, int(served.clock().timestamp() - age), body, "application/json"
    )
    accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    return served.browser().post("/mcp", content=body, headers={**signed, **accept, **(headers or {})})


def ask(served: Served, question: str, user: str | None = ANN, *, team: str = "T1", number: int = 1) -> bytes:
    given = called("tools/call", user, team=team, name="ask", arguments={"question": question, "k": 5})
    return json.dumps({**given, "id": number}).encode()


def test_slackbot_gets_what_the_person_may_see(served: Served) -> None:
    found = send(served, ask(served, "where does the heron nest?"))
    assert found.status_code == 200, found.text
    assert "at the quay" in found.text
    for user, team in ((BOB, "T1"), (ANN, "T2")):
        assert "at the quay" not in send(served, ask(served, "where does the heron nest?", user, team=team)).text


def test_what_there_is_to_call_is_said_without_a_person_and_nothing_else(served: Served) -> None:
    listed = send(served, json.dumps(called("tools/list", None)).encode())
    assert "stories" in listed.text
    refused = send(served, ask(served, "harbour piers", None))
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    resource = called("resources/read", None, uri="topicbot://articles/harbour")
    assert send(served, json.dumps(resource).encode()).status_code == 403
    assert send(served, b"[" + ask(served, "harbour", None) + b"]").status_code == 403


@pytest.mark.parametrize("how", ["forged", "old", "ahead", "again", "changed", "undated"])
def test_a_signature_that_is_not_good_now_is_refused_as_problem_details(served: Served, how: str) -> None:
    body = ask(served, "harbour piers")
    if how == "again":
        assert send(served, body).status_code == 200
    refused = {
        "forged": lambda: send(served, body, secret="another"),
        "old": lambda: send(served, body, age=301),
        "ahead": lambda: send(served, body, age=-301),
        "again": lambda: send(served, body),
        "changed": lambda: send(served, body, headers={"X-Slack-Signature": "v0=" + "0" * 64}),
        "undated": lambda: send(served, body, headers={"X-Slack-Request-Timestamp": "now"}),
    }[how]()
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert refused.json()["detail"]


def test_a_guest_gets_nothing_by_slackbot_either(served: Served) -> None:
    served.slack.add_user("T1", "UGUEST", is_restricted=True)
    refused = send(served, ask(served, "harbour piers", "UGUEST"))
    assert refused.status_code == 403
    assert "piers" not in refused.text


def test_without_a_signing_secret_no_signature_counts(site: Site) -> None:
    with without_slack(site, login=True) as client:
        headers = signed_headers("", int(NOON.timestamp()), b"{}", "application/json")
        assert client.post("/mcp", content=b"{}", headers=headers).status_code == 403


def test_the_optional_manifest_names_the_server_and_adds_to_the_other() -> None:
    whole = json.loads((ROOT / "deploy" / "slack-manifest.json").read_text())
    more = json.loads((ROOT / "deploy" / "slack-manifest-web.json").read_text())
    (server,) = more["mcp_servers"].values()
    assert server["auth_type"] == "slack_identity_auth"
    assert server["url"].startswith("https://")
    assert server["url"].endswith("/mcp")
    assert more["settings"]["is_mcp_enabled"] is True
    assert set(more["oauth_config"]["scopes"]["bot"]) - set(whole["oauth_config"]["scopes"]["bot"]) == {
        "mcp:connect"
    }
    assert more["oauth_config"]["redirect_urls"][0].endswith("/login/slack/return")
    for part in ("display_information", "features"):
        assert part not in more
