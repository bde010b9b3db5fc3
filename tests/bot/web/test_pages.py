"""The pages: an answer with its sentence marked, a citation that opens at its paragraph, text that stays text."""

from __future__ import annotations

import re

import httpx

from bot.web.callers import Site
from bot.web.pages import local_path
from bot.web.render import original


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


def test_a_login_leads_nowhere_else() -> None:
    assert local_path("/articles/x?mark=1-2-3") == "/articles/x?mark=1-2-3"
    for foreign in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""):
        assert local_path(foreign) == "/"
