"""PDF files: paragraphs put together from lines, with their pages and headings."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF

from embeddings.errors import SourceError
from embeddings.ingest.files import read
from embeddings.ingest.pdf import read_pdf
from embeddings.library import Library
from embeddings.types import Article
from tests.pdfs import paragraph, report
from tests.site import LOCAL, Site, answer

PATH = Path("harbour-report.pdf")


def texts(found: Article) -> list[str]:
    return [one.text for one in found.paragraphs]


def written(*lines: tuple[str, float], title: str = "") -> bytes:
    """A page with these paragraphs, each in its size."""
    made = FPDF()
    made.add_page()
    if title:
        made.set_title(title)
    for text, size in lines:
        made.set_font("Helvetica", "", size)
        made.multi_cell(0, size / 2, text, new_x="LMARGIN", new_y="NEXT")
        made.ln(4)
    return bytes(made.output())


def test_lines_are_rejoined_into_paragraphs_with_page_and_heading() -> None:
    found = read_pdf(report(40), PATH)
    assert found.title == "The harbour of Port Quint"
    assert texts(found) == [paragraph(number) for number in range(40)]
    assert [one.heading for one in found.paragraphs] == [f"Chapter {number // 5 + 1}" for number in range(40)]
    pages = [one.page for one in found.paragraphs]
    assert pages == sorted(pages)  # type: ignore[type-var]
    assert pages[0] == 1
    assert (pages[-1] or 0) > 1


def test_running_heads_and_page_numbers_are_left_out() -> None:
    said = " ".join(texts(read_pdf(report(60), PATH)))
    assert "Annual report" not in said
    assert "Page 2" not in said


def test_a_word_that_was_parted_at_a_line_s_end_is_whole_again() -> None:
    found = read_pdf(
        written(("The harbour road of Port Quint was opened by the transport min-\nister on Monday.", 11)), PATH
    )
    assert texts(found) == ["The harbour road of Port Quint was opened by the transport minister on Monday."]


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("Traffic in ports", "Traffic in ports"),
        ("Microsoft Word - rep.docx", "A large heading"),
        ("", "A large heading"),
    ],
)
def test_the_title_is_the_stated_one_or_the_largest_line(stated: str, title: str) -> None:
    body = "The harbour road opened on Monday after two years of works, said the mayor of the town. " * 3
    found = read_pdf(written(("A large heading", 20), (body, 11), (body, 11), title=stated), PATH)
    assert found.title == title


def test_a_running_head_above_the_title_hides_it_on_no_short_report() -> None:
    found = read_pdf(report(4), PATH)
    assert found.title == "The harbour of Port Quint"
    assert [one.heading for one in found.paragraphs] == ["Chapter 1"] * 4


def test_without_a_heading_the_file_s_name_is_the_title() -> None:
    assert (
        read_pdf(written(("The harbour road opened on Monday, said the mayor. " * 5, 11)), PATH).title
        == "harbour report"
    )


def test_what_is_no_pdf_or_is_broken_is_told() -> None:
    for data in (b"%PDF-1.4 nothing more", b"Title\n\ntext", report(3)[:200]):
        with pytest.raises(SourceError, match=r"PDF that can't be read|no text"):
            read_pdf(data, PATH)


def test_a_pdf_without_text_is_told() -> None:
    made = FPDF()
    made.add_page()
    with pytest.raises(SourceError, match="only pictures"):
        read_pdf(bytes(made.output()), PATH)


def test_a_locked_pdf_is_told() -> None:
    made = FPDF()
    made.add_page()
    made.set_font("Helvetica", "", 11)
    made.cell(0, 10, "Secret")
    made.set_encryption("owner", "word")
    with pytest.raises(SourceError, match="password"):
        read_pdf(bytes(made.output()), PATH)


def test_a_file_s_answer_names_the_page(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(report(40))
    (found,) = read(path)
    assert isinstance(found, Article)
    library.local.add(found)
    best = library.local.ask("how many ships in week 37?").passages[0]
    assert best.text == paragraph(37)
    assert best.page == found.paragraphs[37].page
    assert library.local.article(best.citation.article_id).paragraphs[37] == found.paragraphs[37]


def test_a_pdf_on_the_web_is_read(site: Site) -> None:
    from embeddings.ingest.pages import fetch
    from embeddings.web.downloader import Downloader

    site.pages["/report.pdf"] = answer(report(3), Content_Type="application/pdf")
    assert texts(fetch(f"{site.url}/report.pdf", Downloader(LOCAL))) == [paragraph(number) for number in range(3)]
