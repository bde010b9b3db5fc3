"""Each person is answered in the language of their Slack, and a channel in that of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import BOT, Running, running
from tests.flows.slack_blocks import Blocks, answer, buttons, cited, spoken
from tests.slack_server import SlackServer

QUESTION = "where does the crane stand?"
NOTHING = "who invented the bicycle pump?"


@pytest.fixture
def cranes(library: Library) -> Library:
    """A library with a crane and with an article that is written from right to left."""
    library.local.add(
        article("Tower", "The tower crane stands in the harbour.", id="tower", published_at="2024-05-01")
    )
    library.local.add(article("ميناء", "الرافعة تقف في الميناء القديم.", id="port"))
    return library


@pytest.fixture
def bot(slack: SlackServer, cranes: Library, tmp_path: Path) -> Iterator[Running]:
    """The bot, with people whose Slack is in several languages; channels are answered in French."""
    for user, locale in (("UDEA", "de-DE"), ("UFRA", "fr-FR"), ("UXXA", "xx-YY")):
        slack.add_user("T1", user, locale=locale)
    with running(slack, cranes, tmp_path, "socket", locale="fr") as found:
        yield found


def privately(bot: Running, user: str, text: str) -> Blocks:
    """What the bot answers to a direct message."""
    return bot.replies(bot.ask(text, user=user, channel=bot.slack.im(user)))[-1].blocks or []


def test_a_direct_message_is_answered_in_the_language_of_the_person(bot: Running) -> None:
    blocks = privately(bot, "UDEA", QUESTION)
    assert answer(blocks) == "The tower crane stands in the harbour."
    assert "Nächstliegende Stelle ·" in cited(blocks)
    assert "01.05.2024" in cited(blocks)
    assert "Absatz 1" in cited(blocks)
    assert "Im Kontext lesen" in buttons(blocks)
    blocks = privately(bot, "UDEA", NOTHING)
    assert "Dazu habe ich nichts gefunden." in spoken(blocks)
    assert "Benachrichtigen …" in buttons(blocks)
    assert "Gern geschehen!" in spoken(privately(bot, "UDEA", "thanks"))
    assert "Was ich kann" in spoken(privately(bot, "UDEA", "hilfe"))


def test_a_locale_that_is_not_there_gets_english(bot: Running) -> None:
    blocks = privately(bot, "UXXA", QUESTION)
    assert "Closest passage ·" in cited(blocks)
    assert "2024-05-01" in cited(blocks)
    assert "You're welcome!" in spoken(privately(bot, "UXXA", "thanks"))


def test_a_channel_is_answered_in_the_language_of_the_settings(bot: Running) -> None:
    asked = bot.ask(f"{BOT} {QUESTION}", user="UDEA")
    assert "Passage le plus proche ·" in cited(bot.replies(asked)[-1].blocks or [])


def test_a_command_is_answered_in_the_person_s_language_and_shared_in_the_channel_s(bot: Running) -> None:
    run = bot.command(QUESTION, user="UDEA")
    blocks = bot.answered(run)
    assert "Sie haben gefragt:" in spoken(blocks)
    assert "Im Channel teilen" in buttons(blocks)
    bot.slack.press("UDEA", run.shown[-1], "share")
    (shared,) = bot.slack.wait_for(lambda: [one for one in bot.slack.messages("CNEWS") if one.bot_id])
    assert f"Question : {QUESTION}" in spoken(shared.blocks or [])
    assert "partagé par" in spoken(shared.blocks or [])


def test_what_is_wrong_is_said_in_the_person_s_language(bot: Running) -> None:
    long = bot.answered(bot.command("crane " * 1000, user="UDEA"))
    assert "Zeichen" in spoken(long)
    refused = bot.answered(bot.command("bind nowhere", user="UDEA", name="/topicbot"))
    assert "Das können nur Workspace-Admins" in spoken(refused)


def test_text_from_right_to_left_stays_as_it_is(bot: Running) -> None:
    blocks = privately(bot, "UDEA", "الرافعة الميناء القديم؟")
    assert "الرافعة تقف في الميناء القديم." in spoken(blocks)
    assert "ميناء" in cited(blocks)
    assert "Gefunden ·" in cited(blocks)


def test_windows_and_the_home_tab_are_in_the_person_s_language(bot: Running) -> None:
    bot.slack.open_home("UDEA")
    view = bot.slack.wait_for(lambda: bot.slack.home("UDEA"))
    assert view is not None
    assert "Zuletzt hinzugefügt" in spoken(view.body["blocks"])
    assert "2 Artikel" in spoken(view.body["blocks"])
    bot.command("", user="UDEA", name="/digest")
    opened = bot.slack.wait_for(lambda: bot.slack.views)[-1].body
    assert opened["title"]["text"] == "Neuer Digest"
    assert "Montag" in str(opened["blocks"])


def test_who_may_see_a_file_is_asked_in_the_language_of_the_person(bot: Running) -> None:
    shared = bot.ask("", user="UDEA", channel=bot.slack.im("UDEA"), files={"notes.txt": b"The gate is green."})
    blocks = bot.replies(shared)[-1].blocks or []
    assert "Wer soll mich zu „notes.txt“ fragen können?" in spoken(blocks)
    assert buttons(blocks) == ["Nur ich", "Abbrechen"]


def test_a_question_in_another_language_than_the_articles_says_so_in_its_own(bot: Running) -> None:
    bot.library.local.add(article("Pump", "Nobody knows who made the first pump of the town.", id="pump"))
    blocks = privately(bot, "UXXA", "wer hat die erste Pumpe der Stadt und die Leitung gebaut? town pump")
    assert "I found nothing on that." in spoken(blocks)
    assert spoken(blocks).count("Fragen Sie auf Englisch") == 1
    assert "Your question is in" not in spoken(blocks)
    assert "auf Englisch" not in spoken(privately(bot, "UXXA", NOTHING))


def test_a_summary_is_asked_for_in_german(bot: Running) -> None:
    told = (
        "The lighthouse of Port Ellis was built by the harbour company in 1887.",
        "A storm broke its lamp in 1931, and the company bought a new lamp from a yard in Leith.",
        "The keeper left the lighthouse in 1974, when the lamp was lit by a clock.",
        "Port Ellis opened the lighthouse to visitors in 2019, and sells tickets at the harbour.",
    )
    bot.library.local.add(article("Lighthouse", *told, id="lighthouse"))
    summary = spoken(privately(bot, "UDEA", "Fasse „Lighthouse“ zusammen"))
    assert "1887" in summary
    assert "nichts gefunden" not in summary


def test_examples_are_in_the_person_s_language_and_answered(
    slack: SlackServer, samples: Library, tmp_path: Path
) -> None:
    slack.add_user("T1", "UDEA", locale="de-DE")
    with running(slack, samples, tmp_path, "socket") as bot:
        slack.open_home("UDEA")
        view = slack.wait_for(lambda: slack.home("UDEA"))
        assert view is not None
        example = spoken(view.body["blocks"]).partition("• ")[2].partition("?")[0] + "?"
        assert example.startswith("Was steht in „")
        blocks = privately(bot, "UDEA", example)
        assert "nichts gefunden" not in spoken(blocks)
        assert cited(blocks)
        slack.settle()
        assert "Fasse „" in slack.prompts(slack.im("UDEA"))[0]["message"]
