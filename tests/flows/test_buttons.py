"""What the buttons under an answer do, over the stand-in for Slack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.alerts.delivery import check_alerts, tell
from bot.slack.client import bot_client
from bot.workspace.registry import open_workspace
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, Running, moment_of, running
from tests.flows.slack_blocks import bold, buttons, choices, cited, passages, spoken
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer
from tests.slack_server.world import View

QUESTION = "what did Alibaba pledge?"


PAGE = b"""<html><head><title>The lighthouse of Harbour Island</title></head><body><article>
<h1>The lighthouse of Harbour Island</h1>
<p>The lighthouse of Harbour Island was lit for the first time in 1911 by the harbour master Otis Quint.</p>
<p>It stands forty metres above the sea, and its lamp was seen by ships more than twenty miles away.</p>
<p>In 1987 the last keeper left, and since then a machine turns the lamp on every evening at sunset.</p>
</article></body></html>"""


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a page on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/lighthouse"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def small(slack: SlackServer, tmp_path: Path) -> Iterator[Running]:
    """A bot over a small library of its own, which tests may change."""
    with Library(tmp_path / "library", HashedEncoder(), now=lambda: moment_of(slack)) as library:
        yield from _small(slack, library, tmp_path)


def _small(slack: SlackServer, library: Library, tmp_path: Path) -> Iterator[Running]:
    library.local.add(article("Crane", "A tower crane stands by the river.", "It lifts steel.", id="crane"))
    with running(slack, library, tmp_path, "socket", fetch_hosts=("127.0.0.1",), admins=("UBOB",)) as found:
        yield found


def test_sharing_shows_the_answer_to_all_with_who_shared_it(bot: Running) -> None:
    run = bot.command(QUESTION)
    bot.answered(run)
    bot.slack.press("UANN", run, "share")
    (shared,) = bot.slack.wait_for(lambda: bot.slack.messages("CNEWS"))
    assert "shared by" in spoken(shared.blocks)
    assert {"type": "user", "user_id": "UANN"} in shared.blocks[0]["elements"][0]["elements"]
    assert bold(passages(shared.blocks)[0]).startswith("The e-commerce giant had pledged")
    assert "Share to channel" not in buttons(shared.blocks)
    assert f"Question: {QUESTION}" in spoken(shared.blocks)
    bot.slack.settle()
    (own,) = bot.slack.ephemerals("UANN", "CNEWS")
    assert "Shared" in spoken(own.blocks)
    assert "Share to channel" not in buttons(own.blocks)


def test_show_more_pages_through_the_rest(bot: Running) -> None:
    run = bot.command(QUESTION)
    bot.answered(run)
    seen = []
    while True:
        shown = bot.slack.ephemerals("UANN", "CNEWS")
        assert len(shown) == 1
        seen += [bold(one) for one in passages(shown[0].blocks)]
        before = shown[0].blocks
        if not any(one.endswith(" more") and one[0].isdigit() for one in buttons(before)):
            break
        bot.slack.press("UANN", shown[0], "more")
        changed = partial(lambda old: bot.slack.ephemerals("UANN", "CNEWS")[0].blocks != old, before)
        bot.slack.wait_for(changed)
    assert len(seen) == len(set(seen)) == 15


def test_show_more_in_a_thread_is_for_the_presser_s_eyes(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} {QUESTION}")
    (reply,) = socket_bot.replies(asked)
    socket_bot.slack.press("UBOB", reply, "more")
    (more,) = socket_bot.slack.wait_for(lambda: socket_bot.slack.ephemerals("UBOB", "CNEWS"))
    assert more.thread_ts == asked.ts
    first = len(passages(reply.blocks)) + 1
    assert f"from passage {first} on" in spoken(more.blocks)
    assert socket_bot.slack.messages("CNEWS", asked.ts)[-1].blocks == reply.blocks


def test_context_shows_the_paragraphs_around(bot: Running) -> None:
    run = bot.command(QUESTION)
    bot.answered(run)
    (reading, *_) = [value for name, value in choices(bot.answered(run)).items() if "in context" in name]
    pressed = bot.slack.press("UANN", run, "answer-menu", value=reading)
    (view,) = bot.slack.wait_for(lambda: pressed.opened)
    said = spoken(view.body["blocks"])
    assert "The e-commerce giant had pledged" in said
    assert "Paragraphs 2 to 6 of" in said
    assert "Remove this article" not in said


def test_feedback_is_kept_and_not_helpful_asks_why(bot: Running) -> None:
    run = bot.command(QUESTION)
    blocks = bot.answered(run)
    question_id = blocks[-1]["block_id"].removeprefix("feedback-")
    bot.slack.press("UANN", run, "feedback", value="positive")
    bot.slack.wait_for(lambda: "Thank you, noted." in str(bot.slack.ephemerals("UANN", "CNEWS")))
    pressed = bot.slack.press("UANN", run, "feedback", value="negative")
    (view,) = bot.slack.wait_for(lambda: pressed.opened)
    bot.slack.submit("UANN", view, {"reason": {"value": "old"}, "more": {"value": "it is from 2021"}})
    bot.slack.settle()
    assert "Thank you. The admins see what was wrong" in str(bot.slack.ephemerals("UANN", "CNEWS"))
    bot.slack.open_home("UADA")
    home = bot.slack.wait_for(lambda: bot.slack.home("UADA"), what="the Home tab")
    assert home is not None
    assert "It is out of date: it is from 2021" in spoken(home.body["blocks"])
    with bot.store.reading() as connection:
        helpful, reason = connection.exec_driver_sql(
            "SELECT helpful, reason FROM question WHERE id = ?", (question_id,)
        ).one()
    assert (bool(helpful), reason) == (False, "old: it is from 2021")


def test_who_waits_is_told_once_when_something_turned_up(small: Running) -> None:
    run = small.command("who lit the lighthouse of Harbour Island?", user="UANN")
    assert "I found nothing on that." in spoken(small.answered(run))
    pressed = small.slack.press("UANN", run, "alert")
    (view,) = small.slack.wait_for(lambda: pressed.opened)
    small.slack.submit("UANN", view, {})
    assert "I'll tell you here" in spoken(small.answered(pressed))
    client = bot_client(small.settings)
    workspace = open_workspace("T1", small.settings, small.library, small.store)
    assert (check_alerts(workspace), tell(workspace, client)) == (0, 0)
    small.library.local.add(
        article(
            "The lighthouse of Harbour Island",
            "Otis Quint lit the lighthouse of Harbour Island for the first time in 1911.",
        )
    )
    assert check_alerts(workspace) == 1
    small.slack.fail("chat.postMessage", drop="after")
    with pytest.raises(OSError, match="closed connection"):
        tell(workspace, client)
    assert (tell(workspace, client), tell(workspace, client), check_alerts(workspace)) == (1, 0, 0)
    (told,) = small.slack.messages(small.slack.im("UANN"))
    assert "Something new on:  who lit the lighthouse" in spoken(told.blocks)
    assert "Otis Quint lit" in spoken(told.blocks)


def test_an_admin_adds_the_links_of_a_message(small: Running, page: str) -> None:
    message = small.ask(f"See <{page}|this> and <http://127.0.0.1:9/none>")
    used = small.slack.shortcut("UADA", message, "add_links")
    (view,) = small.slack.wait_for(lambda: used.opened)
    small.slack.submit("UADA", view, {"links": {"value": ["0", "1"]}, "collection": {"value": "places"}})
    said = spoken(small.answered(used))
    assert "Added: The lighthouse of Harbour Island (3 paragraphs)" in said
    assert "Not added: http://127.0.0.1:9/none: can't be fetched (no connection)" in said
    blocks = small.answered(small.command("in:places who lit the lighthouse?"))
    assert f"<{page}|The lighthouse of Harbour Island>" in cited(blocks)


def test_what_comes_nearest_offers_a_source_only_to_those_who_may_add_one(small: Running) -> None:
    for user, may in (("UANN", False), ("UBOB", True)):
        run = small.command("who lit the lighthouse of Harbour Island by the crane?", user=user)
        small.answered(run)
        shown = spoken(small.answered(small.slack.press(user, run, "nearest")))
        assert ("Add a source" in shown) == may


def test_a_source_can_be_added_where_nothing_was_found(small: Running, page: str) -> None:
    run = small.command("who lit the lighthouse of Harbour Island?", user="UBOB")
    small.answered(run)
    pressed = small.slack.press("UBOB", run, "add-source")
    (view,) = small.slack.wait_for(lambda: pressed.opened)
    small.slack.submit("UBOB", view, {"link": {"value": page}})
    small.slack.wait_for(lambda: small.library.local.stats().articles == 2)


def test_a_question_that_finds_nothing_in_its_period_is_asked_without_it(small: Running) -> None:
    run = small.command("where does the crane stand since yesterday?", user="UANN")
    assert "No article here is from that period" in spoken(small.answered(run))
    pressed = small.slack.press("UANN", run, "any-period")
    said = spoken(small.answered(pressed))
    assert "No article here" not in said
    assert "crane" in said


def test_only_those_who_may_add_and_remove(small: Running, page: str) -> None:
    message = small.ask(f"See <{page}>")
    used = small.slack.shortcut("UANN", message, "add_links")
    (view,) = small.slack.wait_for(lambda: used.opened)
    assert offered(view) == ["me"], "for oneself everybody may add"
    run = small.command("where does the crane stand?", user="UANN")
    small.answered(run)
    offers = choices(small.answered(run))
    assert "Remove this article…" not in offers
    removing = "remove:" + offers["Read in context"].split(":")[-1]
    pressed = small.slack.forge_press("UANN", "CNEWS", "answer-menu", removing)
    assert "Only workspace admins" in spoken(small.answered(pressed))
    for admin in ("UADA", "UOWN", "UBOB"):
        used = small.slack.shortcut(admin, message, "add_links")
        (view,) = small.slack.wait_for(partial(getattr, used, "opened"))
        assert offered(view) == ["all", "me"]


def offered(view: View) -> list[str]:
    """The audiences that a window to add pages offers."""
    (audience,) = [one["element"] for one in view.body["blocks"] if one["block_id"] == "audience"]
    return [one["value"] for one in audience["options"]]


def test_an_admin_removes_an_article(small: Running) -> None:
    run = small.command("where does the crane stand?", user="UADA")
    offers = choices(small.answered(run))
    pressed = small.slack.press("UADA", run, "answer-menu", value=offers["Remove this article…"])
    (view,) = small.slack.wait_for(lambda: pressed.opened)
    small.slack.press("UADA", view, "remove")
    small.slack.wait_for(lambda: small.library.local.stats().articles == 0)
    small.slack.wait_for(lambda: "The article is removed." in str(small.slack.views[-1].body))


def test_a_question_that_is_no_longer_kept_is_told(small: Running) -> None:
    run = small.command("where does the crane stand?")
    small.answered(run)
    with small.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM question")
    pressed = small.slack.press("UANN", run, "share")
    assert "Ask it again" in spoken(small.answered(pressed))


def test_a_window_that_opens_too_late_is_told(small: Running) -> None:
    small.slack.fail("views.open", error="expired_trigger_id")
    run = small.command("")
    assert "Slack was too slow" in spoken(small.answered(run))
