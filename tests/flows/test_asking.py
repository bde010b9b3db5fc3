"""Each way of asking, over the stand-in for Slack, in both modes, with the real model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.types import Article
from tests.conftest import EXAMPLES, article
from tests.flows.conftest import BOT, MODES, Running, running
from tests.flows.slack_blocks import Blocks, answer, bold, buttons, cited, key_words, passages, quoted, spoken
from tests.slack_server import SlackServer

PLEDGE = "The e-commerce giant had pledged earlier in September to put 100 billion yuan"


QUESTION = "what did Alibaba pledge?"


def shows_the_pledge(blocks: Blocks) -> None:
    best = passages(blocks)[0]
    assert bold(best).startswith(PLEDGE)
    assert "The promise came five months after" in quoted(best)
    assert answer(blocks).startswith(PLEDGE)
    assert "pledged" in key_words(blocks)
    assert "2021-09-26 (" in cited(blocks)
    assert cited(blocks).endswith(" · paragraph 4")


def test_a_mention_is_answered_once_in_its_thread(bot: Running) -> None:
    asked = bot.ask(f"{BOT} {QUESTION}", deliveries=3)
    (reply,) = bot.replies(asked)
    bot.slack.settle()
    assert [one.ts for one in bot.replies(asked)] == [reply.ts]
    assert reply.thread_ts == asked.ts
    shows_the_pledge(reply.blocks)
    assert reply.text.startswith("The e-commerce giant")
    assert "(Closest passage: " in reply.text
    assert {one.acked_after is not None for one in bot.slack.deliveries} == {True}
    posted = bot.slack.calls("chat.postMessage")[0].args
    assert (posted["unfurl_links"], posted["unfurl_media"]) in [(False, False), ("0", "0"), ("false", "false")]
    assert [call.method for call in bot.slack.calls() if call.method.startswith("reactions")] == [
        "reactions.add",
        "reactions.remove",
    ]


@pytest.mark.parametrize("mode", MODES)
def test_the_citation_links_to_the_article(
    slack: SlackServer, model: SentenceTransformerEncoder, tmp_path: Path, mode: str
) -> None:
    url = "https://example.org/2021/wuzhen?page=1&view=full"
    with Library(tmp_path / "library", model) as library:
        (found,) = read(EXAMPLES / "articles" / "wuzhen-2021.md")
        assert isinstance(found, Article)
        library.local.add(replace(found, url=url))
        with running(slack, library, tmp_path, mode) as bot:
            asked = bot.ask(f"{BOT} {QUESTION}")
            (reply,) = bot.replies(asked)
            assert reply.thread_ts == asked.ts
            best = passages(reply.blocks)[0]
            assert bold(best).startswith(PLEDGE)
            assert f"<{url.replace('&', '&amp;')}|{found.title}>" in cited(reply.blocks)


def test_a_mention_inside_a_thread_is_answered_there(bot: Running) -> None:
    first = bot.ask("Has anybody read the reports?")
    asked = bot.ask(f"{BOT} {QUESTION}", thread_ts=first.ts)
    (reply,) = bot.replies(asked)
    assert reply.thread_ts == first.ts


def test_ask_answers_the_asker_alone(bot: Running) -> None:
    run = bot.slack.command("UANN", "CNEWS", "/ask", QUESTION)
    blocks = bot.answered(run)
    shows_the_pledge(blocks)
    assert run.shown[0].ephemeral_to == "UANN"
    assert blocks[0]["elements"][0]["elements"][0]["text"] == f"You asked: {QUESTION}"
    share, more, *rest = buttons(blocks)
    assert (share, more.split()[1]) == ("Share to channel", "more")
    assert rest[-1] == "Tell me when there is more"
    assert [one for one in rest[:-1] if "in context" not in one] == ["Summarise"]
    assert blocks[-1]["elements"][0]["type"] == "feedback_buttons"
    assert bot.slack.messages("CNEWS") == []
    bot.slack.wait_for(lambda: run.acked_after is not None, what="the acknowledgement")  # the answer may be first
    assert run.acked_after is not None
    assert run.acked_after < 3


def test_ask_works_where_the_bot_is_not_a_member(bot: Running) -> None:
    shows_the_pledge(bot.answered(bot.slack.command("UANN", "CQUIET", "/ask", QUESTION)))


def test_a_direct_message_is_answered_with_a_status_meanwhile(bot: Running) -> None:
    asked = bot.ask(QUESTION, channel=bot.slack.im("UANN"))
    (reply,) = bot.replies(asked)
    shows_the_pledge(reply.blocks)
    assert "Share to channel" not in buttons(reply.blocks)
    bot.slack.settle()  # a message is there before its call is on the list
    methods = [call.method for call in bot.slack.calls()]
    assert methods.index("assistant.threads.setStatus") < methods.index("chat.postMessage")
    assert bot.slack.status(asked.channel, asked.ts) is None


def test_the_window_asks_with_question_collection_and_period(bot: Running) -> None:
    run = bot.slack.command("UANN", "CNEWS", "/ask", "")
    (view,) = bot.slack.wait_for(lambda: run.opened)
    assert [block["block_id"] for block in view.body["blocks"]] == ["question", "collection", "since", "until"]
    bad = bot.slack.submit(
        "UANN",
        view,
        {"question": {"value": "?!"}, "since": {"value": "2021-12-01"}, "until": {"value": "2021-01-01"}},
    )
    bot.slack.wait_for(lambda: bad.ack)
    assert "no word to look for" in bad.errors["question"]
    assert bad.errors["until"] == "Choose a day after the first date."
    taken = {"question": {"value": QUESTION}, "since": {"value": "2021-09-01"}, "until": {"value": "2021-12-31"}}
    bot.slack.submit("UANN", view, taken)
    shows_the_pledge(bot.answered(run))


def test_a_message_can_be_asked_about(bot: Running) -> None:
    message = bot.ask("I wonder: what did Alibaba pledge? &lt;really&gt;", user="UBOB")
    used = bot.slack.shortcut("UANN", message, "ask_about_message")
    (view,) = bot.slack.wait_for(lambda: used.opened)
    box = view.body["blocks"][0]["element"]
    assert box["initial_value"] == "I wonder: what did Alibaba pledge? <really>"
    bot.slack.submit("UANN", view, {"question": {"value": QUESTION}})
    blocks = bot.answered(used)
    assert passages(blocks)


def test_a_follow_up_needs_no_mention_and_knows_the_turn_before(bot: Running) -> None:
    first = bot.ask(f"{BOT} {QUESTION}")
    bot.replies(first)
    talk = bot.ask("and how much was it fined, I wonder", user="UBOB", thread_ts=first.ts)
    second = bot.ask("and how much was it fined?", thread_ts=first.ts)
    _, reply = bot.replies(second, 2)
    assert "fined Alibaba 18.2 billion yuan" in bold(passages(reply.blocks)[0])
    assert "Read as: how much was Alibaba fined?" in spoken(reply.blocks)
    bot.slack.settle()
    assert len(bot.replies(second, 2)) == 2
    assert bot.slack.reactions("CNEWS", talk.ts) == {}


@pytest.mark.parametrize(
    ("choice", "replies"), [("mention", {"UANN": 0, "UBOB": 0}), ("all", {"UANN": 1, "UBOB": 1})]
)
def test_a_setting_chooses_who_may_follow_up(
    slack: SlackServer, samples: Library, tmp_path: Path, choice: str, replies: dict[str, int]
) -> None:
    with running(slack, samples, tmp_path, "socket", follow_ups=choice) as bot:
        for user, more in replies.items():
            first = bot.ask(f"{BOT} {QUESTION}")
            bot.replies(first)
            bot.ask("and how much was it fined?", user=user, thread_ts=first.ts)
            slack.settle()
            assert len(bot.replies(first, 1 + more)) == 1 + more


def test_a_thread_is_known_after_a_restart(slack: SlackServer, samples: Library, tmp_path: Path) -> None:
    with running(slack, samples, tmp_path, "socket") as bot:
        first = bot.ask(f"{BOT} {QUESTION}")
        bot.replies(first)
    with running(slack, samples, tmp_path, "socket") as bot:
        second = bot.ask("and how much was it fined?", thread_ts=first.ts)
        assert "18.2 billion yuan" in bot.replies(second, 2)[1].text


def test_other_talk_is_left_alone_and_not_kept(bot: Running) -> None:
    bot.ask("Lunch at noon?")
    bot.ask("what did Alibaba pledge?", user="UBOB")
    bot.slack.settle()
    assert [one for one in bot.slack.messages("CNEWS") if one.bot_id] == []
    assert b"Lunch" not in Path(bot.store.name).read_bytes()


@pytest.mark.parametrize(("text", "start"), [("hello", "Hello!"), ("thanks a lot :tada:", "You're welcome!")])
def test_greetings_are_greeted_without_passages(socket_bot: Running, text: str, start: str) -> None:
    (reply,) = socket_bot.replies(socket_bot.ask(f"{BOT} {text}"))
    assert reply.text.startswith(start)
    assert passages(reply.blocks) == []


def test_a_bare_mention_gets_help(socket_bot: Running) -> None:
    (reply,) = socket_bot.replies(socket_bot.ask(BOT))
    assert "Ask in a channel" in reply.text


def test_nothing_found_says_so_and_offers_help(bot: Running) -> None:
    blocks = bot.answered(bot.slack.command("UANN", "CNEWS", "/ask", "what did Tencent pledge?"))
    assert "I found nothing on that." in str(blocks)
    assert passages(blocks) == []
    assert buttons(blocks) == ["Show what comes nearest", "Tell me when…"]


def test_options_narrow_a_question_down(socket_bot: Running) -> None:
    blocks = socket_bot.answered(
        socket_bot.slack.command("UANN", "CNEWS", "/ask", f"in:science-briefs {QUESTION}")
    )
    assert "Searched only articles in science-briefs." in str(blocks)
    blocks = socket_bot.answered(socket_bot.slack.command("UANN", "CNEWS", "/ask", f"{QUESTION} since Monday"))
    assert "There is no article with a date or collection like that." in str(blocks)
    run = socket_bot.slack.command("UANN", "CNEWS", "/ask", f"since:nonsense {QUESTION}")
    assert "read 'nonsense' as a date" in spoken(socket_bot.answered(run))
    run = socket_bot.slack.command("UANN", "CNEWS", "/ask", f"in:nope {QUESTION}")
    assert "There is no collection 'nope'" in spoken(socket_bot.answered(run))


def test_an_empty_library_says_so(slack: SlackServer, library: Library, tmp_path: Path) -> None:
    with running(slack, library, tmp_path, "socket") as bot:
        (reply,) = bot.replies(bot.ask(f"{BOT} {QUESTION}"))
        assert reply.text == "I found nothing on that."
        assert "There are no articles yet." in str(reply.blocks)
        bot.slack.open_home("UANN")
        slack.wait_for(lambda: "It is still empty." in str(slack.home("UANN")))


def test_article_ids_of_any_length_are_shown(slack: SlackServer, library: Library, tmp_path: Path) -> None:
    library.local.add(
        article("Crane", "The crane stands by the river.", id="x" * 5000, url="https://example.org/crane")
    )
    with running(slack, library, tmp_path, "socket") as bot:
        (reply,) = bot.replies(bot.ask(f"{BOT} where does the crane stand?"))
        assert "The crane stands by the river." in str(reply.blocks)


@pytest.mark.parametrize("takes_tables", [True, False])
def test_figures_that_differ_are_side_by_side_even_where_slack_takes_no_table(
    slack: SlackServer, library: Library, tmp_path: Path, takes_tables: bool
) -> None:
    for name, figure in (("Herald", "18.2"), ("Tribune", "20.5")):
        text = f"The regulator fined the crane maker Quint {figure} billion yuan for its prices."
        library.local.add(article(f"{name} on Quint", text, id=name))
    with running(slack, library, tmp_path, "socket") as bot:
        if not takes_tables:
            slack.fail("chat.postMessage", error="invalid_blocks")
        (reply,) = bot.replies(bot.ask(f"{BOT} how much was the crane maker Quint fined?"))
    (shown,) = [one for one in reply.blocks if one.get("block_id") == "differ"]
    assert shown["type"] == ("table" if takes_tables else "rich_text")
    said = spoken([shown])
    assert all(
        one in said for one in ("18.2 billion yuan", "20.5 billion yuan", "Herald on Quint", "Tribune on Quint")
    )
