"""Who gets in, and that nobody sees another's articles by any route."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any, NoReturn

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from starlette.routing import Mount, Route

from bot.store.tables import api_token, audit
from bot.web.access import tokens
from bot.web.access.audit import AuditLog
from bot.web.access.callers import Site
from bot.web.access.door import LOOPBACK
from bot.web.access.rate import Rate
from bot.web.api.operations import OPERATIONS, PREFIX
from bot.web.site import routes_of
from embeddings.errors import StoreAwayError, StoreError
from tests.bot.web.conftest import OTHER, bearer, served, token
from tests.conftest import NOON
from tests.waiting import eventually


def test_without_a_token_programs_are_refused_and_people_log_in(site: Site) -> None:
    with served(site, login=True) as client:
        refused = client.get(f"{PREFIX}/articles")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert client.get("/articles?q=x").headers["location"] == "/login?next=%2Farticles"
        secret = token(site)
        inside = client.post("/login", data={"token": secret, "next": "//evil.example"})
        assert inside.headers["location"] == "/"
        assert "httponly" in inside.headers["set-cookie"].lower()
        assert client.get("/").status_code == 200


def test_a_token_that_is_revoked_or_expired_counts_no_longer(site: Site) -> None:
    live, old = token(site), token(site, ends=NOON - timedelta(days=1))
    with served(site, login=True) as client:
        assert client.get(f"{PREFIX}/articles", headers=bearer(live)).status_code == 200
        assert client.get(f"{PREFIX}/articles", headers=bearer(old)).status_code == 401
        with site.store.writing() as connection:
            live_id = tokens.every(connection)[0].id
            tokens.revoke(connection, live_id, NOON)
        assert client.get(f"{PREFIX}/articles", headers=bearer(live)).status_code == 401


def test_only_a_digest_of_a_token_is_kept(site: Site) -> None:
    secret = token(site)
    with site.store.reading() as connection:
        kept = [str(value) for row in connection.execute(select(api_token)) for value in row]
    assert not any(secret in value for value in kept)


def test_a_reader_writes_nothing(site: Site) -> None:
    with served(site, login=True) as client:
        head = bearer(token(site))
        new = {"title": "x", "text": "y"}
        assert client.post(f"{PREFIX}/articles", json=new, headers=head).status_code == 403
        assert client.delete(f"{PREFIX}/articles/harbour", headers=head).status_code == 403
        assert client.post("/add", files={"files": ("a.txt", b"words")}, headers=head).status_code == 403
        assert (
            client.post(f"{PREFIX}/articles", json=new, headers=bearer(token(site, write=True))).status_code == 201
        )


def test_another_name_or_another_sites_page_is_refused(client: httpx.Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/mcp", headers={"Host": "evil.example:3080"}).status_code == 421
    new = {"title": "x", "text": "y"}
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(f"{PREFIX}/articles", json=new, headers=foreign).status_code == 403


def test_guessing_tokens_ends_soon(site: Site) -> None:
    with served(site, login=True) as client:
        tried = [client.get(f"{PREFIX}/articles", headers=bearer(f"tb_{n}")).status_code for n in range(12)]
        assert tried == [401] * 9 + [429] * 3
        assert client.post("/login", data={"token": "tb_x"}).status_code == 429


@pytest.mark.parametrize("body", [b"x" * 1_000_001, iter([b"x" * 500_000] * 3)], ids=["whole", "chunked"])
def test_a_large_body_is_refused_with_problem_details(client: httpx.Client, body: bytes | Iterator[bytes]) -> None:
    refused = client.post(f"{PREFIX}/articles", content=body)
    assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")
    assert refused.json()["status"] == 413
    assert "1,000,000 bytes" in refused.json()["detail"]


def test_a_large_upload_of_a_browser_is_refused_in_plain_words(client: httpx.Client) -> None:
    asked = HTTPConnection(client.base_url.host, client.base_url.port or 0)
    asked.putrequest("POST", "/add")
    for name, value in (("Content-Length", "200000000"), ("Accept", "text/html")):
        asked.putheader(name, value)
    asked.endheaders()
    with closing(asked), asked.getresponse() as refused:
        assert (refused.status, refused.getheader("content-type")) == (413, "text/plain; charset=utf-8")


def test_a_form_of_a_page_is_sent_with_its_origin(client: httpx.Client) -> None:
    assert client.get("/add").headers["referrer-policy"] == "same-origin"


def test_a_token_revoked_while_a_list_is_read_ends_it(site: Site) -> None:
    secret = token(site)
    with served(site, login=True) as client:
        page = client.get(f"{PREFIX}/articles?limit=1", headers=bearer(secret))
        with site.store.writing() as connection:
            tokens.revoke(connection, "test", NOON)
        refused = client.get(page.links["next"]["url"], headers=bearer(secret))
        assert (refused.status_code, refused.json()["title"]) == (401, "Unauthorized")


def test_what_is_asked_while_the_audit_log_cannot_be_written_is_kept_for_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(site.store)
    log.add(LOOPBACK, "GET /api/v1/ask", None, 200, NOON)

    def away() -> NoReturn:
        raise StoreAwayError("away")

    with monkeypatch.context() as patched:
        patched.setattr(type(site.store), "writing", lambda _: away())
        log.flush()
    log.flush()
    log.flush()
    with site.store.reading() as connection:
        assert [row.status for row in connection.execute(select(audit.c.status))] == [200]


def test_what_changed_is_in_the_audit_log_at_once(client: httpx.Client, site: Site) -> None:
    client.get(f"{PREFIX}/articles/harbour")
    client.delete(f"{PREFIX}/articles/harbour")

    def rows() -> list[tuple[Any, ...]]:
        with site.store.reading() as connection:
            return [tuple(row) for row in connection.execute(select(audit.c.action).order_by(audit.c.action))]

    eventually(lambda: len(rows()) == 2)  # the answer is sent first
    assert rows() == [("DELETE /api/v1/articles",), ("GET /api/v1/articles",)]


def test_the_audit_log_has_what_was_added_and_which_tool_ran(site: Site) -> None:
    with served(site) as client:
        client.post(f"{PREFIX}/articles", json={"title": "x", "text": "Words.", "id": "new one"})
        client.post("/add", files={"files": ("crane.txt", b"Crane\n\nWords.")})
        call = {"name": "ask", "arguments": {"question": "who took the zeppelin?"}}
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
        assert client.post("/mcp", json=asked, headers=accept).status_code == 200
    with site.store.reading() as connection:
        rows = {tuple(row) for row in connection.execute(select(audit.c.action, audit.c.subject))}
    assert rows == {
        ("POST /api/v1/articles", "new one"), ("POST /add", "crane.txt"), ("POST /mcp", "ask"),
    }  # fmt: skip


@pytest.mark.parametrize("statement", ["UPDATE audit SET caller = 'x'", "DELETE FROM audit"])
def test_a_row_of_the_audit_log_is_neither_changed_nor_deleted(site: Site, statement: str) -> None:
    log = AuditLog(site.store)
    log.add(LOOPBACK, "GET /", None, 200, NOON)
    log.flush()
    with pytest.raises((StoreError, DBAPIError), match="new rows only"), site.store.writing() as connection:
        connection.exec_driver_sql(statement)
    with site.store.reading() as connection:
        assert connection.scalar(select(audit.c.caller)) == "loopback"


def test_the_audit_log_has_who_and_what_but_no_question(site: Site) -> None:
    with served(site) as client:
        client.get(f"{PREFIX}/ask", params={"q": "who took the zeppelin?"})
        client.get(f"{PREFIX}/articles/harbour")
        client.get("/articles/harbour")
    with site.store.reading() as connection:
        rows = [tuple(row) for row in connection.execute(select(audit.c.caller, audit.c.action, audit.c.subject))]
    assert set(rows) == {
        ("loopback", "GET /api/v1/ask", None),
        ("loopback", "GET /api/v1/articles", "harbour"),
        ("loopback", "GET /articles", "harbour"),
    }


PAGES = (
    *("/", "/?q=zeppelin", "/topic?q=zeppelin", "/stories", "/articles", "/sources", "/settings", "/add"),
    *("/suggest?q=zeppelin", "/suggest?q=boa", "/suggest?q=the", "/?q=zeppelin&source=Gazette"),
)
READS = [
    *(
        PREFIX + one.path.replace("{article_id}", "board") + ("?q=zeppelin&k=9" if one.path == "/ask" else "")
        + ("?subject=zeppelin" if one.path == "/topic" else "")
        for one in OPERATIONS
        if one.method == "GET"
    ),
    f"{PREFIX}/articles/theirs",
    f"{PREFIX}/digest?topic=zeppelin",
    f"{PREFIX}/articles?limit=1",
    f"{PREFIX}/articles?collection=secret",
    f"{PREFIX}/ask?q=zeppelin&k=9&collection=secret",
    f"{PREFIX}/ask?q=zepelin+peir&k=9",
    f"{PREFIX}/ask?q=zeppelin&k=9&source=Gazette",
    f"{PREFIX}/stories?source=Gazette",
    "/articles/board",
    "/articles/board?summary=1",
    f"{PREFIX}/articles/theirs/summary",
    "/articles/theirs",
    "/?q=zeppelin&collection=secret",
    *PAGES,
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_no_route_shows_another_collection_or_team(site: Site, path: str) -> None:
    with served(site, login=True) as client:
        for secret, hidden in (
            (token(site, "default"), ("Board<", '"Board"', "board meets", "Gazette<", "Theirs", "Ann")),
            (token(site, team=OTHER), ("Harbour<", "two piers", "board meets", "Gazette<", "Ann")),
        ):
            found = client.get(path, headers=bearer(secret))
            assert found.status_code < 500
            assert not any(words in found.text for words in hidden), (path, found.text)


@pytest.mark.parametrize("path", READS)
def test_what_is_for_one_person_in_slack_is_on_no_route(client: httpx.Client, path: str) -> None:
    assert "Ann" not in client.get(path).text


def test_every_route_is_tried_by_the_isolation_tests(site: Site) -> None:
    tried = {re.sub(r"/articles/[^/]+", "/articles/{article_id}", one.partition("?")[0]) for one in READS}
    untold = {f"{PREFIX}/openapi.json", "/login", "/login/slack", "/login/slack/return", "/logout", "/static"}
    paths = {
        one.path.replace(":path}", "}")
        for one in routes_of(site, Rate(1, time.monotonic))
        if isinstance(one, Mount | Route)
    }
    assert paths - untold == tried


def test_what_another_collection_has_too_is_not_named(site: Site) -> None:
    both = {"text": "The stork nests on the old chimney of the brewery.", "source": "Gazette"}
    site.library.local.add({**both, "title": "Stork", "url": "https://a.example/1"})
    site.library.local.add({**both, "title": "Secret stork", "url": "https://b.example/2", "collection": "secret"})
    with served(site, login=True) as client:
        path = f"{PREFIX}/ask?q=where+does+the+stork+nest&k=3"
        whole = client.get(path, headers=bearer(token(site))).json()["passages"][0]
        scoped = client.get(path, headers=bearer(token(site, "default"))).json()["passages"][0]
        assert [one["url"] for one in whole["also_in"]] == ["https://b.example/2"]
        assert scoped["also_in"] == []
        article = client.get(f"{PREFIX}/articles/{scoped['article_id']}", headers=bearer(token(site, "default")))
        assert "b.example" not in article.text


def test_nobody_removes_or_overwrites_what_is_not_theirs(site: Site) -> None:
    with served(site, login=True) as client:
        for secret in (token(site, "default", write=True), token(site, team=OTHER, write=True)):
            assert client.delete(f"{PREFIX}/articles/board", headers=bearer(secret)).status_code == 404
        mine = bearer(token(site, "default", write=True))
        taken = {"title": "x", "text": "y", "id": "board"}
        assert client.post(f"{PREFIX}/articles", json=taken, headers=mine).status_code == 403
        other = {"title": "x", "text": "y", "collection": "secret"}
        assert client.post(f"{PREFIX}/articles", json=other, headers=mine).status_code == 403
    assert site.library.local.article("board").paragraphs[0].text == "The board meets on the zeppelin pier."


def test_a_cursor_of_another_caller_shows_nothing_of_theirs(site: Site) -> None:
    with served(site, login=True) as client:
        own = client.get(f"{PREFIX}/articles?limit=1", headers=bearer(token(site))).links["next"]["url"]
        found = client.get(own, headers=bearer(token(site, team=OTHER))).json()
        assert all(one["article_id"] == "theirs" for one in found["articles"])
