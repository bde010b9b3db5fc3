"""What is shared with the bot is seen by those who saw it shared, however somebody else asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.slack.passages import lead_to_reader
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, Running, moment_of, running
from tests.flows.slack_blocks import choices, spoken
from tests.hashed import HashedEncoder
from tests.slack_server import Message, SlackServer

BONUS = b"Bonus plan\n\nThe bonus of Otis Quint is 5,000 dollars a year, paid in March."
QUESTION = "what is the bonus of Otis Quint?"


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path, database_url: str | None) -> Iterator[Running]:
    with Library(
        tmp_path, HashedEncoder(dim=256), now=lambda: moment_of(slack), database_url=database_url
    ) as library:
        library.local.add(article("Crane", "The crane stands at the harbour of Port Quint."))
        with running(slack, library, tmp_path, "socket") as bot:
            yield bot


def share(desk: Running, user: str, channel: str, audience: str, text: str = "") -> Message:
    """Share the bonus plan and choose who sees it; return the bot's message when it is done."""
    said = desk.ask(text, user=user, channel=channel, files={"bonus.txt": BONUS})
    (question,) = desk.replies(said)
    desk.slack.press(user, question, f"keep-{audience}")
    return added_for(desk, said)


def added_for(desk: Running, said: Message) -> Message:
    """The bot's message on what was shared, once it is added."""
    (found,) = desk.slack.wait_for(
        lambda: [one for one in desk.replies(said) if "1 article added" in spoken(one.blocks)]
    )
    return found


def is_answered(desk: Running, user: str, channel: str) -> bool:
    """Whether a command in the channel shows this person the bonus."""
    return "5,000" in spoken(desk.answered(desk.command(QUESTION, user=user, channel=channel)))


def test_nothing_is_stored_before_the_choice_and_nothing_when_it_is_no(desk: Running) -> None:
    said = desk.ask("", user="UADA", channel="DUADA", files={"bonus.txt": BONUS})
    (question,) = desk.replies(said)
    assert "Who should be able to ask me about “bonus.txt”? Nothing is stored until you choose." in spoken(
        question.blocks
    )
    names = [one["text"]["text"] for one in question.blocks[-1]["elements"]]
    assert names == ["Only me", "Everyone here", "Cancel"]
    assert desk.library.audiences("local") == []
    desk.slack.press("UADA", question, "keep-cancel")
    desk.slack.wait_for(lambda: "Nothing was stored" in spoken(desk.replies(said)[0].blocks))
    assert desk.library.audiences("local") == []
    assert desk.library.local.stats().articles == 1


def test_files_that_cannot_be_read_are_named(desk: Running) -> None:
    said = desk.ask("", user="UADA", channel="DUADA", files={"bonus.txt": BONUS, "holiday.mov": b"film"})
    (question,) = desk.replies(said)
    assert "ask me about “bonus.txt”?" in spoken(question.blocks)
    assert "I can't read “holiday.mov”." in spoken(question.blocks)
    said = desk.ask("", user="UADA", channel="DUADA", files={"holiday.mov": b"film"})
    (answer,) = desk.replies(said)
    assert "I can't read “holiday.mov”. I read txt," in spoken(answer.blocks)


def test_what_is_shared_directly_is_that_persons_alone(desk: Running) -> None:
    done = share(desk, "UANN", "DUANN", "me")
    said = " ".join(spoken(done.blocks).split())
    assert "• Bonus plan · default · 1 paragraph Only you can ask about it. Ask it something Undo" in said
    assert is_answered(desk, "UANN", "DUANN")
    for user, channel in (("UBOB", "DUBOB"), ("UADA", "DUADA"), ("UANN", "CNEWS"), ("UADA", "GPRIV")):
        assert not is_answered(desk, user, channel), f"{user} in {channel}"
    for user in ("UBOB", "UADA"):
        desk.slack.open_home(user)
        view = desk.slack.wait_for(partial(desk.slack.home, user), what="the Home tab")
        assert view is not None
        assert "Bonus plan" not in spoken(view.body["blocks"])


def test_a_question_that_came_with_a_file_is_answered_from_it(desk: Running) -> None:
    desk.library.local.add(article("Old bonuses", "The bonus of Otis Quint was 3,000 dollars a year in 1999."))
    done = share(desk, "UANN", "DUANN", "me", QUESTION)
    desk.slack.settle()
    thread = done.thread_ts or done.ts
    (answer,) = [one for one in desk.slack.messages("DUANN", thread) if "5,000" in one.text]
    assert "Old bonuses" not in spoken(answer.blocks)
    share(desk, "UBOB", "DUBOB", "me", "keep this for me")
    desk.slack.settle()
    assert not [one for one in desk.slack.messages("DUBOB") if "5,000" in one.text]


def test_what_is_shared_in_a_private_channel_is_its_members(desk: Running) -> None:
    share(desk, "UADA", "GPRIV", "channel", f"{BOT} keep this")
    assert is_answered(desk, "UANN", "GPRIV")
    assert is_answered(desk, "UANN", "DUANN"), "a member asks directly too"
    assert not is_answered(desk, "UBOB", "DUBOB")
    assert not is_answered(desk, "UANN", "CNEWS")
    desk.slack.workspaces["T1"].channels["GPRIV"].members.remove("UANN")
    desk.slack.clock.advance(timedelta(minutes=5).total_seconds())
    assert not is_answered(desk, "UANN", "DUANN"), "leaving the channel ends it"
    desk.slack.fail("conversations.members", error="fatal_error", times=9)
    desk.slack.clock.advance(timedelta(minutes=5).total_seconds())
    assert not is_answered(desk, "UADA", "DUADA"), "nothing is shown when Slack doesn't say who is in"


def test_an_answer_shared_with_a_channel_holds_what_the_channel_may_see(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    run = desk.command(QUESTION, user="UANN", channel="DUANN")
    desk.answered(run)
    pressed = desk.slack.press("UANN", run, "share")
    desk.slack.settle()
    assert pressed
    assert "5,000" not in spoken([block for one in desk.slack.messages("DUANN")[-1:] for block in one.blocks])


@pytest.mark.parametrize("channel", ["CNEWS", "CTAX", "DUBOB"])
def test_the_ids_of_a_private_answer_open_nothing_elsewhere(desk: Running, channel: str) -> None:
    share(desk, "UANN", "DUANN", "me")
    run = desk.command(QUESTION, user="UANN", channel="DUANN")
    blocks = desk.answered(run)
    values = {
        one["action_id"]: one["value"]
        for block in blocks
        if block["type"] == "actions"
        for one in block["elements"]
        if "value" in one
    }
    values |= {value.partition(":")[0]: value.partition(":")[2] for value in choices(blocks).values()}
    values["context-1"] = values.pop("context")
    begin = len(desk.slack.calls())
    for action_id, value in values.items():
        desk.slack.forge_press("UBOB", channel, action_id, value)
        desk.slack.forge_press_in_view("UBOB", action_id, value)
        desk.slack.forge_press("UBOB", channel, "answer-menu", f"{action_id.removesuffix('-1')}:{value}")
    desk.slack.settle()
    assert "5,000" not in str([one.args for one in desk.slack.calls()[begin:]])


def test_summarise_under_a_private_answer_is_for_those_who_see_the_article(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    run = desk.command(QUESTION, user="UANN", channel="DUANN")
    value = choices(desk.answered(run))["Summarise"]
    own = desk.slack.press("UANN", run, "answer-menu", value=value)
    assert "In short:  Bonus plan" in spoken(desk.answered(own))
    for user, channel in (("UBOB", "DUBOB"), ("UADA", "CNEWS"), ("UANN", "CNEWS")):
        pressed = desk.slack.forge_press(user, channel, "answer-menu", value)
        assert "5,000" not in spoken(desk.answered(pressed)), f"{user} in {channel}"


def test_an_admin_removes_what_only_they_see(desk: Running) -> None:
    share(desk, "UADA", "DUADA", "me")
    (found,) = desk.library.of("local", ["UADA"]).articles()[:1]
    desk.slack.forge_press_in_view("UADA", "remove", found.citation.article_id)
    desk.slack.wait_for(lambda: desk.library.of("local", ["UADA"]).stats().articles == 1)


def test_only_the_citations_of_everybodys_articles_lead_to_the_reader(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    lead_to_reader("https://bot.example")
    try:
        private = desk.answered(desk.command(QUESTION, user="UANN", channel="DUANN"))
        public = desk.answered(desk.command("where does the crane stand?", user="UANN", channel="DUANN"))
    finally:
        lead_to_reader(None)
    assert "5,000" in spoken(private)
    assert "bot.example" not in str(private)
    assert "https://bot.example/articles/" in str(public)


def test_only_who_shared_it_chooses_and_undoes(desk: Running) -> None:
    said = desk.ask(f"{BOT} keep this", user="UADA", channel="CNEWS", files={"bonus.txt": BONUS})
    (question,) = desk.replies(said)
    pressed = desk.slack.press("UANN", question, "keep-all")
    assert "Only the person who shared this" in spoken(desk.answered(pressed))
    assert desk.library.local.stats().articles == 1
    desk.slack.press("UADA", question, "keep-all")
    done = added_for(desk, said)
    assert is_answered(desk, "UBOB", "CNEWS")
    pressed = desk.slack.press("UANN", done, "undo-add")
    assert "Only the person who added this" in spoken(desk.answered(pressed))
    desk.slack.press("UADA", done, "undo-add")
    desk.slack.wait_for(lambda: desk.library.local.stats().articles == 1)
    assert not is_answered(desk, "UBOB", "CNEWS")


def test_a_member_without_rights_adds_for_nobody_but_themselves(desk: Running) -> None:
    said = desk.ask(f"{BOT} keep this", user="UANN", channel="CNEWS", files={"bonus.txt": BONUS})
    (question,) = desk.replies(said)
    assert [one["text"]["text"] for one in question.blocks[-1]["elements"]] == ["Only me", "Cancel"]
    value = question.blocks[-1]["elements"][0]["value"]
    for word in ("all", "channel"):
        desk.slack.forge_press("UANN", "CNEWS", f"keep-{word}", value)
    desk.slack.settle()
    assert desk.library.local.stats().articles == 1
    assert desk.library.audiences("local") == []


def test_no_topic_story_digest_or_alert_reaches_over_an_audience(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    for text in ("Otis Quint bonus", ""):
        for user, channel, sees in (("UANN", "CNEWS", False), ("UBOB", "DUBOB", False)):
            said = spoken(desk.answered(desk.command(text, user=user, channel=channel, name="/topic")))
            assert ("5,000" in said or "Bonus plan" in said) is sees, (text, user, channel)
    run = desk.command("", user="UBOB", channel="CTAX", name="/digest")
    (window,) = desk.slack.wait_for(partial(getattr, run, "opened"))
    desk.slack.submit("UBOB", window, {"topics": {"value": "bonus"}, "channel": {"value": "CTAX"}})
    desk.answered(run)
    for words in ("preview", "now"):
        assert "5,000" not in spoken(
            desk.answered(desk.command(words, user="UBOB", channel="CTAX", name="/digest"))
        )
    desk.slack.settle()
    assert "5,000" not in str([one.blocks for one in desk.slack.messages("CTAX")])


def test_a_link_is_added_for_the_audience_that_is_chosen(desk: Running) -> None:
    said = desk.ask("see <https://example.org/plan>", user="UADA", channel="GPRIV")
    used = desk.slack.shortcut("UADA", said, "add_links")
    (window,) = desk.slack.wait_for(partial(getattr, used, "opened"))
    (box,) = [one for one in window.body["blocks"] if one["block_id"] == "audience"]
    names = [one["text"]["text"] for one in box["element"]["options"]]
    assert names == ["Only this channel", "Only me", "Everyone here"]
    assert box["element"]["initial_option"]["text"]["text"] == "Only this channel"
