"""The pages: an answer with its sentence marked, a citation that opens at its paragraph, text that stays text."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection

import httpx
import pytest
from pydantic import SecretStr

from bot.web.access.callers import Site
from bot.web.render import local_path, original
from tests.bot.web.conftest import bearer, served, token


def zipped(name: str, size: int) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * size)
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


def test_a_script_that_sends_too_many_files_is_answered_in_json(client: httpx.Client) -> None:
    files = [("files", (f"{number}.txt", b"The crane\n\nA crane came.")) for number in range(21)]
    refused = client.post("/add", files=files, headers={"Accept": "application/json"})
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert "20" in refused.json()["detail"]
    page = client.post("/add", files=files, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")


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
        ("bomb.docx", partial(zipped, "word/document.xml", 200_000_000)),
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
    client: httpx.Client, site: Site, name: str, data: bytes | Callable[[], bytes]
) -> None:
    body = data() if callable(data) else data
    found = client.post("/add", files={"files": (name, body)}, headers={"Accept": "application/json"})
    assert found.status_code == 200, found.text
    assert found.json()["added"] + len(found.json()["failed"]) == 1
    assert not any(site.settings.data_dir.as_posix() in one["source"] for one in found.json()["failed"])
    assert "<script>alert" not in client.get("/?q=zebras").text
    assert client.get("/articles").status_code == 200


def test_a_login_leads_nowhere_else() -> None:
    assert local_path("/articles/x?mark=1-2-3") == "/articles/x?mark=1-2-3"
    for foreign in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""):
        assert local_path(foreign) == "/"


def test_a_file_of_many_megabytes_is_added_without_being_held_in_memory(client: httpx.Client, site: Site) -> None:
    line = {"title": "Crane", "text": "The crane lifts forty tonnes.", "id": "crane"}
    data = (json.dumps(line) + "\n").encode() + b" " * 5_000_000 + b"\n"
    found = client.post("/add", files={"files": ("large.jsonl", data)}, headers={"Accept": "application/json"})
    assert found.status_code == 200, found.text
    assert found.json()["added"] == 1
    assert site.library.local.article("crane")


def test_an_upload_may_take_longer_than_another_request(client: httpx.Client) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="slow.txt"\r\n\r\nSlow\n\nThe crane '
    end = b"came late.\r\n--x--\r\n"
    asked = HTTPConnection(client.base_url.host, client.base_url.port or 0)
    asked.putrequest("POST", "/add")
    asked.putheader("Content-Length", str(len(head) + 4 + len(end)))
    asked.putheader("Content-Type", "multipart/form-data; boundary=x")
    asked.putheader("Accept", "application/json")
    asked.endheaders()
    asked.send(head)
    for _ in range(4):  # six seconds in all; elsewhere a request has five
        time.sleep(1.5)
        asked.send(b" ")
    asked.send(end)
    with closing(asked), asked.getresponse() as found:
        assert json.loads(found.read())["added"] == 1


def test_titles_are_suggested_by_how_their_words_begin(client: httpx.Client, site: Site) -> None:
    site.library.local.add({"title": "Zeppelin harbour opens", "text": "It opened.", "published_at": "2024-05-01"})
    site.library.local.add({"title": "100% of harbours", "text": "All of them."})

    def suggested(typed: str) -> list[str]:
        found: list[str] = client.get("/suggest", params={"q": typed}).json()["suggestions"]
        return found

    assert suggested("who opened the harb") == []
    assert suggested("harb") == ["Zeppelin harbour opens", "<script>alert(1)</script> Harbour", "100% of harbours"]
    assert suggested("HARBOUR zepp") == ["Zeppelin harbour opens"]
    assert suggested("arbour") == []
    assert suggested("h") == suggested("") == suggested("%") == suggested("_____") == []


def test_what_is_asked_is_narrowed_by_source_and_period(client: httpx.Client, site: Site) -> None:
    for number, source in ((1, "Morning Post"), (2, "Evening News")):
        site.library.local.add(
            {
                "title": f"Crane {number}",
                "text": f"The crane lifts {number}0 tonnes.",
                "source": source,
                "published_at": f"2024-0{number}-01",
            }
        )
    question = {"q": "how many tonnes does the crane lift?"}
    page = client.get("/", params={**question, "source": "Evening News"}).text
    assert "<option selected>Evening News</option>" in page
    assert "20 tonnes" in page
    assert "10 tonnes" not in page
    assert "20 tonnes" not in client.get("/", params={**question, "until": "2024-01-31"}).text
    found = client.get("/api/v1/ask", params={**question, "source": "Morning Post", "k": 9}).json()
    assert {one["source"] for one in found["passages"]} == {"Morning Post"}
    assert client.get("/api/v1/ask", params={**question, "source": "none"}).json()["answered"] is False
    assert "Crane 1" not in client.get("/stories", params={"source": "Evening News"}).text


def test_a_subject_has_a_timeline_and_a_chart_that_the_server_draws(client: httpx.Client, site: Site) -> None:
    for month in range(1, 6):
        site.library.local.add(
            {
                "title": f"Alibaba report {month}",
                "text": f"Alibaba pledged {month}0 billion yuan in month {month}.\n\nAlibaba has {month} ports.",
                "published_at": f"2024-0{month}-01",
                "source": f"Paper {month}",
            }
        )
    page = client.get("/topic", params={"q": "Alibaba"}).text
    assert page.count("<svg") == 2
    assert page.count("<circle") == 5
    assert re.search(r"<rect [^>]*><title>2024-0\d-\d\d: \d", page)


def test_the_settings_in_use_are_shown_without_secrets(site: Site) -> None:
    chosen = site.settings.model_copy(update={"slack_bot_token": SecretStr("xoxb-very-secret")})
    with served(replace(site, settings=chosen)) as client:
        page = client.get("/settings").text
    assert "SLACK_BOT_TOKEN" in page
    assert "xoxb-very-secret" not in page
    assert str(site.settings.data_dir) in page
    with served(site, login=True) as client:
        assert client.get("/settings", headers=bearer(token(site))).status_code == 403


FRENCH = {"Accept-Language": "ja, fr-CA;q=0.9, de;q=0.2"}


def test_a_page_is_in_the_browser_s_language(client: httpx.Client) -> None:
    page = client.get("/", params={"q": "how many piers has the harbour?"}, headers=FRENCH)
    assert '<html lang="fr">' in page.text
    assert "Interroger la bibliothèque" in page.text
    assert "Ce qui précède et ce qui suit" in page.text
    assert "<mark>The harbour has two piers &amp; a crane.</mark>" in page.text
    assert page.headers["vary"] == "Accept-Language"
    for path, said in (
        ("/topic?q=harbour", "Résumer un sujet"),
        ("/stories", "les plus récentes d’abord"),
        ("/sources", "<code>topicbot sources add URL</code>"),
        ("/articles", "Mots du titre"),
        ("/add", "Ajouter des articles"),
        ("/settings", "Paramètres"),
        ("/articles/nothing", "Introuvable"),
        ("/articles/nothing", "Il n’y a pas d’article"),
        ("/?q=" + "a" * 3000, "La question compte"),
    ):
        assert said in client.get(path, headers=FRENCH).text, path


def test_a_language_that_no_catalogue_has_gets_english(client: httpx.Client) -> None:
    page = client.get("/", headers={"Accept-Language": "ja, xx-YY"})
    assert '<html lang="en">' in page.text
    assert "Ask the library" in page.text
    assert '<html lang="en">' in client.get("/").text


def test_programs_are_answered_in_english_whatever_they_accept(client: httpx.Client) -> None:
    problem = client.get("/api/v1/articles/nothing", headers=FRENCH).json()
    assert problem["title"] == "Not Found"
    assert problem["detail"].startswith("There is no article")
