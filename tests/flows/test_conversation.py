"""Conversations: when the bot speaks in a thread, when it keeps quiet, and what it goes on from."""

from __future__ import annotations

from functools import partial

import pytest

from tests.flows.conftest import BOT, Running
from tests.flows.slack_blocks import choices, passages, spoken
from tests.slack_server import Message

QUESTION = f"{BOT} what did Alibaba pledge?"


def said(bot: Running, to: Message) -> list[str]:
    """What the bot wrote in the thread, once it is done with everything."""
    bot.slack.settle()
    thread = to.thread_ts or to.ts
    return [one.text for one in bot.slack.messages(to.channel, thread) if one.bot_id]


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "lol",
        "great, I'll book a room",
        "<@UBOB> can you look?",
        "that's wrong",
        ":+1:",
        "thanks!",
        "anyone up for lunch?",
        "what did the Martians invent on Neptune?",
    ],
)
def test_talk_in_its_thread_gets_no_answer(socket_bot: Running, text: str) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    socket_bot.ask(text, thread_ts=asked.ts)
    assert len(said(socket_bot, asked)) == 1


def test_stop_ends_it_in_the_thread_until_a_mention(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    socket_bot.replies(socket_bot.ask("stop", thread_ts=asked.ts), 2)
    socket_bot.ask("and how much was it fined?", thread_ts=asked.ts)
    assert len(said(socket_bot, asked)) == 2
    socket_bot.ask(f"{BOT} how much was Alibaba fined?", thread_ts=asked.ts)
    assert "18.2 billion yuan" in said(socket_bot, asked)[2]


def test_a_button_stops_it_too(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    answer = socket_bot.replies(socket_bot.ask("and how much was it fined?", thread_ts=asked.ts), 2)[1]
    quiet = choices(answer.blocks)["Don't answer in this thread"]
    socket_bot.slack.press("UANN", answer, "answer-menu", value=quiet)
    socket_bot.slack.settle()
    before = len(said(socket_bot, asked))
    socket_bot.ask("and how much was it fined?", thread_ts=asked.ts)
    assert len(said(socket_bot, asked)) == before


def test_source_sure_and_summary_go_on_from_the_answer(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    for text in ("source?", "are you sure?", "summarise this"):
        socket_bot.ask(text, thread_ts=asked.ts)
        socket_bot.slack.settle()
    _, source, sure, summary = said(socket_bot, asked)
    assert source.startswith("From: ")
    assert "100 billion yuan" in sure
    assert "I found nothing" not in source + sure + summary


def test_more_brings_something_new_or_says_that_there_is_nothing(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    for _ in range(6):
        socket_bot.ask(f"{BOT} more", thread_ts=asked.ts)
        socket_bot.slack.settle()
    texts = said(socket_bot, asked)
    new = [one for one in texts if "nothing further" not in one]
    assert len(set(new)) == len(new)
    assert "nothing further" in texts[-1]


def test_a_correction_asks_the_question_of_another_name(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} how much was Tencent fined?")
    socket_bot.replies(asked)
    answer = socket_bot.replies(socket_bot.ask("no, I meant Alibaba", thread_ts=asked.ts), 2)[1]
    assert "18.2 billion yuan" in answer.text
    assert "Read as: how much was Alibaba fined?" in spoken(answer.blocks)


def test_a_correction_that_finds_nothing_says_so(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    answer = socket_bot.replies(socket_bot.ask("no, I meant Zyxxolon", thread_ts=asked.ts), 2)[1]
    assert answer.text == "I found nothing on that."


def test_what_goes_on_from_a_mistyped_question_goes_on_from_what_was_read(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} what did Alibbaba pledge?")
    (first,) = socket_bot.replies(asked)
    assert "Read as “Alibaba” for “Alibbaba”" in spoken(first.blocks)
    for text in ("and how much was it fined?", f"{BOT} more"):
        socket_bot.ask(text, thread_ts=asked.ts)
        socket_bot.slack.settle()
    later = [one for one in socket_bot.slack.messages("CNEWS", asked.ts) if one.bot_id][1:]
    assert len(later) == 2
    assert "Alibbaba" not in "".join(spoken(one.blocks) for one in later)


def test_why_asked_again_brings_another_reason_or_says_that_there_is_none(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    for _ in range(6):
        socket_bot.ask(f"{BOT} why?", thread_ts=asked.ts)
        socket_bot.slack.settle()
    texts = said(socket_bot, asked)[1:]
    reasons = [one for one in texts if "nothing further" not in one]
    assert reasons
    assert len(set(reasons)) == len(reasons)
    assert "nothing further" in texts[-1]


def test_two_questions_get_two_answers(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} What did Alibaba pledge? How much was Alibaba fined?")
    (answer,) = socket_bot.replies(asked)
    assert "100 billion yuan" in answer.text
    assert "18.2 billion yuan" in answer.text


def test_direct_messages_within_ten_minutes_are_one_conversation(socket_bot: Running) -> None:
    channel = socket_bot.slack.im("UANN")
    socket_bot.replies(socket_bot.ask("what did Alibaba pledge?", channel=channel))
    (answer,) = socket_bot.replies(socket_bot.ask("how much was it fined?", channel=channel))
    assert "18.2 billion yuan" in answer.text
    socket_bot.slack.clock.advance(601)
    (late,) = socket_bot.replies(socket_bot.ask("source?", channel=channel))
    assert "no answer here" in late.text


def test_an_edited_question_is_answered_again_in_place(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    (first,) = socket_bot.replies(asked)
    socket_bot.slack.edit("UANN", asked, f"{BOT} how much was Alibaba fined?")
    socket_bot.slack.settle()
    (second,) = [one for one in socket_bot.slack.messages("CNEWS", asked.ts) if one.bot_id]
    assert second.ts == first.ts
    assert "18.2 billion yuan" in second.text


def test_a_deleted_question_takes_its_answer_along(socket_bot: Running) -> None:
    asked = socket_bot.ask(QUESTION)
    socket_bot.replies(asked)
    socket_bot.slack.unsay("UANN", asked)
    socket_bot.slack.settle()
    assert [one for one in socket_bot.slack.messages("CNEWS", asked.ts) if one.bot_id and not one.deleted] == []


def test_nothing_found_then_yes_shows_what_comes_nearest(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} what did Tencent pledge?")
    (nothing,) = socket_bot.replies(asked)
    assert passages(nothing.blocks) == []
    (_, nearest) = socket_bot.replies(socket_bot.ask(f"{BOT} yes please", thread_ts=asked.ts), 2)
    assert passages(nearest.blocks)


@pytest.mark.parametrize("text", ["who are you?", "list articles", "that helps", "how are you?", "you're useless"])
def test_what_is_no_question_is_not_searched(socket_bot: Running, text: str) -> None:
    (reply,) = socket_bot.replies(socket_bot.ask(text, channel=socket_bot.slack.im("UANN")))
    assert passages(reply.blocks) == []
    assert "I found nothing" not in reply.text


def test_a_period_alone_asks_the_question_before_and_no_other(socket_bot: Running) -> None:
    channel = socket_bot.slack.im("UANN")
    socket_bot.replies(socket_bot.ask("how much was Alibaba fined?", channel=channel))
    (answer,) = socket_bot.replies(socket_bot.ask("and in 2021?", channel=channel))
    assert "18.2 billion yuan" in answer.text
    assert "Read as: how much was Alibaba fined?" in spoken(answer.blocks)
    assert "Articles of 1 January – 31 December 2021 come first." in spoken(answer.blocks)
    (other,) = socket_bot.replies(socket_bot.ask("what did Tencent pledge?", channel=channel))
    assert "come first" not in spoken(other.blocks)


def test_a_workflows_mention_is_answered_in_its_thread_for_everybody(socket_bot: Running) -> None:
    ts = socket_bot.slack.say("UBOB", "CTAX", "what the workflow wrote").ts
    mention = {"type": "app_mention", "channel": "CTAX", "ts": ts, "bot_id": "BFLOW", "subtype": "bot_message"}
    socket_bot.slack.emit("T1", {**mention, "text": QUESTION})
    socket_bot.slack.settle()
    (posted,) = [one.args for one in socket_bot.slack.calls("chat.postMessage")]
    assert posted["thread_ts"] == ts
    assert "100 billion yuan" in posted["text"]
    assert socket_bot.slack.calls("chat.postEphemeral") == []


def test_the_home_tab_shows_what_one_asked_oneself(socket_bot: Running) -> None:
    socket_bot.answered(socket_bot.command("what did Alibaba pledge?", user="UANN"))
    socket_bot.answered(socket_bot.command("what did Tencent pledge?", user="UANN"))
    for user, sees in (("UANN", True), ("UBOB", False)):
        socket_bot.slack.open_home(user)
        view = socket_bot.slack.wait_for(partial(socket_bot.slack.home, user), what="the Home tab")
        assert view is not None
        asked = [spoken([one]) for one in view.body["blocks"] if one.get("block_id") == "asked"]
        assert bool(asked) == sees
        if sees:
            assert "what did Tencent pledge?  · found nothing" in asked[0]
            assert asked[0].index("Tencent") < asked[0].index("Alibaba")


@pytest.mark.parametrize(
    "text",
    [
        "wie hoch war die Strafe für Alibaba?",
        "pourquoi la tour Eiffel est-elle penchée ?",
        "¿quién inventó la bicicleta?",
        "should we talk about lunch?",
        "<@UBOB> did you see this?",
        "right?",
        "??",
        "🤔?",
        "アリババはいくら払いましたか？",
    ],
)
def test_what_ends_in_a_question_mark_always_gets_an_answer_in_private(socket_bot: Running, text: str) -> None:
    direct = socket_bot.slack.im("UANN")
    for before in ("what did Alibaba pledge?", "summarise the article on Notre-Dame"):
        socket_bot.replies(socket_bot.ask(before, channel=direct))
    assert socket_bot.replies(socket_bot.ask(text, channel=direct))


def test_a_keyword_after_another_subject_is_asked_alone_where_that_subject_has_nothing_on_it(
    socket_bot: Running,
) -> None:
    direct = socket_bot.slack.im("UANN")
    for text in ("what did Alibaba pledge?", "no, I meant Tesla"):
        socket_bot.replies(socket_bot.ask(text, channel=direct))
    (about_it,) = socket_bot.replies(socket_bot.ask("data", channel=direct))
    assert "Tesla" in spoken(about_it.blocks)
    (alone,) = socket_bot.replies(socket_bot.ask("layoffs", channel=direct))
    assert "I found nothing on that." in spoken(alone.blocks)
    assert "Tesla" not in spoken(alone.blocks)
    (other,) = socket_bot.replies(socket_bot.ask("methane emissions", channel=direct))
    assert "30 per cent" in other.text
    socket_bot.replies(socket_bot.ask("spire", channel=direct))
    (of_it,) = socket_bot.replies(socket_bot.ask("who designed it?", channel=direct))
    assert "Viollet-le-Duc" in of_it.text, "a pronoun means the keyword, not the name before"


def test_why_after_what_found_nothing_says_what_found_nothing(socket_bot: Running) -> None:
    direct = socket_bot.slack.im("UANN")
    socket_bot.replies(socket_bot.ask("what did Tencent pledge?", channel=direct))
    (reply,) = socket_bot.replies(socket_bot.ask("warum?", channel=direct))
    assert "I found nothing on “what did Tencent pledge?”" in reply.text


def test_corrections_and_summaries_are_understood_in_other_languages(socket_bot: Running) -> None:
    direct = socket_bot.slack.im("UANN")
    socket_bot.replies(socket_bot.ask("what did Tencent pledge?", channel=direct))
    (corrected,) = socket_bot.replies(socket_bot.ask("nein, ich meinte Alibaba", channel=direct))
    assert "100 billion yuan" in corrected.text
    (sure,) = socket_bot.replies(socket_bot.ask("bist du sicher?", channel=direct))
    assert "says: “" in spoken(sure.blocks)
    (summary,) = socket_bot.replies(socket_bot.ask("résume l'article sur Notre-Dame", channel=direct))
    assert "Notre-Dame" in spoken(summary.blocks)
    assert "I found nothing" not in spoken(summary.blocks)
