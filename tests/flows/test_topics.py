"""Summaries and what is in the news, over the stand-in for Slack."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, Running, running
from tests.flows.slack_blocks import buttons, spoken
from tests.slack_server import SlackServer

HEAD = "What the articles say on Alibaba"


def test_a_summary_by_command_is_the_askers_alone_until_shared(socket_bot: Running) -> None:
    run = socket_bot.command("Alibaba", name="/topic")
    blocks = socket_bot.answered(run)
    said = spoken(blocks)
    assert HEAD in said
    assert "fined Alibaba 18.2 billion yuan" in said
    assert "put 100 billion yuan" in said
    assert "2021-04-10 – " in said
    assert buttons(blocks) == ["Share to channel", "Tell me when there is more"]
    assert socket_bot.slack.messages("CNEWS") == []
    socket_bot.slack.press("UANN", run, "share-topic")
    (shared,) = socket_bot.slack.wait_for(lambda: socket_bot.slack.messages("CNEWS"))
    assert "shared by" in spoken(shared.blocks)


def test_by_mention_in_a_thread_and_again(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} topic Alibaba")
    (first,) = socket_bot.replies(asked)
    assert HEAD in spoken(first.blocks)
    again = socket_bot.ask(f"{BOT} topic: alibaba", thread_ts=asked.ts)
    socket_bot.replies(again, 2)
    (_, second) = [one for one in socket_bot.slack.messages("CNEWS", asked.ts) if one.bot_id]
    assert "Nothing new since you last asked" in spoken(second.blocks)


def test_too_little_says_so_and_offers_to_tell(socket_bot: Running) -> None:
    blocks = socket_bot.answered(socket_bot.command("Tencent", name="/topic"))
    assert "I found nothing on Tencent." in spoken(blocks)
    assert buttons(blocks) == ["Tell me when there is more"]


def test_without_a_subject_it_tells_what_is_in_the_news(socket_bot: Running) -> None:
    said = spoken(socket_bot.answered(socket_bot.command("", name="/topic")))
    assert "In the news here" in said


def test_an_alert_into_the_channel_is_set_up_rated_and_stopped(socket_bot: Running) -> None:
    run = socket_bot.command("Alibaba", name="/topic")
    socket_bot.answered(run)
    pressed = socket_bot.slack.press("UANN", run, "alert")
    (view,) = socket_bot.slack.wait_for(lambda: pressed.opened)
    given = {"place": {"value": "channel"}, "quiet_from": {"value": "22:00"}, "quiet_until": {"value": "07:00"}}
    socket_bot.slack.submit("UANN", view, given)
    assert "I'll tell you in that channel" in spoken(socket_bot.answered(pressed))
    socket_bot.slack.open_home("UANN")
    home = socket_bot.slack.wait_for(lambda: socket_bot.slack.home("UANN"))
    assert home is not None
    assert "Tells you what is new on" in spoken(home.body["blocks"])
    socket_bot.slack.press("UANN", home, "alert-stop")
    socket_bot.slack.wait_for(lambda: "Tells you what is new" not in str(socket_bot.slack.home("UANN")))


def test_who_opted_out_is_told_so(socket_bot: Running) -> None:
    for word, listed in (("on", "are not listed"), ("off", "are listed")):
        said = spoken(socket_bot.answered(socket_bot.command(f"private {word}", name="/topicbot")))
        assert listed in said


def test_summarise_goes_to_the_summary_by_mention_and_command(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} summarise the article on the Wuzhen summit")
    (reply,) = socket_bot.replies(asked)
    assert "Internet giants promise to help small businesses" in spoken(reply.blocks)
    blocks = socket_bot.answered(socket_bot.command("what is Alibaba about?"))
    assert HEAD in spoken(blocks)
    assert "Share to channel" in buttons(blocks)


def test_without_a_name_it_asks_which_article_and_a_button_summarises_it(socket_bot: Running) -> None:
    asked = socket_bot.ask(f"{BOT} summarise the article")
    (reply,) = socket_bot.replies(asked)
    assert "Which article?" in spoken(reply.blocks)
    pressed = socket_bot.slack.press("UANN", reply, "summarise")
    assert "In short: " in spoken(socket_bot.answered(pressed))


def test_a_message_that_names_an_article_is_summarised_from_its_menu(socket_bot: Running) -> None:
    message = socket_bot.ask("has anybody read the piece on the Wuzhen summit and small businesses?", user="UBOB")
    used = socket_bot.slack.shortcut("UANN", message, "summarise_message")
    assert "Internet giants promise" in spoken(socket_bot.answered(used))
    linked = socket_bot.ask("read <https://127.0.0.1:9/nowhere>", user="UBOB")
    used = socket_bot.slack.shortcut("UANN", linked, "summarise_message")
    assert "not among the articles yet" in spoken(socket_bot.answered(used))


@pytest.mark.parametrize("takes_charts", [True, False])
def test_articles_over_time_are_drawn_where_slack_takes_a_chart(
    slack: SlackServer, library: Library, tmp_path: Path, takes_charts: bool
) -> None:
    for month in range(1, 7):
        for number in range(month):
            text = f"Port Quint dredged section {number} of its harbour in month {month}, the port authority said."
            day = f"2027-{month:02}-{number + 10}"
            library.local.add(article(f"Port Quint {month} {number}", text, published_at=day))
    with running(slack, library, tmp_path, "socket") as bot:
        if not takes_charts:
            slack.fail("response_url", status=400, error="invalid_blocks")
        blocks = bot.answered(bot.command("Port Quint", name="/topic"))
    assert any(one["type"] == "data_visualization" for one in blocks) is takes_charts
    assert "articles since 2027-01" in spoken(blocks)
