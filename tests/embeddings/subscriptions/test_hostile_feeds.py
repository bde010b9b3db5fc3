"""Feeds of odd servers: huge ones, ones that change each time, redirects, and what a refresh asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest

from embeddings.subscriptions import refresh
from embeddings.types import Outcome
from tests.embeddings.subscriptions.test_refresh import Desk
from tests.feeds import BEGIN, Item, lay_feed, lay_news, tagged, words
from tests.site import Answer, Site, answer, redirect, web_site

CONDITIONS = ("If-None-Match", "If-Modified-Since")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "library")
    yield made
    made.library.close()


def dated(body: bytes, kind: str) -> Answer:
    """An answer with the time of its last change and no ETag, or 304 to who has it already."""
    changed = format_datetime(BEGIN, usegmt=True)

    def send(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-Modified-Since") == changed:
            answer(status=304)(request)
        else:
            answer(body, Last_Modified=changed, Content_Type=kind)(request)

    return send


def lay_all_kinds(site: Site) -> list[str]:
    """Put feeds of every format there, with pages, without, and with links that lead to the front page."""
    atom = (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Quint notes</title><id>q</id>'
        f'<entry><id>a1</id><title>Note</title><content type="text">{words("note")}</content></entry></feed>'
    )
    entries = [{"id": str(n), "title": f"Card {n}", "content_text": words(f"card {n}")} for n in range(3)]
    cards = {"title": "Cards", "items": entries, "version": "https://jsonfeed.org/version/1.1"}
    site.pages["/notes.atom"] = dated(atom.encode(), "application/atom+xml")
    site.pages["/cards.json"] = tagged(json.dumps(cards).encode(), "application/feed+json")
    site.pages["/gone.html"] = redirect("/")
    return [
        lay_feed(site, "/news", "News", lay_news(site, "n", 4)),
        lay_feed(site, "/gone", "Gone", [Item("gone", "Gone", path="/gone.html", text=words("gone own"))]),
        lay_feed(site, "/versions", "Versions", [
            Item(f"v{n}", f"Version {n}", path=f"/all.html#v{n}", text=words(f"v{n}")) for n in range(3)
        ]),
        f"{site.url}/notes.atom",
        f"{site.url}/cards.json",
    ]  # fmt: skip


def test_refreshing_all_again_sends_only_conditional_requests(desk: Desk, site: Site) -> None:
    urls = lay_all_kinds(site)
    added = sum(desk.look(url).counts[Outcome.ADDED] for url in urls)
    assert added == 4 + 1 + 3 + 1 + 3
    site.asked.clear()
    site.headers.clear()
    desk.now += timedelta(days=1)
    assert [desk.look(url).counts[Outcome.ADDED] for url in urls] == [0] * len(urls)
    assert len(site.headers) == len(urls)
    assert all(any(name in headers for name in CONDITIONS) for headers in site.headers)


@pytest.mark.slow
def test_ten_thousand_entries_come_by_and_by_within_bounds(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MOST_NEW", 40)
    entries = [
        Item(f"e{n}", f"Entry {n}", path=None, text=f"Entry {n} says one thing.", date=BEGIN + timedelta(hours=n))
        for n in range(10_000)
    ]
    url = lay_feed(site, "/feed", "Long", entries)
    started = process_time()
    first = desk.look(url)
    assert process_time() - started < 60
    assert first.counts[Outcome.ADDED] == refresh.MOST_NEW
    assert first.left_out == {refresh.WAITING: 10_000 - refresh.MOST_NEW}
    assert "Entry 9999" in desk.titles()
    again = desk.look(url)
    assert (again.counts[Outcome.ADDED], again.counts[Outcome.UPDATED]) == (refresh.MOST_NEW, 0)


@pytest.mark.parametrize("year", ["9999", "0001", "1970"])
def test_a_year_that_means_none_is_no_date(desk: Desk, site: Site, year: str) -> None:
    item = (
        f"<item><guid>a</guid><title>A</title><pubDate>{year}-01-01T00:00:00Z</pubDate><description>{words('a')}"
    )
    rss = f'<rss version="2.0"><channel><title>T</title>{item}</description></item></channel></rss>'
    site.pages["/feed"] = tagged(rss.encode(), "application/rss+xml")
    desk.look(f"{site.url}/feed")
    assert [one.citation.published_at for one in desk.library.local.articles()] == [None]


def test_a_source_that_answers_differently_each_time_adds_nothing_twice(desk: Desk, site: Site) -> None:
    times = 0

    def changing(request: BaseHTTPRequestHandler) -> None:
        nonlocal times
        times += 1
        names = ["a", "b", "c"][times % 3 :] + ["a", "b", "c"][: times % 3]
        laid = [
            Item(one, f"Title {one}", path=None, text=f"{words(one)} Read {times} times.", guid=f"{one}-{times}")
            for one in names
        ]
        body = hashlib.sha256(str(times).encode()).hexdigest()
        lay_feed(site, "/made", f"Quint {body}", laid)
        site.pages["/made"](request)

    site.pages["/feed"] = changing
    assert desk.look(f"{site.url}/feed").counts[Outcome.ADDED] == 3
    for _ in range(4):
        desk.now += timedelta(hours=1)
        assert desk.look(f"{site.url}/feed").counts[Outcome.ADDED] == 0
    assert desk.titles() == ["Title a", "Title b", "Title c"]


def test_a_feed_behind_redirects_among_five_hosts_is_read_and_a_ring_of_them_is_refused(desk: Desk) -> None:
    with ExitStack() as stack:
        sites = [stack.enter_context(web_site()) for _ in range(5)]
        for one, other in pairwise(sites):
            one.pages["/feed"] = redirect(f"{other.url}/feed")
            one.pages["/ring"] = redirect(f"{other.url}/ring")
        sites[-1].pages["/ring"] = redirect(f"{sites[0].url}/ring")
        own = [replace(one, path=None, text=words(one.name)) for one in (Item("a", "A"), Item("b", "B"))]
        lay_feed(sites[-1], "/feed", "Far away", own)
        assert desk.look(f"{sites[0].url}/feed").counts[Outcome.ADDED] == 2
        ring = desk.look(f"{sites[0].url}/ring")
        assert ring.error is not None
        assert "redirect" in ring.error
        assert sum(len(one.asked) for one in sites) < 40
