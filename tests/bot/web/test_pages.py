"""The pages: an answer with its sentence marked, a citation that opens at its paragraph, text that stays text."""

from __future__ import annotations

import io
import re
import zipfile

import httpx
import pytest

from bot.web.access.callers import Site
from bot.web.render import local_path, original


def zipped(name: str, data: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return kept.getvalue()


def test_a_question_is_answered_with_the_sentence_marked_and_neighbours(client: httpx.Client) -> None:
    page = client.get("/", params={"q": "how many piers has the harbour?"})
    assert "<mark>The harbour has two piers &amp; a crane.</mark>" in page.text
    assert "It rained." in page.text
    assert "It was dusk." in page.text
    assert "https://example.org/harbour#:~:text=" in page.text


def test_a_citation_opens_the_article_at_its_paragraph(client: httpx.Client) -> None:
    page = client.get("/", params={"q": "how many piers has the harbour?"}).text
    link = re.search(r'href="(/articles/harbour\?mark=[^"]+#p1)"', page)
    assert link
    article = client.get(link[1].replace("&amp;", "&")).text
    assert 'id="p1" class="cited"' in article
    assert "<mark>The harbour has two piers &amp; a crane.</mark>" in article


def test_article_text_is_text_and_nothing_foreign_runs(client: httpx.Client) -> None:
    for path in ("/", "/?q=harbour", "/topic?q=harbour", "/stories", "/articles", "/articles/harbour"):
        page = client.get(path)
        assert page.status_code == 200, page.text
        assert "<script>alert" not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r'(src|href)="(?!/|#|https://example\.org)', page.text)
        assert "style=" not in page.text
        assert not re.search(r"<script(?! src)", page.text)


def test_links_lead_to_the_web_alone() -> None:
    assert original("javascript:alert(1)") is None
    assert original("data:text/html,x", "words") is None
    assert (
        original("https://a.example/x#y", "one-two, three") == "https://a.example/x#y:~:text=one%2Dtwo%2C%20three"
    )


def test_what_is_wrong_is_said_on_the_page(client: httpx.Client) -> None:
    assert client.get("/", params={"q": "???"}).status_code == 200
    assert client.get("/articles/none").status_code == 404
    assert client.get("/articles/harbour?mark=9-9-9x").status_code == 200
    assert client.get("/?q=x&since=soon").status_code == 400
    assert client.get("/articles?page=0").status_code == 200


def test_files_are_uploaded(client: httpx.Client, site: Site) -> None:
    files = [("files", ("crane.txt", b"The crane\n\nA crane came.")), ("files", ("../bad.bin", b"\x00\x01"))]
    page = client.post("/add", files=files, data={"collection": "birds"})
    assert "1 added" in page.text
    assert "bad.bin" in page.text
    assert site.library.local.articles("birds")
    again = client.post("/add", files=files[:1], headers={"Accept": "application/json"}).json()
    assert again["failed"] == []


def test_an_article_removed_while_its_answer_is_read_is_gone_in_plain_words(client: httpx.Client) -> None:
    page = client.get("/", params={"q": "how many piers has the harbour?"}).text
    link = re.search(r'href="(/articles/harbour\?mark=[^"]+)#p1"', page)
    assert link
    client.delete("/api/v1/articles/harbour")
    gone = client.get(link[1].replace("&amp;", "&"))
    assert gone.status_code == 404
    assert "<h1>Not Found</h1>" in gone.text
    assert "two piers" not in client.get("/", params={"q": "how many piers has the harbour?"}).text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.docx", zipped("word/document.xml", b"0" * 200_000_000)),
        ("broken.pdf", b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj\ntrailer<</Root 1 0 R>>"),
        ("laughs.xml", b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'),
        ("liar.pdf", b"MZ\x00\x01" * 100),
        ("deep.html", b"<div>" * 100_000 + b"words"),
        (
            "script.html",
            b"<title>T</title><p>Zebras <script>alert(1)</script>&lt;script&gt;alert(2)&lt;/script&gt;</p>",
        ),
        ("..\\..\\etc\\passwd\x00.txt", b"Zebras.\n\nZebras graze."),
    ],
)
def test_a_hostile_document_is_refused_or_added_as_text(
    client: httpx.Client, site: Site, name: str, data: bytes
) -> None:
    found = client.post("/add", files={"files": (name, data)}, headers={"Accept": "application/json"})
    assert found.status_code == 200, found.text
    assert found.json()["added"] + len(found.json()["failed"]) == 1
    assert not any(site.settings.data_dir.as_posix() in one["source"] for one in found.json()["failed"])
    assert "<script>alert" not in client.get("/?q=zebras").text
    assert client.get("/articles").status_code == 200


def test_a_login_leads_nowhere_else() -> None:
    assert local_path("/articles/x?mark=1-2-3") == "/articles/x?mark=1-2-3"
    for foreign in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""):
        assert local_path(foreign) == "/"
