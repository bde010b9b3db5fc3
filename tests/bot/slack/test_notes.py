from __future__ import annotations

import pytest
from hypothesis import given

from bot.dialogue import blocks as replies
from bot.dialogue.help import usage
from bot.dialogue.model import Act
from bot.slack import notes
from bot.slack.text import Message
from bot.wording import plain
from tests.bot.hostile import CONTROLS, MARKUP, UNSEEN, modest, texts
from tests.slack_server.rules import markup_in, message_problems
from tests.slack_server.rules import texts as texts_in

WHOLE = 2900  # characters of a note that are shown without a cut


def refused(message: Message) -> list[str]:
    """What Slack refuses in the message or would bring to life."""
    fields = {"text": message.text, "blocks": message.blocks}
    return message_problems(fields) + markup_in(fields)


def written(message: Message) -> str:
    return "".join(texts_in(message.blocks))


@modest
@given(texts())
def test_a_note_says_what_it_was_given(text: str) -> None:
    message = notes.note(text)
    assert refused(message) == []
    shown, whole = written(message), plain(text)
    if message.text == "topicbot":
        assert shown
    elif len(whole) <= WHOLE:
        assert shown == whole
    else:
        assert len(shown) <= WHOLE
        assert shown.endswith("…")
        assert whole.startswith(shown[:-1])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 2900, "x" * 2900),
        ("x" * 2901, "x" * 2899 + "…"),
        ("word " * 600, "word " * 578 + "word…"),
        ("word\n" * 600, "word\n" * 578 + "word…"),
        ("\x00" * 100 + "x" * 2900, "x" * 2900),
    ],
    ids=["fits", "one too many", "words", "lines", "only what is shown counts"],
)
def test_a_long_note_is_cut(text: str, shown: str) -> None:
    assert written(notes.note(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", " \n\t", "\r", CONTROLS, f"{CONTROLS}\x0c "),
        pytest.param(" " * 2901),
        pytest.param("\u200b"),
    ],
)
def test_a_blank_note_says_who_is_there(text: str) -> None:
    message = notes.note(text)
    assert refused(message) == []
    assert (message.text, written(message)) == ("topicbot", "topicbot")


@modest
@given(texts())
def test_a_notification_of_a_note_keeps_its_direction(text: str) -> None:
    assert not set(notes.note(text).text) & UNSEEN


@modest
@given(texts())
def test_no_error_number_breaks_its_note(number: str) -> None:
    assert refused(notes.failed(number)) == []


ANSWERED_OTHERWISE = {
    *(Act.HELP, Act.ABILITY, Act.ARTICLES, Act.MORE, Act.WHY, Act.SOURCE, Act.SURE),
    *(Act.CORRECTION, Act.SUMMARISE, Act.NEWS, Act.QUESTION),
}


@pytest.mark.parametrize(
    "message",
    [
        usage(),
        usage(whole=True),
        *map(replies.reply, sorted(set(Act) - {*ANSWERED_OTHERWISE, *replies.SILENT})),
        replies.nothing_further(MARKUP),
        notes.members_only(),
        notes.admins_only(),
        notes.too_late(),
        notes.note(""),
    ],
)
def test_slack_takes_every_note_and_screen_readers_hear_it(message: Message) -> None:
    assert refused(message) == []
    assert message.text
    assert written(message)


def test_what_is_said_is_what_is_shown() -> None:
    assert written(notes.members_only()) == notes.members_only().text
    assert "E-1234" in written(notes.failed("E-1234"))


def test_a_greeting_is_not_thanks() -> None:
    assert replies.reply(Act.HELLO).text.startswith("Hello!")
    assert replies.reply(Act.THANKS).text.startswith("You're welcome!")


def test_help_names_every_way_to_ask() -> None:
    for way in ("/ask", "mention me", "Messages", "in:", "since:", "until:", "its menu", "/topicbot status"):
        assert way in written(usage(whole=True))


def test_help_is_six_lines_with_buttons_and_leads_to_the_rest() -> None:
    text, *buttons = usage().blocks
    lines = [one for one in text["elements"] if "".join(part["text"] for part in one["elements"]).strip()][1:]
    assert len(lines) == 6
    assert "/topicbot help" in written(usage())
    assert [one["type"] for one in buttons] == ["actions"]
