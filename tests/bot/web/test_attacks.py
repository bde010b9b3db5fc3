"""The list of attackers in SECURITY.md, tried over HTTP where no other test of the pages does it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web.access import tokens
from bot.web.access.callers import Site
from bot.web.api.operations import PREFIX
from tests.bot.web.conftest import OTHER, bearer, served, token
from tests.conftest import NOON
from tests.embeddings.ingest.test_hostile import HOSTILE
from tests.embeddings.ingest.test_office import zipped
from tests.site import answer, web_site

JSON = {"Accept": "application/json"}


def revoke_all(site: Site) -> None:
    with site.store.writing() as connection:
        for one in tokens.every(connection):
            tokens.revoke(connection, one.id, NOON)


def uploaded(client: httpx.Client, *files: tuple[str, bytes], **head: str) -> Any:
    found = client.post("/add", files=[("files", one) for one in files], headers={**JSON, **head})
    assert found.status_code == 200, found.text
    return found.json()


@pytest.mark.slow
@pytest.mark.parametrize("half", [HOSTILE[::2], HOSTILE[1::2]], ids=["even", "odd"])
def test_each_hostile_document_is_refused_by_name_and_the_others_are_added(
    client: httpx.Client, site: Site, half: list[tuple[str, Callable[[], bytes], str]]
) -> None:
    made = [(f"{number}-{name}", data()) for number, (name, data, _) in enumerate(half)]
    report = uploaded(client, *made, ("crane.txt", b"Crane\n\nThe crane lifts forty tonnes."))
    assert report["added"] == 1
    failed = {Path(one["source"]).name: str(one) for one in report["failed"]}
    assert failed.keys() == {name for name, _ in made}
    for (name, _), (_, _, word) in zip(made, half, strict=True):
        assert word in failed[name]
    assert site.settings.data_dir.as_posix() not in str(report)


def test_an_entity_or_a_link_to_a_file_of_the_machine_shows_nothing_of_it(
    client: httpx.Client, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("zanzibar-secret")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    names = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "text")
    )
    odt = (
        f"{entity}<office:document-content {names}><office:body><office:text><text:p>The lake &e; opens.</text:p>"
        "</office:text></office:body></office:document-content>"
    )
    frame = f"<iframe src='{secret.as_uri()}'></iframe>"
    page = f"{entity}<html><body><h1>Lake</h1><p>The lake &e; opens in May.</p>{frame}"
    uploaded(
        client,
        ("lake.odt", zipped({"content.xml": odt})),
        ("lake.xhtml", f"{page}</body></html>".encode()),
        ("lake.md", f"# Lake\n\n![x]({secret.as_uri()})\n\nThe lake opens.".encode()),
    )
    listed = client.get(f"{PREFIX}/articles").json()["articles"]
    shown = [client.get(f"{PREFIX}/articles/{one['article_id']}").text for one in listed]
    assert any("lake" in one for one in shown)
    assert not any("zanzibar-secret" in one for one in shown)


def test_an_address_that_is_given_leads_the_server_nowhere(client: httpx.Client) -> None:
    with web_site() as web:
        web.pages["/"] = answer(b"<p>inside</p>")
        new = {"title": "x", "text": f"See {web.url}/ and more.", "url": f"{web.url}/"}
        assert client.post(f"{PREFIX}/articles", json=new).status_code == 201
        opml = f'<opml version="2.0"><body><outline type="rss" xmlUrl="{web.url}/feed"/></body></opml>'
        uploaded(
            client,
            ("feeds.opml", opml.encode()),
            ("a.html", f"<img src='{web.url}/p.png'><p>{'Words. ' * 40}</p>".encode()),
        )
        assert web.asked == []


def test_a_backup_is_no_document(client: httpx.Client) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../../library.db")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"bytes"))
    report = uploaded(client, ("topicbot-backup.tar.gz", made.getvalue()))
    (failed,) = report["failed"]
    assert "topicbot-backup.tar.gz" in failed["source"]
    assert report["added"] == 0


def test_a_damaged_article_is_not_quoted(client: httpx.Client, site: Site) -> None:
    with site.library.database.writing() as connection:
        connection.exec_driver_sql("UPDATE paragraph SET text = replace(text, 'two piers', 'six piers')")
    for path in ("/articles/harbour", "/articles/harbour/summary"):
        found = client.get(f"{PREFIX}{path}")
        assert "six piers" not in found.text
        assert found.headers["content-type"] == "application/problem+json"
        assert "topicbot" in found.json()["detail"]
    assert "six piers" not in client.get("/articles/harbour").text


def test_a_token_that_is_revoked_in_the_middle_ends_everything_that_it_began(site: Site) -> None:
    secret = token(site, write=True)
    with served(site, login=True) as client:
        assert client.post("/login", data={"token": secret}).status_code == 303
        assert client.get("/articles").status_code == 200  # by the session that it began
        tagged = client.get(f"{PREFIX}/articles/harbour", headers=bearer(secret)).headers["etag"]
        revoke_all(site)
        assert client.get("/articles", headers={"Accept": "text/html"}).status_code in (303, 401)
        client.cookies.clear()
        requests: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", f"{PREFIX}/articles/harbour", {"headers": {**bearer(secret), "If-None-Match": tagged}}),
            ("POST", f"{PREFIX}/articles", {"json": {"title": "x", "text": "y"}, "headers": bearer(secret)}),
            ("DELETE", f"{PREFIX}/articles/harbour", {"headers": bearer(secret)}),
            ("POST", "/mcp", {"json": {}, "headers": bearer(secret)}),
        ]
        for method, path, more in requests:
            assert client.request(method, path, **more).status_code == 401, (method, path)
    assert site.library.local.article("harbour")


def test_an_article_that_is_removed_while_it_is_read_is_gone_from_every_door(client: httpx.Client) -> None:
    path = f"{PREFIX}/articles/harbour"
    tagged = client.get(path).headers["etag"]
    listed = client.get(f"{PREFIX}/articles?limit=1")
    following = listed.links["next"]["url"]
    shown = listed.json()["articles"][0]["article_id"]
    for one in {"harbour", shown}:
        assert client.delete(f"{PREFIX}/articles/{one}").status_code == 200
    assert client.get(path, headers={"If-None-Match": tagged}).status_code == 404
    assert client.get(f"{path}/summary").status_code == 404
    assert client.get("/articles/harbour?mark=1-0-5&summary=1").status_code == 404
    assert client.delete(path).status_code == 404
    assert client.get(following).status_code == 200
    assert "harbour" not in client.get("/suggest?q=harb").text.casefold()


@pytest.mark.parametrize("article_id", ["theirs", "board", "../theirs", "theirs%00", "THEIRS", "theirs/summary"])
@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD"])
def test_no_spelling_of_an_id_reaches_another_workspace(site: Site, article_id: str, method: str) -> None:
    with served(site, login=True) as client:
        head = bearer(token(site, "default", write=True))
        found = client.request(method, f"{PREFIX}/articles/{article_id}", headers=head)
        assert found.status_code in (400, 404)
        assert "zeppelin" not in found.text
    assert site.library.of(OTHER).article("theirs")
    assert site.library.local.article("board")
