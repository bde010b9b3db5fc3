"""Somebody in one workspace forges every command, button, window and event to reach what another workspace has.

Two workspaces have installed the same app. Each case below sends what Slack would sign and deliver for the
attacker (who is the admin of their workspace), with the other one's ids and values in it. Nothing of the other
workspace may be shown or changed; sent by its own people the same does work, so that no case is empty. The cases
are compared with the table of listeners: one that is added there needs a case here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import MetaData, Select, bindparam, delete, select

from bot.alerts import store as alerts
from bot.alerts.store import Alert
from bot.asking import service as asking
from bot.digests import listeners as digests_listeners
from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.server import routes
from bot.sources import listeners as sources_listeners
from bot.store.tables import digest_story
from bot.store.tables import metadata as bot_tables
from bot.topics import service as summaries
from bot.workspace.workspace import Place
from embeddings.library import Library
from embeddings.store.tables import metadata as library_tables
from tests.conftest import article
from tests.flows.conftest import moment_of
from tests.flows.many import Many, many
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer
from tests.site import LOCAL
from tests.slack_server import SlackServer

SECRETS = ("quagmire", "nightjar", "ocelot", "pangolin", "axolotl", "narwhal")
"""Words that only the other workspace has: in its article, digest, source, alert, subject and question."""


THREAD = "1700000000.000001"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sends a case: the attacker, or to see that a case is not empty, the owner."""

    team: str
    user: str
    channel: str


OWNER, ATTACKER = Actor("T1", "UADA", "CNEWS"), Actor("T2", "UZOE", "COTHER")


@dataclass(frozen=True, slots=True)
class Case:
    """The ids of what the other workspace has, and who reaches for it."""

    bots: Many
    actor: Actor
    question: str
    topic: str
    story: str

    article: str = "secret-article"
    digest: str = "secret-digest"
    alert: str = "secret-alert"
    source: str = "narwhal-feed"

    @property
    def slack(self) -> SlackServer:
        return self.bots.slack

    def command(self, name: str, *texts: str) -> None:
        for text in texts:
            self.slack.command(self.actor.user, self.actor.channel, name, text)

    def press(self, action_id: str, *values: str) -> None:
        for value in values:
            self.slack.forge_press(self.actor.user, self.actor.channel, action_id, value)
            self.slack.forge_press_in_view(self.actor.user, action_id, value)

    def search(self, action_id: str, typed: str) -> None:
        self.slack.forge_search(self.actor.user, action_id, typed)

    def submit(self, callback_id: str, metadata: Any, **values: Any) -> None:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        state = {name: {"value": {"type": "plain_text_input", **_state(value)}} for name, value in values.items()}
        self.slack.forge_submission(self.actor.user, callback_id, text, state)

    def emit(self, kind: str, **fields: Any) -> None:
        """An event of the actor's workspace; its fields are as they say."""
        given = {"type": kind, "user": self.actor.user, "ts": self.slack.platform.timestamp()}
        self.slack.emit(self.actor.team, {**given, "channel": self.actor.channel, **fields})


def _state(value: Any) -> dict[str, Any]:
    """An input's state as Slack sends it: text, date or channel as `value`, a choice, or a list of them."""
    if isinstance(value, list):
        return {"selected_options": [{"value": one} for one in value]}
    if isinstance(value, dict):
        return value
    return {"value": value}


def _chosen(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value}}


def ask(case: Case) -> None:
    case.command("/ask", "where is the zebra?", "in:secret where is the zebra?", "")


def topic(case: Case) -> None:
    case.command("/topic", "zebra", "")


def digest(case: Case) -> None:
    case.command("/digest", "list", *(f"{word} {case.digest}" for word in digests_listeners._WORDS))


def sources(case: Case) -> None:
    case.command("/sources", "list", *(f"{word} {case.source}" for word in sources_listeners._WORDS))


def topicbot(case: Case) -> None:
    case.command("/topicbot", "status", "bind secret", "private on", "help")


def mention(case: Case) -> None:
    bot = case.slack.workspaces[case.actor.team].bot_user
    text = f"<@{bot}> where is the zebra?"
    case.emit("app_mention", text=text)
    case.emit("app_mention", text=text, channel=OWNER.channel, thread_ts=THREAD)
    case.emit("app_mention", text=f"<@{bot}> and why?", thread_ts=THREAD, user="UADA")


def message(case: Case) -> None:
    direct = case.slack.im(case.actor.user)
    case.emit("message", text="where is the zebra?", channel=direct, channel_type="im")
    case.emit("message", text="and why?", channel=OWNER.channel, channel_type="channel", thread_ts=THREAD)
    case.emit("message", text="and why?", channel=direct, channel_type="im", thread_ts=THREAD)


def arrival(case: Case) -> None:
    for user in (case.slack.workspaces[case.actor.team].bot_user, case.slack.workspaces[OWNER.team].bot_user):
        case.emit("member_joined_channel", user=user)
        case.emit("member_joined_channel", user=user, channel=OWNER.channel)


def home(case: Case) -> None:
    case.slack.open_home(case.actor.user)
    case.slack.open_home(case.actor.user, "messages")
    case.emit("app_home_opened", user="UADA", tab="home")


def shortcut(callback_id: str, text: str = "zebra <https://127.0.0.1:9/narwhal>") -> Callable[[Case], None]:
    def send(case: Case) -> None:
        case.slack.forge_shortcut(case.actor.user, case.actor.channel, OWNER.channel, callback_id, text)

    return send


def pressing(action_id: str, *values: Callable[[Case], str]) -> Callable[[Case], None]:
    return lambda case: case.press(action_id, *(value(case) for value in values))


def pressing_each(action_ids: list[str], value: Callable[[Case], str]) -> Callable[[Case], None]:
    def send(case: Case) -> None:
        for action_id in action_ids:
            case.press(action_id, value(case))

    return send


def view_ask(case: Case) -> None:
    given = {"question": "where is the zebra?", "since": None, "until": None}
    case.submit("ask", {"channel": OWNER.channel}, **given, collection=_chosen("secret"))
    case.submit("ask", {"channel": OWNER.channel}, **given)


def view_alert(case: Case) -> None:
    for about in (case.question, case.topic):
        where = {"about": about, "channel": OWNER.channel, "response_url": None}
        given = {"quiet_from": None, "quiet_until": None, "daily_most": "5"}
        case.submit("alert", where, place=_chosen("channel"), **given)


def view_digest(case: Case) -> None:
    for metadata in ({"digest": case.digest}, {}):
        case.submit(
            "digest", metadata, name="Forged", topics="zebra", channel={"selected_conversation": OWNER.channel},
            days=["1", "2"], month_day=None, at={"selected_time": "09:00"}, zone="UTC", most="5",
            least=_chosen("0.28"), empty=_chosen("say"),
        )  # fmt: skip


def file_of(case: Case) -> str:
    """A file that was shared in the owner's workspace."""
    said = case.slack.say(
        OWNER.user, OWNER.channel, "", files={"zebra.txt": b"Zebra\n\nThe pangolin is a secret."}
    )
    return str(said.files[0]["id"])


def view_links(case: Case) -> None:
    run = case.slack.command(case.actor.user, case.actor.channel, "/topicbot", "help")
    where = {"response_url": run.response_url, "links": ["https://127.0.0.1:9/narwhal"]}
    case.submit("links", where, links=["0"], collection="secret")


CASES: dict[tuple[str, str], Callable[[Case], None]] = {
    ("command", "/ask"): ask,
    ("command", "/topic"): topic,
    ("command", "/digest"): digest,
    ("command", "/sources"): sources,
    ("command", "/topicbot"): topicbot,
    ("event", "app_mention"): mention,
    ("event", "app_home_opened"): home,
    ("event", "message"): message,
    ("event", "member_joined_channel"): arrival,
    ("event", "app_context_changed"): lambda case: case.emit(
        "app_context_changed",
        context={"entities": [{"type": "slack#/types/channel_id", "value": OWNER.channel}]},
    ),
    ("event", "agent_session_stopped"): lambda case: case.emit(
        "agent_session_stopped", channel=OWNER.channel, thread_ts=THREAD, streaming_message_ts=[]
    ),
    ("farewell", "app_uninstalled"): lambda case: case.emit("app_uninstalled", team="T1", team_id="T1"),
    ("farewell", "team_access_revoked"): lambda case: case.emit("team_access_revoked", team_ids=["T1"]),
    ("farewell", "tokens_revoked"): lambda case: case.emit("tokens_revoked", tokens={"bot": ["UBOT1"]}),
    ("shortcut", "ask_about_message"): shortcut("ask_about_message"),
    ("shortcut", "summarise_message"): shortcut("summarise_message", "Zebra quagmire news"),
    ("shortcut", "add_links"): shortcut("add_links"),
    ("action", "share"): pressing("share", lambda case: f"{case.question}:0"),
    ("action", "more"): pressing("more", lambda case: f"{case.question}:0"),
    ("action", "any-period"): pressing("any-period", lambda case: case.question),
    ("action", "nearest"): pressing("nearest", lambda case: case.question),
    ("action", "quiet"): pressing("quiet", lambda case: case.question),
    ("action", r"^context-\d+$"): pressing(
        "context-0",
        lambda case: f"{case.question}:0:{case.article}",
        lambda case: f"{own_question(case)}:0:{case.article}",
    ),
    ("action", "answer-menu"): pressing(
        "answer-menu",
        lambda case: f"context:{case.question}:0:{case.article}",
        lambda case: f"alert:{case.question}",
        lambda case: f"any-period:{case.question}",
        lambda case: f"summarise:{case.article}",
        lambda case: f"remove:{case.article}",
    ),
    ("action", "slackbot"): pressing("slackbot", lambda case: case.question),
    ("action", "feedback"): pressing(
        "feedback", lambda case: f"{case.question}:no", lambda case: f"{case.question}:yes"
    ),
    ("action", "alert"): pressing("alert", lambda case: case.question, lambda case: case.topic),
    ("action", "alert-feedback"): pressing("alert-feedback", lambda case: f"{case.alert}:yes"),
    ("action", "alert-stop"): pressing("alert-stop", lambda case: case.alert),
    ("action", "share-topic"): pressing("share-topic", lambda case: case.topic),
    ("action", "digest-options"): pressing("digest-options", lambda case: case.digest),
    ("action", "digest-new"): pressing("digest-new", lambda case: case.digest),
    ("action", "^digest-(preview|pause|resume|edit|delete)$"): pressing_each(
        [f"digest-{word}" for word in ("preview", "pause", "resume", "edit", "delete")], lambda case: case.digest
    ),
    ("action", "summarise"): pressing("summarise", lambda case: case.article),
    ("action", "story-menu"): pressing(
        "story-menu",
        lambda case: f"more:{case.digest}:{case.story}",
        lambda case: f"why:{case.story}:no:zebra",
        lambda case: f"summarise:{case.article}",
        lambda case: f"mute:{case.digest}:{case.story}",
        lambda case: f"fewer:{case.digest}:{case.story}",
    ),
    ("action", "story-more"): pressing("story-more", lambda case: f"{case.digest}:{case.story}"),
    ("action", "story-mute"): pressing("story-mute", lambda case: f"{case.digest}:{case.story}"),
    ("action", "story-fewer"): pressing("story-fewer", lambda case: f"{case.digest}:{case.story}"),
    ("action", "^source-(refresh|pause|resume|remove)$"): pressing_each(
        [f"source-{word}" for word in ("refresh", "pause", "resume", "remove")], lambda case: case.source
    ),
    ("action", "^source-page-(back|more)$"): pressing_each(["source-page-back"], lambda case: "0"),
    ("action", "add-source"): pressing("add-source", lambda case: case.source),
    ("action", "^keep-(me|channel|all|cancel)$"): pressing_each(
        [f"keep-{word}" for word in ("me", "channel", "all", "cancel")],
        lambda case: f"{case.actor.user}:{file_of(case)}",
    ),
    ("action", "undo-add"): pressing(
        "undo-add",
        lambda case: f"{case.actor.user}:all:{case.article}",
        lambda case: f"{OWNER.user}:all:{case.article}",
        lambda case: f"{case.actor.user}:me:{case.article}",
    ),
    ("action", "remove"): pressing("remove", lambda case: case.article),
    ("action", "home-ask"): pressing("home-ask", lambda case: "where is the zebra?"),
    ("action", "open-ask"): pressing("open-ask", lambda case: case.question),
    ("options", "zone"): lambda case: case.search("zone", "narwhal"),
    ("view", "ask"): view_ask,
    ("view", "reason"): lambda case: case.submit(
        "reason",
        json.dumps({"question": case.question, "response_url": ""}),
        reason=_chosen("wrong"),
        more="forged",
    ),
    ("view", "links"): view_links,
    ("view", "alert"): view_alert,
    ("view", "digest"): view_digest,
    ("view", "source"): lambda case: case.submit(
        "source", case.source, url="https://127.0.0.1:9/narwhal", collection="secret", keep_days="1"
    ),
}


HARMLESS = {
    ("action", "digest-options"), ("action", "digest-new"), ("action", "add-source"),
    ("action", "open-ask"), ("action", "slackbot"), ("shortcut", "add_links"),
    ("event", "member_joined_channel"),
    ("shortcut", "ask_about_message"), ("view", "links"), ("view", "source"), ("options", "zone"),
    ("farewell", "team_access_revoked"),
}  # fmt: skip
"""What shows and changes nothing of what is there already, whoever sends it."""


def own_question(case: Case) -> str:
    """A question of the actor's own."""
    place = Place(case.actor.user, case.actor.channel)
    return asking.ask(case.bots.installed.workspace(case.actor.team), "own", "where is the zebra?", place)[1].id


def listened_to() -> set[tuple[str, str]]:
    """Every row of the table of listeners."""
    named: dict[str, Iterable[Any]] = {
        "command": routes.COMMANDS,
        "event": {**routes.EVENTS, **routes.ARRIVALS, **routes.SIGNALS, "message": None},
        "farewell": routes.FAREWELLS,
        "shortcut": routes.SHORTCUTS,
        "action": routes.ACTIONS,
        "options": routes.OPTIONS,
        "view": routes.VIEWS,
    }
    return {
        (kind, name.pattern if isinstance(name, re.Pattern) else str(name))
        for kind, table in named.items()
        for name in table
    }


def test_every_listener_has_a_case() -> None:
    assert set(CASES) == listened_to()
    assert set(CASES) >= HARMLESS


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def bots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """Both workspaces with the app; the attacker is an admin of their own.

    That Slack refuses some replies to what was forged, for instance into a thread that isn't there, is no fault.
    """
    folder = tmp_path_factory.mktemp("isolation")
    with ExitStack() as opened:
        slack = opened.enter_context(SlackServer())
        slack.workspaces["T2"].users["UZOE"].is_admin = True
        more: dict[str, Any] = {"fetch_hosts": tuple(LOCAL)}
        url = None
        if request.param == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.url(opened.enter_context(server.fresh()))
            more["database_url"] = SecretStr(url)
        library = Library(folder, HashedEncoder(dim=256), now=lambda: moment_of(slack), database_url=url)
        yield opened.enter_context(many(slack, opened.enter_context(library), folder, **more))


def case_of(bots: Many, actor: Actor) -> Case:
    """Both have the app, and the owner's workspace has one of everything."""
    installed = bots.installed.teams()  # another case may have ended one
    bots.install(*(team for team in (OWNER.team, ATTACKER.team) if team not in installed))
    bots.library.of(OWNER.team).remove_all()  # what another case may have added
    with bots.store.writing() as connection:
        connection.execute(delete(digest_story))  # and muted
    workspace, now = bots.installed.workspace(OWNER.team), moment_of(bots.slack)
    texts = ("The zebra stands in the quagmire.", "Why? The zebra likes the quagmire.")
    own_article = article("Zebra quagmire news", *texts, id="secret-article", collection="secret")
    bots.library.of(OWNER.team).add(own_article)
    place = Place(OWNER.user, OWNER.channel, THREAD)
    _, asked = asking.ask(workspace, "key", "where is the narwhal zebra?", place)
    _, seen = summaries.topic(workspace, "key", "axolotl zebra", place)
    (told,) = workspace.stories(workspace.scope(OWNER.channel, None))
    alert = Alert(
        id="secret-alert", user=OWNER.user, channel=OWNER.channel, asked_in=OWNER.channel, text="pangolin zebra",
        collections=None, threshold=0.3, quiet_from=None, quiet_until=None, zone="UTC", daily_most=5,
        checked_at=now, created_at=now,
    )  # fmt: skip
    schedule = Schedule(time(9), "UTC", (1, 2, 3, 4, 5, 6, 7))
    own = Digest("secret-digest", OWNER.user, OWNER.channel, "Nightjar", schedule, now - timedelta(days=2), now)
    with bots.store.writing() as connection:
        alerts.save(connection, OWNER.team, alert)
        digests.save(connection, OWNER.team, own)
    workspace.sources.add("https://127.0.0.1:9/narwhal", title="Narwhal feed")
    workspace.sources.change("narwhal-feed", lambda one: one)
    return Case(bots, actor, asked.id, seen.id, told.story_id)


def everything_of(bots: Many, team: str) -> dict[str, list[Any]]:
    """Every row of the workspace in both databases, but for how its deliveries went."""
    found = {}
    for database, tables in ((bots.store, bot_tables), (bots.library.database, library_tables)):
        with database.reading() as connection:
            for name, rows in _rows_of_a_team(tables).items():
                found[name] = sorted(map(repr, connection.execute(rows, {"team": team}).all()))
    return found


@cache
def _rows_of_a_team(tables: MetaData) -> dict[str, Select[Any]]:
    return {
        table.name: select(table).where(table.c.team_id == bindparam("team"))
        for table in tables.sorted_tables
        if "team_id" in table.c and table.name != "delivery"
    }


def settled(bots: Many) -> None:
    """Wait until everything is delivered and worked off."""
    bots.slack.settle()
    bots.slack.wait_for(lambda: not bots.waiting(), what="the end of all work")


def said(bots: Many, begin: int) -> str:
    """All that was sent to Slack since then."""
    return json.dumps([one.args for one in bots.slack.calls()[begin:]], ensure_ascii=False).lower()


@pytest.mark.parametrize("name", CASES, ids=" ".join)
def test_another_workspace_is_out_of_reach(bots: Many, name: tuple[str, str]) -> None:
    case = case_of(bots, ATTACKER)
    before, begin = everything_of(bots, OWNER.team), len(bots.slack.calls())
    CASES[name](case)
    settled(bots)
    assert everything_of(bots, OWNER.team) == before
    assert OWNER.team in bots.installed.teams()
    assert [word for word in SECRETS if word in said(bots, begin).replace("9/narwhal", "")] == []
    assert {one.team for one in bots.slack.calls()[begin:]} <= {ATTACKER.team}


@pytest.mark.parametrize("name", sorted(set(CASES) - HARMLESS), ids=" ".join)
def test_its_own_people_reach_it_in_the_same_way(bots: Many, name: tuple[str, str]) -> None:
    """The attacks above are no empty ones."""
    case = case_of(bots, OWNER)
    before, begin = everything_of(bots, OWNER.team), len(bots.slack.calls())
    CASES[name](case)
    settled(bots)
    shown = [word for word in SECRETS if word in said(bots, begin)]
    assert shown or everything_of(bots, OWNER.team) != before
