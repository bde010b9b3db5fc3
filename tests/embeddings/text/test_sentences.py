"""Paragraphs and sentences: nothing is lost, nothing overlaps, and abbreviations do not end a sentence."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.sentences import paragraphs, sentences

MARKS = st.sampled_from(" .!?,;:\"'“”’()\n\r\t\u00a0\u2028…。—$5aA")


TEXTS = st.text(MARKS | st.characters(codec="utf-8"), max_size=150)


def visible(text: str) -> str:
    return "".join(c for c in text if not c.isspace())


def spoken(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@given(TEXTS)
def test_paragraphs_keep_every_visible_character_in_order(text: str) -> None:
    assert visible("".join(paragraphs(text))) == visible(text)


@given(TEXTS)
def test_paragraphs_are_never_empty_and_hold_no_blank_line(text: str) -> None:
    for part in paragraphs(text):
        assert part
        assert part == part.strip()
        assert all(line.strip() for line in part.split("\n"))


@given(TEXTS)
def test_sentences_are_in_order_and_do_not_overlap(text: str) -> None:
    spans = sentences(text)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(TEXTS)
def test_sentences_have_no_white_space_around_them(text: str) -> None:
    assert all(sentence == sentence.strip() for sentence in spoken(text))


@given(TEXTS)
def test_sentences_cover_every_visible_character(text: str) -> None:
    assert visible("".join(spoken(text))) == visible(text)


@given(TEXTS.filter(visible))
def test_a_visible_text_has_a_sentence_and_none_is_empty(text: str) -> None:
    assert sentences(text)
    assert all(spoken(text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One.\r\n\r\nTwo.\r\rThree.", ["One.", "Two.", "Three."]),
        ("One.\n \t \nTwo.", ["One.", "Two."]),
        ("\n\n  One,\nstill one.  \n\n\n\nTwo.\n", ["One,\nstill one.", "Two."]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_a_blank_line_parts_paragraphs(text: str, parts: list[str]) -> None:
    assert paragraphs(text) == parts


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Smith said so.", "He left."],
        ["The U.S. market rose.", "Then it fell."],
        ["Prices in Jan. 2021 rose by 5.5 million.", "Nobody knew why."],
        ["It cost $2.75 a share.", "Then it was 3.5 per cent."],
        ['"We did it."', "He smiled."],
        ["He said: “We have won.”", "Then he left."],
        ["Who pays?", "We do!", "So they said."],
        ["中文。", "再见。"],
        ["A smile 😀.", "A sign 🌑.", "The end."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(parts: list[str]) -> None:
    between = "" if parts[0] == "中文。" else " "
    assert spoken(between.join(parts)) == parts


def test_white_space_around_a_sentence_is_not_part_of_it() -> None:
    assert sentences("  It rose.\n  It fell. ") == [(2, 10), (13, 21)]


def test_words_without_a_full_stop_are_one_sentence() -> None:
    assert spoken("no full stop here") == ["no full stop here"]


@pytest.mark.parametrize(
    "parts",
    [
        ["Die Miete steigt zum 1. Mai um 4,2 %.", "Der Vertrag läuft weiter."],
        ["Wir schließen am 24. Dezember um 12 Uhr."],
        ["Das Haus ist aus dem 18. Jahrhundert.", "Im 3. Stock wohnt niemand."],
        ["Der Zug hält auf Gleis 7.", "Es ist das letzte."],
        ["She was 19.", "Everyone knew that she would win."],
    ],
)
def test_a_german_ordinal_ends_no_sentence(parts: list[str]) -> None:
    assert spoken(" ".join(parts)) == parts


@pytest.mark.parametrize(
    "lines",
    [
        ["Cellar: Ola Brandt", "Attic: Femi Oduya", "Yard: nobody"],
        ["driving licence", "two years in a kitchen", "good knees"],
        ["- Monday is for soup", "- Tuesday is for fish and the long list of what is left of it"],
        ["[12/05/2025, 08:01] Femi: the key is under the pot", "[12/05/2025, 08:04] Ola: which pot"],
        ["You need:", "a ladder", "two brushes"],
    ],
)
def test_each_item_of_a_list_and_each_message_of_a_chat_is_a_sentence(lines: list[str]) -> None:
    assert spoken("\n".join(lines)) == lines


@pytest.mark.parametrize(
    "text",
    [
        "The mill burned down in the autumn of that year, and it was\nnot built up again until the railway\ncame.",
        "Output rose to\n3.5 million tonnes, which is more than in any year before it.",
        "A small house,\nA quiet street,\nNobody there",
        "The office of the British Prime\nMinister Ola Brandt said: we will not answer that",
        "The company\n– once the largest of the region – said nothing about the plan",
        "The chancellor met\nGerman writers at the fair in Frankfurt",
    ],
)
def test_a_wrapped_line_ends_no_sentence(text: str) -> None:
    assert spoken(text) == [text]


def test_a_number_at_the_beginning_of_a_wrapped_line_is_no_item() -> None:
    found = spoken("The figures were published on page\n12. The next edition has more.")
    assert found[-1] == "The next edition has more."


def test_a_paragraph_of_very_many_lines_takes_time_in_step_with_them() -> None:
    text = "\n".join(f"- The gate number {number} opened at noon." for number in range(20_000))
    found = sentences(text)
    assert len(found) == 20_000
