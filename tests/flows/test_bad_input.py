"""What goes wrong at people's hands: too much at once, things that vanish in between, people who leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, Running, moment_of, running
from tests.flows.slack_blocks import choices, spoken
from tests.hashed import HashedEncoder
from tests.slack_server import Message, SlackServer

QUESTION = "where does the crane stand?"
MB = 2**20


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path) -> Iterator[Running]:
    with Library(tmp_path, HashedEncoder(dim=256), now=lambda: moment_of(slack)) as library:
        library.local.add(article("Crane", "The crane stands at the harbour of Port Quint."))
        with running(slack, library, tmp_path, "socket") as bot:
            yield bot


def share(desk: Running, files: dict[str, bytes], *, user: str = "UADA", channel: str = "DUADA") -> Message:
    """Share files; return the bot's question who may see them."""
    said = desk.ask(f"{BOT} keep these" if channel != f"D{user}" else "", user=user, channel=channel, files=files)
    (question,) = desk.replies(said)
    return question


def shown(desk: Running, message: Message, part: str) -> str:
    """What the message says once this is in it."""
    desk.slack.wait_for(lambda: part in spoken(message.blocks), what=part)
    return spoken(message.blocks)


def test_twenty_files_at_once_are_added_and_more_are_named(desk: Running) -> None:
    files = {
        f"note {number}.txt": f"Note {number}\n\nOtis Quint wrote note {number} on the quay.".encode()
        for number in range(23)
    }
    question = share(desk, files)
    said = spoken(question.blocks)
    assert "“note 0.txt”, “note 1.txt”, “note 2.txt” and 17 more" in said
    assert "I take 20 files at a time; share the other 3 in another message." in said
    desk.slack.press("UADA", question, "keep-me")
    shown(desk, question, "20 articles added")
    assert desk.library.of("local", ["UADA"]).stats().articles == 21


@pytest.mark.parametrize(("name", "why"), [("talk.mp4", "I can't read “talk.mp4”"), ("talk.txt", "has more than")])
def test_a_file_of_200_megabytes_is_refused_in_words_and_not_fetched(desk: Running, name: str, why: str) -> None:
    question = share(desk, {name: b"a film"})
    for one in desk.slack.workspaces["T1"].files.values():
        one.size = 200 * MB
    if name.endswith("txt"):
        desk.slack.press("UADA", question, "keep-me")
    assert why in shown(desk, question, why)
    assert desk.library.audiences("local") == []


@pytest.mark.parametrize("when", ["before it is read", "while it is read"])
def test_a_file_that_is_removed_in_between_is_named(desk: Running, when: str) -> None:
    question = share(desk, {"gone.txt": b"Gone\n\nThe gull sits.", "here.txt": b"Here\n\nThe heron stands."})
    files = desk.slack.workspaces["T1"].files
    (gone,) = [one for one in files.values() if one.name == "gone.txt"]
    if when == "before it is read":
        del files[gone.id]
    desk.slack.slow("files.info", 0.5)
    desk.slack.press("UADA", question, "keep-me")
    desk.slack.wait_for(lambda: desk.slack.calls("files.info"))
    files.pop(gone.id, None)
    assert "is no longer in Slack" in shown(desk, question, "1 article added, 1 failed")
    assert desk.library.of("local", ["UADA"]).stats().articles == 2


def throw_out(desk: Running) -> None:
    desk.slack.workspaces["T1"].channels["GPRIV"].members.remove("UBOT1")


def test_thrown_out_of_a_private_channel_before_the_choice_it_stores_nothing(desk: Running) -> None:
    question = share(desk, {"plan.txt": b"Plan\n\nThe plan is secret."}, channel="GPRIV")
    throw_out(desk)
    pressed = desk.slack.press("UADA", question, "keep-channel")
    assert "I'm no longer in that channel, so nothing was stored." in spoken(desk.answered(pressed))
    assert desk.library.audiences("local") == []


def test_thrown_out_while_it_reads_the_person_hears_how_it_went(desk: Running) -> None:
    question = share(desk, {"plan.txt": b"Plan\n\nThe plan is secret."}, channel="GPRIV")
    desk.slack.slow("files.info", 0.5)
    pressed = desk.slack.press("UADA", question, "keep-channel")
    desk.slack.wait_for(lambda: desk.slack.calls("chat.update"))
    throw_out(desk)
    assert "1 article added" in spoken(desk.answered(pressed))
    found = desk.answered(desk.command("what is the plan?", user="UADA", channel="DUADA"))
    assert "secret" not in spoken(found), "who was there can't be known any longer"


def test_thrown_out_before_the_answer_it_says_nothing_elsewhere(desk: Running) -> None:
    desk.slack.slow("reactions.add", 0.5)
    said = desk.ask(f"{BOT} {QUESTION}", user="UADA", channel="GPRIV")
    throw_out(desk)
    desk.slack.settle()
    assert [one for one in desk.slack.messages("GPRIV", said.ts) if one.bot_id] == []
    assert desk.slack.messages(desk.slack.im("UADA")) == []
    (reply,) = desk.replies(desk.ask(f"{BOT} {QUESTION}"))
    assert "harbour" in spoken(reply.blocks), "the others are answered"


def test_a_person_who_left_between_asking_and_pressing_gets_nothing(desk: Running) -> None:
    run = desk.command(QUESTION, user="UBOB", channel="CTAX")
    desk.answered(run)
    desk.slack.workspaces["T1"].users["UBOB"].deleted = True
    desk.slack.clock.advance(11 * 60)
    pressed = desk.slack.press("UBOB", run, "share")
    assert "I answer members of this workspace only" in spoken(desk.answered(pressed))
    assert [one for one in desk.slack.messages("CTAX") if one.bot_id] == []


def test_who_left_a_channel_between_asking_and_pressing_no_longer_sees_what_is_its(desk: Running) -> None:
    desk.slack.press(
        "UADA", share(desk, {"p.txt": b"Plan\n\nThe plan costs 5,000 dollars."}, channel="GPRIV"), "keep-channel"
    )
    desk.slack.settle()
    desk.slack.clock.advance(300)
    run = desk.command("what does the plan cost?", user="UANN", channel="DUANN")
    blocks: list[dict[str, Any]] = desk.answered(run)
    assert "5,000" in spoken(blocks)
    desk.slack.workspaces["T1"].channels["GPRIV"].members.remove("UANN")
    desk.slack.clock.advance(300)
    begin = len(desk.slack.calls())
    for value in choices(blocks).values():
        desk.slack.press("UANN", run, "answer-menu", value=value)
    desk.slack.settle()
    assert "5,000" not in str([one.args for one in desk.slack.calls()[begin:]])


HEBREW = "\u05d4\u05e2\u05d2\u05d5\u05e8\u05df \u05e2\u05d5\u05de\u05d3 \u05d1\u05e0\u05de\u05dc"
"""The crane stands in the harbour."""
OVERRIDE, ISOLATE = "\u202e", "\u2066"


def test_text_from_right_to_left_is_shown_as_it_is_and_turns_nothing_else(desk: Running) -> None:
    text = f"{HEBREW}. {OVERRIDE}The gull sits on it."
    desk.library.local.add(article(f"{OVERRIDE}{HEBREW}{ISOLATE}", text))
    for question in (f"{HEBREW}?", f"{OVERRIDE}where does the gull sit?"):
        run = desk.command(question, user="UANN")
        said = spoken(desk.answered(run)) + run.shown[-1].text
        assert HEBREW in said
        assert not {OVERRIDE, ISOLATE} & set(said)
