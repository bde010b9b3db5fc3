"""Requests generated from the OpenAPI document, with values that fit it and values that don't: never a 500.

`--hypothesis-profile=search` tries 3,000 new ones. Written here rather than with schemathesis, which sends what
its HTTP client can encode: a hostile client's raw bytes, lone surrogates and repeated parameters never leave it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.web.api.openapi import document

_PATHS = document()["paths"]
_OPERATIONS = sorted((path, method) for path, item in _PATHS.items() for method in item)
_FIELDS = sorted(document()["components"]["schemas"]["NewArticle"]["properties"])
_PAGES = ("/", "/topic", "/stories", "/sources", "/articles", "/articles/harbour", "/add", "/login", "/suggest")
_PAGE_FIELDS = ("q", "collection", "source", "since", "until", "page", "mark", "next")

_DATES = [
    *("0001-01-01", "9999-12-31", "0000-00-00", "2024-02-30", "2024-W01-1", "20240501", "+10000-01-01", "today"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2024-05-01T12:00:00.123456789Z", "-1"),
]
_NUMBERS = [
    "0",
    "-1",
    "1",
    "1000",
    "9" * 30,
    "-" + "9" * 5000,
    "1e999",
    "nan",
    "Infinity",
    "0x10",
    "٣",
    "1.5",
    "1_0",
]
_WORDS = [
    "",
    " ",
    "\x00",
    "harbour",
    "harbour " * 300,
    "in:secret since:0001-01-01",
    "until:9999-12-31",
    "a" * 2100,
]
_KNOWN = ["secret", "default", "harbour", "theirs", "W10=", "WzAsICJhIl0=", "e30=", "bnVsbA==", "%", "%%00"]
_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates too
_VALUES = st.one_of(
    st.sampled_from([*_DATES, *_NUMBERS, *_WORDS, *_KNOWN]).map(str.encode),
    st.dates().map(lambda day: day.isoformat().encode()),
    _TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=20),
)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT | st.sampled_from([*_DATES, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
_ADDRESSES = [
    "https://example.org/x",
    "javascript:x",
    "http://[",
    "https://\ud800.example/",
    "//",
    "http://:99999/",
]


def _query(names: list[str]) -> st.SearchStrategy[str]:
    """A query string of these parameters, repeated and unknown ones among them."""
    pairs = st.tuples(st.sampled_from([*names, *names, "other", ""]), _VALUES)
    return st.lists(pairs, max_size=4).map(
        lambda given: "&".join(f"{name}={quote_from_bytes(value)}" for name, value in given)
    )


def _body() -> st.SearchStrategy[bytes]:
    """An article as JSON, nearly one, or anything."""
    value = _JSON | st.sampled_from([*_DATES, *_WORDS, *_KNOWN, *_ADDRESSES])
    article = st.dictionaries(st.sampled_from([*_FIELDS, "other"]), value, max_size=6)
    whole = article.map(lambda one: {"title": "T", "text": "Words.\n\nMore.", **one})
    spelled: Callable[[Any], bytes] = lambda one: json.dumps(one).encode()  # noqa: E731
    return st.one_of(whole.map(spelled), article.map(spelled), _JSON.map(spelled), st.binary(max_size=30))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, bytes | None]:
    """The method, address and body of a request to an operation of the document."""
    path, method = draw(st.sampled_from(_OPERATIONS))
    operation = _PATHS[path][method]
    names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
    needed = [one["name"] for one in operation["parameters"] if one["in"] == "query" and one["required"]]
    article_id = draw(st.sampled_from([b"harbour", b"..", b"board"]) | _VALUES)
    query = draw(_query(names))
    if draw(st.booleans()) and needed:  # so that what is optional is read too
        query = f"{needed[0]}=harbour&{query.replace(needed[0] + '=', 'other=')}"
    address = f"{path.replace('{article_id}', quote_from_bytes(article_id, safe=''))}?{query}"
    return method.upper(), address, draw(_body()) if "requestBody" in operation else None


_sent = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@_sent
@given(wanted=requests())
def test_no_request_that_the_schema_describes_fails_inside(
    client: httpx.Client, wanted: tuple[str, str, bytes | None]
) -> None:
    method, address, body = wanted
    found = client.request(method, address, content=body)
    assert found.status_code < 500, found.text
    if found.status_code >= 400:
        assert found.headers["content-type"] == "application/problem+json"
        assert found.json()["detail"]
    elif found.content:
        found.json()


@_sent
@given(path=st.sampled_from(_PAGES), query=_query([*_PAGE_FIELDS]))
def test_no_address_of_a_page_fails_inside(client: httpx.Client, path: str, query: str) -> None:
    found = client.get(f"{path}?{query}")
    assert found.status_code < 500, found.text


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
@pytest.mark.parametrize(
    "path",
    [
        f"{path}?{one['name']}={{day}}&q=harbour&subject=harbour"
        for path, method in _OPERATIONS
        for one in _PATHS[path][method]["parameters"]
        if one["name"] in ("since", "until")
    ],
)
def test_the_first_and_the_last_day_there_is_are_bounds(client: httpx.Client, path: str, day: str) -> None:
    names = {one["name"] for one in _PATHS[path.partition("?")[0]]["get"]["parameters"]}
    given = [pair for pair in path.partition("?")[2].split("&") if pair.partition("=")[0] in names]
    found = client.get(
        f"{path.partition('?')[0]}?{'&'.join(given)}".replace("{day}", quote_from_bytes(day.encode()))
    )
    assert found.status_code == 200, found.text
