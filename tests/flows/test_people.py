"""Who gets answers, and from which collections, over the stand-in for Slack."""

from __future__ import annotations

from datetime import time
from functools import partial
from pathlib import Path

import pytest

from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, moment_of, running
from tests.flows.slack_blocks import choices, passages, spoken
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer

QUESTION = "where does the crane stand?"


REFUSAL = "I answer members of this workspace only."


@pytest.fixture
def cranes(library: Library) -> Library:
    """Two collections with a crane in each."""
    library.local.add(
        article("Tower", "The tower crane stands in the harbour.", collection="building", id="tower")
    )
    library.local.add(article("Bird", "The grey crane stands in the marsh.", collection="birds", id="bird"))
    return library


@pytest.mark.parametrize("user", ["UGUS", "UULT", "USAM"])
def test_guests_and_strangers_get_nothing(slack: SlackServer, cranes: Library, tmp_path: Path, user: str) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        blocks = bot.answered(bot.command(QUESTION, user=user))
        assert REFUSAL in spoken(blocks)
        assert passages(blocks) == []
        bot.ask(f"{BOT} {QUESTION}", user=user)
        (told,) = slack.wait_for(lambda: slack.ephemerals(user, "CNEWS")[1:])
        assert REFUSAL in spoken(told.blocks)
        slack.open_home(user)
        view = slack.wait_for(lambda: slack.home(user))
        assert view is not None
        assert "members of this workspace only" in spoken(view.body["blocks"])
        assert "crane" not in str(slack.calls()[-3:])


@pytest.mark.parametrize(("user", "allowed"), [("UGUS", "allow_guests"), ("USAM", "allow_strangers")])
def test_a_setting_lets_them_in(
    slack: SlackServer, cranes: Library, tmp_path: Path, user: str, allowed: str
) -> None:
    with running(slack, cranes, tmp_path, "socket", **{allowed: True}) as bot:
        assert passages(bot.answered(bot.command(QUESTION, user=user)))


def test_who_slack_can_t_tell_about_gets_nothing(slack: SlackServer, cranes: Library, tmp_path: Path) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.fail("users.info", error="user_not_found")
        assert REFUSAL in spoken(bot.answered(bot.command(QUESTION)))


def test_slack_s_hiccup_is_waited_for(slack: SlackServer, cranes: Library, tmp_path: Path) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.fail("users.info", status=500)
        assert passages(bot.answered(bot.command(QUESTION)))


def test_a_bound_channel_sees_only_its_collections(slack: SlackServer, cranes: Library, tmp_path: Path) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        before = bot.command(QUESTION)
        assert {"harbour", "marsh"} <= set(spoken(bot.answered(before)).replace(".", "").split())
        assert "Only workspace admins" in spoken(
            bot.answered(bot.command("bind birds", user="UANN", name="/topicbot"))
        )
        said = spoken(bot.answered(bot.command("bind birds, nope", user="UADA", name="/topicbot")))
        assert "There is no collection 'nope'. The library has: birds, building." in said
        said = spoken(bot.answered(bot.command("bind birds", user="UADA", name="/topicbot")))
        assert "From now on, questions in this channel see birds." in said
        said = spoken(bot.answered(bot.command(QUESTION)))
        assert "marsh" in said
        assert "harbour" not in said
        said = spoken(bot.answered(bot.command(f"in:building {QUESTION}")))
        assert "Questions in this channel see only birds." in said
        (reply,) = bot.replies(bot.ask(f"{BOT} {QUESTION}"))
        assert "harbour" not in spoken(reply.blocks)
        values = [value for name, value in choices(bot.answered(before)).items() if "in context" in name]
        pressed = slack.press("UANN", before, "answer-menu", value=values[0])
        second = slack.press("UANN", before, "answer-menu", value=values[1])
        slack.wait_for(lambda: len(pressed.opened) + len(second.opened) == 1)
        assert "no longer sees that article" in spoken(bot.answered(second if pressed.opened else pressed))
        assert "harbour" in spoken(bot.answered(bot.command(QUESTION, channel="CTAX")))
        cranes.local.remove("bird")
        assert passages(bot.answered(bot.command(QUESTION))) == []
        bot.answered(bot.command("unbind", user="UADA", name="/topicbot"))
        assert "harbour" in spoken(bot.answered(bot.command(QUESTION)))


def test_status_and_help(slack: SlackServer, cranes: Library, tmp_path: Path) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        said = spoken(bot.answered(bot.command("status", name="/topicbot")))
        assert said == "2 articles, 2 paragraphs. Collections for this channel: birds, building."
        assert "What I can do" in spoken(bot.answered(bot.command("", name="/topicbot")))


def test_the_home_tab_shows_numbers_and_gaps_to_admins(
    slack: SlackServer, cranes: Library, tmp_path: Path
) -> None:
    with running(slack, cranes, tmp_path, "socket") as bot:
        bot.answered(bot.command("who invented the zeppelin?", user="UBOB"))
        for user, sees in (("UANN", False), ("UADA", True)):
            slack.open_home(user)
            view = slack.wait_for(partial(slack.home, user))
            assert view is not None
            said = spoken(view.body["blocks"])
            assert "2 articles · 2 paragraphs" in said
            assert "None yet." in said
            assert ("who invented the zeppelin?" in said) is sees
            assert ("Sources that fail" in said) is sees


def test_home_asks_and_the_answer_comes_as_a_direct_message(
    slack: SlackServer, cranes: Library, tmp_path: Path
) -> None:
    with running(slack, cranes, tmp_path, "socket"):
        slack.open_home("UANN")
        view = slack.wait_for(lambda: slack.home("UANN"))
        assert view is not None
        slack.press("UANN", view, "home-ask", value=QUESTION)
        (told,) = slack.wait_for(lambda: slack.messages(slack.im("UANN")))
        assert passages(told.blocks)
        pressed = slack.press("UANN", view, "open-ask")
        (form,) = slack.wait_for(lambda: pressed.opened)
        slack.submit("UANN", form, {"question": {"value": QUESTION}, "collection": {"value": "birds"}})
        _, second = slack.wait_for(
            lambda: slack.messages(slack.im("UANN"))[1:] and slack.messages(slack.im("UANN"))
        )
        assert "marsh" in spoken(second.blocks)
        assert "harbour" not in spoken(second.blocks)


def test_prompts_are_drawn_from_the_library(slack: SlackServer, cranes: Library, tmp_path: Path) -> None:
    cranes.local.add(
        article("Lighthouse keeper Otis Quint", "The lighthouse keeper Otis Quint says that he will stay.")
    )
    with running(slack, cranes, tmp_path, "socket") as bot:
        slack.open_home("UANN", tab="messages")
        prompts = slack.wait_for(lambda: slack.prompts(slack.im("UANN")))
        answered = {"What does “Lighthouse keeper Otis Quint” say?"}
        assert {one["message"] for one in prompts} == answered, "none that would find nothing"
        (reply,) = bot.replies(bot.ask(prompts[0]["message"], channel=slack.im("UANN")))
        assert passages(reply.blocks)


def test_the_home_tab_shows_what_is_new_for_a_person_since_they_were_there(
    slack: SlackServer, tmp_path: Path
) -> None:
    with (
        Library(tmp_path / "library", HashedEncoder(dim=1024), now=lambda: moment_of(slack)) as library,
        running(slack, library, tmp_path, "socket") as bot,
    ):

        def news(user: str) -> str:
            before = len(slack.calls("views.publish"))
            slack.open_home(user)
            slack.wait_for(lambda: slack.calls("views.publish")[before:], what="the Home tab")
            slack.settle()
            view = slack.home(user)
            assert view is not None
            return spoken([one for one in view.body["blocks"] if one.get("block_id") == "news"])

        schedule = Schedule(time(9), "UTC", (1, 2, 3, 4, 5, 6, 7))
        now = moment_of(slack)
        with bot.store.writing() as connection:
            digests.save(connection, "T1", Digest("d", "UANN", "CNEWS", "D", schedule, now, now, ("lighthouse",)))
        library.local.add(article("Old lighthouse", "The old lighthouse was lit in 1911."))
        assert "Old lighthouse" in news("UANN")
        slack.clock.advance(3600)
        library.local.add(article("New lighthouse", "A new lighthouse will be built on the cape."))
        library.local.add(article("Tower crane", "The tower crane has been sold to a museum."))
        library.of("local").only_for("UBOB").add(article("Bonus", "The bonus of Otis Quint is paid in March."))
        assert "New lighthouse · about lighthouse" in " ".join(news("UANN").split())
        for user, sees in (("UANN", ["New lighthouse"]), ("UBOB", ["Bonus"]), ("UADA", [])):
            said = news(user)
            titles = [one for one in ("Old lighthouse", "New lighthouse", "Tower crane", "Bonus") if one in said]
            assert titles == sees, user
        slack.clock.advance(3600)
        assert news("UANN") == ""
