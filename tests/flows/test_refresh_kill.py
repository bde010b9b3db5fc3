"""Killed at any moment while feeds are refreshed: the next refresh goes on, nothing is lost or doubled."""

from __future__ import annotations

import random
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from embeddings.library import Library
from embeddings.subscriptions.service import Sources
from tests.children import Child
from tests.feeds import lay_feed, lay_news
from tests.hashed import HashedEncoder
from tests.site import LOCAL, Site, answer

pytestmark = pytest.mark.kill


FEEDS, ENTRIES, KILLS = 10, 24, 8


def refresh_all(wire: Connection, folder: Path) -> None:
    """In the child: refresh what is due."""
    with Library(folder, HashedEncoder()) as library:
        sources = Sources(library.local, LOCAL)
        wire.send("ready")
        for _ in sources.refresh(sources.due()):
            pass
        wire.send("done")


def refresh(folder: Path, site: Site, after: int | None) -> None:
    """Refresh in a process of its own; with `after`, kill it some moments after it has asked for so many pages."""
    child = Child(refresh_all, folder)
    assert child.read(1) == ["ready"]
    if after is not None:
        until = len(site.asked) + after
        while len(site.asked) < until and child.lives:
            time.sleep(0.001)  # the moment is to be any, not one that the child chooses
        child.kill()
    told = child.read()
    child.end()
    assert after is not None or told == ["done"]


def test_killed_while_refreshing_nothing_is_lost_or_doubled(tmp_path: Path, site: Site) -> None:
    chance = random.Random(5)
    folder = tmp_path / "library"
    wanted: set[str] = set()
    with Library(folder, HashedEncoder()) as library:
        sources = Sources(library.local, LOCAL)
        for number in range(FEEDS):
            items = lay_news(site, f"f{number}", ENTRIES)
            sources.add(lay_feed(site, f"/feed{number}", f"Feed {number}", items))
            wanted |= {item.title for item in items}
        site.pages["/feed3"] = answer(status=500)
        wanted -= {f"Title f3-{number}" for number in range(ENTRIES)}
    had: set[str] = set()
    for _ in range(KILLS):
        refresh(folder, site, after=chance.randrange(1, 30))
        with Library(folder, HashedEncoder()) as library:
            titles = [one.citation.title for one in library.local.articles()]
            assert len(titles) == len(set(titles)), "an article came twice"
            assert had <= set(titles), "an article that was there is gone"
            assert library.check() == []
            had = set(titles)
    assert had, "nothing was ever added: the test has tested nothing"
    assert had < wanted, "all was added before the last kill: the test has tested less than it says"
    refresh(folder, site, after=None)
    with Library(folder, HashedEncoder()) as library:
        sources = Sources(library.local, LOCAL)
        assert {one.citation.title for one in library.local.articles()} == wanted
        assert len(library.local.articles()) == len(wanted)
        assert sum(sources.counts().values()) == len(wanted)
        assert {one.title for one in sources.every() if one.error} == {"127.0.0.1"}
        assert all(one.imported for one in sources.every() if not one.error)
        site.asked.clear()
        assert sources.due() == [], "what was looked at is not due at once"
    pages = [path for path, _ in site.asked if path.endswith(".html")]
    assert pages == []
