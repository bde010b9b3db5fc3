"""What people type: questions with their bounds, Slack's text as they wrote it, greetings."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.model import Act, act_of, corrected
from bot.question import summary_of, view_of
from bot.slack.text import mentions, typed, urls
from embeddings.errors import QuestionError
from embeddings.search.reading import Wanted, read_question

thorough = settings(max_examples=2 * settings().max_examples)
NOW = datetime(2021, 10, 15, 13, 30, tzinfo=UTC)  # a Friday


FRAGMENTS = (
    "in: since: until: since until last this past the in Monday yesterday today tax,law 2021-10-01 2021-02-30 "
    "3 days ago week months May 31 9999 12:00 noon now who was fined , ? . : \" ' “ ” < > | @ # ! &amp; <@UBOT1> "
    "<https://example.org|here>"
).split()


TYPED = st.lists(st.sampled_from([*FRAGMENTS, " ", "  ", "\n"]) | st.text(max_size=8), max_size=12).map("".join)


SPACED = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12).map(" ".join)


def first(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


def last(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59+00:00")


@pytest.mark.parametrize(
    ("text", "question", "collections"),
    [
        ("in:tax who was fined?", "who was fined?", ("tax",)),
        ("who was fined in:tax", "who was fined", ("tax",)),
        ("who in:tax was fined?", "who was fined?", ("tax",)),
        ("IN:Tax who was fined?", "who was fined?", ("Tax",)),
        ("in:tax,law who was fined?", "who was fined?", ("tax", "law")),
        ("in:tax, who was fined?", "who was fined?", ("tax",)),
        ('in:"tax law" who was fined?', "who was fined?", ("tax law",)),
        ("in:“tax law” who was fined?", "who was fined?", ("tax law",)),
        ('in:"tax law,press" who was fined?', "who was fined?", ("tax law", "press")),
        ("in:tax", "", ("tax",)),
        ('in:"" who was fined?', "who was fined?", None),
        ("who was fined in tax cases?", "who was fined in tax cases?", None),
        ("in: tax who was fined?", "in: tax who was fined?", None),
        ("why was login:bob blocked?", "why was login:bob blocked?", None),
    ],
)
def test_collections_are_named_by_an_option(text: str, question: str, collections: tuple[str, ...] | None) -> None:
    assert read_question(text, NOW) == Wanted(question, collections)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("since:2021-09-26 who was fined?", first("2021-09-26"), None),
        ("who was fined? since:2021-09-26", first("2021-09-26"), None),
        ("since:2021-09-26T10:00 who was fined?", datetime(2021, 9, 26, 10, tzinfo=UTC), None),
        ("until:2021-09-26 who was fined?", None, last("2021-09-26")),
        ("Until:yesterday who was fined?", None, last("2021-10-14")),
        ('since:"last week" who was fined?', first("2021-10-04"), None),
        ("since:“3 days ago” who was fined?", first("2021-10-12"), None),
        ("since:2020 until:2020 who was fined?", first("2020-01-01"), last("2020-12-31")),
        ("since:yesterday until:yesterday who was fined?", first("2021-10-14"), last("2021-10-14")),
        ("since Monday, who was fined?", first("2021-10-11"), None),
        ("who was fined since Monday?", first("2021-10-11"), None),
        ("who was fined since last Tuesday?", first("2021-10-12"), None),
        ("who was fined since 3 days ago?", first("2021-10-12"), None),
        ("who was fined since September?", first("2021-09-01"), None),
        ("who was fined since 2021-09-26?", first("2021-09-26"), None),
        ("who was fined until 2021-09-30?", None, last("2021-09-30")),
        ("who was fined since January 5, 2020?", first("2020-01-05"), None),
        ("who was fined since Monday until Wednesday?", first("2021-10-11"), last("2021-10-13")),
        ("since Monday until Wednesday, who was fined?", first("2021-10-11"), last("2021-10-13")),
        ("since:2021-10-01 who was fined until yesterday?", first("2021-10-01"), last("2021-10-14")),
        ("who was fined yesterday?", first("2021-10-14"), last("2021-10-14")),
        ("who was fined, today?", first("2021-10-15"), last("2021-10-15")),
        ("who was fined last week?", first("2021-10-04"), last("2021-10-10")),
        ("who was fined last month?", first("2021-09-01"), last("2021-09-30")),
        ("who was fined this month?", first("2021-10-01"), None),
        ("who was fined past week?", first("2021-10-08"), None),
        ("who was fined in the last 3 days?", first("2021-10-12"), None),
        ("who was fined in the past 2 weeks?", first("2021-10-01"), None),
    ],
)
def test_bounds_leave_the_question_and_become_dates(
    text: str, since: datetime | None, until: datetime | None
) -> None:
    found = read_question(text, NOW)
    assert found.question.rstrip("?") == "who was fined"
    assert (found.collections, found.since, found.until) == (None, since, until)


def test_an_option_weighs_more_than_words() -> None:
    found = read_question("since:2021-09-01 who was fined since Monday?", NOW)
    assert found == Wanted("who was fined?", None, first("2021-09-01"), None)


@pytest.mark.parametrize(
    "question",
    [
        "what has changed since the merger?",
        "who left since Alibaba was fined?",
        "what did they do until the very end?",
        "why was last week better than this one?",
        "who may decide?",
        "how long since?",
    ],
)
def test_words_that_bound_nothing_stay_in_the_question(question: str) -> None:
    assert read_question(question, NOW) == Wanted(question)


def test_a_day_named_as_part_of_the_matter_stays_too_and_is_preferred() -> None:
    found = read_question("what was yesterday's fine?", NOW)
    assert (found.question, found.since, found.until) == ("what was yesterday's fine?", None, None)
    assert found.preferred is not None
    assert not found.preferred.strict


def test_what_surrounds_a_bound_is_joined_neatly() -> None:
    assert read_question("who, since Monday, was fined?", NOW).question == "who, was fined?"
    assert read_question("who  was in:tax\n fined , and why ?", NOW).question == "who was fined, and why?"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("since:banana who was fined?", "'banana'"),
        ("since:2021-02-30 who was fined?", "'2021-02-30'"),
        ('until:"the day it opened" who was fined?', "'the day it opened'"),
        ('since:"" who was fined?', "''"),
        ("until:9999-12-31T23:59-05:00 who was fined?", "9999-12-31"),
    ],
)
def test_an_option_that_is_no_date_is_named_with_an_example(text: str, named: str) -> None:
    with pytest.raises(QuestionError, match="since:2021-09-26") as raised:
        read_question(text, NOW)
    assert named in str(raised.value)


@pytest.mark.parametrize(
    "text", ["since:2021-10-01 until:2021-09-01 who?", "since yesterday until 2021-09-01, who was fined?"]
)
def test_a_period_that_ends_before_it_begins_is_told(text: str) -> None:
    with pytest.raises(QuestionError, match="is after until 2021-09-01"):
        read_question(text, NOW)


@thorough
@given(text=TYPED | SPACED)
def test_any_text_is_a_question_or_told_to_be_none(text: str) -> None:
    with suppress(QuestionError):
        found = read_question(text, NOW)
        assert found.question == " ".join(found.question.split())
        assert not (found.since and found.until and found.since > found.until)


@pytest.mark.parametrize("period", ["in the last 999999999 days", "in the past 99999 months"])
def test_a_period_longer_than_the_calendar_is_no_error_of_ours(period: str) -> None:
    with suppress(QuestionError):
        read_question(f"who was fined {period}?", NOW)


@pytest.mark.parametrize("period", ["in the past week", "in the last month", "over the past year"])
def test_a_period_is_taken_with_the_words_before_it(period: str) -> None:
    assert read_question(f"who was fined {period}?", NOW).question == "who was fined?"


@pytest.mark.parametrize("day", ["2021-02-30", "9999-99-99", "February 31"])
def test_a_day_that_does_not_exist_is_told_or_stays(day: str) -> None:
    with suppress(QuestionError):
        assert day in read_question(f"who was fined since {day}?", NOW).question


@pytest.mark.parametrize(
    ("text", "collections"),
    [
        ("who was fined in:tax?", ("tax",)),
        ('in:"tax, law" who was fined?', ("tax", "law")),
        ("in:tax in:law who was fined?", ("tax", "law")),
    ],
)
def test_collections_are_read_as_people_punctuate(text: str, collections: tuple[str, ...]) -> None:
    assert read_question(text, NOW).collections == collections


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("what's new today?", ""),
        ("What happened last week?", ""),
        ("any news?", ""),
        ("what's new on climate?", "climate"),
        ("What is new about grain prices this week?", "grain prices"),
        ("what is new in the law?", None),
        ("what happened to the ferry last week?", None),
        ("who was fined last week?", None),
    ],
)
def test_a_question_for_what_is_new_is_a_view(text: str, subject: str | None) -> None:
    assert view_of(text) == subject


def test_a_period_that_ends_before_it_begins_is_said_in_words() -> None:
    with pytest.raises(QuestionError, match="Turn them round"):
        read_question("what was decided until 2019 since 2020?", NOW)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@UBOT1> who was fined?", "who was fined?"),
        ("<@UBOT1|topicbot> who was fined?", "who was fined?"),
        ("who was fined, <@UBOT1>?", "who was fined, ?"),
        ("<@UBOT12> who?", "@UBOT12 who?"),
        ("did <@UANN|ann> say it?", "did ann say it?"),
        ("what is new in <#CTAX|tax>?", "what is new in tax?"),
        ("what is new in <#CTAX>?", "what is new in #CTAX?"),
        ("<!here> who?", "!here who?"),
        ("<!subteam^S1|@devs> who?", "@devs who?"),
        ("since <!date^1633000000^{date}|30 September>", "since 30 September"),
        ("who wrote <https://example.org/a|the report>?", "who wrote the report?"),
        ("who wrote <https://example.org/a>?", "who wrote https://example.org/a?"),
        ("who is <mailto:ann@example.org|ann@example.org>?", "who is ann@example.org?"),
        ("is a &lt; b &amp; c &gt; d?", "is a < b & c > d?"),
        ("what does &amp;lt; mean?", "what does &lt; mean?"),
        ("&lt;@UBOT1&gt; who?", "<@UBOT1> who?"),
        ("  who\n\twas   fined? ", "who was fined?"),
        ("", ""),
    ],
)
def test_slack_s_text_reads_as_it_was_typed(text: str, shown: str) -> None:
    assert typed(text, "UBOT1") == shown


@thorough
@given(text=TYPED | SPACED)
def test_any_text_of_slack_can_be_read(text: str) -> None:
    shown = typed(text, "UBOT1")
    assert shown == " ".join(shown.split())
    assert all(one.startswith(("http://", "https://")) for one in urls(text))
    assert act_of(text, "UBOT1") in Act
    meant = corrected(shown)
    assert meant is None or meant[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<@UBOT1> who?", True),
        ("who, <@UBOT1|topicbot>?", True),
        ("<@UBOT12> who?", False),
        ("&lt;@UBOT1&gt; who?", False),
        ("@UBOT1 who?", False),
    ],
)
def test_the_bot_is_mentioned_only_by_a_real_mention(text: str, found: bool) -> None:
    assert mentions(text, "UBOT1") is found


def test_web_addresses_are_found_once_each_in_order() -> None:
    text = (
        "<https://example.org/b|B> <https://example.org/a?x=1&amp;y=2> <https://example.org/b> "
        "<mailto:ann@example.org|Ann> <@UANN> <#CTAX|tax> &lt;https://example.org/c&gt; <http://example.org>"
    )
    assert urls(text) == ["https://example.org/b", "https://example.org/a?x=1&y=2", "http://example.org"]


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "Hi!",
        "hey there",
        "HOWDY",
        "yo",
        "good morning",
        "Good morning, everyone!",
        "Morning",
        "good evening all",
        "hello topicbot",
        "hello again :wave:",
        "greetings",
    ],
)
def test_a_greeting_is_greeted(text: str) -> None:
    assert act_of(text) is Act.HELLO


@pytest.mark.parametrize(
    "text",
    [
        "thanks",
        "Thanks!",
        "thank you so much",
        "thx :pray:",
        ":+1: thanks",
        "ty",
        "cheers, topicbot",
        "great, thanks a lot",
        "ok cool thanks",
    ],
)
def test_thanks_are_taken_as_thanks(text: str) -> None:
    assert act_of(text) is Act.THANKS


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":wave:",
        "42",
        "hello, who was fined?",
        "hi what is the tax rate",
        "good morning, any news on Alibaba?",
        "thanks, and who paid?",
        "hello world program",
        "who says hello?",
        "what is a good day?",
        "good",
        "day",
        "ok",
        "great",
        "team",
    ],
)
def test_what_asks_or_says_more_is_no_greeting(text: str) -> None:
    assert act_of(text) not in (Act.HELLO, Act.THANKS)


@pytest.mark.parametrize("text", ["hello :wave::skin-tone-3:", "good day"])
def test_a_greeting_with_more_around_it_is_greeted(text: str) -> None:
    assert act_of(text) is Act.HELLO


@pytest.mark.parametrize(
    ("text", "subject", "of_article"),
    [
        ("summarise the article", "", True),
        ("Summarize this, please", "", True),
        ("tl;dr", "", True),
        ("summarise Norvik", "Norvik", False),
        ("can you give me a short summary of the harbour dispute?", "harbour dispute", False),
        ("please summarise the report on grain for me", "grain", True),
        ("what is the Norvik article about?", "Norvik", True),
        ("what's “Rules for visitors” about?", "Rules for visitors", True),
        ("what is this about?", "", True),
        ("what is the Norvik Accord about?", "Norvik Accord", False),
        ("summarise the news", "", False),
        ("summarise the June minutes in three sentences", "June minutes", True),
    ],
)
def test_a_summary_is_asked_of_an_article_or_a_subject(text: str, subject: str, of_article: bool) -> None:
    found = summary_of(text)
    assert found is not None
    assert (found.subject, found.of_article) == (subject, of_article)


@pytest.mark.parametrize(
    "text",
    [
        "what is Ines Rost worried about?",
        "What are the unions angry about?",
        "what are the rules about parking?",
        "what did the report say about jobs?",
        "who wrote the summary of the case?",
        "what is she about?",
    ],
)
def test_a_question_that_only_has_such_words_is_no_summary(text: str) -> None:
    assert summary_of(text) is None


@given(st.text(max_size=200))
def test_no_text_is_too_odd_for_a_summary(text: str) -> None:
    summary_of(text)
    summary_of(f"summarise {text}")
    summary_of(f"what is {text} about?")
