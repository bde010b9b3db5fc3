"""PDF files for tests: running heads, page numbers, headings, paragraphs that go over pages."""

from __future__ import annotations

from fpdf import FPDF

FIRST = "The harbour road opened on Monday after two years of works"


def sentence(number: int) -> str:
    return f"In week {number} the harbour counted {number * 7} ships, and waiting fell by {number % 9} per cent."


def paragraph(number: int) -> str:
    """The text of paragraph `number`: several lines long on the page."""
    return f"{sentence(number)} The mayor was pleased with paragraph {number}, while the unions were not at all."


def report(paragraphs: int, *, title: str = "The harbour of Port Quint", pages: int | None = None) -> bytes:
    """A report with a heading every five paragraphs; with `pages` as many paragraphs as fill them."""

    class Report(FPDF):
        def header(self) -> None:
            self.set_font("Helvetica", "I", 8)
            self.cell(0, 8, "Annual report - Example Ltd", new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("Helvetica", "I", 8)
            self.cell(0, 8, f"Page {self.page_no()}", align="C")

    made = Report()
    made.set_auto_page_break(True, 20)
    made.add_page()
    made.set_font("Times", "B", 20)
    made.multi_cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    number = 0
    while number < paragraphs if pages is None else made.page_no() < pages:
        if number % 5 == 0:
            made.set_font("Times", "B", 13)
            made.cell(0, 10, f"Chapter {number // 5 + 1}", new_x="LMARGIN", new_y="NEXT")
        made.set_font("Times", "", 11)
        made.multi_cell(0, 5.5, paragraph(number), new_x="LMARGIN", new_y="NEXT")
        made.ln(3)
        number += 1
    return bytes(made.output())
