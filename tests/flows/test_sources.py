"""/sources, its window and buttons, files shared with the bot, and looking at sources in the background."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.slack.client import bot_client
from bot.sources.refresh import refresh_due
from bot.workspace.registry import OneWorkspace, open_workspace
from embeddings.ingest.opml import Outline, write_opml
from embeddings.library import Library
from embeddings.subscriptions.model import Source, SourceHealth
from embeddings.subscriptions.service import Sources
from tests.conftest import article
from tests.embeddings.ingest.outlook import msg
from tests.embeddings.ingest.test_office import docx, paragraph
from tests.feeds import lay_feed, lay_news, lay_page, words
from tests.flows.conftest import BOT, Running, moment_of, running
from tests.flows.slack_blocks import buttons, spoken
from tests.hashed import HashedEncoder
from tests.pdfs import report
from tests.site import LOCAL, Site, answer
from tests.slack_server import Message, SlackServer

SENT = datetime(2024, 5, 3, 8, tzinfo=UTC)


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path) -> Iterator[Running]:
    """A bot whose articles come in by Slack's clock, and which may fetch from this machine."""
    with Library(tmp_path / "library", HashedEncoder(), now=lambda: moment_of(slack)) as library:
        library.local.add(article("Crane", "A tower crane stands by the river.", id="crane"))
        with running(slack, library, tmp_path, "socket", fetch_hosts=tuple(LOCAL)) as found:
            yield found


def type_(desk: Running, text: str, *, user: str = "UADA") -> str:
    """What the answer to a /sources command says."""
    return spoken(desk.answered(desk.command(text, name="/sources", user=user)))


def told(desk: Running, part: str, *, user: str = "UADA") -> Message:
    """The bot's message to somebody that says `part`, once there is one."""

    def there() -> list[Message]:
        channel = desk.slack.im(user)
        return [one for one in desk.slack.messages(channel) if part in spoken(one.blocks)]

    return desk.slack.wait_for(there, what=part)[0]


def sources(desk: Running) -> Sources:
    return Sources(desk.library.local, LOCAL)


def only(desk: Running) -> Source:
    (found,) = sources(desk).every()
    return found


def test_a_feed_is_added_by_command_and_its_progress_is_one_message(desk: Running, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 3))
    assert "I'm looking there" in type_(desk, f"add {url} in:reports")
    done = told(desk, "3 articles added")
    assert "From now on I look there for news: Quint Daily" in spoken(done.blocks)
    assert len(desk.slack.messages(desk.slack.im("UADA"))) == 1, "progress and result are one message"
    assert (only(desk).title, only(desk).collection, only(desk).added_by) == ("Quint Daily", "reports", "UADA")
    said = type_(desk, "")
    assert "1 source, all well" in said
    assert "3 articles" in said
    assert "into reports" in said


def test_a_site_s_feed_is_found_from_its_page(desk: Running, site: Site) -> None:
    lay_feed(site, "/feed.xml", "Quint Daily", lay_news(site, "n", 1))
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    site.pages["/"] = answer(f"<html><head>{link}</head><body></body></html>".encode())
    type_(desk, f"add {site.url}/")
    told(desk, "1 article added")
    assert only(desk).url == f"{site.url}/feed.xml"


def test_the_window_adds_a_page_that_is_kept_for_some_days(desk: Running, site: Site) -> None:
    url = lay_page(site, "/status.html", "Harbour status", words("first"))
    run = desk.command("add", name="/sources", user="UADA")
    (view,) = desk.slack.wait_for(lambda: run.opened)
    values = {"url": {"value": url}, "collection": {"value": "harbour"}, "keep_days": {"value": "30"}}
    desk.slack.submit("UADA", view, values)
    told(desk, "1 article added")
    assert (only(desk).title, only(desk).collection, only(desk).keep_days) == ("Harbour status", "harbour", 30)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("add nonsense", "Give the address"),
        ("add ftp://a.example/feed", "Give the address"),
        ("whatever", "/sources add and an address"),
        ("pause nowhere", "no source of that name"),
        ("remove", "Say which source"),
    ],
)
def test_what_can_t_be_done_is_said(desk: Running, text: str, said: str) -> None:
    assert said in type_(desk, text)


def test_an_address_of_the_own_network_is_refused(desk: Running, site: Site) -> None:
    site.pages["/feed"] = answer(status=302, Location="http://169.254.169.254/latest/meta-data")
    type_(desk, f"add {site.url}/feed")
    assert "not a public address" in spoken(told(desk, "Not added").blocks)
    type_(desk, "add http://169.254.169.254/latest", user="UOWN")
    assert "not a public address" in spoken(told(desk, "Not added", user="UOWN").blocks)
    assert sources(desk).every() == []


def test_only_admins_change_sources_and_all_see_them(desk: Running, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint Daily", [])
    sources(desk).add(url, title="Quint Daily")
    for text in ("add https://a.example/", "refresh", "pause quint", "resume quint", "remove quint"):
        assert "admins" in type_(desk, text, user="UANN")
    run = desk.command("", name="/sources", user="UANN")
    blocks = desk.answered(run)
    assert "Quint Daily" in spoken(blocks)
    assert buttons(blocks) == []
    assert only(desk).health is SourceHealth.NEW


def test_the_buttons_refresh_pause_resume_and_remove(desk: Running, site: Site) -> None:
    url = lay_feed(site, "/feed", "Quint Daily", lay_news(site, "n", 1))
    sources(desk).add(url, title="Quint Daily")

    def press(action: str, said: str) -> None:
        run = desk.command("", name="/sources", user="UADA")
        desk.answered(run)
        pressed = desk.slack.press("UADA", run, action)
        assert said in spoken(desk.answered(pressed))

    press("source-refresh", "Refreshing Quint Daily")
    told(desk, "1 article added")
    press("source-pause", "Paused “Quint Daily”")
    assert only(desk).paused_by == "UADA"
    assert "paused" in type_(desk, "")
    press("source-resume", "Resumed “Quint Daily”")
    assert only(desk).paused_at is None
    press("source-remove", "Its articles stay")
    assert sources(desk).every() == []
    assert len(desk.library.local.articles()) == 2


def test_refreshing_everything_tells_what_failed_and_why(desk: Running, site: Site) -> None:
    sources(desk).add(lay_feed(site, "/good", "Good", lay_news(site, "g", 2)), title="Good")
    site.pages["/bad"] = answer(status=500)
    sources(desk).add(f"{site.url}/bad", title="Bad")
    assert "Refreshing every source" in type_(desk, "refresh")
    said = spoken(told(desk, "2 articles added").blocks)
    assert "Couldn't fetch" in said
    assert "answers with status 500" in said
    listed = type_(desk, "")
    assert "2 sources, 1 failing or paused" in listed
    assert "It answers with status 500" in listed


def test_many_sources_come_in_pages(desk: Running, site: Site) -> None:
    for number in range(19):
        sources(desk).add(f"{site.url}/feed{number:02}", title=f"Feed {number:02}")
    run = desk.command("", name="/sources", user="UADA")
    first = desk.answered(run)
    assert "19 sources" in spoken(first)
    assert ("Feed 07" in spoken(first), "Feed 08" in spoken(first)) == (True, False)
    desk.slack.press("UADA", run, "source-page-more")
    desk.slack.wait_for(lambda: "Feed 08" in spoken(desk.slack.ephemerals("UADA", "CNEWS")[0].blocks))
    assert "Feed 18" in type_(desk, "list 3")


def test_an_opml_file_that_is_shared_adds_its_feeds(desk: Running, site: Site) -> None:
    outlines = [
        Outline(lay_feed(site, f"/feed{number}", f"Feed {number}", lay_news(site, f"f{number}", 2)), "", "law")
        for number in range(3)
    ]
    said = desk.ask("", user="UADA", channel="DUADA", files={"feeds.opml": write_opml(outlines)})
    keep(desk, said, "all")
    (reply,) = desk.slack.wait_for(
        lambda: [one for one in desk.replies(said) if "6 articles added" in spoken(one.blocks)]
    )
    assert "From now on I look there for news" in spoken(reply.blocks)
    assert {one.collection for one in sources(desk).every()} == {"law"}


def test_files_that_are_shared_with_a_mention_are_added(desk: Running) -> None:
    files = {
        "harbour.pdf": report(4),
        "note.txt": b"A note\n\nThe lighthouse was lit in 1911 by Otis Quint.",
        "pool.docx": docx(paragraph("The locker costs two euros, says the head of the pool.")),
        "key.msg": msg("Key of the boathouse", ("Ann Lee", "ann@example.org"), SENT, body="The new code is 4711."),
        "broken.pdf": b"%PDF-1.4 nothing more",
    }
    said = desk.ask(f"{BOT} please add these", user="UADA", files=files)
    keep(desk, said, "all")
    (reply,) = desk.slack.wait_for(
        lambda: [one for one in desk.replies(said) if "articles added" in spoken(one.blocks)]
    )
    text = spoken(reply.blocks)
    assert "4 articles added, 1 failed" in text
    assert "broken.pdf" in text
    titles = {one.citation.title for one in desk.library.local.articles()}
    assert titles == {"Crane", "The harbour of Port Quint", "A note", "Rules of the pool", "Key of the boathouse"}
    again = desk.ask(f"{BOT} and again", user="UADA", files={"copy of note.txt": files["note.txt"]})
    keep(desk, again, "all")
    desk.slack.wait_for(lambda: [one for one in desk.replies(again) if "1 unchanged" in spoken(one.blocks)])


def keep(desk: Running, said: Message, audience: str) -> None:
    """Press who may see what was shared."""
    (question,) = desk.replies(said)
    assert "Nothing is stored until you choose" in spoken(question.blocks)
    desk.slack.press("UADA", question, f"keep-{audience}")


def test_a_source_that_fails_too_long_is_paused_and_who_added_it_is_told_once(desk: Running, site: Site) -> None:
    site.pages["/feed"] = answer(status=500)
    sources(desk).add(f"{site.url}/feed", title="Quint Daily", added_by="UADA")
    settings = desk.settings
    workspace = open_workspace("T1", settings, desk.library, desk.store, now=lambda: moment_of(desk.slack))
    workspaces = OneWorkspace(workspace, bot_client(settings))
    refresh_due(workspaces, lambda: False)
    assert only(desk).health is SourceHealth.FAILING
    for _ in range(3):
        desk.slack.clock.advance(timedelta(days=4).total_seconds())
        refresh_due(workspaces, lambda: False)
    assert only(desk).health is SourceHealth.PAUSED
    found = [one for one in desk.slack.messages(desk.slack.im("UADA")) if "Quint Daily" in spoken(one.blocks)]
    assert len(found) == 1
    assert "I paused “Quint Daily” after 8 days of errors: it answers with status 500" in spoken(found[0].blocks)
    desk.slack.open_home("UADA")
    desk.slack.wait_for(lambda: (view := desk.slack.home("UADA")) and "Quint Daily" in spoken(view.body["blocks"]))


def test_hostile_titles_and_errors_stay_text(desk: Running, site: Site) -> None:
    hostile = "<!channel> *bold* <http://evil.example|click> @here"
    sources(desk).add(f"{site.url}/feed", title=hostile)
    run = desk.command("", name="/sources", user="UADA")
    blocks = desk.answered(run)
    assert hostile in spoken(blocks)
    assert all(block["type"] != "section" for block in blocks)
