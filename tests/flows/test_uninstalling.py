"""The app is uninstalled in one workspace: everything of that one stops at once, and goes after some days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.alerts import store as alerts
from bot.alerts.store import Alert
from bot.asking import service as asking
from bot.dialogue import store as talk
from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.home import store as home
from bot.operations.endpoint import operations
from bot.operations.health import Health
from bot.resources import open_store
from bot.server.scheduler import MINUTE, Job, Scheduler, jobs_of
from bot.sources.refresh import refresh_due
from bot.store import deliveries
from bot.store.tables import metadata as bot_tables
from bot.topics import service as summaries
from bot.web.access import sessions, tokens
from bot.web.access.audit import AuditLog
from bot.web.access.callers import Caller
from bot.web.access.sessions import Session
from bot.workspace import store as installations
from bot.workspace.registry import InstalledWorkspaces
from bot.workspace.workspace import Place
from embeddings.library import Library
from embeddings.store.base import Database
from embeddings.store.tables import metadata as library_tables
from tests.asgi import get
from tests.conftest import article
from tests.feeds import lay_feed, lay_news, words
from tests.flows.conftest import moment_of, running
from tests.flows.many import Many, many
from tests.flows.slack_blocks import passages, spoken
from tests.hashed import HashedEncoder
from tests.site import LOCAL, Site, answer
from tests.slack_server import SlackServer

pytestmark = pytest.mark.slow


START = datetime(2027, 3, 20, 10, tzinfo=UTC)


QUESTION = "where does the crane stand?"


PLACES = {"T1": ("UANN", "CNEWS", "UBOT1"), "T2": ("UZOE", "COTHER", "UBOT2")}


@dataclass(frozen=True, slots=True)
class Desk:
    """Two workspaces with the app, an article in each, and the bot's rounds when the test wants them."""

    bots: Many
    jobs: Scheduler

    @property
    def slack(self) -> SlackServer:
        return self.bots.slack

    def subscribe(self, team: str) -> None:
        """A digest of everything new, and an alert on cranes."""
        user, channel, _ = PLACES[team]
        now = moment_of(self.slack)
        schedule = Schedule(clock_time(9), "UTC", (1, 2, 3, 4, 5, 6, 7))
        digest = Digest(f"digest-{team}", user, channel, "News", schedule, now, now, say_empty=True)
        alert = Alert(
            id=f"alert-{team}", user=user, channel=channel, asked_in=channel, text="crane", collections=None,
            threshold=0.3, quiet_from=None, quiet_until=None, zone="UTC", daily_most=5, checked_at=now,
            created_at=now,
        )  # fmt: skip
        with self.bots.store.writing() as connection:
            digests.save(connection, team, digest)
            alerts.save(connection, team, alert)

    def add(self, team: str, name: str = "another") -> None:
        """An article on cranes that is like no other."""
        own = words(f"{name} {team}", 12)
        text = f"A crane, {name} crane. {own}"  # near enough to an alert on cranes, whatever its other words are
        news = article(f"{name.title()} {own}", text, published_at=today(self.slack))
        self.bots.library.of(team).add(news)

    def posts(self, team: str) -> list[str]:
        """What the bot has said in the workspace's channel."""
        return [spoken(one.blocks) for one in self.slack.messages(PLACES[team][1]) if one.bot_id]

    def leave(self, team: str) -> None:
        """Uninstall the app, and wait until it knows."""
        self.slack.uninstall(team)
        self.slack.wait_for(lambda: team not in self.bots.installed.teams(), what="the end of the installation")
        self.slack.settle()

    def day(self, days: float = 1) -> None:
        """Let time pass, and look after everything."""
        self.slack.clock.advance(timedelta(days=days).total_seconds())
        self.jobs.run_due()


def today(slack: SlackServer) -> str:
    """The moment as a publication date: what has none is no news."""
    return moment_of(slack).isoformat(timespec="seconds")


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path, database_url: str | None) -> Iterator[Desk]:
    """Both stores."""
    slack.clock.advance(START.timestamp() - slack.clock.now())
    library = Library(tmp_path, HashedEncoder(), now=lambda: moment_of(slack), database_url=database_url)
    url: dict[str, Any] = {"database_url": database_url} if database_url else {}
    with library, many(slack, library, tmp_path, sockets=True, fetch_hosts=tuple(LOCAL), **url) as bots:
        bots.install("T1", "T2")
        for team in PLACES:
            text = f"The crane stands in the harbour of {team}."
            library.of(team).add(article("Crane", text, published_at=today(slack)))
        given = jobs_of(bots.installed, installed=bots.installed)
        jobs = Scheduler([one for one in given if one.name != "sources"], bots.installed.now)
        jobs.run_due()
        yield Desk(bots, jobs)
        jobs.stop()


def rows(database: Database, tables: Any, team: str) -> dict[str, int]:
    """How many rows each table has of the team."""
    with database.reading() as connection:
        return {
            table.name: len(connection.execute(select(table).where(table.c.team_id == team)).all())
            for table in tables.sorted_tables
            if "team_id" in table.c
        }


def test_what_waits_is_dropped_and_no_process_works_for_it_any_more(desk: Desk, tmp_path: Path) -> None:
    slack = desk.slack
    slack.fail("users.info", status=503, times=2)
    for team, (user, channel, bot) in PLACES.items():
        slack.say(user, channel, f"<@{bot}> {QUESTION} ({team})")
    slack.wait_for(lambda: len(slack.calls("users.info")) >= 2, what="two tries that fail")
    desk.leave("T2")
    with desk.bots.store.reading() as connection:
        assert [one for one in deliveries.unfinished(connection) if one.team_id == "T2"] == []
    slack.wait_for(lambda: not desk.bots.waiting(), what="the end of all work")
    assert len(slack.messages("COTHER")) == 1, "the question, and nobody's answer"
    asked = slack.messages("CNEWS")[0]
    assert len([one for one in slack.messages("CNEWS", asked.ts) if one.bot_id]) == 1
    run = slack.command("UZOE", "COTHER", "/ask", QUESTION)
    slack.wait_for(lambda: run.lost, what="a refusal")
    assert run.shown == []
    database = desk.bots.settings.database
    with closing(open_store(tmp_path, database)) as own:
        other = InstalledWorkspaces(desk.bots.settings, desk.bots.library, own, lambda: moment_of(slack))
        assert other.teams() == ["T1"], "another process on the same database sees it too"


def test_an_answer_that_is_being_worked_on_goes_nowhere(desk: Desk) -> None:
    slack = desk.slack
    slack.slow("users.info", 1.0)
    user, channel, bot = PLACES["T2"]
    slack.say(user, channel, f"<@{bot}> {QUESTION}")
    slack.wait_for(lambda: slack.calls("users.info"), what="work that has begun")
    desk.leave("T2")
    slack.wait_for(lambda: not desk.bots.waiting(), what="the end of all work")
    assert [one for one in slack.messages(channel) if one.bot_id] == []
    with desk.bots.store.reading() as connection:
        assert deliveries.unfinished(connection) == []


def test_digests_and_alerts_stop_and_go_on_after_a_return(desk: Desk) -> None:
    for team in PLACES:
        desk.subscribe(team)
        desk.add(team)
    desk.day()
    told = {team: len(desk.posts(team)) for team in PLACES}
    assert min(told.values()) >= 2, "a digest and an alert"
    desk.leave("T2")
    for team in PLACES:
        desk.add(team, "newer")
    desk.day()
    assert len(desk.posts("T2")) == told["T2"]
    assert len(desk.posts("T1")) > told["T1"]
    desk.slack.heal()
    desk.bots.install("T2")
    desk.day()
    assert any("newer" in one.lower() for one in desk.posts("T2")[told["T2"] :])


def test_one_workspace_that_fails_holds_up_no_other(desk: Desk) -> None:
    with desk.bots.store.writing() as connection:
        connection.exec_driver_sql("UPDATE installation SET sealed = 'unreadable' WHERE team_id = 'T1'")
    for team in PLACES:
        desk.subscribe(team)
        desk.add(team)
    desk.slack.clock.advance(86400)
    with pytest.raises(Exception, match="T1"):
        desk.jobs.run_due()
    assert desk.posts("T1") == []
    assert len(desk.posts("T2")) >= 2


def test_health_adds_up_whom_the_bot_serves_and_one_workspace_takes_it_from_no_other(desk: Desk) -> None:
    health = Health(desk.bots.settings, desk.bots.library, desk.bots.store, workspaces=desk.bots.installed)
    health.now = desk.bots.installed.now
    for team in PLACES:
        desk.bots.installed.workspace(team).sources.add(f"https://{team}.example/feed", title="Feed")
    assert (health.stats().articles, len(health.sources())) == (2, 2)
    desk.subscribe("T2")
    desk.slack.clock.advance(timedelta(hours=25).total_seconds())
    assert health.digest_lag() // timedelta(hours=1) == 2, "the newest slot that is still to be posted"
    assert health.checks()["digests"].ok
    shown = get(operations(health), "/metrics").text
    assert "topicbot_articles 2.0" in shown
    assert not any(f'"{team}"' in shown for team in PLACES), "no label grows with the workspaces"
    desk.leave("T2")
    assert (health.stats().articles, len(health.sources()), health.digest_lag()) == (1, 1, timedelta(0))


def refreshing(desk: Desk) -> Scheduler:
    """Sources are refreshed from now on."""
    installed = desk.bots.installed
    job = Job("sources", MINUTE, lambda stopped: refresh_due(installed, stopped))
    scheduler = Scheduler([job], installed.now)
    scheduler.start()
    return scheduler


def test_a_look_at_a_feed_ends_in_the_middle(desk: Desk, site: Site) -> None:
    news = lay_news(site, "n", 12)
    begun = site.pages["/n-0.html"]

    def uninstall(request: BaseHTTPRequestHandler) -> None:
        if "T2" in desk.bots.installed.teams():
            desk.leave("T2")
        begun(request)

    for one in news:
        site.pages[str(one.path)] = uninstall
    for team in PLACES:
        url = lay_feed(site, f"/{team}", f"News of {team}", news)
        desk.bots.installed.workspace(team).sources.add(url)
    site.pages["/T1"] = answer(status=500)  # it is T2's that is looked at
    refresher = refreshing(desk)
    desk.slack.wait_for(lambda: "T2" not in desk.bots.installed.teams(), what="the look to begin")
    refresher.stop()
    assert len(desk.bots.library.of("T2").articles()) <= 2, "the first article, and what was there before"
    asked = len(site.asked)
    desk.slack.clock.advance(86400)
    again = refreshing(desk)
    desk.slack.wait_for(lambda: "/T1" in site.paths()[asked:], what="a look at the other one's")
    again.stop()
    assert "/T2" not in site.paths()[asked:], "it is looked at no more"


def test_everything_goes_after_thirty_days_and_nothing_of_others(desk: Desk) -> None:
    library, store = desk.bots.library, desk.bots.store
    for team, (user, channel, _) in PLACES.items():
        desk.subscribe(team)
        workspace = desk.bots.installed.workspace(team)
        asking.ask(workspace, "key", QUESTION, Place(user, channel))
        summaries.topic(workspace, "key", "crane", Place(user, channel))
        workspace.bind(channel, ["default"])
        workspace.sources.add(f"https://{team}.example/feed", title="Feed")
        desk.slack.command(user, channel, "/topicbot", "private on")
        now = moment_of(desk.slack)
        with store.writing() as connection:
            talk.silence(connection, team, channel, "1.0", now)
            talk.keep_reply(connection, team, channel, "1.0", "2.0", now)
            talk.keep_screen(connection, team, user, channel, now)
            talk.stop(connection, team, channel, "1.0", "2.0", now)
            home.visit(connection, team, user, now, timedelta(0), now)
            installations.join_organisation(connection, team, "E9")
            tokens.create(connection, "laptop", now, team=team)
            sessions.start(connection, Session(team, user), now)
        log = AuditLog(store)
        log.add(Caller("laptop", team), "ask", None, 200, now)
        log.flush()
    desk.slack.wait_for(lambda: all(rows(store, bot_tables, team)["opt_out"] for team in PLACES))
    desk.slack.wait_for(lambda: not desk.bots.waiting(), what="the replies")
    desk.day()
    assert all(rows(store, bot_tables, "T2").values()), "something in every table"
    before = {team: rows(library.database, library_tables, team) for team in PLACES}
    desk.leave("T2")
    desk.day(28)
    assert rows(library.database, library_tables, "T2") == before["T2"]
    assert rows(store, bot_tables, "T2")["digest"] == 1
    desk.day(2.1)
    assert set(rows(store, bot_tables, "T2").values()) == {0}
    assert set(rows(library.database, library_tables, "T2").values()) == {0}
    assert library.check() == []
    assert library.of("T2").stats().paragraphs == 0
    assert rows(library.database, library_tables, "T1") == before["T1"]
    assert rows(store, bot_tables, "T1")["digest"] == 1
    desk.bots.install("T2")
    run = desk.slack.command("UZOE", "COTHER", "/ask", QUESTION)
    desk.slack.wait_for(lambda: run.shown, what="an answer")
    assert passages(run.shown[0].blocks) == []


def test_who_comes_back_in_time_goes_on_where_they_were(desk: Desk) -> None:
    desk.subscribe("T2")
    _, asked = asking.ask(desk.bots.installed.workspace("T2"), "key", QUESTION, Place("UZOE", "COTHER"))
    desk.leave("T2")
    desk.day(28)
    desk.bots.install("T2")
    desk.day()
    workspace = desk.bots.installed.workspace("T2")
    assert workspace.library.of("T2").stats().articles == 1
    with desk.bots.store.reading() as connection:
        assert [one.id for one in digests.every(connection, "T2")] == ["digest-T2"]
    desk.slack.forge_press("UZOE", "COTHER", "share", f"{asked.id}:0")
    shared = "The crane stands in the harbour of T2"
    desk.slack.wait_for(lambda: any(shared in one for one in desk.posts("T2")), what="a button from before")


def test_a_bot_that_was_down_meanwhile_finds_out(desk: Desk) -> None:
    desk.slack.deliver_over_http("http://127.0.0.1:9/gone")
    desk.slack.uninstall("T2")
    assert desk.bots.installed.teams() == ["T1", "T2"]
    desk.day(1.1)
    assert desk.bots.installed.teams() == ["T1"]


def test_tokens_of_people_that_are_revoked_change_nothing(desk: Desk) -> None:
    desk.slack.emit("T2", {"type": "tokens_revoked", "tokens": {"oauth": ["UZOE"], "bot": []}})
    desk.slack.settle()
    assert desk.bots.installed.teams() == ["T1", "T2"]
    desk.slack.emit("T2", {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["UBOT2"]}})
    desk.slack.settle()
    assert desk.bots.installed.teams() == ["T1"]


def test_with_one_token_the_end_is_acknowledged_and_noted(
    slack: SlackServer, library: Library, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(slack, library, tmp_path, "socket"):
        slack.uninstall("T1")
        slack.settle()
        time.sleep(0.05)
        ends = [one for one in slack.deliveries if one.kind in ("app_uninstalled", "tokens_revoked")]
        assert [one.acked_after is not None for one in ends] == [True, True]
