"""Deliveries that waited in the inbox of an earlier version are handled after the upgrade, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from slack_bolt import BoltRequest
from sqlalchemy import Connection, text

from bot.resources import open_store
from bot.slack.inbox import Inbox
from bot.store import deliveries
from bot.store.tables import MIGRATIONS
from embeddings.library import Library
from tests.flows.conftest import moment_of
from tests.flows.many import many
from tests.flows.test_isolation import CASES, OWNER, case_of
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer

BEFORE = {
    "command:/ask": "ask",
    "command:/topic": "topic",
    "command:/digest": "digest",
    "command:/sources": "sources",
    "command:/topicbot": "topicbot",
    "event:app_mention": "answer_in_thread",
    "event:message": "answer_message",
    "event:app_home_opened": "show_home",
    "shortcut:ask_about_message": "ask_about_message",
    "shortcut:add_links": "add_links",
    "action:share": "share",
    "action:more": "show_more",
    r"action:^context-\d+$": "show_context",
    "action:feedback": "rate",
    "action:alert": "offer_alert",
    "action:alert-feedback": "rate_alert",
    "action:alert-stop": "stop_alert",
    "action:share-topic": "share_topic",
    "action:digest-new": "open_new",
    "action:^digest-(preview|pause|resume|edit|delete)$": "press",
    "action:story-more": "show_story",
    "action:story-mute": "mute_story",
    "action:story-fewer": "fewer_like_this",
    "action:^source-(refresh|pause|resume|remove)$": "press_source",
    "action:^source-page-(back|more)$": "turn_page",
    "action:add-source": "offer_to_add",
    "action:remove": "remove_article",
    "action:home-ask": "ask_from_home",
    "action:open-ask": "open_form",
    "view:ask": "answer_form",
    "view:reason": "keep_reason",
    "view:links": "add_links",
    "view:alert": "save_alert",
    "view:digest": "save_digest",
    "view:source": "add_source",
}
"""Each listener by its route key, and the function under whose name its deliveries were stored before."""


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A Slack that may refuse replies: into threads that the forged cases name and that aren't there."""
    with SlackServer() as server:
        yield server


def as_before(connection: Connection) -> None:
    """Take the bot's tables back to the schema that had names of functions."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.set_main_option("path_separator", "os")
    table = "alembic_version" if connection.dialect.name == "sqlite" else "bot_version"
    config.attributes.update(connection=connection, version_table=table)
    command.downgrade(config, "0004")


@pytest.mark.slow
def test_what_waited_under_names_of_functions_is_handled_once(
    slack: SlackServer, tmp_path: Path, database_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.workspaces["T2"].users["UZOE"].is_admin = True
    more: dict[str, Any] = {"database_url": SecretStr(database_url)} if database_url else {}
    cases = [case for (kind, name), case in CASES.items() if f"{kind}:{name}" in BEFORE]  # others came later
    with Library(tmp_path, HashedEncoder(), now=lambda: moment_of(slack), database_url=database_url) as library:
        with many(slack, library, tmp_path, **more) as bots:
            case = case_of(bots, OWNER)
            slack.fail("users.info", status=503, times=10**6)
            for send in cases:
                send(case)
            slack.settle()
            with bots.store.reading() as connection:
                waiting = {one.key: one.listener for one in deliveries.unfinished(connection)}
        with closing(open_store(tmp_path, database_url)) as store, store.writing() as connection:
            as_before(connection)
            stored = {row.key: row.listener for row in connection.execute(text("SELECT * FROM delivery"))}
        assert {key: stored[key] for key in waiting} == {key: BEFORE[name] for key, name in waiting.items()}
        assert set(waiting.values()) == set(BEFORE)
        slack.platform.faults.clear()
        handled: Counter[str] = Counter()
        run = Inbox.run

        def counted(self: Inbox, function: Callable[..., None], request: BoltRequest) -> None:
            handled[request.context["key"]] += 1
            run(self, function, request)

        monkeypatch.setattr(Inbox, "run", counted)
        with many(slack, library, tmp_path, **more) as bots:
            slack.wait_for(lambda: not bots.waiting(), what="the end of all work")
            with bots.store.reading() as connection:
                assert deliveries.unfinished(connection) == []
        assert handled == Counter(dict.fromkeys(waiting, 1))
