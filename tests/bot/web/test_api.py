"""The REST API: the command line's JSON, errors as problem details, pages of lists, and no 500."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.console.contract import AnswerJson, ArticleJson, ArticlesJson, StoriesJson, TopicJson, check
from bot.console.shapes import topic_json
from bot.web.access.callers import Site
from tests.bot.web.conftest import CERTIFICATES, COUNCIL

API = "/api/v1"


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/ask?q=piers+of+the+harbour&k=2", AnswerJson),
        ("/topic?subject=harbour", TopicJson),
        ("/stories", StoriesJson),
        ("/articles", ArticlesJson),
        ("/articles/harbour", ArticleJson),
    ],
)
def test_the_json_is_the_command_lines(client: httpx.Client, path: str, shape: Any) -> None:
    found = client.get(API + path)
    assert found.status_code == 200, found.text
    check(shape, found.json())


def test_an_answer_equals_the_librarys(client: httpx.Client, site: Site) -> None:
    found = client.get(f"{API}/ask", params={"q": "how many piers has the harbour?", "k": 2}).json()
    own = site.library.local.ask("how many piers has the harbour?", k=2).to_dict()
    assert found["passages"] == own["passages"]


def test_articles_are_added_read_and_removed(client: httpx.Client) -> None:
    made = client.post(f"{API}/articles", json={"title": "New", "text": "One.\n\nTwo.", "id": "a/b?c"})
    assert (made.status_code, made.json()["outcome"], made.json()["paragraphs"]) == (201, "added", 2)
    path = f"{API}/articles/a%2Fb%3Fc"
    assert client.get(path).json()["title"] == "New"
    assert client.delete(path).json() == {"removed": ["a/b?c"]}
    assert client.get(path).status_code == 404


def test_an_article_that_did_not_change_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get(f"{API}/articles/harbour")
    again = client.get(f"{API}/articles/harbour", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_list_is_read_page_by_page(client: httpx.Client) -> None:
    for number in range(5):
        client.post(f"{API}/articles", json={"title": f"Article {number}", "text": "Words.", "id": str(number)})
    seen, address = [], f"{API}/articles?limit=2"
    while address:
        page = client.get(address)
        seen += [one["article_id"] for one in page.json()["articles"]]
        address = page.links.get("next", {}).get("url", "")
    assert sorted(seen) == ["0", "1", "2", "3", "4", "board", "harbour"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/ask", 400),
        ("GET", "/ask?q=", 422),
        ("GET", "/ask?q=x&k=0", 400),
        ("GET", "/ask?q=x&since=soon", 400),
        ("GET", "/ask?q=x&colour=red", 400),
        ("GET", "/ask?q=x&collection=none", 404),
        ("GET", "/articles?cursor=nonsense", 400),
        ("GET", "/articles/none", 404),
        ("DELETE", "/articles/none", 404),
        ("PUT", "/articles", 405),
        ("GET", "/nothing", 404),
    ],
)
def test_errors_are_problem_details(client: httpx.Client, method: str, path: str, status: int) -> None:
    found = client.request(method, API + path)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")
    assert found.json()["status"] == status
    assert found.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"title": 1}', b"\xff", b"[" * 100_000])
def test_a_body_that_cannot_be_used_is_refused(client: httpx.Client, body: bytes) -> None:
    found = client.post(f"{API}/articles", content=body)
    assert (found.status_code, found.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.slow
def test_two_hundred_at_once_are_all_answered(client: httpx.Client) -> None:
    def ask(number: int) -> int:
        return httpx.get(
            f"{client.base_url}{API}/ask?q=piers+{number}", timeout=300, verify=CERTIFICATES
        ).status_code

    with ThreadPoolExecutor(200) as pool:
        assert set(pool.map(ask, range(200))) == {200}


def test_the_digest_is_previewed_and_sources_are_listed(client: httpx.Client) -> None:
    assert client.get(f"{API}/digest?topic=harbour").json()["messages"]
    assert client.get(f"{API}/sources").json() == {"sources": []}


def test_the_summary_of_an_article_is_that_of_the_command_line(client: httpx.Client, site: Site) -> None:
    site.library.local.add({"title": "Council", "text": COUNCIL, "id": "council"})
    found = client.get(f"{API}/articles/council/summary")
    wanted = topic_json(site.library.local.summary("council"), None)
    assert {**found.json(), "took_ms": 0} == {**wanted, "took_ms": 0}
    assert found.json()["points"]
    missing = client.get(f"{API}/articles/none/summary")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    page = client.get("/articles/council")
    assert 'href="/articles/council?summary=1#summary"' in page.text
    shown = client.get("/articles/council?summary=1").text
    assert "In short" in shown
    assert re.search(r'href="/articles/council\?mark=0-\d+-\d+#p0"', shown)
    assert "too short for a summary" in client.get("/articles/board?summary=1").text
