"""Feeds over a local site: every good entry once, whatever fails, changes or comes again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.exporter import lines
from embeddings.ingest.jsonl import Subscription
from embeddings.ingest.pages import fetch
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.subscriptions import store
from embeddings.subscriptions.model import Kind, Source, SourceHealth
from embeddings.subscriptions.refresh import Refreshed
from embeddings.subscriptions.service import Sources
from embeddings.team import TeamLibrary
from embeddings.types import LOCAL_TEAM, Outcome
from tests.feeds import BEGIN, Item, lay_feed, lay_news, lay_page, words
from tests.hashed import HashedEncoder
from tests.site import LOCAL, Site, answer, redirect


class Desk:
    """A library with sources, whose clock the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2027, 3, 27, 12, tzinfo=UTC)
        self.library = Library(folder, HashedEncoder(), now=lambda: self.now)
        self.sources = Sources(self.library.local, LOCAL)

    def look(self, url: str, **fields: object) -> Refreshed:
        """Add the source, if it is new, and look at it."""
        source, _ = self.sources.add(url, **fields)  # type: ignore[arg-type]
        return self.sources.check(source)

    def titles(self) -> list[str]:
        return sorted(one.citation.title for one in self.library.local.articles())

    def source(self) -> Source:
        (found,) = self.sources.every()
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "library")
    yield made
    made.library.close()


def test_a_feed_brings_its_pages_and_then_only_what_is_new(desk: Desk, site: Site) -> None:
    items = lay_news(site, "n", 3)
    url = lay_feed(site, "/feed", "Quint Daily", items)
    first = desk.look(url)
    assert (first.counts[Outcome.ADDED], first.failed, first.error) == (3, [], None)
    assert desk.titles() == ["Title n-0", "Title n-1", "Title n-2"]
    one = desk.library.local.articles()[0].citation
    assert (one.source, one.url, one.published_at) == (
        "Quint Daily",
        f"{site.url}/n-2.html",
        "2027-03-01T10:00:00+00:00",
    )
    site.headers.clear()
    assert desk.look(url).counts[Outcome.ADDED] == 0
    assert [headers.get("If-None-Match") is not None for headers in site.headers] == [True]
    lay_feed(site, "/feed", "Quint Daily", [*lay_news(site, "n", 1, begin=3), *items])
    site.asked.clear()
    assert desk.look(url).counts[Outcome.ADDED] == 1
    assert [path for path, _ in site.asked] == ["/feed", "/n-3.html"]


def test_the_entry_s_own_text_is_taken_when_it_is_longer_or_the_page_refuses(desk: Desk, site: Site) -> None:
    long = " ".join(words(f"long {number}") for number in range(20))
    lay_page(site, "/teaser.html", "Teaser", words("teaser"))
    site.pages["/gone.html"] = answer(status=404)
    site.pages["/wall.html"] = answer(
        f"<html><body><p>{words('w')}</p><p>Subscribe to continue reading.</p></body></html>".encode()
    )
    items = [
        Item("teaser", "Teaser", text=f"<p>{long}</p>"),
        Item("gone", "Gone", text=words("own text of gone")),
        Item("wall", "Wall", text=words("own text of wall")),
        Item("none", "None", path=None, text=words("no page at all")),
    ]
    found = desk.look(lay_feed(site, "/feed", "Quint", items))
    assert found.counts[Outcome.ADDED] == 4
    texts = {
        one.citation.title: desk.library.local.article(one.citation.article_id).paragraphs[0].text
        for one in desk.library.local.articles()
    }
    assert texts == {
        "Teaser": long,
        "Gone": words("own text of gone"),
        "Wall": words("own text of wall"),
        "None": words("no page at all"),
    }


def test_entries_that_can_t_be_had_are_told_and_the_others_come(desk: Desk, site: Site) -> None:
    items = [*lay_news(site, "n", 2), Item("lost", "Lost"), Item("busy", "Busy")]
    site.pages["/busy.html"] = answer(status=503, Retry_After="1800")
    found = desk.look(lay_feed(site, "/feed", "Quint", items))
    assert found.counts[Outcome.ADDED] == 2
    assert sorted((url.rsplit("/", 1)[1], error.split(".")[0]) for url, error in found.failed) == [
        ("busy.html", "answers with status 503"),
        ("lost.html", "answers with status 404"),
    ]
    assert len(desk.sources.errors(desk.source())) == 2
    lay_page(site, "/busy.html", "Busy", words("busy at last"))
    lay_page(site, "/lost.html", "Lost", words("lost"))
    assert desk.look(f"{site.url}/feed").counts[Outcome.ADDED] == 0, "not before the server wants it"
    desk.now += timedelta(minutes=31)
    again = desk.look(f"{site.url}/feed")
    assert (again.counts[Outcome.ADDED], again.failed) == (1, []), "what is gone is not asked for again"
    assert "Busy" in desk.titles()


@pytest.mark.parametrize(
    "changed",
    [
        Item("a", "Title a", guid="a", path="/moved.html"),
        Item("a", "Another title", guid="a"),
        Item("a", "Title a", guid="another-guid", path="/moved.html"),
        Item("a", "Title a", guid=None, path="/moved.html"),
    ],
)
def test_an_entry_that_changes_is_updated_and_not_doubled(desk: Desk, site: Site, changed: Item) -> None:
    lay_page(site, "/a.html", "Title a", words("a"))
    url = lay_feed(site, "/feed", "Quint", [Item("a", "Title a", guid="a")])
    desk.look(url)
    own = desk.library.local.articles()[0].citation.article_id
    lay_page(site, "/moved.html", "Title a", words("a"), words("added later"))
    lay_page(site, "/a.html", "Title a", words("a"), words("added later"))
    lay_feed(site, "/feed", "Quint", [changed])
    assert desk.look(url).counts == {Outcome.ADDED: 0, Outcome.UPDATED: 1, Outcome.UNCHANGED: 0}
    (article,) = desk.library.local.articles()
    assert (article.citation.article_id, article.paragraphs) == (own, 2)
    assert article.citation.title == changed.title


def test_dates_in_the_future_are_not_believed_and_old_ones_are(desk: Desk, site: Site) -> None:
    items = [
        Item("future", "Future", path=None, text=words("future"), date=desk.now + timedelta(days=400)),
        Item("old", "Old", path=None, text=words("old"), date=datetime(2017, 3, 1, tzinfo=UTC)),
        Item("none", "None", path=None, text=words("none"), date=None),
    ]
    desk.look(lay_feed(site, "/feed", "Quint", items))
    dates = {one.citation.title: one.citation.published_at for one in desk.library.local.articles()}
    assert dates == {"Future": None, "Old": "2017-03-01T00:00:00+00:00", "None": None}


def test_the_same_page_in_two_feeds_is_one_article(desk: Desk, site: Site) -> None:
    (item,) = lay_news(site, "n", 1)
    desk.look(lay_feed(site, "/one", "One", [item]), collection="first")
    second = desk.look(
        lay_feed(site, "/two", "Two", [replace(item, guid="x", path="/n-0.html")]), collection="second"
    )
    assert second.counts[Outcome.ADDED] == 0
    (article,) = desk.library.local.articles()
    assert article.citation.collection == "first"


def test_a_feed_that_fails_for_a_week_is_paused(desk: Desk, site: Site) -> None:
    url = f"{site.url}/feed"
    site.pages["/feed"] = answer(status=500)
    desk.look(url)
    assert desk.source().health is SourceHealth.FAILING
    assert desk.sources.due() == []
    desk.now += timedelta(days=7)
    (due,) = desk.sources.due()
    assert desk.sources.check(due).error is not None
    assert (desk.source().health, desk.source().paused_by) == (SourceHealth.PAUSED, "topicbot")
    desk.now += timedelta(days=3)
    assert desk.sources.due() == []
    desk.sources.resume(desk.source().id)
    lay_feed(site, "/feed", "Quint", lay_news(site, "n", 1))
    assert desk.sources.check(desk.sources.due()[0]).counts[Outcome.ADDED] == 1


@pytest.mark.parametrize(
    ("status", "health"), [(410, SourceHealth.PAUSED), (404, SourceHealth.FAILING), (403, SourceHealth.FAILING)]
)
def test_a_feed_that_is_gone_for_good_is_paused_at_once(
    desk: Desk, site: Site, status: int, health: SourceHealth
) -> None:
    site.pages["/feed"] = answer(status=status)
    assert desk.look(f"{site.url}/feed").error
    assert desk.source().health is health


def test_a_feed_that_has_moved_for_good_is_asked_there(desk: Desk, site: Site) -> None:
    lay_feed(site, "/new", "Quint", lay_news(site, "n", 1))
    site.pages["/old"] = redirect("/new", 301)
    desk.look(f"{site.url}/old")
    assert desk.source().url == f"{site.url}/new"


def test_a_feed_that_became_a_page_is_an_error_and_not_an_article(desk: Desk, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint", [])
    desk.look(url)
    lay_page(site, "/feed", "Buy this domain", words("buy"))
    assert "not a feed" in (desk.look(url).error or "")
    assert desk.titles() == []


def test_a_page_is_looked_at_for_changes(desk: Desk, site: Site) -> None:
    url = lay_page(site, "/status.html", "Status", words("first"))
    address, fetched = desk.sources.look_up(url)
    source, _ = desk.sources.add(address, fetched=fetched)
    assert (source.kind, source.title) == (Kind.PAGE, "Status")
    assert desk.sources.check(source).counts[Outcome.ADDED] == 1
    lay_page(site, "/status.html", "Status", words("second"))
    assert desk.sources.check(desk.source()).counts[Outcome.UPDATED] == 1
    assert desk.sources.check(desk.source()).counts == dict.fromkeys(Outcome, 0)


def test_the_feed_that_a_page_names_is_found(desk: Desk, site: Site) -> None:
    lay_feed(site, "/feed.xml", "Quint", [])
    named = '<link rel="alternate" type="application/rss+xml" href="{}">'
    head = named.format("/dead.xml") + named.format("/feed.xml")
    site.pages["/"] = answer(f"<html><head>{head}</head><body></body></html>".encode())
    assert desk.sources.look_up(f"{site.url}/")[0] == f"{site.url}/feed.xml"


def test_a_first_import_is_quiet_and_what_comes_later_is_not(desk: Desk, site: Site) -> None:
    items = lay_news(site, "n", 2)
    url = lay_feed(site, "/feed", "Quint", items)
    desk.look(url)
    lay_feed(site, "/feed", "Quint", [*lay_news(site, "n", 1, begin=2), *items])
    desk.look(url)
    question = " ".join(words(f"n-{number}").split()[0] for number in range(3))
    loud = {one.citation.title for one in desk.library.local.ask(question, Scope(quiet=False)).passages}
    both = {one.citation.title for one in desk.library.local.ask(question).passages}
    assert loud == {"Title n-2"}
    assert both == {"Title n-0", "Title n-1", "Title n-2"}


def test_what_is_kept_for_days_goes_and_does_not_come_again(desk: Desk, site: Site) -> None:
    items = [
        Item("new", "New", path=None, text=words("new"), date=desk.now),
        Item("old", "Old", path=None, text=words("old"), date=BEGIN),
    ]
    url = lay_feed(site, "/feed", "Quint", items)
    desk.look(url, keep_days=10)
    assert desk.titles() == ["New"], "what would go at once is not added"
    desk.now += timedelta(days=11)
    assert desk.sources.expire() == 1
    assert desk.titles() == []
    site.pages["/feed"] = site.pages["/feed"]
    assert desk.look(url).counts[Outcome.ADDED] == 0
    assert desk.titles() == []


def test_removing_leaves_the_articles_and_purging_takes_what_no_other_brought(desk: Desk, site: Site) -> None:
    shared, own = lay_news(site, "n", 2)
    one = desk.look(lay_feed(site, "/one", "One", [shared, own])).source
    two = desk.look(lay_feed(site, "/two", "Two", [shared])).source
    assert desk.sources.remove(one.id, with_articles=True) == 1
    assert desk.titles() == [shared.title]
    assert desk.sources.remove(two.id) == 0
    assert desk.titles() == [shared.title]
    assert desk.sources.every() == []


def test_an_article_that_was_removed_by_hand_does_not_come_back(desk: Desk, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint", lay_news(site, "n", 1))
    desk.look(url)
    desk.library.local.remove(desk.library.local.articles()[0].citation.article_id)
    lay_feed(site, "/feed", "Quint, renamed", lay_news(site, "n", 1))
    desk.look(url)
    assert desk.titles() == []


@pytest.mark.slow
def test_many_feeds_with_some_failing(desk: Desk, site: Site) -> None:
    for number in range(100):
        if number % 10 == 3:
            site.pages[f"/feed{number}"] = answer(status=500)
        else:
            lay_feed(site, f"/feed{number}", f"Feed {number}", lay_news(site, f"f{number}", 2))
        desk.sources.add(f"{site.url}/feed{number}")
    results = list(desk.sources.refresh(desk.sources.due()))
    assert (
        sum(one.counts[Outcome.ADDED] for one in results) == len(desk.titles()) == len(set(desk.titles())) == 180
    )
    failing = {one.source.url.rsplit("/", 1)[1]: one.error for one in results if one.error}
    assert failing == {
        f"feed{n}": "answers with status 500. Open it in a browser to see why." for n in range(3, 100, 10)
    }
    site.headers.clear()
    site.asked.clear()
    desk.now += timedelta(minutes=59)
    list(desk.sources.refresh(desk.sources.due()))
    good = [
        headers
        for headers, (path, _) in zip(site.headers, site.asked, strict=True)
        if path not in {f"/{one}" for one in failing}
    ]
    assert len(good) == 90
    assert all("If-None-Match" in headers for headers in good)
    assert len(desk.titles()) == 180


def test_a_source_that_another_process_is_at_is_left_to_it(desk: Desk, site: Site) -> None:
    lay_feed(site, "/feed", "Quint", lay_news(site, "n", 1))
    source, _ = desk.sources.add(f"{site.url}/feed")
    with desk.library.database.writing() as connection:
        assert store.claim(connection, source, desk.now)
        assert not store.claim(connection, source, desk.now)
    assert desk.sources.check(source).busy
    desk.now += store.LEASE + timedelta(seconds=1)
    assert desk.sources.check(source).counts[Outcome.ADDED] == 1


def test_a_claim_of_a_process_that_died_holds_nobody_up(desk: Desk, site: Site) -> None:
    import subprocess
    import sys

    from sqlalchemy import text

    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lay_feed(site, "/feed", "Quint", lay_news(site, "n", 1))
    source, _ = desk.sources.add(f"{site.url}/feed")
    with desk.library.database.writing() as connection:
        assert store.claim(connection, source, desk.now)
        owner = connection.scalar(text("SELECT claimed_by FROM source")) or ""
        host, _, rest = str(owner).split(" ")
        connection.execute(text("UPDATE source SET claimed_by = :one"), {"one": f"{host} {ended.pid} {rest}"})
    assert desk.sources.check(source).counts[Outcome.ADDED] == 1


def test_a_source_that_was_paused_meanwhile_stays_so(desk: Desk, site: Site) -> None:
    lay_feed(site, "/feed", "Quint", [])
    source, _ = desk.sources.add(f"{site.url}/feed")
    desk.sources.pause(source.id, "U1")
    desk.sources.check(source)
    assert desk.source().paused_by == "U1"


def test_sources_of_another_team_are_not_seen(desk: Desk, site: Site) -> None:
    lay_feed(site, "/feed", "Quint", [])
    desk.sources.add(f"{site.url}/feed")
    assert Sources(desk.library.of("T2"), LOCAL).every() == []
    assert len(Sources(desk.library.of(LOCAL_TEAM), LOCAL).every()) == 1


def test_a_source_with_entries_that_wait_is_due_before_its_time(desk: Desk, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint", lay_news(site, "n", 5))
    source, _ = desk.sources.add(url)
    asked = iter([False, False, True, True, True, True])
    first = desk.sources.check(source, stopped=lambda: next(asked))
    assert first.counts[Outcome.ADDED] == 2
    (due,) = desk.sources.due()
    assert desk.sources.check(due).counts[Outcome.ADDED] == 3
    assert desk.sources.due() == []
    site.pages["/n-5.html"] = answer(status=503, Retry_After="1800")
    lay_feed(site, "/feed", "Quint", [Item("n-5", "Title n-5"), *lay_news(site, "n", 5)])
    desk.look(url)
    assert desk.sources.due() == []
    desk.now += timedelta(minutes=30)
    assert [one.url for one in desk.sources.due()] == [url]
    site.pages["/feed"] = answer(status=500)
    desk.look(url)
    assert desk.sources.due() == [], "one that fails is left alone, whatever waits"


@pytest.mark.parametrize("guid", [None, "the same for all"])
def test_entries_that_share_an_id_or_an_address_stay_apart_and_still(
    desk: Desk, site: Site, guid: str | None
) -> None:
    items = [
        Item(name, name, guid=guid, path=f"/{name}.html" if guid else "/index.html", text=words(f"{name} own", 40))
        for name in ("one", "two", "three")
    ]
    for item in items:
        lay_page(site, item.path or "", item.title, words(item.name))
    url = lay_feed(site, "/feed", "Quint", items)
    desk.look(url)
    before = desk.titles()
    assert before == ["one", "three", "two"]
    lay_feed(site, "/feed", "Quint, renamed", items)
    assert desk.look(url).counts == dict.fromkeys(Outcome, 0), "what is the same is not had again"
    more = Item("four", "four", guid=guid, path="/four.html", text=words("four own", 40))
    lay_page(site, "/four.html", "four", words("four"))
    lay_feed(site, "/feed", "Quint", [more, *items])
    assert desk.look(url).counts[Outcome.ADDED] == 1
    assert desk.titles() == sorted([*before, "four"])


def test_no_more_entries_are_had_than_wanted_and_the_rest_later(desk: Desk, site: Site) -> None:
    source, _ = desk.sources.add(lay_feed(site, "/feed", "Quint", lay_news(site, "n", 5)))
    (first,) = desk.sources.refresh([source], most=3)
    assert first.counts[Outcome.ADDED] == 3
    assert not desk.source().imported
    (second,) = desk.sources.refresh(desk.sources.due(), most=3)
    assert second.counts[Outcome.ADDED] == 2
    assert desk.source().imported


def test_one_source_that_breaks_keeps_no_other_from_being_looked_at(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from embeddings.subscriptions import refresh

    whole = refresh._look

    def look(library: TeamLibrary, downloader: object, result: Refreshed, fetched: object) -> None:
        if result.source.title == "Bad":
            raise ZeroDivisionError
        whole(library, downloader, result, fetched)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(refresh, "_look", look)
    desk.sources.add(lay_feed(site, "/bad", "Bad", lay_news(site, "b", 1)), title="Bad")
    desk.sources.add(lay_feed(site, "/good", "Good", lay_news(site, "g", 1)), title="Good")
    results = {one.source.title: one for one in desk.sources.refresh(desk.sources.due())}
    assert results["Good"].counts[Outcome.ADDED] == 1
    assert "ZeroDivisionError" in (results["Bad"].error or "")
    assert desk.sources.due() == [], "it is left alone for a while, like any that fails"


def test_a_feed_does_not_speak_for_what_it_did_not_bring(desk: Desk, site: Site) -> None:
    by_hand = lay_page(site, "/policy.html", "Policy", words("policy"), words("policy two"))
    desk.library.local.add(replace(fetch(by_hand, desk.sources.downloader), collection="internal"))
    url = lay_feed(site, "/feed", "Evil", [Item("x", "EVIL", path="/policy.html", text=words("evil", 500))])
    found = desk.look(url, collection="open", keep_days=30)
    assert found.counts == {Outcome.ADDED: 0, Outcome.UPDATED: 0, Outcome.UNCHANGED: 1}
    lay_feed(site, "/feed", "Evil", [Item("x", "EVIL 2", path="/policy.html", text=words("more evil", 500))])
    desk.look(url)
    (article,) = desk.library.local.articles()
    assert (article.citation.title, article.citation.collection) == ("Policy", "internal")
    desk.now += timedelta(days=60)
    assert desk.sources.expire() == 0
    assert desk.sources.remove(desk.source().id, with_articles=True) == 0
    assert desk.titles() == ["Policy"]


def test_a_feed_s_words_do_not_stand_for_another_host_s_page(desk: Desk, site: Site) -> None:
    other = f"http://localhost:{site.port}/gone.html"
    item = f"<title>Gone</title><link>{other}</link><description>{words('own')}</description>"
    feed = f'<rss version="2.0"><channel><title>Quint</title><item>{item}</item></channel></rss>'
    site.pages["/feed"] = answer(feed.encode(), Content_Type="application/rss+xml")
    desk.sources = Sources(desk.library.local, {*LOCAL, "localhost"})
    desk.look(f"{site.url}/feed")
    (article,) = desk.library.local.articles()
    assert (article.citation.title, article.citation.url) == ("Gone", other)
    lay_page(site, "/gone.html", "Theirs", words("theirs"))
    desk.library.local.add(fetch(other, desk.sources.downloader))
    assert desk.titles() == ["Gone", "Theirs"]


def test_what_is_added_by_hand_belongs_to_no_source_any_more(desk: Desk, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint", lay_news(site, "n", 2))
    desk.look(url, keep_days=30)
    added = desk.library.local.add(fetch(f"{site.url}/n-0.html", desk.sources.downloader))
    desk.sources.detach(added.article_id)
    desk.now += timedelta(days=4000)
    assert desk.sources.expire() == 1
    assert len(desk.titles()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"},
        {"next_at": "x"},
        {"interval": "x"},
        {"interval": 10**17},
        {"url": "file:///etc/passwd"},
        {"entries": [{"article_id": "mine"}]},
        {"entries": None},
        {"title": None},
        {"failures": {}},
    ],
)
def test_an_exported_source_that_can_t_be_one_is_told(desk: Desk, site: Site, change: dict[str, object]) -> None:
    url = lay_feed(site, "/feed", "Quint", lay_news(site, "n", 1))
    desk.look(url)
    fields = json.loads(list(lines(desk.library.local))[-1])["subscription"]
    assert desk.sources.restore(Subscription(fields | {"url": f"{url}2", "id": "q2"}))
    with pytest.raises(SourceError):
        desk.sources.restore(Subscription(fields | {"url": f"{url}3", "id": "q3"} | change))
    assert len(desk.sources.every()) == 2


def test_a_source_of_an_export_lets_no_other_articles_expire(desk: Desk, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint", lay_news(site, "n", 1))
    desk.look(url)
    fields = json.loads(list(lines(desk.library.local))[-1])["subscription"]
    desk.sources.remove(desk.source().id)
    desk.sources.restore(Subscription(fields | {"keep_days": 1}))
    assert desk.sources.expire() == 0
    desk.sources.remove(desk.source().id)
    desk.sources.restore(
        Subscription(fields | {"keep_days": 1}), [desk.library.local.articles()[0].citation.article_id]
    )
    assert desk.sources.expire() == 1
