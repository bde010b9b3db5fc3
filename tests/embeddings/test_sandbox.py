"""Documents made to do harm: they are told as errors, and nothing else stands still or goes wrong meanwhile."""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
import time
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from embeddings import sandbox, wire
from embeddings.errors import FetchError, SourceError
from embeddings.ingest.feed import read_feed
from embeddings.ingest.files import decode
from embeddings.ingest.html import meta_refresh, read_page, root_of
from embeddings.ingest.markdown import read_markdown
from embeddings.ingest.pages import fetch
from embeddings.ingest.plain import read_plain
from embeddings.sandbox import run_sandboxed
from embeddings.types import Article, Citation, Outcome, Paragraph
from embeddings.web.downloader import Downloader
from embeddings.wire import WireError
from tests.site import LOCAL, TEXTS, Site, answer, page

pytestmark = pytest.mark.slow
PATH = Path("page.html")


PROSE = "".join(f"<p>{text}</p>" for text in TEXTS)


def test_what_takes_too_long_is_given_up_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 0.3)
    with pytest.raises(SourceError, match="x: takes longer than"):
        run_sandboxed("x", time.sleep, 60)
    monkeypatch.undo()
    assert run_sandboxed("x", len, "abc") == 3


def test_what_takes_too_much_memory_or_ends_its_process_is_given_up() -> None:
    with pytest.raises(SourceError, match="x: can't be read"):
        run_sandboxed("x", bytes, 4_000_000_000)
    with pytest.raises(SourceError, match="x: can't be read"):
        run_sandboxed("x", os._exit, 3)
    assert run_sandboxed("x", len, "abc") == 3


def test_errors_come_back_as_what_they_are() -> None:
    with pytest.raises(SourceError, match="no paragraph below its title") as raised:
        run_sandboxed("x", read_plain, "A title", PATH)
    assert raised.value.source == "page.html"
    with pytest.raises(SourceError, match=r"x: can't be read \(ZeroDivisionError\)"):
        run_sandboxed("x", divmod, 1, 0)
    assert isinstance(FetchError("x", "y").__reduce__()[0]("x", "y"), FetchError)


@pytest.mark.parametrize(
    ("content", "leads"),
    [
        ("0;" + " " * 2_000_000, None),
        ("0;url=" + "'" * 100_000, None),
        ("9" * 100_000 + "; url=/a", None),
        ("0; url=/a", "/a"),
        ("5 , URL='/a b'", "/ab"),
        ("0;/a", "/a"),
        ("30;url=/a", None),
        ("1.5;url=/a", "/a"),
    ],
)
def test_where_a_page_leads_on_is_told_at_once(content: str, leads: str | None) -> None:
    head = f'<meta http-equiv="refresh" content="{content}">'
    assert meta_refresh(root_of(f"<html><head>{head}</head><body></body></html>")) == leads


def test_linked_data_that_never_ends_is_left_out() -> None:
    endless = '<script type="application/ld+json">{"headline":"' + '\\"' * 200_000 + "</script>"
    found = read_page(f"<html><head><title>T</title>{endless}</head><body>{PROSE}</body></html>", PATH)
    assert [one.text for one in found.paragraphs] == list(TEXTS)
    stated = f'<script type="application/ld+json">{json.dumps({"datePublished": "2026-11-02"})}</script>'
    found = read_page(f"<html><head><title>T</title>{stated}</head><body>{PROSE}</body></html>", PATH)
    assert found.published_at == "2026-11-02"


def test_front_matter_can_t_grow() -> None:
    bomb = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]" for n in range(9))
    with pytest.raises(SourceError, match="aliases"):
        read_markdown(f"---\ntitle: *a8\n{bomb}\n---\nA paragraph.", PATH)
    with pytest.raises(SourceError, match="more than 16,000 characters"):
        read_markdown(f"---\ntitle: {'x' * 20_000}\n---\nA paragraph.", PATH)
    with pytest.raises(SourceError, match="not valid YAML"):
        read_markdown(f"---\ntitle: {'[' * 10_000}\n---\nA paragraph.", PATH)


@pytest.mark.parametrize("charset", "undefined punycode idna unicode_escape utf-7 hex rot13 nope".split())
def test_encodings_that_no_text_has_are_passed_over(charset: str) -> None:
    assert decode("Größe im Hafen".encode("cp1252") * 3, "x", charset) == "Größe im Hafen" * 3


def test_any_number_of_lines_of_keywords_is_read() -> None:
    lines = "\n".join(["a, b, c, d"] * 5000)
    assert read_plain(f"{lines}\n\nThe road opened on Monday, said the mayor.", PATH).paragraphs


ODD_JSON = (
    b'{"version":"https://jsonfeed.org/version/1.1","title":"\\ud800 T","items":'
    b'[{"id":"\\ud800","title":"\\ud800 a","url":"http://[","content_text":"x y"}]}'
)


ODD_RSS = (
    b'<rss version="2.0"><channel><title>&#xD800; T</title><ttl>%s</ttl><item><guid>1</guid>'
    b"<title>&#xD800; a</title><description>x y</description></item></channel></rss>"
)


@pytest.mark.parametrize("feed", [ODD_JSON, ODD_RSS % b"999999999999999", ODD_RSS % (b"9" * 6000)])
def test_feeds_of_what_can_t_be_stored_are_read(feed: bytes) -> None:
    found = read_feed(feed, "https://a.example/feed")
    (entry,) = found.entries
    assert (found.title[-1], entry.title[-1], "x y" in entry.content) == ("T", "a", True)
    assert (found.every or 0) <= 7 * 86_400
    for text in (found.title, entry.title, entry.content, entry.guid or ""):
        text.encode("utf-8")


def test_a_page_says_neither_what_the_library_calls_it_nor_where_it_goes(site: Site) -> None:
    text = "---\nid: policy-7\ncollection: hr\ntitle: Mine\n---\nThe road opened on Monday, said the mayor."
    site.pages["/page.md"] = answer(text.encode(), Content_Type="text/markdown")
    found = fetch(f"{site.url}/page.md", Downloader(LOCAL))
    assert (found.title, found.id, found.collection) == ("Mine", None, None)


def test_a_page_of_endless_paragraphs_is_refused(site: Site) -> None:
    rows = "".join(f"<p>Sentence {number} stands here for nothing, and ends.</p>" for number in range(5100))
    site.pages["/page.html"] = answer(f"<html><body><article>{rows}</article></body></html>".encode())
    with pytest.raises(SourceError, match="more than 5,000 paragraphs"):
        fetch(f"{site.url}/page.html", Downloader(LOCAL))


def test_an_allowed_host_is_not_for_pages_from_outside(site: Site) -> None:
    site.pages["/page.html"] = answer(page())
    downloader = Downloader(LOCAL)
    with pytest.raises(SourceError, match="not a public address"):
        downloader.get(f"{site.url}/page.html", via="https://public.example/feed")
    assert site.asked == []
    assert downloader.get(f"{site.url}/page.html", via=f"{site.url}/feed").body == page()


def test_a_host_can_be_allowed_for_one_port(site: Site) -> None:
    site.pages["/page.html"] = answer(page())
    assert Downloader([f"127.0.0.1:{site.port}"]).get(f"{site.url}/page.html").body == page()
    with pytest.raises(SourceError, match="not a public address"):
        Downloader(["127.0.0.1:1"]).get(f"{site.url}/page.html")


def test_robots_are_forgotten_when_there_are_too_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from embeddings.web import downloader as download

    monkeypatch.setattr(download, "_ROBOTS_SITES", 3)
    downloader = Downloader(LOCAL)
    for number in range(6):
        downloader.robots[f"https://{number}.example"] = download.Robots("", downloader._now())
    site.pages["/page.html"] = answer(page())
    downloader.get(f"{site.url}/page.html")
    assert len(downloader.robots) <= 3
    assert site.url in downloader.robots


def _environment_there() -> str:
    return json.dumps(dict(os.environ))


def test_a_worker_sees_none_of_the_programs_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("TOPICBOT_DATABASE_URL", "postgresql://u:secret@db/t")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("ANYTHING_NEW", "secret")
    worker = sandbox.Worker()
    try:
        seen = json.loads(worker.call(_environment_there))
    finally:
        worker.end()
    assert "PATH" in seen
    assert not [name for name, value in seen.items() if "secret" in value]


VALUES = [
    None, True, 7, 1.5, "\ud800 \u202e ü", b"\x00\xff", [1, [2]], (1, ("a",)), {"a": (1,), 2: b"b"},
    frozenset({1, 2}),    Path("a/b"), datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2), Outcome.ADDED,
    timedelta(days=2, milliseconds=7),
    Article("T", (Paragraph("x", "h", 3, True, "iv"),), "a", also_at=(Citation("a", "T"),)),
]  # fmt: skip


class _Text(str):
    """As a parser gives it."""


def test_texts_of_a_parser_arrive_as_plain_ones() -> None:
    found = wire.unpack(wire.pack([_Text("a")]), from_worker=True)
    assert (found, type(found[0])) == (["a"], str)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_goes_over_the_wire_arrives_as_it_was(value: object) -> None:
    assert wire.unpack(wire.pack((True, value)), from_worker=True) == (True, value)


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/never",)


HOSTILE = [
    pickle.dumps(_Evil()),
    b'{"kind": "named", "value": ["os", "system"]}',
    b'{"kind": "dataclass", "value": ["subprocess", "Popen", {"args": "id"}]}',
    b'{"kind": "dataclass", "value": ["embeddings.sandbox", "Worker", {}]}',
    b'{"kind": "dataclass", "value": ["embeddings.sandbox", "subprocess.Popen", {"args": "id"}]}',
    b'{"kind": "error", "value": ["builtins", "SystemExit", []]}',
    b'{"kind": "error", "value": ["embeddings.errors", "Sequence", []]}',
    b'{"kind": "enum", "value": ["embeddings.types", "Article", "x"]}',
    b'{"kind": "dataclass", "value": ["embeddings.types", "Article", {"nothing": 1}]}',
    b'{"kind": "path", "value": 3}',
    b'{"kind": "nothing", "value": []}',
    b'{"a": 1}',
    b"[" * 100_000,
    b"",
]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_worker_sends_is_never_run(message: bytes) -> None:
    with pytest.raises(WireError):
        wire.unpack(message, from_worker=True)


def _take_over() -> None:
    """Answer as a worker does that a document has taken over: by a pickle, on the pipe itself."""
    answer = pickle.dumps((True, _Evil()))
    Connection(int(sys.argv[1]) if len(sys.argv) > 1 else 0).send_bytes(answer)


def test_a_worker_that_was_taken_over_can_only_fail() -> None:
    worker = sandbox.Worker()
    try:
        with pytest.raises(sandbox.WorkerError, match="can't be read"):
            worker.call(_take_over)
    finally:
        worker.end()


def test_nothing_of_the_sandbox_unpickles() -> None:
    for module in (sandbox, wire):
        source = Path(module.__file__ or "").read_text()
        assert not re.search(r"pickle|\.recv\(\)|\.send\(", source)
