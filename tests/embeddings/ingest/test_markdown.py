"""Markdown: front matter for the citation, plain words for the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.ingest.markdown import read_markdown
from embeddings.types import Article, Paragraph
from tests.conftest import EXAMPLES

ARTICLES = EXAMPLES / "articles"


def article(text: str) -> Article:
    return read_markdown(text, Path("wuzhen-2021.md"))


def texts(markdown: str) -> list[str]:
    return [paragraph.text for paragraph in article(markdown).paragraphs]


def with_date(line: str) -> Article:
    return article(f"---\n{line}\n---\n\nThe text.\n")


def test_front_matter_fills_the_citation() -> None:
    found = article(
        "---\ntitle: 'Summit: it opens'\nid: wuzhen\nurl: https://example.org/a\nsource: Example News\n"
        "author: Li Wei\ndate: 2021-09-26\ncollection: china\n---\n\nThe text.\n"
    )
    assert (found.title, found.id, found.url) == ("Summit: it opens", "wuzhen", "https://example.org/a")
    assert (found.source, found.author, found.collection) == ("Example News", "Li Wei", "china")
    assert found.published_at == "2021-09-26"
    assert found.paragraphs == (Paragraph("The text."),)


def test_fields_left_empty_are_missing() -> None:
    found = article("---\ntitle:\nauthor: ''\nid: 7\n---\n\n# From the heading\n\nThe text.\n")
    assert found.title == "From the heading"
    assert found.author is None
    assert found.id == "7"


def test_the_samples_are_read_with_their_citations() -> None:
    path = ARTICLES / "wuzhen-2021.md"
    found = read_markdown(path.read_text(encoding="utf-8"), path)
    assert found.title == "Internet giants promise to help small businesses as Wuzhen summit opens"
    assert (found.author, found.published_at) == ("topicbot samples", "2021-09-26")
    assert found.name == "wuzhen-2021"
    assert "100 billion yuan" in found.paragraphs[3].text


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("published_at: 2021-09-26", "2021-09-26"),
        ("published_at: 2021-09-26\ndate: 2020-01-01", "2021-09-26"),
        ("date: '2021-09-26T10:00:00+08:00'", "2021-09-26T10:00:00+08:00"),
        ("date: 2021-09-26T10:00:00+08:00", "2021-09-26 10:00:00+08:00"),
        ("title: Opened on 26 September 2021", None),
    ],
)
def test_the_date_is_the_stated_one_or_none(line: str, date: str | None) -> None:
    assert with_date(line).published_at == date


@pytest.mark.parametrize("value", ["yesterday", "2021", "26/09/2021"])
def test_a_bad_date_is_shown(value: str) -> None:
    with pytest.raises(SourceError, match=rf"^wuzhen-2021\.md: .*'{value}' is not a date like 2021-09-26"):
        with_date(f"date: {value}")


def test_bad_front_matter_is_named_with_its_line() -> None:
    with pytest.raises(SourceError, match=r"^wuzhen-2021\.md: .*not valid YAML near line 4\b"):
        article("---\ntitle: Summit\nsource: [News\n---\n\nThe text.\n")


def test_front_matter_cannot_run_code() -> None:
    with pytest.raises(SourceError, match="not valid YAML"):
        article("---\ntitle: !!python/object/apply:os.getcwd []\n---\n\nThe text.\n")


def test_the_first_heading_is_the_title() -> None:
    found = article("# The *Wuzhen* summit\n\nThe text.\n")
    assert found.title == "The Wuzhen summit"
    assert found.paragraphs == (Paragraph("The text."),)


def test_without_title_and_heading_the_name_of_the_file_is_made_readable() -> None:
    assert article("The text.\n").title == "wuzhen 2021"


def test_a_heading_below_the_text_is_not_the_title() -> None:
    found = article("The text.\n\n# The money\n\nMore.\n")
    assert found.title == "wuzhen 2021"
    assert found.paragraphs == (Paragraph("The text."), Paragraph("More.", "The money"))


def test_headings_stand_above_their_paragraphs() -> None:
    found = article("# Title\n\nOne.\n\n## The money\n\nTwo.\n\nThree.\n\nThe rules\n---------\n\nFour.\n")
    assert found.paragraphs == (
        Paragraph("One."),
        Paragraph("Two.", "The money"),
        Paragraph("Three.", "The money"),
        Paragraph("Four.", "The rules"),
    )


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("It was **very** *good* and `fast`.", "It was very good and fast."),
        ("Read [the report](https://example.org 'Title') now.", "Read the report now."),
        ("See <https://example.org/a>.", "See https://example.org/a."),
        ("Before ![the ring](ring.png) after.", "Before the ring after."),
        ("A <b>bold</b> word.", "A bold word."),
        ("R&amp;D \\*cost\\* 5 &lt; 6.", "R&D *cost* 5 < 6."),
        ("One line\nand the next.", "One line and the next."),
    ],
)
def test_markup_is_dropped_and_words_stay(markdown: str, words: str) -> None:
    assert texts(markdown) == [words]


def test_a_short_list_stays_with_the_line_above_it() -> None:
    assert texts("Three firms:\n\n- Alibaba\n- **Tencent**\n  1. its games\n\n> Meituan\n") == [
        "Three firms:\nAlibaba\nTencent\nits games",
        "Meituan",
    ]


def test_each_long_point_of_a_list_is_a_paragraph() -> None:
    one, two = "The first firm promised loans to small shops. " * 3, "The second firm promised training. " * 3
    assert texts(f"They promised:\n\n- {one}\n- {two}\n") == ["They promised:", one.strip(), two.strip()]


def test_headings_are_a_path() -> None:
    found = article(
        "# Log\n\n## 2.3.0\n\n### Removed\n\nThe old door is gone.\n\n### Added\n\n## 2.2.0\n\nNothing.\n"
    )
    assert [(one.heading, one.text) for one in found.paragraphs] == [
        ("2.3.0 › Removed", "The old door is gone."),
        ("2.3.0", "Added"),
        ("2.2.0", "Nothing."),
    ]


def test_front_matter_in_toml() -> None:
    found = article('+++\ntitle = "Summit opens"\nauthor = "Ann Lee"\ndate = 2021-09-26\n+++\nThe text is here.\n')
    assert (found.title, found.author, found.published_at) == ("Summit opens", "Ann Lee", "2021-09-26")
    with pytest.raises(SourceError, match="not valid TOML"):
        article("+++\ntitle = \n+++\nText.\n")


def test_a_colon_without_quotes_is_read_as_meant_and_told() -> None:
    found = article("---\ntitle: Summit: what was said\nauthor: Ann Lee\n---\nThe text is here.\n")
    assert (found.title, found.author) == ("Summit: what was said", "Ann Lee")
    assert found.warnings == ("has a colon in its front matter's title. Put the value in quotes.",)


def test_code_is_kept_as_it_stands() -> None:
    assert texts("Run it:\n\n```sh\nmake *all*\n  make check\n```\n\n    plain code\n") == [
        "Run it:",
        "make *all*\n  make check",
        "plain code",
    ]


def test_rows_of_a_table_name_their_columns() -> None:
    found = article("# Firms\n\n## Pledges\n\n| Firm | Pledge |\n|---|---|\n| Alibaba | *100* |\n")
    assert [(one.heading, one.text, one.table) for one in found.paragraphs] == [
        ("Pledges", "Firm: Alibaba · Pledge: 100", True)
    ]


@pytest.mark.parametrize("text", ["---\ntitle: Only this\n---\n", "# Only a heading\n"])
def test_a_file_without_text_is_no_article(text: str) -> None:
    with pytest.raises(SourceError, match=r"^wuzhen-2021\.md: has no paragraph"):
        article(text)


@pytest.mark.parametrize("date", ["2021-02-30", "2021-13-45"])
def test_a_day_that_does_not_exist_is_told(tmp_path: Path, date: str) -> None:
    path = tmp_path / "article.md"
    with pytest.raises(SourceError, match=r"article\.md"):
        read_markdown(f"---\ndate: {date}\n---\nText stands here.", path)


def test_words_in_blocks_of_html_stay_and_empty_code_goes(tmp_path: Path) -> None:
    text = "# Title\n\nIntro text.\n\n<div>Words in <b>a</b> block.</div>\n\n```\n```\n\n<!-- a note -->\n"
    found = read_markdown(text, tmp_path / "article.md")
    assert [paragraph.text for paragraph in found.paragraphs] == ["Intro text.", "Words in a block."]


def test_several_authors_are_joined(tmp_path: Path) -> None:
    assert read_markdown("---\nauthor: [Ann, Bob]\n---\nText.", tmp_path / "a.md").author == "Ann, Bob"


def test_a_line_across_at_the_beginning_is_no_front_matter(tmp_path: Path) -> None:
    found = read_markdown("---\n\nFirst paragraph here.\n\n---\n\nSecond paragraph.\n", tmp_path / "a.md")
    assert [paragraph.text for paragraph in found.paragraphs] == ["First paragraph here.", "Second paragraph."]
