"""`topicbot add`, `sources`, `export` and `purge` over a local site, as a person or a program runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from tests.feeds import lay_feed, lay_news, lay_page, words
from tests.pdfs import report
from tests.site import Site, answer


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty library with a small model; this machine may be fetched from."""
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", str(tiny_model))
    monkeypatch.setenv("TOPICBOT_FETCH_HOSTS", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*arguments: str, code: int = 0) -> str:
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == code, ran.output
    return ran.output


def shape(*arguments: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(*arguments, "--json", code=code))
    return found


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shape("sources", "list")["sources"]
    return found


def test_a_feed_that_is_added_becomes_a_source(site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 3))
    assert "Subscribed to Quint Daily. New articles will be added automatically." in told(
        "add", url, "--collection", "news"
    )
    (source,) = listed()
    assert (source["id"], source["health"], source["articles"], source["collection"]) == (
        "quint-daily",
        "ok",
        3,
        "news",
    )
    assert "No source is due yet" in told("sources", "refresh")
    lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 4))
    assert "1 source checked: 1 new article, 0 updated." in told("sources", "refresh", "--all")
    again = shape("add", url)
    assert (again["added"], again["unchanged"], again["updated"], again["failed"]) == (0, 0, 0, [])
    assert len(listed()) == 1


def test_an_add_tells_what_its_contract_says(site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 2))
    page = lay_page(site, "/page.html", "A page", words("page"), words("more"))
    found = shape("add", url, page, f"{site.url}/gone.html", code=1)
    assert (found["added"], found["paragraphs"], found["subscribed"]) == (3, 6, ["Quint Daily"])
    (failure,) = found["failed"]
    assert failure == {
        "source": f"{site.url}/gone.html",
        "error": "answers with status 404. Open it in a browser to see why.",
    }
    assert shape("add", f"{site.url}/gone.html", code=1)["added"] == 0


def test_opml_comes_in_and_goes_out(site: Site, folder: Path) -> None:
    for name in ("one", "two"):
        lay_feed(site, f"/{name}", f"Feed {name}", lay_news(site, name, 2))
    site.pages["/three"] = answer(status=500)
    outlines = "".join(f'<outline type="rss" xmlUrl="{site.url}/{name}"/>' for name in ("one", "two", "three"))
    (folder / "feeds.opml").write_text(
        f'<opml version="2.0"><body><outline text="law">{outlines}</outline></body></opml>'
    )
    found = shape("add", "feeds.opml", code=1)
    assert (found["added"], found["subscribed"]) == (4, ["Feed one", "Feed two"])
    assert [one["error"] for one in found["failed"]] == [
        "answers with status 500. Open it in a browser to see why."
    ]
    assert [(one["title"], one["health"], one["collection"]) for one in listed()] == [
        ("127.0.0.1", "failing", "law"),
        ("Feed one", "ok", "law"),
        ("Feed two", "ok", "law"),
    ]
    assert [one["health"] for one in shape("sources", "list", "--failing")["sources"]] == ["failing"]
    said = told("sources", "list")
    assert "answers with status 500" in said
    told("sources", "export", "out.opml")
    told("sources", "remove", *(one["id"] for one in listed()))
    assert "There is no source here" in told("sources", "list")
    assert shape("add", "out.opml", code=1)["unchanged"] == 4
    assert len(listed()) == 3


def test_a_dry_run_lists_and_changes_nothing(site: Site, folder: Path) -> None:
    url = lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 3))
    (folder / "harbour.pdf").write_bytes(report(4))
    (folder / "empty.txt").write_text("")
    found = shape("add", url, "harbour.pdf", "empty.txt", "--dry-run", code=1)
    assert [(one["title"], one["paragraphs"]) for one in found["articles"]] == [("The harbour of Port Quint", 5)]
    assert [(one["title"], one["entries"]) for one in found["feeds"]] == [("Quint Daily", 3)]
    assert [one["error"].split(".")[0] for one in found["failed"]] == ["is empty"]
    said = told("add", url, "harbour.pdf", "--dry-run")
    assert "Quint Daily" in said
    assert "The harbour of Port Quint" in said
    assert shape("articles", "list")["articles"] == []
    assert listed() == []
    assert told("add", "empty.txt", "--dry-run", code=1)


def test_pausing_resuming_and_setting(site: Site) -> None:
    told("add", lay_feed(site, "/feed", "Quint Daily", []))
    told("sources", "pause", "quint-daily")
    assert (listed()[0]["health"], shape("sources", "refresh", "--all")["sources"]) == ("paused", [])
    told("sources", "resume", "quint-daily")
    told("sources", "set", "quint-daily", "--keep-days", "30", "--collection", "news")
    source = shape("sources", "show", "quint-daily")
    assert (source["health"], source["keep_days"], source["collection"]) == ("ok", 30, "news")
    said = told("sources", "show", "quint-daily")
    assert "30 days" in said
    assert "command line" in said


@pytest.mark.parametrize("words_", [("show",), ("pause",), ("resume",), ("remove",), ("set", "--keep-days", "3")])
def test_a_source_that_is_not_there_is_told(words_: tuple[str, ...]) -> None:
    command, *rest = words_
    said = told("sources", command, "nowhere", *rest, code=1)
    assert "There is no source 'nowhere'. `topicbot sources list` shows what is there." in said


def test_one_that_is_not_there_keeps_all_from_being_removed(site: Site) -> None:
    told("add", lay_feed(site, "/feed", "Quint Daily", []))
    told("sources", "remove", "quint-daily", "nowhere", code=1)
    assert len(listed()) == 1


def test_everything_fails_everything_is_told(site: Site) -> None:
    site.pages["/feed"] = answer(status=500)
    told("add", f"{site.url}/feed", code=1)
    assert listed() == [], "what never answered is no source"
    lay_feed(site, "/feed", "Quint Daily", [])
    told("add", f"{site.url}/feed")
    site.pages["/feed"] = answer(status=500)
    said = told("sources", "refresh", "--all", code=1)
    assert "answers with status 500" in said


def test_purging_takes_the_articles_along(site: Site) -> None:
    told("add", lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 2)))
    assert "Removed the source quint-daily and 2 articles." in told("purge", "--source", "quint-daily")
    assert shape("articles", "list")["articles"] == []


def test_an_export_comes_back(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told("add", lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 2)), "--collection", "news")
    (folder / "harbour.pdf").write_bytes(report(4))
    told("add", "harbour.pdf")
    assert "Wrote 4 lines" in told("export", "all.jsonl")
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(folder / "other"))
    assert "3 articles added" in told("add", "all.jsonl")
    told("export", "again.jsonl")
    assert (folder / "again.jsonl").read_text() == (folder / "all.jsonl").read_text()
    assert told("export", "-") == (folder / "all.jsonl").read_text()
    assert not list(folder.glob("*.part"))


def test_an_address_of_the_own_network_is_refused(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setenv("TOPICBOT_FETCH_HOSTS", "")
    said = told("add", lay_feed(site, "/feed", "Quint Daily", []), code=1)
    assert "leads to 127.0.0.1, which is not a public address" in said
    assert site.asked == []
