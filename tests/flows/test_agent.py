"""The agent pane: prompts, status, the channel on screen, the stop button, and what Slack delivers hours late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.asking.blocks import word_with_slackbot
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, Running, moment_of, running
from tests.flows.slack_blocks import spoken
from tests.hashed import HashedEncoder
from tests.slack_server import Message, SlackServer

QUESTION = "where does the crane stand?"
MANIFEST = Path(__file__).parents[2] / "deploy" / "slack-manifest.json"


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path) -> Iterator[Running]:
    with Library(tmp_path, HashedEncoder(dim=256), now=lambda: moment_of(slack)) as library:
        library.local.add(article("Harbour crane", "The crane stands at the harbour.", collection="building"))
        library.local.add(article("Marsh crane", "The crane stands in the marsh.", collection="birds"))
        with running(slack, library, tmp_path, "socket") as bot:
            bot.answered(bot.command("bind birds", user="UADA", channel="CTAX", name="/topicbot"))
            yield bot


def on_screen(channel: str) -> dict[str, object]:
    """What Slack says of a person who has this channel on screen."""
    return {"entities": [{"type": "slack#/types/channel_id", "value": channel, "team_id": "T1"}]}


def look_at(desk: Running, channel: str, user: str = "UANN") -> None:
    """Put a channel on screen."""
    event = {"type": "app_context_changed", "user": user, "context": on_screen(channel)}
    desk.slack.emit("T1", event)
    desk.slack.settle()


def said(desk: Running, text: str, user: str = "UANN") -> str:
    """What is answered to a direct message."""
    (reply,) = desk.replies(desk.ask(text, user=user, channel=desk.slack.im(user)))
    return spoken(reply.blocks)


def all_by_the_bot(desk: Running) -> list[Message]:
    every = ("CNEWS", "CTAX", "GPRIV", *(desk.slack.im(user) for user in ("UANN", "UBOB")))
    return [one for channel in every for one in desk.slack.messages(channel) if one.bot_id]


def test_prompts_status_and_reactions_that_slack_refuses_are_seen_by_nobody(desk: Running) -> None:
    for method in (
        "assistant.threads.setSuggestedPrompts", "assistant.threads.setStatus", "agents.sessions.setStatus",
        "reactions.add", "reactions.remove",
    ):  # fmt: skip
        desk.slack.fail(method, error="internal_error", times=20)
    desk.slack.open_home("UANN", tab="messages")
    desk.slack.settle()
    assert all_by_the_bot(desk) == []
    assert "harbour" in said(desk, QUESTION)
    (reply,) = desk.replies(desk.ask(f"{BOT} {QUESTION}"))
    assert "harbour" in spoken(reply.blocks)
    assert len(desk.slack.messages("CNEWS", reply.thread_ts)) == 2
    assert desk.slack.calls("chat.postEphemeral") == []


def test_after_an_answer_two_follow_ups_are_suggested_that_are_answered(desk: Running) -> None:
    desk.library.of("local").only_for("UBOB").add(article("Bonus plan", "The bonus of the crane driver is 5,000."))
    said(desk, QUESTION)
    desk.slack.settle()
    prompts = [one["message"] for one in desk.slack.prompts("DUANN")]
    assert len(prompts) == 2
    assert prompts[0] in ("Summarise “Harbour crane”", "Summarise “Marsh crane”")
    assert "Bonus" not in str(prompts), "it is somebody's own"
    for one in prompts:
        assert "I found nothing" not in said(desk, one)


def test_examples_come_from_what_the_person_sees(desk: Running) -> None:
    desk.library.of("local").only_for("UBOB").add(article("Bonus plan", "The bonus plan says that all is well."))
    for user, sees in (("UBOB", True), ("UANN", False)):
        channel = desk.slack.im(user)
        desk.slack.open_home(user, tab="messages")
        desk.slack.wait_for(partial(desk.slack.prompts, channel))
        assert ("Bonus plan" in str(desk.slack.prompts(channel))) is sees


def test_a_forwarded_message_is_read_as_what_is_asked(desk: Running) -> None:
    wanted = set(desk.slack.subscriptions)
    desk.slack.subscriptions.clear()
    written = desk.ask("see below", channel=desk.slack.im("UANN"))
    desk.slack.subscriptions.update(wanted)
    forwarded = {"is_share": True, "text": QUESTION, "author_id": "UBOB"}
    event = {"type": "message", "channel_type": "im", "channel": "DUANN", "user": "UANN", "ts": written.ts}
    desk.slack.emit("T1", {**event, "text": "", "attachments": [forwarded]})
    (reply,) = desk.replies(written)
    assert reply.text.startswith("The crane stands")


def test_an_opening_that_fails_is_said_to_nobody(desk: Running) -> None:
    desk.slack.fail("views.publish", error="fatal_error", times=9)
    desk.slack.open_home("UANN")
    desk.slack.settle()
    assert all_by_the_bot(desk) == []


def test_a_question_in_the_pane_is_about_the_channel_on_screen(desk: Running) -> None:
    assert "harbour" in said(desk, QUESTION)
    look_at(desk, "CTAX")
    answer = said(desk, QUESTION)
    assert "marsh" in answer
    assert "harbour" not in answer
    assert "Searched only articles in birds." in answer
    assert "harbour" in said(desk, "does the crane stand at the harbour in:building")
    look_at(desk, "CNEWS")
    assert "harbour" in said(desk, QUESTION)


def test_what_the_channel_on_screen_does_not_know_is_asked_of_everything(desk: Running) -> None:
    desk.library.local.add(article("Quay", "Otis Quint built the northern quay.", collection="building"))
    look_at(desk, "CTAX")
    assert "Otis Quint built" in said(desk, "who built the northern quay?")


def test_a_channel_that_the_person_is_not_in_scopes_nothing(desk: Running) -> None:
    desk.slack.workspaces["T1"].channels["CTAX"].members.remove("UANN")
    look_at(desk, "CTAX")
    assert "harbour" in said(desk, QUESTION)


def test_the_person_may_be_named_in_the_envelope_alone(desk: Running) -> None:
    desk.slack.emit("T1", {"type": "app_context_changed", "context": {}})
    desk.slack.settle()
    assert all_by_the_bot(desk) == []


def test_a_session_is_under_way_while_the_bot_works(desk: Running) -> None:
    said(desk, QUESTION)
    desk.slack.settle()
    (statuses,) = desk.slack.workspaces["T1"].channels["DUANN"].sessions.values()
    assert statuses == ["processing", "active"]


def test_what_was_stopped_is_not_posted(desk: Running) -> None:
    desk.slack.slow("agents.sessions.setStatus", 1.0)
    question = desk.ask(QUESTION, channel=desk.slack.im("UANN"))
    desk.slack.emit(
        "T1",
        {"type": "agent_session_stopped", "user": "UANN", "channel": "DUANN", "thread_ts": question.ts,
         "streaming_message_ts": []},
    )  # fmt: skip
    desk.slack.settle()
    desk.slack.wait_for(lambda: len(desk.slack.calls("agents.sessions.setStatus")) >= 3)
    assert all_by_the_bot(desk) == []
    later = desk.ask(QUESTION, channel="DUANN", thread_ts=question.ts)
    assert desk.slack.wait_for(
        lambda: [one for one in desk.slack.messages("DUANN", later.thread_ts) if one.bot_id]
    )


def delivered_late(desk: Running, hours: float, text: str, channel: str, thread: str | None = None) -> Message:
    """A message of which Slack tells hours after it was written."""
    wanted = set(desk.slack.subscriptions)
    desk.slack.subscriptions.clear()
    written = desk.ask(text, channel=channel, thread_ts=thread)
    desk.slack.subscriptions.update(wanted)
    desk.slack.clock.advance(hours * 3600)
    event = {"type": "message", "user": "UANN", "ts": written.ts, "text": text, "channel": channel}
    event["channel_type"] = "im" if channel.startswith("D") else "channel"
    desk.slack.emit("T1", {**event, **({"thread_ts": thread} if thread else {})})
    desk.slack.settle()
    return written


def test_what_slack_delivers_hours_late_is_answered_as_that(desk: Running) -> None:
    written = delivered_late(desk, 5, QUESTION, desk.slack.im("UANN"))
    (reply,) = desk.replies(written)
    assert "You wrote this 5 hours ago; Slack delivered it only now." in spoken(reply.blocks)
    assert "harbour" in spoken(reply.blocks)


def test_a_follow_up_that_comes_hours_late_is_left(desk: Running) -> None:
    mention = desk.ask(f"{BOT} {QUESTION}")
    desk.replies(mention)
    delivered_late(desk, 5, "where does the marsh crane stand?", "CNEWS", mention.ts)
    assert [one.user for one in desk.slack.messages("CNEWS", mention.ts)] == ["UANN", "UBOT1", "UANN"]


def test_the_manifest_suggests_prompts_that_are_answered(desk: Running) -> None:
    prompts = json.loads(MANIFEST.read_text(encoding="utf-8"))["features"]["agent_view"]["suggested_prompts"]
    for one in prompts:
        answer = partial(said, desk)(one["message"])
        assert "I found nothing" not in answer, one


@pytest.mark.parametrize("has_slackbot", [True, False])
def test_slackbot_words_an_answer_where_a_setting_says_that_it_is_there(
    slack: SlackServer, tmp_path: Path, has_slackbot: bool
) -> None:
    with Library(tmp_path, HashedEncoder(dim=256), now=lambda: moment_of(slack)) as library:
        library.local.add(article("Harbour crane", "The crane stands at the harbour."))
        with running(slack, library, tmp_path, "socket", slackbot=has_slackbot) as bot:
            (reply,) = bot.replies(bot.ask(f"{BOT} {QUESTION}"))
            rows = [one for block in reply.blocks if block["type"] == "actions" for one in block["elements"]]
            prompts = [one["agent_prompt"] for one in rows if "agent_prompt" in one]
            assert bool(prompts) is has_slackbot
            for prompt in prompts:
                assert QUESTION in prompt
                assert "“The crane stands at the harbour.” (Harbour crane)" in prompt
                slack.press("UANN", reply, "slackbot")
                slack.settle()
                assert len(slack.messages("CNEWS", reply.thread_ts)) == 2, "the rest is Slackbot's"
    word_with_slackbot(offered=False)
