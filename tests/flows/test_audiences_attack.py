"""Ways around an audience that were tried in Slack: windows, forged buttons, what a question costs."""

from __future__ import annotations

import json

from tests.flows.conftest import BOT, Running
from tests.flows.slack_blocks import spoken
from tests.flows.test_audiences import BONUS, QUESTION, added_for, desk, is_answered, share

__all__ = ["desk"]


def test_a_window_opened_in_a_channel_answers_like_the_command_there(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    run = desk.command("", user="UANN", channel="CNEWS")
    (view,) = desk.slack.wait_for(lambda: run.opened)
    before = len(run.shown)
    desk.slack.submit("UANN", view, {"question": {"value": QUESTION}})
    desk.slack.settle()
    assert len(desk.slack.ephemerals("UANN", "CNEWS")) > before
    assert "5,000" not in str([one.blocks for one in desk.slack.ephemerals("UANN", "CNEWS")])


def test_a_forged_choice_adds_nobody_elses_file(desk: Running) -> None:
    said = desk.ask("", user="UANN", channel="DUANN", files={"bonus.txt": BONUS})
    (question,) = desk.replies(said)
    value = question.blocks[-1]["elements"][0]["value"].replace("UANN", "UBOB")
    for channel in ("DUBOB", "CNEWS"):
        desk.slack.forge_press("UBOB", channel, "keep-me", value)
    desk.slack.settle()
    assert desk.library.audiences("local") == []
    assert not is_answered(desk, "UBOB", "DUBOB")


def test_slack_is_asked_about_channels_alone(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    begin = len(desk.slack.calls("conversations.members"))
    assert not is_answered(desk, "UBOB", "DUBOB")
    assert desk.slack.calls("conversations.members")[begin:] == []


def test_undo_removes_an_article_whose_id_holds_commas(desk: Running) -> None:
    lines = [
        {
            "id": "bonus, plan:1/2",
            "title": "Bonus plan",
            "text": "The bonus of Otis Quint is 5,000 dollars a year.",
        }
    ]
    file = "\n".join(map(json.dumps, lines)).encode()
    said = desk.ask(f"{BOT} keep this", user="UANN", channel="CNEWS", files={"bonus.jsonl": file})
    (question,) = desk.replies(said)
    desk.slack.press("UANN", question, "keep-me")
    done = added_for(desk, said)
    assert is_answered(desk, "UANN", "DUANN")
    desk.slack.press("UANN", done, "undo-add")
    desk.slack.wait_for(lambda: "Removed again" in spoken(desk.replies(said)[0].blocks))
    assert desk.library.audiences("local") == []


def test_questions_of_people_who_keep_theirs_off_the_list_are_not_on_it(desk: Running) -> None:
    share(desk, "UANN", "DUANN", "me")
    desk.answered(desk.command("private on", user="UANN", channel="DUANN", name="/topicbot"))
    run = desk.command(QUESTION, user="UANN", channel="DUANN")
    desk.answered(run)
    desk.slack.press("UANN", run, "feedback", value="negative")
    desk.slack.settle()
    desk.slack.open_home("UADA")
    view = desk.slack.wait_for(lambda: desk.slack.home("UADA"), what="the Home tab")
    assert view is not None
    assert "Otis" not in spoken(view.body["blocks"])
