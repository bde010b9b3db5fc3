from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.slack.text import (
    FALLBACK,
    Block,
    ButtonValue,
    Verdict,
    actions,
    button,
    escape,
    fallback,
    label,
    link,
    quote,
    rich,
    section,
    size,
    words,
)
from bot.wording import cut, is_visible, one_line, plain, window
from embeddings.errors import InvalidInputError
from tests.bot.hostile import (
    ADDRESSES,
    BREAKS,
    CONTROLS,
    DIRECTIONS,
    MARKUP,
    UNSEEN,
    addresses,
    modest,
    ordinary,
    texts,
)
from tests.slack_server.rules import markup_in, message_problems
from tests.slack_server.rules import texts as texts_in


def as_shown(escaped: str) -> str:
    """What Slack shows for escaped text."""
    return escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def controls(text: str) -> list[str]:
    turning = "\u202d\u202e"
    return [one for one in text if one in turning or (unicodedata.category(one) == "Cc" and one not in "\n\t")]


def tidy(text: str) -> str:
    """What is to be read in the text, as one line; nothing when nothing in it is seen."""
    unseen = (*UNSEEN, "\u00ad", *map(chr, range(0x2061, 0x2066)), *map(chr, range(0x206A, 0x2070)))
    line = " ".join("".join(one for one in plain(text) if one not in unseen).split())
    return line if is_visible(line) else ""


@modest
@given(texts())
@example("&lt; &amp;lt; <b>")
def test_escaped_text_holds_no_markup_and_is_shown_as_it_was(text: str) -> None:
    escaped = escape(text)
    assert not re.search("[<>]|&(?!amp;|lt;|gt;)", escaped)
    assert as_shown(escaped) == text


def test_a_mention_becomes_entities() -> None:
    assert escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@modest
@given(texts())
@example("".join(map(chr, range(0xA1))))
def test_plain_text_loses_its_control_characters_and_nothing_else(text: str) -> None:
    changed = {one: " " if one.isspace() else "" for one in controls(text)}
    assert plain(text) == "".join(changed.get(one, one) for one in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Chapter\x0cOne", "Chapter One"),
        ("one\r\ntwo\tthree", "one \ntwo\tthree"),
        (BREAKS, "one two three four five six seven eight nine"),
        (CONTROLS, ""),
        ("a\x1b[31mb\x7f", "a[31mb"),
    ],
)
def test_breaks_become_blanks_and_other_controls_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown


@modest
@given(texts(3000), st.integers(1, 400))
def test_cut_text_is_never_longer_than_the_limit(text: str, limit: int) -> None:
    kept = cut(text, limit)
    assert len(kept) <= limit
    if len(text) <= limit:
        assert kept == text
    else:
        assert kept.endswith("…")
        assert text.startswith(kept[:-1])


@modest
@given(ordinary(401), st.sampled_from(" \n\t\u2028\u3000"), st.integers(42, 400))
def test_cut_text_ends_at_a_word(text: str, blank: str, limit: int) -> None:
    text = text.replace(" ", blank)
    kept = cut(text, limit).removesuffix("…")
    assert text[len(kept)] == blank
    assert len(kept) > limit - 42


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("", 10, ""),
        ("exactly ten", 11, "exactly ten"),
        ("the quick brown fox", 12, "the quick…"),
        ("the quick brown fox", 16, "the quick…"),
        ("uncuttable", 5, "uncu…"),
        ("well, then", 7, "well,…"),
        ("the quick\nbrown fox", 12, "the quick…"),
        ("the quick\tbrown fox", 12, "the quick…"),
        ("the quick\n\nbrown fox", 13, "the quick…"),
        ("the quick\u2028brown fox", 12, "the quick…"),
        ("the quick brown fox", 11, "the quick…"),
        pytest.param(
            *("the quick\nbrown fox", 11, "the quick…"),
        ),
    ],
)
def test_cutting(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


@st.composite
def marked(draw: st.DrawFn, source: st.SearchStrategy[str]) -> tuple[str, int, int]:
    text = draw(source)
    start = draw(st.integers(0, len(text)))
    return text, start, draw(st.integers(start, len(text)))


@modest
@given(marked(texts(8000)), st.integers(2, 3000))
def test_a_window_shows_the_middle_with_what_stands_around_it(text: tuple[str, int, int], limit: int) -> None:
    whole, start, end = text
    before, middle, after = window(whole, start, end, limit)
    assert len(before) + len(middle) + len(after) <= limit + len("……")
    assert before == whole[:start] or (before[0] == "…" and whole[:start].endswith(before[1:]))
    assert after == whole[end:] or (after[-1] == "…" and whole[end:].startswith(after[:-1]))
    if end - start <= limit:
        assert middle == whole[start:end]
    else:
        assert middle[-1] == "…"
        assert whole[start:end].startswith(middle[:-1])
    if len(whole) <= limit:
        assert (before, middle, after) == (whole[:start], whole[start:end], whole[end:])


@modest
@given(ordinary(700), st.integers(200, 600), st.integers(0, 700), st.integers(0, 50))
def test_a_window_is_cut_at_words_and_wastes_little_room(text: str, limit: int, start: int, length: int) -> None:
    end = min(len(text), start + length)
    before, middle, after = window(text, start, end, limit)
    if before != text[:start]:
        assert before.startswith("… ")
    if after != text[end:]:
        assert text[end + len(after) - 1] == " "
    assert len(before) + len(middle) + len(after) > limit - 2 * 42


def test_the_room_of_one_side_goes_to_the_other() -> None:
    text = "Here it is. " + "more " * 100
    before, middle, after = window(text, 0, 11, 200)
    assert (before, middle) == ("", "Here it is.")
    assert len(after) > 150


@modest
@given(texts())
@example("&" * 30_000)
@example("<" * 3500 + " end")
@example("a & b " * 900)
@example("\x00\x01 \n")
@example("\u202a\u061c")
def test_a_notification_line_is_short_inert_and_never_empty(text: str) -> None:
    line = fallback(text)
    assert 0 < len(line) <= FALLBACK < 4000
    assert re.fullmatch("(?:[^&<>\n]|&amp;|&lt;|&gt;)+", line)
    whole = tidy(text) or "topicbot"
    said = as_shown(line)
    assert said == whole or (said.endswith("…") and whole.startswith(said[:-1]) and len(escape(whole)) > FALLBACK)
    assert message_problems({"text": line}) == []
    assert markup_in({"text": line}) == []


@pytest.mark.parametrize("text", ["&" * 30_000, "<" * 30_000, "a&" * 9_000, "word <b> " * 3_000])
def test_a_notification_line_says_as_much_as_it_may(text: str) -> None:
    assert len(fallback(text)) > FALLBACK - 80


@modest
@given(texts(), texts(300))
@example("x" * 30_000, "&" * 300)
@example("<" * 3490, "(Annual report, paragraph 5)")
def test_a_notification_line_keeps_its_source_whole(text: str, source: str) -> None:
    line = fallback(text, source)
    end = escape(tidy(source))
    assert line.endswith(end)
    said = as_shown(line.removesuffix(end).strip())
    whole = tidy(text) or "topicbot"
    assert said == whole or (said.endswith("…") and whole.startswith(said[:-1]))
    assert message_problems({"text": line}) == []
    assert markup_in({"text": line}) == []


@pytest.mark.parametrize("source", ["(Annual report, paragraph 5)", "(R&D <b>, paragraph 5)"])
@pytest.mark.parametrize(
    "text",
    [
        "word " * 3_000,
        "word " * 698,
        "&" * 30_000,
        pytest.param("x" * 30_000),
    ],
)
def test_a_notification_line_is_as_short_with_a_source(text: str, source: str) -> None:
    assert FALLBACK - 80 < len(fallback(text, source)) <= FALLBACK


def test_a_source_follows_a_blank() -> None:
    assert fallback("Found:", "(Annual\nreport)") == "Found: (Annual report)"
    assert fallback("", "(Annual report)") == "topicbot (Annual report)"


@modest
@given(texts(3000), st.integers(1, 400))
@example(DIRECTIONS, 100)
def test_a_name_is_one_line_that_keeps_its_direction(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert not controls(line)
    assert "\t" not in line
    assert not set(line) & UNSEEN


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Annual\n\treport \u2028 2024 ", "Annual report 2024"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("a\x00b", "ab"),
        ("\x00 \u200e", ""),
        ("Chapter\x0cOne", "Chapter One"),
        ("تقرير\u061c سنوي", "تقرير سنوي"),
        ("".join(sorted(UNSEEN)), ""),
        ("क्\u200cष", "क्\u200cष"),
        ("👩\u200d👧", "👩\u200d👧"),
        (MARKUP, MARKUP),
    ],
)
def test_names(text: str, line: str) -> None:
    assert one_line(text, 150) == line


@modest
@given(st.sampled_from(ADDRESSES) | addresses() | texts(4000))
def test_only_web_addresses_become_links(url: str | None) -> None:
    element = link("Title", url)
    assert element["text"] == "Title"
    if element["type"] == "link":
        assert element["url"] == url
        assert url is not None
        assert re.fullmatch(r"https?://[^\s<>|]+", url)
        assert len(url) <= 3000
    else:
        assert element == {"type": "text", "text": "Title", "style": {"bold": True}}
    assert message_problems({"text": "x", "blocks": [rich(section(element))]}) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org/a?b=1&c=(2)#d",
        "https://例え.jp/パス",
        "https://example.org/" + "a" * 2980,
    ],
)
def test_web_addresses_are_links(url: str) -> None:
    assert link("Title", url) == {"type": "link", "url": url, "text": "Title"}


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert('https://example.org')",
        " https://example.org",
        "xhttps://example.org",
        "ftp://example.org",
        "https://",
        "https://a.example|https://b.example",
        "https://a.example>",
        "https://a.example b",
        "https://a.example\x00",
        "https://a.example\n",
        "https://a.example/report\r\n",
        "\nhttps://a.example",
        "https://example.org/" + "a" * 2981,
    ],
)
def test_what_is_no_web_address_is_bold_text(url: str | None) -> None:
    assert link("Title", url)["type"] == "text"


@modest
@given(st.lists(texts(3000).filter(bool), min_size=1, max_size=4))
def test_size_counts_what_people_read(given_texts: list[str]) -> None:
    pieces = [words(one, bold=True) for one in given_texts]
    linked = [link(one, "https://example.org") for one in given_texts]
    blocks: list[Block] = [
        rich(quote(*pieces), section(*linked, *pieces), block_id="text"),
        {"type": "header", "text": label(given_texts[0])},
        *actions([button(one, f"press-{n}", one) for n, one in enumerate(given_texts)], "row"),
    ]
    assert sum(map(size, blocks)) == sum(map(len, texts_in(blocks)))


def test_a_button_has_at_most_75_characters_and_a_row_at_least_one_button() -> None:
    long = button("A name of many words " * 10, "press", "value")
    assert long["text"]["text"].endswith("…")
    assert message_problems({"text": "x", "blocks": actions([long], "row")}) == []
    assert actions([], "row") == []


def test_emoji_names_and_markup_in_labels_stay_text() -> None:
    assert label(":smile: *x*") == {"type": "plain_text", "text": ":smile: *x*", "emoji": False}
    assert (
        markup_in({"text": "x", "blocks": [rich(section(words(MARKUP)), quote(words(MARKUP, bold=True)))]}) == []
    )


@dataclass(frozen=True, slots=True)
class Place(ButtonValue):
    """A value of each kind of field; the last may hold colons."""

    question: str
    paragraph: int
    article: str


IDS = st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(IDS, st.integers(0, 10**9), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_a_button_s_value_comes_back_as_it_was_packed(question: str, paragraph: int, article: str) -> None:
    value = Place(question, paragraph, article)
    assert value.fits
    assert Place.unpack(value.pack()) == value


@given(st.text(max_size=60))
def test_any_other_value_is_refused_in_words(text: str) -> None:
    for kind in (Place, Verdict):
        with suppress(InvalidInputError):
            value = kind.unpack(text)
            assert kind.unpack(value.pack()) == value


@pytest.mark.parametrize(
    "forged", ["", "q", "q:1", "q:-1:a", "q:x:a", "q:٣:a", f"q:{'9' * 5000}:a", ":1:a", "q:1:", "q: 1:a"]
)
def test_a_forged_value_is_refused(forged: str) -> None:
    with pytest.raises(InvalidInputError):
        Place.unpack(forged)


def test_values_of_earlier_versions_are_read() -> None:
    assert Verdict.unpack("0f3a:yes") == Verdict("0f3a", helpful=True)
    assert Verdict.unpack("0f3a:no") == Verdict("0f3a", helpful=False)
    assert Place.unpack("0f3a:12:https://a.example/b:c") == Place("0f3a", 12, "https://a.example/b:c")
    assert Place("0f3a", 12, "a:b").pack() == "0f3a:12:a:b"


def test_a_value_longer_than_slack_takes_is_not_packed() -> None:
    value = Place("q", 0, "a" * 2000)
    assert not value.fits
    with pytest.raises(ValueError, match="2000 characters"):
        value.pack()
