from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.blocks import Shown, answer_view
from bot.asking.service import PAGE
from bot.slack.passages import citation_elements, title_of
from bot.slack.text import FALLBACK, Block, Message, marked_link, size, without_tables
from bot.wording import is_visible, plain
from embeddings.types import Answer, Citation, Highlight, Passage
from tests.bot.hostile import CONTROLS, MARKUP, UNSEEN, citations, modest, own_links, texts
from tests.slack_server.rules import markup_in, message_problems
from tests.slack_server.rules import texts as texts_in

ID = "0123456789abcdef0123"


MORE = "Tell me when there is more"


REPORT = Citation(
    "report", "Annual report", "https://example.org/report", "The Desk", "A. Writer", "2024-05-01T09:00:00+00:00"
)


TEXT = "It was a year of change. Alibaba pledged 100 billion yuan. Nobody had asked for it."


SENTENCE = "Alibaba pledged 100 billion yuan."


WHOLE = 1200  # characters of a paragraph that are shown without a cut


@st.composite
def passages(draw: st.DrawFn, text: st.SearchStrategy[str], cited: st.SearchStrategy[Citation]) -> Passage:
    shown = draw(text)
    start = draw(st.integers(0, len(shown)))
    end = draw(st.integers(start, len(shown)))
    paragraph = draw(st.integers(0, 10**6))
    also = tuple((draw(st.lists(cited, max_size=4)) * 200)[: draw(st.integers(0, 200))])
    return Passage(1, 0.5, draw(cited), paragraph, shown, Highlight(start, end), None, also, relevant=True)


@st.composite
def answers(draw: st.DrawFn, least: int = 0, most_text: int = 30_000) -> Answer:
    cited = st.sampled_from(draw(st.lists(citations(), min_size=1, max_size=3)))
    text = st.sampled_from(draw(st.lists(texts(most_text), min_size=1, max_size=3)))
    found = draw(st.lists(passages(text, cited), min_size=least, max_size=15))
    ranked = tuple(replace(one, rank=rank) for rank, one in enumerate(found, start=1))
    return Answer("q", bool(found) and draw(st.booleans()), draw(st.floats(0, 1)), ranked, 1.0)


def shown(firsts: st.SearchStrategy[int]) -> st.SearchStrategy[Shown]:
    moments = st.none() | st.datetimes(timezones=st.just(UTC))
    return st.builds(
        Shown,
        question_id=st.just(ID),
        first=firsts,
        reading=st.none() | texts(2000),
        since=moments,
        until=moments,
        collections=st.none() | st.lists(texts(400), max_size=20).map(tuple),
        shareable=st.booleans(),
        sharer=st.none() | st.just("U123"),
        lead=st.none() | texts(2000),
        at=moments,
        removes=st.booleans(),
        unasked=st.booleans(),
    )


@st.composite
def pages(draw: st.DrawFn, most_text: int = 30_000) -> tuple[Answer, Shown]:
    """An answer with passages, opened at one of them."""
    found = draw(answers(least=1, most_text=most_text))
    how = draw(shown(st.integers(0, len(found.passages) - 1)))
    return found, replace(how, nearest=True)


def on_page(found: Answer, how: Shown) -> tuple[Passage, ...]:
    return found.passages[how.first : how.first + PAGE]


def passage_blocks(message: Message) -> list[Block]:
    return [one for one in message.blocks if str(one.get("block_id")).startswith("passage-")]


def quoted(block: Block) -> list[Block]:
    """The pieces of the paragraph that a block quotes; of a sentence that is a whole paragraph."""
    last = block["elements"][-1]
    assert last["type"] == "rich_text_quote" or len(block["elements"]) == 1
    return list(last["elements"])


def sources(message: Message) -> list[list[str]]:
    """The pieces of small print under each passage."""
    below = [message.blocks[message.blocks.index(one) + 1] for one in passage_blocks(message)]
    assert {one["type"] for one in below} <= {"context"}
    return [[element["text"] for element in one["elements"]] for one in below]


def notes(message: Message) -> list[str]:
    """How the question was read, line by line."""
    found = [one for one in message.blocks if one.get("block_id") == "notes"]
    return [line for one in found for line in one["elements"][0]["text"].splitlines()]


def written(elements: list[Block], **style: bool) -> str:
    """The elements' text, or only what has this style."""
    return "".join(one["text"] for one in elements if not style or one.get("style") == style)


def buttons(message: Message) -> dict[str, str]:
    """The buttons and what is in the menu, by their names, with what they send."""
    rows = [one for one in message.blocks if one["type"] == "actions"]
    every = [element for row in rows for element in row["elements"]]
    offers = [option for one in every for option in one.get("options", [])]
    pressed = {one["text"]["text"]: one["value"] for one in every if "value" in one}
    return pressed | {one["text"]["text"]: one["value"] for one in offers}


def feedback(message: Message) -> Iterator[tuple[str, str]]:
    for row in message.blocks:
        if row["type"] == "context_actions":
            for element in row["elements"]:
                for name in ("positive_button", "negative_button"):
                    yield element[name]["text"]["text"], element[name]["value"]


def head(message: Message) -> str:
    return "".join(texts_in(message.blocks[0]))


def fields(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


def one_passage(**changes: Any) -> Passage:
    start = TEXT.index(SENTENCE)
    found = Passage(1, 0.9, REPORT, 4, TEXT, Highlight(start, start + len(SENTENCE)), relevant=True)
    return replace(found, **changes)


def found(*given_passages: Passage, answered: bool = True, confidence: float = 0.98) -> Answer:
    ranked = tuple(replace(one, rank=rank) for rank, one in enumerate(given_passages, start=1))
    return Answer("q", answered, confidence, ranked, 1.0)


@modest
@given(answers(), shown(st.integers(0, 20)))
def test_slack_takes_every_answer(given_answer: Answer, how: Shown) -> None:
    message = answer_view(given_answer, how)
    assert message_problems(fields(message)) == []
    assert message.text
    assert not re.search("[<>]", message.text)
    assert not set(message.text) & UNSEEN


@modest
@given(answers(), shown(st.integers(0, 20)))
def test_nothing_is_live_but_links_to_the_articles_and_the_sharer(given_answer: Answer, how: Shown) -> None:
    cited = [one for passage in on_page(given_answer, how) for one in (passage.citation, *passage.also_in)]
    live = set(markup_in(fields(answer_view(given_answer, how))))
    sharer = {f"<@{how.sharer}>"} if how.sharer else set()
    assert live - own_links(*cited) <= sharer


@modest
@given(pages())
def test_every_passage_of_a_page_stands_there_with_its_source(page: tuple[Answer, Shown]) -> None:
    message = answer_view(*page)
    expected = on_page(*page)
    assert len(passage_blocks(message)) == len(expected) >= 1
    for (source, *also), passage in zip(sources(message), expected, strict=True):
        assert source.startswith(f"{passage.rank}. ")
        assert marked_link(title_of(passage.citation), passage.citation.url) in source
        assert source.endswith(f" · paragraph {passage.paragraph + 1}")
        assert bool(also) == bool(passage.also_in)


@modest
@given(pages(most_text=WHOLE))
def test_a_paragraph_that_fits_is_shown_verbatim_with_its_sentence_in_bold(page: tuple[Answer, Shown]) -> None:
    for block, passage in zip(passage_blocks(answer_view(*page)), on_page(*page), strict=True):
        assert written(quoted(block)) == (plain(passage.text) or " ")
        sentence = passage.text[passage.highlight.start : passage.highlight.end]
        assert written(quoted(block), bold=True) == plain(sentence)


@modest
@given(pages(most_text=WHOLE), texts(200).filter(bool))
def test_an_answer_begins_with_its_sentence_and_then_has_what_is_around(
    page: tuple[Answer, Shown], question: str
) -> None:
    given_answer, how = page
    message = answer_view(replace(given_answer, answered=True), replace(how, first=0, question=question))
    best, (block, *_) = given_answer.passages[0], passage_blocks(message)
    assert message_problems(fields(message)) == []
    sentence = plain(best.text[best.highlight.start : best.highlight.end])
    if is_visible(sentence):
        first, *around = block["elements"]
        assert written(first["elements"]) == sentence
        shown = "".join(written(one["elements"]) for one in around)
        parts = plain(best.text[: best.highlight.start]), plain(best.text[best.highlight.end :])
        assert all(part.strip() in shown for part in parts if is_visible(part))


@modest
@given(pages())
def test_a_paragraph_too_long_is_shown_around_its_sentence(page: tuple[Answer, Shown]) -> None:
    for block, passage in zip(passage_blocks(answer_view(*page)), on_page(*page), strict=True):
        sentence = passage.text[passage.highlight.start : passage.highlight.end]
        bold = written(quoted(block), bold=True)
        assert len(written(quoted(block))) <= WHOLE + len("……")
        if len(sentence) <= WHOLE:
            assert bold == plain(sentence)
        else:
            assert bold.endswith("…")
            assert plain(sentence).startswith(bold[:-1])


@modest
@given(pages())
def test_the_buttons_are_never_lost(page: tuple[Answer, Shown]) -> None:
    given_answer, how = page
    message = answer_view(given_answer, how)
    pressed = buttons(message)
    assert dict(feedback(message)) == {"Helpful": f"{ID}:yes", "Not helpful": f"{ID}:no"}
    shared = f"{ID}:{how.first}" if how.shareable and given_answer.answered else None
    assert pressed.get("Share to channel") == shared
    left = len(given_answer.passages) - how.first - PAGE
    assert pressed.get(f"{left} more") == (f"{ID}:{how.first + PAGE}" if left > 0 else None)
    assert ("Add a source" in pressed) == (not given_answer.answered)
    assert ("Tell me when something turns up" in pressed) == (not given_answer.answered)
    assert (MORE in pressed) == given_answer.answered
    assert ("Don't answer in this thread" in pressed) == how.unasked
    reading = [value for name, value in pressed.items() if name.startswith("Read")]
    places = [f"{ID}:{one.paragraph}:{one.citation.article_id}" for one in on_page(given_answer, how)]
    menu = [f"context:{place}" for place in places if len(f"context:{place}") <= 150]
    first = [] if how.shareable and given_answer.answered else places[:1]
    assert reading == [*first, *menu[len(menu) - len(reading) + len(first) :]]
    assert len(reading) >= len(menu)


def test_there_is_one_row_with_two_buttons_and_a_menu() -> None:
    for how in (Shown(ID, shareable=True, removes=True), Shown(ID, unasked=True), Shown(ID)):
        message = answer_view(found(*[one_passage(paragraph=number) for number in range(5)]), how)
        (row,) = [one for one in message.blocks if one["type"] == "actions"]
        assert [one["type"] for one in row["elements"]] == ["button", "button", "overflow"]
        assert sum(one.get("style") == "primary" for one in row["elements"]) <= 1


@modest
@given(citations(), st.integers(0, 10**6))
def test_a_citation_is_a_line(citation: Citation, paragraph: int) -> None:
    title, facts = citation_elements(citation, paragraph)
    assert title["text"]
    assert len(written([title, facts])) < 500
    assert len(written([title, facts]).splitlines()) == 1


def test_the_first_page_of_an_answer_shows_what_belongs_to_it_and_the_rest_is_one_click_away() -> None:
    near = one_passage(relevant=False)
    message = answer_view(found(one_passage(), near, near), Shown(ID))
    assert len(passage_blocks(message)) == 1
    assert buttons(message)["2 more"] == f"{ID}:1"


def test_words_read_as_others_and_figures_that_differ_are_said() -> None:
    other = one_passage(text="Alibaba pledged 200 billion yuan.", highlight=Highlight(0, 33))
    given = replace(found(one_passage(), other), corrected={"Alibba": "Alibaba"}, differ=((1, 2),))
    message = answer_view(given, Shown(ID))
    assert notes(message) == ["Read as “Alibaba” for “Alibba”"]
    (table,) = [one for one in message.blocks if one["type"] == "table"]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["The figures differ", "Article", "Date"],
        ["100 billion yuan", "Annual report", "2024-05-01"],
        ["200 billion yuan", "Annual report", "2024-05-01"],
    ]
    (lines,) = [one for one in without_tables(message.blocks) if one.get("block_id") == "differ"]
    assert "".join(texts_in(lines)).count("Annual report · 2024-05-01") == 2


def test_an_answer() -> None:
    how = Shown(ID, shareable=True, question="what did Alibaba pledge?", at=datetime(2026, 6, 1, tzinfo=UTC))
    message = answer_view(found(one_passage()), how)
    (block,) = passage_blocks(message)
    assert message.blocks[0] == block
    first, paragraph = block["elements"]
    assert written(first["elements"]) == SENTENCE
    assert written(first["elements"], bold=True) == "Alibaba pledged 100 billion yuan"
    assert written(paragraph["elements"]) == "It was a year of change. … Nobody had asked for it."
    link = "<https://example.org/report|Annual report>"
    where = "The Desk · A. Writer · 2024-05-01 (2 years old) · paragraph 5"
    assert sources(message) == [[f"1. Found · {link} · {where}"]]
    assert markup_in(fields(message)) == ["link https://example.org/report"]
    assert buttons(message) == {
        "Share to channel": f"{ID}:0",
        "Read in context": f"context:{ID}:4:report",
        "Summarise": "summarise:report",
        MORE: f"alert:{ID}",
    }
    assert message.text == f"{SENTENCE} (Found: Annual report, paragraph 5)"


def test_a_paragraph_of_one_sentence_comes_once() -> None:
    alone = one_passage(text=SENTENCE, highlight=Highlight(0, len(SENTENCE)))
    message = answer_view(found(alone), Shown(ID, question="what did Alibaba pledge?"))
    assert "".join(texts_in(passage_blocks(message)[0])) == SENTENCE


@pytest.mark.parametrize(
    ("confidence", "said"),
    [(0.98, "Found"), (0.95, "Closest passage"), (0.6, "Closest passage"), (0.4, "Closest passage")],
)
def test_it_says_how_sure_it_is_beside_the_source(confidence: float, said: str) -> None:
    message = answer_view(found(one_passage(), confidence=confidence), Shown(ID, question="what was pledged?"))
    assert sources(message)[0][0].startswith(f"1. {said} · <")
    assert message.text == f"{SENTENCE} ({said}: Annual report, paragraph 5)"


def test_an_unanswered_question_shows_no_passage_and_offers_what_comes_next() -> None:
    message = answer_view(found(one_passage(), answered=False), Shown(ID, shareable=True))
    assert head(message) == "I found nothing on that."
    assert message.text == "I found nothing on that."
    assert passage_blocks(message) == []
    offers = ["Show what comes nearest", "Tell me when…", "Add a source"]
    assert list(buttons(message)) == offers
    assert not dict(feedback(message))
    assert list(buttons(answer_view(found(one_passage(), answered=False), Shown(ID, may_add=False)))) == [
        "Show what comes nearest",
        "Tell me when…",
    ]


def test_the_nearest_passages_are_shown_when_asked_for() -> None:
    message = answer_view(found(one_passage(), answered=False), Shown(ID, shareable=True, nearest=True))
    assert head(message) == "I found nothing on that. These passages come nearest; see for yourself."
    assert message.text == f"I found nothing on that. Nearest: {SENTENCE} (Annual report, paragraph 5)"
    assert list(buttons(message)) == ["Read in context", "Add a source", "Tell me when something turns up"]
    assert dict(feedback(message))


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ({}, "There are no articles yet."),
        ({"collections": ("tax",)}, "There is no article with a date or collection like that."),
        ({"since": datetime(2024, 5, 1, tzinfo=UTC)}, "There is no article with a date or collection like that."),
        ({"until": datetime(2024, 5, 1, tzinfo=UTC)}, "There is no article with a date or collection like that."),
    ],
)
def test_no_passage_at_all(bounds: dict[str, Any], why: str) -> None:
    message = answer_view(found(answered=False), Shown(ID, **bounds))
    assert head(message).startswith(f"I found nothing on that. {why}")
    assert message.text == "I found nothing on that."
    wider = ["Ask without the period"] if bounds.keys() & {"since", "until"} else []
    assert list(buttons(message)) == [*wider, "Tell me when…", "Add a source"]
    assert not dict(feedback(message))
    assert message_problems(fields(message)) == []


def test_what_was_understood_stands_at_the_top() -> None:
    how = Shown(
        ID,
        reading="what did Alibaba pledge in 2021?",
        since=datetime(2024, 5, 1, tzinfo=UTC),
        until=datetime(2024, 5, 31, 23, 59, tzinfo=UTC),
        collections=("tax", "law"),
        sharer="U123",
        lead="Something turned up on your question: pledges",
    )
    message = answer_view(found(one_passage()), how)
    assert head(message) == "Something turned up on your question: pledges · shared by "
    assert notes(message) == [
        "Read as: what did Alibaba pledge in 2021?",
        "Searched only articles in tax, law of 1–31 May 2024.",
    ]
    assert "<@U123>" in markup_in(fields(message))


def test_what_was_understood_stays_short() -> None:
    long = "long\nand longer " * 300
    message = answer_view(found(one_passage()), Shown(ID, reading=long, collections=(long,) * 9, lead=long))
    lines = [head(message), *notes(message)]
    assert [line.split()[0] for line in lines] == ["long", "Read", "Searched"]
    assert max(map(len, lines)) < 350


def test_pages_follow_each_other() -> None:
    seven = found(*[one_passage(paragraph=number) for number in range(7)])
    ranks, more = [], []
    for first in (0, 3, 6):
        message = answer_view(seven, Shown(ID, first=first, shareable=True))
        ranks.append([int(source.partition(".")[0]) for source, *_ in sources(message)])
        more.append(next((value for name, value in buttons(message).items() if re.match(r"\d+ more", name)), None))
        assert buttons(message)["Share to channel"] == f"{ID}:{first}"
        assert first == 0 or head(message) == f"More, from passage {first + 1} on"
    assert ranks == [[1, 2, 3], [4, 5, 6], [7]]
    assert more == [f"{ID}:3", f"{ID}:6", None]


@pytest.mark.parametrize("first", [3, 4, 99])
@pytest.mark.parametrize("answered", [True, False])
def test_beyond_the_last_passage_there_is_nothing_to_press(first: int, answered: bool) -> None:
    three = found(*[one_passage()] * 3, answered=answered)
    message = answer_view(three, Shown(ID, first=first, shareable=True, sharer="U123"))
    assert message == Message("That was the last passage.", message.blocks)
    assert head(message) == message.text
    assert len(message.blocks) == 1
    assert message_problems(fields(message)) == []


def test_an_answer_that_lost_its_passages_says_the_same_to_eyes_and_ears() -> None:
    message = answer_view(found(answered=False), Shown(ID, first=3))
    assert head(message) == message.text


@pytest.mark.parametrize(("length", "count"), [(500, 3), (900, 2), (1200, 1)])
def test_passages_without_room_are_left_for_more(monkeypatch: pytest.MonkeyPatch, length: int, count: int) -> None:
    monkeypatch.setattr("bot.asking.blocks.MESSAGE_LIMIT", 2400)
    four = [one_passage(text="w" * length, highlight=Highlight(0, 9), paragraph=number) for number in range(4)]
    message = answer_view(found(*four), Shown(ID, shareable=True))
    assert len(passage_blocks(message)) == count
    pressed = buttons(message)
    assert pressed[f"{4 - count} more"] == f"{ID}:{count}"
    reading = [value for name, value in pressed.items() if name.startswith("Read")]
    assert reading == [f"context:{ID}:{number}:report" for number in range(count)]
    assert dict(feedback(message))
    assert message_problems(fields(message)) == []


@pytest.mark.parametrize("limit", [0, 3000, 6000, 11_000])
def test_show_more_goes_through_every_passage_once(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr("bot.asking.blocks.MESSAGE_LIMIT", limit)
    lengths = (2400, 300, 900, 2000, 2400, 10, 5000, 700)
    every = found(*[one_passage(text="w " * (length // 2), highlight=Highlight(0, 1)) for length in lengths])
    first, ranks, rounds = "0", [], 0
    while first:
        message = answer_view(every, Shown(ID, first=int(first)))
        blocks = passage_blocks(message)
        here = [source.partition(".")[0] for source, *_ in sources(message)]
        assert len(blocks) == 1 or sum(map(size, message.blocks)) <= limit
        pressed = buttons(message)
        assert len([name for name in pressed if name.startswith("Read")]) == len(here)
        ranks += here
        rounds += 1
        assert rounds <= 8
        more = [value for name, value in pressed.items() if re.match(r"\d+ more", name)]
        first = more[0].removeprefix(f"{ID}:") if more else ""
    assert ranks == [str(rank) for rank in range(1, 9)]
    assert (rounds == 8) == (limit == 0)


@pytest.mark.parametrize(("count", "named", "more"), [(1, 1, []), (3, 3, []), (200, 3, ["and 197 more"])])
def test_other_articles_with_the_same_paragraph_are_named(count: int, named: int, more: list[str]) -> None:
    ((_, *also),) = sources(answer_view(found(one_passage(also_in=(REPORT,) * count)), Shown(ID)))
    link = "<https://example.org/report|Annual report>"
    assert also == [f"Also in: {link}", *[link] * (named - 1), *more]


def test_an_article_can_not_speak_through_the_bot() -> None:
    cited = replace(REPORT, title=MARKUP, source=MARKUP, author="*x* <!here>", url="javascript:alert(1)")
    message = answer_view(found(one_passage(text=MARKUP, highlight=Highlight(0, 10), citation=cited)), Shown(ID))
    assert markup_in(fields(message)) == []
    assert written(quoted(passage_blocks(message)[0])) == MARKUP
    assert message.text.startswith("&lt;!channel&gt; (")


def test_a_fact_that_says_the_same_twice_stands_once() -> None:
    _, facts = citation_elements(replace(REPORT, source="The Desk", author="The Desk"), 0)
    assert facts["text"] == " · The Desk · 2024-05-01 · paragraph 1"


@pytest.mark.parametrize(
    ("text", "shown_text"),
    [(CONTROLS, " "), ("\x00", " "), ("Chapter\x0cOne", "Chapter One"), ("one\r\ntwo", "one \ntwo")],
)
def test_control_characters_of_a_paragraph_are_not_shown(text: str, shown_text: str) -> None:
    for end in (0, 1, len(text)):
        message = answer_view(found(one_passage(text=text, highlight=Highlight(0, end))), Shown(ID))
        assert written(quoted(passage_blocks(message)[0])) == shown_text
        assert message.text.endswith("(Found: Annual report, paragraph 5)")
        assert message_problems(fields(message)) == []


@pytest.mark.parametrize("sentence", ["x" * 3490, ("words " * 600)[:3490], "<&>" * 1163 + "x", "\u202e" * 3490])
def test_a_notification_names_its_source_behind_any_sentence(sentence: str) -> None:
    given_answer = found(one_passage(text=sentence, highlight=Highlight(0, len(sentence))))
    message = answer_view(given_answer, Shown(ID))
    assert message.text.endswith(" (Found: Annual report, paragraph 5)")
    assert message_problems(fields(message)) == []


def test_a_notification_of_words_keeps_to_its_length() -> None:
    sentence = ("words " * 600)[:3490]
    message = answer_view(found(one_passage(text=sentence, highlight=Highlight(0, 3490))), Shown(ID))
    assert message.text.endswith("words… (Found: Annual report, paragraph 5)")
    assert FALLBACK - 80 < len(message.text) <= FALLBACK


def test_a_notification_can_not_turn_its_direction() -> None:
    cited = replace(REPORT, title="\u202etroper\u202c\u061c\u200b")
    text = "\u202eIt was\u2066 a year\ufeff."
    message = answer_view(
        found(one_passage(text=text, highlight=Highlight(0, len(text)), citation=cited)), Shown(ID)
    )
    assert message.text == "It was a year. (Found: troper, paragraph 5)"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("\u200b", "Untitled"),
        ("", "Untitled"),
        (" \r\n\x0c", "Untitled"),
        ("\u202e\u061c\u2060\ufeff", "Untitled"),
        ("Chapter\x0cOne", "Chapter One"),
        ("تقرير\u061c", "تقرير"),
        pytest.param("\u00ad", "Untitled"),
        pytest.param("\u200d", "Untitled"),
    ],
)
def test_every_mention_of_an_article_has_a_title(title: str, name: str) -> None:
    cited = replace(REPORT, title=title)
    assert title_of(cited) == name
    message = answer_view(found(one_passage(citation=cited, also_in=(cited,))), Shown(ID))
    ((source, also),) = sources(message)
    assert f"|{name}> · " in source
    assert also.endswith(f"|{name}>")
    assert message.text.endswith(f"(Found: {name}, paragraph 5)")


def test_a_bare_citation_still_says_where() -> None:
    title, facts = citation_elements(Citation("a", "\x00 "), 2)
    assert (title["text"], facts["text"]) == ("Untitled", " · paragraph 3")


def test_an_id_too_long_for_a_button_costs_only_its_own_button() -> None:
    long = one_passage(citation=replace(REPORT, article_id="x" * 2000))
    message = answer_view(found(one_passage(), long), Shown(ID))
    assert list(buttons(message)) == ["Read in context", "Summarise", MORE]
    assert len(passage_blocks(message)) == 2
    assert message_problems(fields(message)) == []
