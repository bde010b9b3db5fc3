"""MCP with the SDK's own client, over both transports."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from bot.web.access.callers import Site
from tests.bot.web.conftest import CERTIFICATES, COUNCIL, OTHER, bearer, served, token
from tests.test_project import ROOT


def call(server: Any, tool: str, **arguments: Any) -> Any:
    async def run() -> Any:
        async with Client(server) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(run())


def test_the_tools_read_and_say_so(client: httpx.Client) -> None:
    async def run() -> Any:
        async with Client(f"{client.base_url}/mcp") as opened:
            return await opened.list_tools(), opened.instructions

    found, instructions = asyncio.run(run())
    assert {one.name for one in found.tools} == {"ask", "search", "topic", "stories", "article"}
    assert all(one.annotations.read_only_hint for one in found.tools)
    assert "word for word" in instructions


def test_an_answer_is_verbatim_with_its_citation(client: httpx.Client) -> None:
    found = call(f"{client.base_url}/mcp", "ask", question="how many piers has the harbour?", k=1)
    passage = found.structured_content["passages"][0]
    assert passage["sentence"] == "The harbour has two piers & a crane."
    assert passage["reader"].startswith("/articles/harbour?mark=1-")


def test_nothing_found_is_a_result_and_a_wrong_argument_an_error_in_words(client: httpx.Client) -> None:
    url = f"{client.base_url}/mcp"
    nothing = call(url, "ask", question="quantum chromodynamics lattice")
    assert not nothing.is_error
    assert nothing.structured_content["answered"] is False
    assert "Nothing in the library" in nothing.structured_content["message"]
    assert call(url, "article", article_id="none").is_error
    wrong = call(url, "ask", question="x", since="soon")
    assert wrong.is_error
    assert "is not a date" in wrong.content[0].text


def test_one_article_is_summarised_and_every_tool_is_narrowed(client: httpx.Client, site: Site) -> None:
    url = f"{client.base_url}/mcp"
    site.library.local.add({"title": "Council", "text": COUNCIL, "id": "council", "source": "Gazette"})
    found = call(url, "topic", article="council").structured_content
    assert found["enough"] is True
    assert all(one["text"] in COUNCIL for one in found["points"])
    for wrong in ({}, {"subject": "x", "article": "council"}):
        assert "one of them" in call(url, "topic", **wrong).content[0].text
    assert call(url, "topic", article="none").is_error
    for tool, given in (
        ("search", {"query": "council of Port Quint"}),
        ("topic", {"subject": "council of Port Quint"}),
    ):
        narrowed = call(url, tool, **given, source="Herald").structured_content
        assert not narrowed["passages"]
        assert "council" in str(call(url, tool, **given, source="Gazette").structured_content)
        assert call(url, tool, **given, collection="nowhere").is_error
    assert call(url, "stories", source="Herald").structured_content["count"] == 0


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"question": "zeppelin", "k": 9}),
        ("search", {"query": "zeppelin"}),
        ("search", {"query": "zeppelin", "source": "Gazette"}),
        ("search", {"query": "zeppelin", "collection": "secret"}),
        ("topic", {"subject": "zeppelin"}),
        ("topic", {"subject": "zeppelin", "source": "Gazette"}),
        ("topic", {"article": "board"}),
        ("topic", {"article": "theirs"}),
        ("stories", {}),
        ("stories", {"source": "Gazette"}),
        ("article", {"article_id": "board"}),
        ("article", {"article_id": "theirs"}),
    ],
)
def test_no_tool_shows_another_collection_or_team(site: Site, tool: str, arguments: dict[str, Any]) -> None:
    async def run(url: str, secret: str) -> Any:
        async with (
            httpx2.AsyncClient(headers=bearer(secret), verify=CERTIFICATES) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await client.call_tool(tool, arguments)

    with served(site, login=True) as opened:
        for secret, hidden in (
            (token(site, "default"), ("board meets", "Theirs", "Ann")),
            (token(site, team=OTHER), ("two piers", "board meets", "Ann")),
        ):
            said = str(asyncio.run(run(f"{opened.base_url}/mcp", secret)))
            assert not any(words in said for words in hidden), said
        assert opened.post("/mcp", json={}).status_code == 401


@pytest.mark.parametrize("article_id", ["board", "theirs", "Ann-alone", "..", "%2e%2e%2fboard"])
def test_no_resource_shows_another_collection_or_team(site: Site, article_id: str) -> None:
    async def run(url: str, secret: str) -> str:
        async with (
            httpx2.AsyncClient(headers=bearer(secret), verify=CERTIFICATES) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            try:
                return str(await client.read_resource(f"topicbot://articles/{article_id}"))
            except MCPError as error:
                return str(error)

    with served(site, login=True) as opened:
        mine = asyncio.run(run(f"{opened.base_url}/mcp", token(site, "secret")))
        assert ("board meets" in mine) is (article_id == "board")
        said = asyncio.run(run(f"{opened.base_url}/mcp", token(site, "default")))
        assert not any(words in said for words in ("board meets", "zeppelin")), said


@pytest.mark.slow
def test_a_client_starts_it_on_standard_input_and_output(tmp_path: Path) -> None:
    article = tmp_path / "harbour.txt"
    article.write_text("Harbour\n\nThe harbour of Port Quint has two piers and a crane.")
    environment = {**os.environ, "TOPICBOT_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "bot", "add", str(article)], env=environment, check=True, cwd=tmp_path)
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "bot", "mcp"], env=environment, cwd=tmp_path
    )
    found = call(server, "ask", question="How many piers has the harbour of Port Quint?")
    assert "two piers" in json.dumps(found.structured_content)
