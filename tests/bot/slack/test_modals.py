from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.windows import REASONS, ask_modal, context_modal, reason_modal, remove_modal
from bot.slack import modals
from bot.slack.passages import citation_elements
from bot.slack.text import Block
from bot.sources.blocks import MAX_LINKS, Audience, links_modal
from bot.wording import is_visible, plain
from embeddings.types import Citation, Highlight, Paragraph, StoredArticle
from tests.bot.hostile import CONTROLS, HOSTILE, MARKUP, articles, modest, own_links, repeated, texts
from tests.slack_server.inputs import state_values
from tests.slack_server.rules import markup_in, view_problems
from tests.slack_server.rules import texts as texts_in

WHERE = {"channel": "C123", "response_url": "https://hooks.slack.com/commands/T1/123/abcdef"}


WHOLE = 2800  # characters of a paragraph that the context window shows without a cut


REPORT = Citation("report", "Annual report", "https://example.org/report", "The Desk")


def names() -> st.SearchStrategy[str]:
    alike = st.integers(0, 300).map(lambda number: f"{'alike ' * 15}{number}")
    return texts(400).filter(bool) | alike


@st.composite
def collections(draw: st.DrawFn) -> list[str]:
    """0 to 300 names, each once."""
    some = draw(st.lists(names(), max_size=20))
    return list(dict.fromkeys([*some, *(f"collection {number}" for number in range(draw(st.integers(0, 280))))]))


def web_pages() -> st.SearchStrategy[list[str]]:
    """0 to 30 addresses, each once."""
    units = st.sampled_from(["a/", "é", '"', "😀"])
    tails = st.sampled_from([*HOSTILE, "", "page"]) | st.builds(repeated, units, st.integers(1, 3200))
    return st.lists(tails.map(lambda tail: f"https://example.org/{tail}"), max_size=30, unique=True)


def remembered(links: Sequence[str]) -> str:
    return json.dumps({**WHERE, "links": list(links)}, ensure_ascii=False)


def sent(view: Block, **choices: Any) -> dict[str, Any]:
    """The view as Slack sends it back with these choices."""
    return {
        **view,
        "state": {"values": state_values(view["blocks"], {k: {"value": v} for k, v in choices.items()})},
    }


def element(view: Block, name: str) -> Block | None:
    return next((block["element"] for block in view["blocks"] if block.get("block_id") == name), None)


def parts(view: Block, kind: str) -> list[str]:
    """The texts of the view's quotations or lines."""
    rich = [part for block in view["blocks"] if block["type"] == "rich_text" for part in block["elements"]]
    return ["".join(texts_in(part)) for part in rich if part["type"] == kind]


def context(article: StoredArticle, paragraph: int, highlight: Highlight | None = None) -> Block:
    return context_modal(article, paragraph, highlight)


def stored(*paragraphs: Paragraph | str) -> StoredArticle:
    every = tuple(Paragraph(one) if isinstance(one, str) else one for one in paragraphs)
    return StoredArticle(REPORT, "2024-05-01T10:00:00+00:00", every)


@modest
@given(collections(), texts())
def test_slack_takes_every_ask_window(held: list[str], question: str) -> None:
    view = ask_modal(held, WHERE, question)
    assert view_problems(view) == []
    assert markup_in(view) == []
    assert json.loads(view["private_metadata"]) == WHERE


@modest
@given(texts())
def test_the_question_stands_in_its_box(question: str) -> None:
    view = ask_modal((), {}, question)
    box = element(view, "question")
    assert box is not None
    whole = plain(question) if is_visible(question) else ""
    typed = box.get("initial_value", "")
    assert len(typed) <= box["max_length"]
    if len(whole) > box["max_length"]:
        assert whole.startswith(typed.removesuffix("…"))
    elif whole.strip():
        assert modals.values(sent(view))["question"] == typed == whole


@pytest.mark.parametrize(
    "question",
    [
        *("", " ", "\n", CONTROLS, "\r"),
        pytest.param(" " * 1001),
    ],
)
def test_a_blank_question_leaves_its_box_empty(question: str) -> None:
    view = ask_modal((), {}, question)
    assert view_problems(view) == []
    assert modals.values(sent(view))["question"] is None


@modest
@given(collections(), st.data())
def test_whatever_collection_is_chosen_is_read_back(held: list[str], data: st.DataObject) -> None:
    view = ask_modal(held, WHERE)
    menu = element(view, "collection")
    if menu is None:
        assert sum(len(name) <= 150 for name in held) < 2
        return
    offered = [option["value"] for option in menu["options"]]
    assert offered == [name for name in held if len(name) <= 150][:100]
    chosen = data.draw(st.sampled_from(menu["options"]))
    assert modals.values(sent(view, collection=chosen))["collection"] == chosen["value"]


@pytest.mark.parametrize(("held", "choice"), [((), False), (("tax",), False), (("tax", "law"), True)])
def test_there_is_a_choice_of_collections_where_there_is_one(held: Sequence[str], choice: bool) -> None:
    assert (element(ask_modal(held, {}), "collection") is not None) == choice


def test_what_was_asked_is_read_back() -> None:
    view = ask_modal(["tax", "law"], WHERE)
    assert modals.values(
        sent(view, question="who was fined?", collection="law", since="2024-05-01", until="2024-05-31")
    ) == {"question": "who was fined?", "collection": "law", "since": "2024-05-01", "until": "2024-05-31"}


def test_what_was_left_empty_is_none() -> None:
    view = ask_modal(["tax", "law"], WHERE)
    assert modals.values(sent(view)) == {"question": None, "collection": None, "since": None, "until": None}


@modest
@given(articles(), st.data())
def test_slack_takes_every_context_window(article: StoredArticle, data: st.DataObject) -> None:
    paragraph = data.draw(st.integers(0, len(article.paragraphs) - 1))
    text = article.paragraphs[paragraph].text
    start = data.draw(st.integers(0, len(text)))
    highlight = data.draw(st.none() | st.integers(start, len(text)).map(lambda end: Highlight(start, end)))
    view = context_modal(article, paragraph, highlight)
    assert view_problems(view) == []
    assert set(markup_in(view)) <= own_links(article.citation)
    assert "submit" not in view


@modest
@given(articles(), st.data())
def test_the_passage_is_quoted_with_two_paragraphs_on_both_sides(
    article: StoredArticle, data: st.DataObject
) -> None:
    paragraph = data.draw(st.integers(0, len(article.paragraphs) - 1))
    view = context(article, paragraph)
    (quotation,) = parts(view, "rich_text_quote")
    text = article.paragraphs[paragraph].text
    if len(text) <= WHOLE:
        assert quotation == (plain(text) or " ")
    else:
        assert quotation.endswith("…")
        assert plain(text).startswith(quotation[:-1])
    first, last = max(0, paragraph - 2), min(len(article.paragraphs), paragraph + 3)
    lines = parts(view, "rich_text_section")
    assert lines[-1] == f"Paragraphs {first + 1} to {last} of {len(article.paragraphs)}"
    around = [article.paragraphs[number].text for number in range(first, last) if number != paragraph]
    shown = iter(lines)
    assert all((plain(one) or " ") in shown for one in around if len(one) <= WHOLE)


def test_the_context_of_a_passage() -> None:
    article = stored(
        "Zero.",
        Paragraph("One.", "Beginnings"),
        Paragraph("Two.", "Beginnings"),
        Paragraph("Three. And more.", "Ends"),
        "Four.",
        "Five.",
        "Six.",
    )
    view = context(article, 3, Highlight(0, 6))
    assert ["".join(texts_in(block)) for block in view["blocks"]] == [
        "Annual report · The Desk · paragraph 4",
        "Beginnings",
        "One.",
        "Two.",
        "Ends",
        "Three. And more.",
        "Four.",
        "Five.",
        "Paragraphs 2 to 6 of 7",
    ]
    assert view["blocks"][0]["elements"][0]["elements"] == citation_elements(REPORT, 3)
    (quotation,) = [part for block in view["blocks"] for part in block["elements"] if "quote" in part["type"]]
    assert [one["text"] for one in quotation["elements"] if one.get("style") == {"bold": True}] == ["Three."]


def test_a_long_paragraph_is_shown_around_its_sentence() -> None:
    text = "Before it. " * 1000 + "Here it is." + " After it." * 1000
    (quotation,) = parts(context(stored(text), 0, Highlight(11_000, 11_011)), "rich_text_quote")
    assert quotation.startswith("… ")
    assert "Here it is." in quotation
    assert quotation.endswith("…")


def test_paragraphs_of_control_characters_only_are_blank() -> None:
    view = context(stored(Paragraph(CONTROLS, CONTROLS), CONTROLS, "Two."), 1, Highlight(1, 2))
    assert view_problems(view) == []
    assert parts(view, "rich_text_quote") == [" "]
    assert parts(view, "rich_text_section")[1:-1] == [" ", " ", "Two."]


def test_breaks_in_the_context_keep_words_apart() -> None:
    view = context(stored(Paragraph("Page\x0cbreak.", "Chapter\x0cOne")), 0)
    assert parts(view, "rich_text_quote") == ["Page break."]
    assert "Chapter One" in parts(view, "rich_text_section")


def test_an_article_without_neighbours() -> None:
    view = context(stored("Only this."), 0)
    assert view_problems(view) == []
    assert parts(view, "rich_text_section")[-1] == "Paragraphs 1 to 1 of 1"


def test_an_article_is_removed_in_a_window_of_its_own() -> None:
    article = stored("Only this.")
    assert not [block for block in context(article, 0)["blocks"] if block["type"] == "actions"]
    view = remove_modal(article.citation)
    assert view_problems(view) == []
    (button,) = view["blocks"][-1]["elements"]
    assert (button["action_id"], button["value"], button["style"]) == ("remove", "report", "danger")


@pytest.mark.parametrize("chosen", list(REASONS))
def test_why_it_was_not_helpful_is_read_back(chosen: str) -> None:
    view = reason_modal({"question": "0123", "response_url": ""})
    assert view_problems(view) == []
    assert json.loads(view["private_metadata"])["question"] == "0123"
    assert modals.values(sent(view, reason=chosen, more=MARKUP)) == {"reason": chosen, "more": MARKUP}
    assert modals.values(sent(view, reason=REASONS[chosen])) == {"reason": chosen, "more": None}


@modest
@given(web_pages())
def test_slack_takes_every_window_of_links(found: list[str]) -> None:
    view = links_modal(found, WHERE, [*Audience][:3])
    assert view_problems(view) == []
    assert markup_in(view) == []
    assert len(view["private_metadata"]) <= 3000


@modest
@given(web_pages())
def test_only_the_longest_links_are_left_out_and_only_for_room(found: list[str]) -> None:
    offered = found[:MAX_LINKS]
    packed = links_modal(found, WHERE, [*Audience][:3])["private_metadata"]
    kept = json.loads(packed)["links"]
    assert packed == remembered(kept)
    left_out = [url for url in offered if url not in kept]
    assert kept == [url for url in offered if url not in left_out]
    if left_out:
        last = min(reversed(left_out), key=len)
        assert all(len(url) <= len(last) for url in kept)
        assert len(remembered([*kept, last])) > 3000


@pytest.mark.parametrize(
    ("lengths", "left_out"),
    [
        ([280] * 10, set()),
        ([600, 200, 300, 250, 700, 200, 200, 500, 200, 200], {4}),
        ([900, 200, 300, 250, 700, 200, 200, 500, 200, 800], {0, 9}),
        ([400] * 10, {0, 1, 2}),
        ([30] * 9 + [3000, 30], {9}),
    ],
)
def test_ten_long_links_fit(lengths: list[int], left_out: set[int]) -> None:
    found = [f"https://example.org/{number}/".ljust(length, "a") for number, length in enumerate(lengths)]
    view = links_modal(found, WHERE, [*Audience][:3])
    assert view_problems(view) == []
    kept = [url for number, url in enumerate(found[:10]) if number not in left_out]
    assert json.loads(view["private_metadata"]) == {**WHERE, "links": kept}
    assert modals.values(sent(view))["links"] == [str(number) for number in range(len(kept))]


def test_letters_of_other_scripts_take_a_character_each() -> None:
    found = [f"https://例え.jp/{number}/" + "パ" * 250 for number in range(10)]
    view = links_modal(found, WHERE, [*Audience][:3])
    assert view_problems(view) == []
    assert "パ" in view["private_metadata"]
    assert len(json.loads(view["private_metadata"])["links"]) == 10


def test_one_link_that_does_not_fit_leaves_a_box_to_type_in() -> None:
    view = links_modal(["https://example.org/" + "a" * 2980], WHERE, [*Audience][:3])
    assert view_problems(view) == []
    assert element(view, "links") is None
    assert element(view, "link") is not None
    assert json.loads(view["private_metadata"]) == {**WHERE, "links": []}


@modest
@given(web_pages().filter(bool), st.data())
def test_the_pages_that_are_ticked_are_the_pages_to_add(found: list[str], data: st.DataObject) -> None:
    view = links_modal(found, WHERE, [*Audience][:3])
    kept = json.loads(view["private_metadata"])["links"]
    boxes = element(view, "links")
    if boxes is None:
        assert kept == []
        return
    assert len(boxes["options"]) == len(kept)
    places = data.draw(st.lists(st.sampled_from(range(len(boxes["options"]))), unique=True))
    chosen = modals.values(sent(view, links=[boxes["options"][place] for place in places]))["links"]
    assert [kept[int(number)] for number in chosen] == [kept[place] for place in places]
    labels = [option["text"]["text"] for option in boxes["options"]]
    assert all(url.startswith(text.removesuffix("…")) for text, url in zip(labels, kept, strict=True))


def test_all_pages_are_ticked_at_first_and_none_may_be_left() -> None:
    view = links_modal(["https://a.example", "https://b.example"], WHERE, [*Audience][:3])
    assert modals.values(sent(view)) == {"links": ["0", "1"], "collection": None, "audience": "me"}
    assert modals.values(sent(view, links=[]))["links"] == []


def test_a_page_can_be_typed_where_none_was_found() -> None:
    view = links_modal((), WHERE, [*Audience][:3])
    assert view_problems(view) == []
    assert modals.values(sent(view, link="https://example.org", collection="tax")) == {
        "link": "https://example.org",
        "collection": "tax",
        "audience": "me",
    }


@modest
@given(texts(3000).filter(bool))
def test_a_window_that_only_says_something(text: str) -> None:
    view = modals.notice_modal(text)
    assert view_problems(view) == []
    assert markup_in(view) == []
    assert text in list(texts_in(view))


def test_radio_buttons_menus_boxes_and_dates_are_read_in_slacks_own_shape() -> None:
    option = {"text": {"type": "plain_text", "text": "Tax", "emoji": False}, "value": "tax"}
    state = {
        "words": {"value": {"type": "plain_text_input", "value": "Words"}},
        "untyped": {"value": {"type": "plain_text_input", "value": None}},
        "address": {"value": {"type": "url_text_input", "value": "https://example.org"}},
        "day": {"value": {"type": "datepicker", "selected_date": "2024-05-01"}},
        "no day": {"value": {"type": "datepicker", "selected_date": None}},
        "menu": {"value": {"type": "static_select", "selected_option": option}},
        "no choice": {"value": {"type": "static_select", "selected_option": None}},
        "radio": {"value": {"type": "radio_buttons", "selected_option": option}},
        "boxes": {"value": {"type": "checkboxes", "selected_options": [option, {**option, "value": "law"}]}},
        "no boxes": {"value": {"type": "checkboxes", "selected_options": []}},
    }
    assert modals.values({"state": {"values": state}}) == {
        "words": "Words",
        "untyped": None,
        "address": "https://example.org",
        "day": "2024-05-01",
        "no day": None,
        "menu": "tax",
        "no choice": None,
        "radio": "tax",
        "boxes": ["tax", "law"],
        "no boxes": [],
    }
