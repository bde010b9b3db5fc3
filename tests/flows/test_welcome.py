"""First steps: whoever installs the bot and the channels that it is invited to are greeted, each once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import Running, moment_of, running
from tests.flows.many import Many, many
from tests.flows.slack_blocks import spoken
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path) -> Iterator[Running]:
    library = Library(tmp_path, HashedEncoder(dim=256), now=lambda: moment_of(slack))
    with library, running(slack, library, tmp_path, "socket") as bot:
        yield bot


def test_a_channel_that_invites_the_bot_is_greeted_once(desk: Running) -> None:
    desk.slack.join("UBOT1", "CQUIET")
    (hello,) = desk.slack.wait_for(lambda: [one for one in desk.slack.messages("CQUIET") if one.bot_id])
    assert "Mention me with a question" in spoken(hello.blocks)
    assert "no articles yet" in spoken(hello.blocks)
    desk.slack.join("USAM", "CQUIET")
    desk.library.local.add(article("Crane", "The crane stands at the harbour."))
    desk.slack.settle()
    assert len([one for one in desk.slack.messages("CQUIET") if one.bot_id]) == 1


def test_whoever_installs_the_bot_gets_three_steps_once(slack: SlackServer, tmp_path: Path) -> None:
    library = Library(tmp_path, HashedEncoder(dim=256), now=lambda: moment_of(slack))
    with library, many(slack, library, tmp_path) as bots:
        assert "is installed in <strong>" in install(bots)
        steps = slack.messages(slack.im("UZOE"))
        assert len(steps) == 1
        assert "Three steps" in spoken(steps[0].blocks)
        install(bots)
        assert len(slack.messages(slack.im("UZOE"))) == 1


def install(bots: Many) -> str:
    """Install the app in the second workspace; the page at the end."""
    done = bots.finish(bots.begin(), team="T2")
    assert done.status_code == 200
    return done.text


def test_with_no_articles_every_surface_leads_to_adding_some(desk: Running) -> None:
    said = {
        "ask": spoken(desk.answered(desk.command("what is new?", user="UADA"))),
        "topic": spoken(desk.answered(desk.command("harbours", user="UADA", name="/topic"))),
        "news": spoken(desk.answered(desk.command("", user="UADA", name="/topic"))),
        "sources": spoken(desk.answered(desk.command("", user="UADA", name="/sources"))),
    }
    found = desk.answered(desk.command("where is the harbour?", user="UADA"))
    said["question"] = spoken(found)
    desk.slack.open_home("UADA")
    view = desk.slack.wait_for(lambda: desk.slack.home("UADA"), what="the Home tab")
    assert view is not None
    said["home"] = spoken(view.body["blocks"])
    assert {name: "add" in text.lower() for name, text in said.items()} == dict.fromkeys(said, True)
    desk.slack.open_home("UADA", tab="messages")
    desk.slack.settle()
    assert not desk.slack.prompts(desk.slack.im("UADA")), "nothing is suggested that finds nothing"


def test_help_has_buttons_that_begin(desk: Running) -> None:
    run = desk.command("help", name="/topicbot")
    desk.answered(run)
    for action, title in (("open-ask", "Ask"), ("digest-new", "New digest")):
        pressed = desk.slack.press("UANN", run, action)
        (window,) = desk.slack.wait_for(partial(getattr, pressed, "opened"))
        assert title in window.body["title"]["text"]
