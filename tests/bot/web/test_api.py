"""The REST API: the command line's JSON, errors as problem details, pages of lists, and no 500."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.console.contract import AnswerJson, ArticleJson, ArticlesJson, StoriesJson, TopicJson, check
from bot.web.callers import Site
from bot.web.openapi import document

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
        return httpx.get(f"{client.base_url}{API}/ask?q=piers+{number}", timeout=60).status_code

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(200))) == {200}


def test_the_digest_is_previewed_and_sources_are_listed(client: httpx.Client) -> None:
    assert client.get(f"{API}/digest?topic=harbour").json()["messages"]
    assert client.get(f"{API}/sources").json() == {"sources": []}


@pytest.mark.parametrize("path", ["digest", "ask", "topic", "stories"])
@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("end", ["since", "until"])
def test_the_ends_of_the_calendar_are_ends_of_a_period_too(
    client: httpx.Client, path: str, day: str, end: str
) -> None:
    assert client.get(f"{API}/{path}", params={"q": "piers", end: day}).status_code in (200, 400, 422)


_PATHS = sorted(document()["paths"])
_VALUES = st.one_of(
    st.text(), st.integers().map(str), st.sampled_from(["2024-05-01", "0001-01-01", "9999-12-31", "secret"])
)
_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, str], Any]:
    """A request that the document describes, with values that fit it or don't."""
    path = draw(st.sampled_from(_PATHS))
    method = draw(st.sampled_from(sorted(document()["paths"][path])))
    operation = document()["paths"][path][method]
    names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
    query = draw(st.dictionaries(st.sampled_from([*names, "other"]), _VALUES))
    fields = list(document()["components"]["schemas"]["NewArticle"]["properties"])
    body = (
        draw(st.dictionaries(st.sampled_from(fields), st.text() | _JSON)) if "requestBody" in operation else None
    )
    article_id = draw(st.sampled_from(["harbour", "..", "%00", "%ff", "a%2fb"]))
    return method, path.replace("{article_id}", article_id), query, body


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=requests())
def test_no_request_that_the_schema_describes_fails_inside(
    client: httpx.Client, wanted: tuple[str, str, dict[str, str], Any]
) -> None:
    method, path, query, body = wanted
    query = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    found = client.request(method, path, params=query, json=body)
    assert found.status_code < 500, found.text
    if found.status_code >= 400:
        assert found.headers["content-type"] == "application/problem+json"
