"""No entry is lost, and none is doubled: ids, addresses, landing pages, counters and very long feeds over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from embeddings.subscriptions import refresh
from embeddings.types import Outcome
from tests.embeddings.subscriptions.test_refresh import Desk
from tests.feeds import BEGIN, Item, lay_feed, lay_page, words
from tests.site import Site, redirect


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "library")
    yield made
    made.library.close()


def texts(desk: Desk) -> dict[str, str]:
    found = [desk.library.local.article(one.citation.article_id) for one in desk.library.local.articles()]
    return {one.citation.title: " ".join(part.text for part in one.paragraphs) for one in found}


def items(*names: str, path: str = "", guid: bool = True) -> list[Item]:
    return [
        Item(name, f"Title {name}", path=path.format(name), text=words(f"{name} own"), guid="" if guid else None)
        for name in names
    ]


@pytest.mark.parametrize("path", ["/all.html", "/all.html#{}"])
def test_entries_that_lead_to_one_page_are_articles_of_their_own(desk: Desk, site: Site, path: str) -> None:
    lay_page(site, "/all.html", "All of them", words("all", 60))
    url = lay_feed(site, "/feed", "Quint", items(*"abc", path=path))
    assert desk.look(url).counts[Outcome.ADDED] == 3
    assert {title: text for title, text in texts(desk).items() if title != "Title c"} == {
        "Title a": words("a own"),
        "Title b": words("b own"),
    }
    lay_feed(site, "/feed", "Quint", items(*"dabc", path=path))
    later = desk.look(url)
    assert (later.counts[Outcome.ADDED], later.known) == (1, 3)
    assert texts(desk)["Title d"] == words("d own")


@pytest.mark.parametrize("landing", ["/", "/login?next=/x", "/consent"])
def test_links_that_lead_to_a_landing_page_give_the_entry_s_own_text(desk: Desk, site: Site, landing: str) -> None:
    lay_page(site, landing, "Welcome", words("landing", 60), words("more of the landing", 60))
    for name in "ab":
        site.pages[f"/{name}.html"] = redirect(landing)
    titled = Item("c", "Only a title", path="/c.html")
    site.pages["/c.html"] = redirect(landing)
    desk.look(lay_feed(site, "/feed", "Quint", [*items("a", "b", path="/{}.html"), titled]))
    assert texts(desk) == {
        "Title a": words("a own"),
        "Title b": words("b own"),
        "Only a title": "Only a title",
    }


def test_the_same_wall_at_every_address_is_no_entry_s_article(desk: Desk, site: Site) -> None:
    for name in "ab":
        lay_page(site, f"/{name}.html", "Wall", words("wall", 60), words("more of the wall", 60))
    desk.look(lay_feed(site, "/feed", "Quint", items("a", "b", path="/{}.html")))
    assert desk.titles() == ["Title a", "Title b"]


def test_an_id_that_is_used_again_for_another_text_is_a_new_article(desk: Desk, site: Site) -> None:
    first = Item("x", "Harbour strike ends", guid="latest", path=None, text=words("strike"))
    url = lay_feed(site, "/feed", "Quint", [first])
    desk.look(url)
    second = Item("x", "Museum opens doors", guid="latest", path=None, text=words("museum"))
    lay_feed(site, "/feed", "Quint", [second])
    assert desk.look(url).counts[Outcome.ADDED] == 1
    lay_feed(site, "/feed", "Quint", [replace(second, text=words("museum") + " Corrected.")])
    assert desk.look(url).counts[Outcome.UPDATED] == 1
    assert desk.titles() == ["Harbour strike ends", "Museum opens doors"]


def test_regular_reports_with_one_title_and_one_link_are_all_kept(desk: Desk, site: Site) -> None:
    lay_page(site, "/weekly.html", "Weekly notes", words("page"))
    url = f"{site.url}/feed"
    for week in range(3):
        own = Item(f"w{week}", "Weekly notes", path="/weekly.html", text=words(f"week {week}"))
        lay_feed(site, "/feed", "Quint", [replace(own, date=BEGIN + timedelta(weeks=week))])
        desk.look(url)
    assert len(desk.library.local.articles()) == 3


def test_entries_without_id_link_or_date_are_known_again(desk: Desk, site: Site) -> None:
    bare = [Item(name, f"Title {name}", path=None, guid=None, date=None, text=words(name)) for name in "ab"]
    url = lay_feed(site, "/feed", "Quint", bare)
    desk.look(url)
    lay_feed(site, "/feed", "Quint, again", [*bare, replace(bare[0], title="Title c", text=words("c"))])
    found = desk.look(url)
    assert (found.counts[Outcome.ADDED], found.known) == (1, 2)


def test_a_page_is_fetched_again_only_when_title_link_or_words_changed(desk: Desk, site: Site) -> None:
    lay_page(site, "/a.html", "Title a", words("a", 60))
    url = f"{site.url}/feed"
    for comments in range(4):
        item = Item("a", "Title a", text=f"<p>A short teaser.</p><p>{comments} comments, 1{comments}7 views</p>")
        lay_feed(site, "/feed", "Quint", [item])
        desk.look(url)
        if comments == 1:
            interval = desk.source().interval
    assert site.paths().count("/a.html") == 1
    assert desk.source().interval > interval, "a counter is no news"
    lay_feed(site, "/feed", "Quint", [Item("a", "Title a", text="Another teaser altogether.")])
    desk.look(url)
    assert site.paths().count("/a.html") == 2


def test_an_id_that_changes_alone_has_nothing_fetched(desk: Desk, site: Site) -> None:
    lay_page(site, "/a.html", "Title a", words("a"))
    url = f"{site.url}/feed"
    for guid in ("one", "two", "three"):
        lay_feed(site, "/feed", "Quint", [Item("a", "Title a", guid=guid)])
        desk.look(url)
    assert (site.paths().count("/a.html"), len(desk.library.local.articles())) == (1, 1)


def test_a_repost_updates_the_link(desk: Desk, site: Site) -> None:
    long = words("long", 60)
    for path in ("/old.html", "/new.html"):
        lay_page(site, path, "Title a", long)
    url = lay_feed(site, "/feed", "Quint", [Item("a", "Title a", path="/old.html")])
    desk.look(url)
    lay_feed(site, "/feed", "Quint", [Item("a", "Title a", path="/new.html")])
    desk.look(url)
    (article,) = desk.library.local.articles()
    assert article.citation.url == f"{site.url}/new.html"


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_very_long_feed_shows_its_new_entries_in_any_order(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch, newest_first: bool
) -> None:
    monkeypatch.setattr(refresh, "MOST_NEW", 5)
    every = [
        Item(f"n{n}", f"Title {n:02}", path=None, text=words(f"n{n}"), date=BEGIN + timedelta(hours=n))
        for n in range(12)
    ]
    ordered = every[::-1] if newest_first else every
    url = lay_feed(site, "/feed", "Quint", ordered)
    first = desk.look(url)
    assert first.left_out == {refresh.WAITING: 7}
    assert desk.titles() == [f"Title {n:02}" for n in range(7, 12)]
    desk.look(url)
    desk.look(url)
    assert len(desk.titles()) == 12, "the feed is asked for again although it has not changed"
    assert desk.source().last_look is not None


def test_a_look_counts_what_it_took_knew_and_left_out(desk: Desk, site: Site) -> None:
    two = items("a", "b", path="/{}.html")
    two = [replace(one, path=None) for one in two]
    url = lay_feed(site, "/feed", "Quint", [*two, two[0]])
    desk.look(url)
    found = desk.source().last_look
    assert found is not None
    assert (found.listed, found.taken, found.known, found.left_out) == (3, 2, 0, {refresh.REPEATED: 1})
    lay_feed(site, "/feed", "Quint, later", [*two, *[replace(one, path=None) for one in items("c")]])
    desk.look(url)
    found = desk.source().last_look
    assert found is not None
    assert (found.listed, found.taken, found.known) == (3, 1, 2)


def test_a_source_that_a_wrong_clock_put_off_for_years_is_due(desk: Desk, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint", items("a"))
    desk.now += timedelta(days=900)
    desk.look(url)
    desk.now -= timedelta(days=900)
    assert [one.url for one in desk.sources.due()] == [url]


def test_ids_of_any_length_are_told_apart(desk: Desk, site: Site) -> None:
    long = [replace(one, path=None, guid="x" * 10_000 + one.name) for one in items("a", "b")]
    url = lay_feed(site, "/feed", "Quint", long)
    assert desk.look(url).counts[Outcome.ADDED] == 2
    lay_feed(site, "/feed", "Quint, again", long)
    assert desk.look(url).known == 2
