"""A hundred feeds of thirty entries on a local server, a tenth of them failing, brought in by the program itself.

`python -m tests.load.feeds`, with the real model. Adding the OPML list is killed on the way, so is the refresh
after it; the next one ends. Prints what is stored, what failed and why, and what a later refresh asks for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from rich.console import Console
from sqlalchemy import text

from embeddings.ingest.opml import Outline, write_opml
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA
from tests.feeds import lay_feed, lay_news
from tests.site import Site, answer, web_site

FEEDS, ENTRIES = 100, 30


REQUESTS_BEFORE_KILL = (500, 1500)


LOCAL = "127.0.0.1"


def lay(site: Site, folder: Path) -> set[str]:
    """Put the feeds there, a tenth of them failing in one of three ways; gives the titles of all good entries."""
    good: set[str] = set()
    outlines = []
    for number in range(FEEDS):
        items = lay_news(site, f"f{number}", ENTRIES)
        outlines.append(Outline(lay_feed(site, f"/feed{number}", f"Feed {number}", items), f"Feed {number}"))
        if number % 10 == 3:
            ways = (answer(status=500), answer(status=404), answer(b"<html><body>Hello</body></html>"))
            site.pages[f"/feed{number}"] = ways[number // 10 % len(ways)]
        else:
            good |= {item.title for item in items}
    (folder / "feeds.opml").write_bytes(write_opml(outlines))
    return good


class Desk:
    """The program over one data folder."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.environment = {**os.environ, "TOPICBOT_DATA_DIR": str(self.data), "TOPICBOT_FETCH_HOSTS": LOCAL}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command; what it prints comes through a pipe."""
        command = [sys.executable, "-m", "bot", *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)

    def told(self, *arguments: str) -> dict[str, Any]:
        """What a command tells as JSON."""
        out, _ = self.start(*arguments, "--json").communicate()
        found: dict[str, Any] = json.loads(out)
        return found

    def kill_after(self, site: Site, requests: int, *arguments: str) -> None:
        """Run a command and kill it once the site was asked so many times in all."""
        running = self.start(*arguments)
        while len(site.asked) < requests and running.poll() is None:
            sleep(0.01)
        running.kill()
        running.communicate()

    def titles(self) -> list[str]:
        """The titles of all articles."""
        return [one["title"] for one in self.told("articles", "list")["articles"]]

    def let_time_pass(self) -> None:
        """Make every source due."""
        database = SqliteDatabase(self.data / "library.db", MIGRATIONS, SCHEMA)
        with database.writing() as connection:
            connection.execute(text("UPDATE source SET next_at = '2000-01-01T00:00:00+00:00'"))
        database.close()


def conditional(site: Site, failing: Sequence[str]) -> str:
    """How the requests of the last refresh were, those of failing feeds left out."""
    asked = [
        ("If-None-Match" in headers, path)
        for headers, (path, _) in zip(site.headers, site.asked, strict=True)
        if path not in failing
    ]
    with_condition = sum(one for one, _ in asked)
    return f"{with_condition} conditional requests, {len(asked) - with_condition} others"


def main() -> None:
    """Run it, and print a line for each thing that is to be seen."""
    console = Console(highlight=False)
    with web_site() as site, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good, desk, started = lay(site, folder), Desk(folder), monotonic()
        desk.kill_after(site, REQUESTS_BEFORE_KILL[0], "add", str(folder / "feeds.opml"))
        first = set(desk.titles())
        desk.kill_after(site, REQUESTS_BEFORE_KILL[1], "sources", "refresh", "--all")
        second = set(desk.titles())
        console.print(
            f"killed twice, with {len(first):,} and {len(second):,} articles; lost: {len(first - second)}"
        )
        found = desk.told("sources", "refresh", "--all")
        titles = desk.titles()
        console.print(f"then refreshed to the end, {monotonic() - started:.0f} s in all: {len(titles):,} articles")
        twice, lacking = len(titles) - len(set(titles)), len(good - set(titles))
        console.print(
            f"twice: {twice}; lacking of {len(good):,}: {lacking}; not wanted: {len(set(titles) - good)}"
        )
        failing = [one for one in found["sources"] if one["error"]]
        console.print(f"{len(failing)} sources fail:")
        for one in failing:
            console.print(f"  {one['title']}: {one['error']}")
        desk.let_time_pass()
        site.asked.clear()
        site.headers.clear()
        again = desk.told("sources", "refresh", "--all")
        paths = [one["url"].removeprefix(site.url) for one in failing]
        console.print(f"refreshed again: {again['added']} added, {conditional(site, paths)}")


if __name__ == "__main__":
    main()
