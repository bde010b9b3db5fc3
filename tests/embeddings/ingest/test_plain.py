"""Text files: the title, the headings and the paragraphs, where nothing marks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.ingest.plain import read_plain
from embeddings.types import Article, Paragraph
from tests.conftest import EXAMPLES

FIRST = "The conference opened on 26 September 2021 in Wuzhen, a canal town in the east of the country."


SECOND = "Alibaba pledged 100 billion yuan by 2025. Its rivals promised loans and training for small firms."


ARTICLES = EXAMPLES / "articles"


def article(*lines: str, name: str = "wuzhen-2021.txt") -> Article:
    return read_plain("\n".join(lines), Path(name))


def texts(found: Article) -> list[str]:
    return [paragraph.text for paragraph in found.paragraphs]


def test_the_first_line_is_the_title() -> None:
    found = article("Wuzhen summit opens", "", FIRST, "", SECOND)
    assert found.title == "Wuzhen summit opens"
    assert texts(found) == [FIRST, SECOND]


def test_a_title_may_ask_or_exclaim() -> None:
    assert article("Who pays for the summit?", "", FIRST).title == "Who pays for the summit?"
    assert article("At last!", "", FIRST).title == "At last!"


def test_the_title_is_found_under_a_line_of_keywords() -> None:
    found = article("Alibaba, Tencent, small firms, Wuzhen", "", "Wuzhen summit opens", "", FIRST)
    assert found.title == "Wuzhen summit opens"
    assert texts(found) == [FIRST]


def test_a_title_with_a_comma_is_no_line_of_keywords() -> None:
    found = article("Notre-Dame burns, and rises again", "", "The night of the fire", "", FIRST)
    assert found.title == "Notre-Dame burns, and rises again"


def test_a_repeated_title_is_dropped() -> None:
    found = article("Wuzhen summit opens", "", "WUZHEN SUMMIT OPENS", "", "Wuzhen summit opens", "", FIRST)
    assert found.title == "Wuzhen summit opens"
    assert found.paragraphs == (Paragraph(FIRST),)


def test_an_untidy_file_gives_a_clean_article() -> None:
    path = ARTICLES / "issb-launch.txt"
    found = read_plain(path.read_text(encoding="utf-8"), path)
    assert found.title == "New board to write global sustainability standards"
    assert found.paragraphs[0].text.startswith("The IFRS Foundation announced on 3 November 2021")
    assert all("Accounting, sustainability" not in text for text in texts(found))


def test_a_title_may_stand_directly_above_the_text() -> None:
    found = article("Wuzhen summit opens", FIRST, "", SECOND)
    assert found.title == "Wuzhen summit opens"
    assert texts(found) == [FIRST, SECOND]


def test_a_title_and_one_paragraph_need_no_blank_line() -> None:
    found = article("Wuzhen summit opens", FIRST)
    assert found.title == "Wuzhen summit opens"
    assert texts(found) == [FIRST]


def test_without_a_title_the_name_of_the_file_is_made_readable() -> None:
    found = article(FIRST, "", SECOND, name="wuzhen_summit-2021.txt")
    assert found.title == "wuzhen summit 2021"
    assert texts(found) == [FIRST, SECOND]


def test_a_long_first_paragraph_without_a_full_stop_is_no_title() -> None:
    long = "word " * 26 + "and then nothing"
    found = article(long, "", FIRST)
    assert found.title == "wuzhen 2021"
    assert texts(found) == [long, FIRST]


def test_a_heading_is_kept_above_its_paragraphs() -> None:
    found = article("Wuzhen summit opens", "", FIRST, "", "The money", "", SECOND, "", FIRST)
    assert found.paragraphs == (Paragraph(FIRST), Paragraph(SECOND, "The money"), Paragraph(FIRST, "The money"))


def test_a_new_heading_takes_the_place_of_the_one_before() -> None:
    found = article("Wuzhen summit opens", "", "The place", "", FIRST, "", "The money", "", SECOND)
    assert found.paragraphs == (Paragraph(FIRST, "The place"), Paragraph(SECOND, "The money"))


def test_a_short_last_line_is_text_and_not_a_heading() -> None:
    found = article("Wuzhen summit opens", "", FIRST, "", "Additional reporting by Li Wei")
    assert texts(found) == [FIRST, "Additional reporting by Li Wei"]


def test_lines_are_paragraphs_in_a_text_without_blank_lines() -> None:
    first, second, third = (f"{FIRST} {SECOND} This is part {number}." for number in (1, 2, 3))
    found = article("Wuzhen summit opens", first, second, third)
    assert found.title == "Wuzhen summit opens"
    assert texts(found) == [first, second, third]


def test_windows_line_ends_change_nothing() -> None:
    found = read_plain(f"Wuzhen summit opens\r\n\r\n{FIRST}\r\n\r\n{SECOND}\r\n", Path("a.txt"))
    assert found.title == "Wuzhen summit opens"
    assert texts(found) == [FIRST, SECOND]


def test_no_date_is_invented() -> None:
    found = article("Wuzhen summit opens, 26 September 2021", "", FIRST, name="2021-09-26.txt")
    assert found.published_at is None


def test_the_article_remembers_its_file(tmp_path: Path) -> None:
    path = tmp_path / "wuzhen-2021.txt"
    found = read_plain(f"Wuzhen summit opens\n\n{FIRST}", path)
    assert found.name == "wuzhen-2021"
    assert found.origin == path.resolve().as_uri()


@pytest.mark.parametrize("text", ["Wuzhen summit opens", "Wuzhen summit opens\n\nWuzhen summit opens\n"])
def test_a_title_alone_is_no_article(text: str) -> None:
    with pytest.raises(SourceError, match=r"^a\.txt: has no paragraph below its title"):
        read_plain(text, Path("a.txt"))


def test_the_first_line_of_a_wrapped_paragraph_is_no_title(tmp_path: Path) -> None:
    wrapped = (
        "Alibaba Group said on Monday that it would pledge 100 billion yuan by\n2025 towards common prosperity."
    )
    found = read_plain(f"{wrapped}\n\nThe second one\nis here.", tmp_path / "some-news.txt")
    assert (found.title, found.paragraphs[0].text) == ("some news", wrapped)


def test_keywords_right_above_the_title_are_passed_over(tmp_path: Path) -> None:
    found = read_plain("one, two, three, four\nTitle here\n\nText one is here.", tmp_path / "a.txt")
    assert (found.title, found.paragraphs[0].text) == ("Title here", "Text one is here.")


def test_short_chinese_paragraphs_are_no_headings(tmp_path: Path) -> None:
    found = read_plain("会议开幕\n\n阿里巴巴承诺投入一千亿元。\n\n第二段讲的是别的事情。", tmp_path / "a.txt")
    assert found.title == "会议开幕"
    assert [paragraph.text for paragraph in found.paragraphs] == [
        "阿里巴巴承诺投入一千亿元。",
        "第二段讲的是别的事情。",
    ]


def test_a_file_name_that_is_no_text_is_still_a_title(tmp_path: Path) -> None:
    found = read_plain("A sentence is here. And one more.", tmp_path / "bad\udcff.txt")
    assert found.title == "bad\ufffd"


def test_a_numbered_line_right_above_its_text_is_a_heading() -> None:
    found = article(
        "Meeting of the garden club",
        "",
        "1. SEEDS",
        "The seeds are shared out in March.",
        "",
        "2) What we buy",
        "  - a rake",
        "  - two spades",
        "",
        "Next meeting: 4 May",
    )
    assert found.paragraphs == (
        Paragraph("The seeds are shared out in March.", "1. SEEDS"),
        Paragraph("- a rake\n- two spades", "2) What we buy"),
        Paragraph("Next meeting: 4 May"),
    )


def test_a_numbered_list_and_a_wrapped_point_have_no_heading() -> None:
    points = ["1. Rake the leaves\n2. Mow the lawn.", "3. Wash the pots and\nput them into the shed."]
    found = article("Autumn work", "", FIRST, "", points[0], "", points[1])
    assert found.paragraphs == tuple(Paragraph(text) for text in (FIRST, *points))


@pytest.mark.parametrize("line", ["Bath, 3 May 2021", "Köln, den 12. Juni 2020", "Lille, le 1er mars 2022"])
def test_the_place_and_date_of_a_letter_are_no_heading(line: str) -> None:
    found = article("Hill Nurseries", "", "7 Mill Lane, Bath", "", line, "", FIRST)
    assert found.paragraphs == tuple(Paragraph(text) for text in ("7 Mill Lane, Bath", line, FIRST))


def test_page_numbers_and_specks_of_a_scan_are_left_out() -> None:
    found = article(
        "Wuzhen summit opens", "", FIRST, "", "- 4 -", "", SECOND, "", "~. ,|_ ;", "", FIRST, "", "Page 5 of 9"
    )
    assert found.paragraphs == tuple(Paragraph(text) for text in (FIRST, SECOND, FIRST))


def test_a_word_that_a_line_end_breaks_is_made_whole() -> None:
    found = article(
        "Lease", "", FIRST, "", 'The Land-\nlord") repairs the slow-\nmoving roof of the house in the vil-\nlage.'
    )
    assert (
        found.paragraphs[1].text == 'The Landlord")\nrepairs the slow-\nmoving roof of the house in the village.'
    )


def test_an_underlined_line_is_a_title_or_a_heading() -> None:
    found = article(
        "House rules", "===========", "", "Quiet hours", "-----------", "Nobody sings after ten.", "-----", FIRST
    )
    assert found.title == "House rules"
    assert found.paragraphs == (Paragraph(f"Nobody sings after ten.\n-----\n{FIRST}", "Quiet hours"),)


@pytest.mark.parametrize("gap", ["\t", "     "])
def test_columns_in_plain_text_are_a_table(gap: str) -> None:
    rows = (("Thing", "Size", "Price"), ("Garden gnome", "30 cm", "12.50"), ("Bird bath", "60 cm", "48.00"))
    found = article("Spring prices", "", FIRST, "", *(gap.join(row) for row in rows), "", SECOND)
    assert found.paragraphs == (
        Paragraph(FIRST),
        Paragraph("Thing: Garden gnome · Size: 30 cm · Price: 12.50", table=True),
        Paragraph("Thing: Bird bath · Size: 60 cm · Price: 48.00", table=True),
        Paragraph(SECOND),
    )


@pytest.mark.parametrize(
    "messages",
    [
        ["[12/05/2025, 08:01:10] Femi: the key is under the pot", "[12/05/2025, 08:04:31] Ola: which\nof two",
         "[13/05/2025, 19:00:02] Femi: blue"],
        ["12.05.25, 08:01 - Femi: Boat at nine", "12.05.25, 08:04 - Ola: No.", "12.05.25, 09:30 - Femi: At ten?"],
        ["08:01 Femi: Boat at nine", "08:04 Ola: No.", "09:30 Femi: At ten?"],
    ],
)  # fmt: skip
def test_each_message_of_a_chat_is_a_paragraph(messages: list[str]) -> None:
    found = article(*messages, name="rowing-chat.txt")
    assert (found.title, texts(found)) == ("rowing chat", messages)


def test_each_item_of_a_long_list_is_a_paragraph_and_a_short_list_is_one() -> None:
    items = [f"Pier {number}: closed until day {number} of the repairs of that year" for number in range(1, 61)]
    assert texts(article("Piers", "", FIRST, "", *items)) == [FIRST, *items]
    assert texts(article("Piers", "", FIRST, "", *items[:5])) == [FIRST, "\n".join(items[:5])]


def test_a_heading_above_a_rule_is_read() -> None:
    found = article("Rules", "", FIRST, "", "1. The start", "It rained.", "", "2. The end", "- ---", "")
    assert texts(found) == [FIRST, "It rained.", "- ---"]


def test_one_line_in_capitals_or_one_step_is_no_heading_of_all_that_follows() -> None:
    story = "WASHINGTON\nThe president said on Monday that the bill would be signed."
    step = "2. Remove the cover\nWait ten minutes. Then lift the lid."
    for block in (story, step):
        found = article("Title", "", block, "", FIRST)
        assert texts(found) == [block, FIRST]
        assert {one.heading for one in found.paragraphs} == {None}


@pytest.mark.parametrize(
    "block", ["+4.5% -> +5.1% (-0.2)", "x = -(a + b) * (c - d) / 2", "$5 + $7 = $12", "f(x) = (x+1)"]
)
def test_figures_and_formulas_are_kept(block: str) -> None:
    found = article("Title", "", FIRST, "", block, "", FIRST)
    assert block in {text for one in found.paragraphs for text in (one.text, one.heading)}
