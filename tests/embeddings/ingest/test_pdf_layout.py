# ruff: noqa: E501  # sentences of a page
"""Pages of PDFs as they are laid out: columns, tables, running heads, notes, stamps, forms, scans."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from fpdf import FPDF
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from embeddings.errors import SourceError
from embeddings.ingest import pdf
from embeddings.ingest.pdf import read_pdf
from embeddings.types import Article

PATH = Path("parish-report.pdf")
LEFT = (
    "The parish council of Port Quint met in the spring to hear what the roof of the old school would cost, and it"
    " found that three firms had sent their prices before the end of the month. All of them ask for more than the"
    " council has set aside, so that the work will be done in two parts, the first of them this summer."
)
RIGHT = (
    "A second matter was the bus to the station, which since winter runs but once an hour. Forty people signed a"
    " letter that asks for a later bus in the evening, and the company answered that it would try one until autumn."
    " If more than ten people take it on a usual evening, then it stays for good."
)
THIRD = (
    "The third matter was the market in the square. Its stalls will move to the harbour while the square is paved"
    " anew, from May until the first of July, and each holder of a stall gets a plan with a number by letter."
)


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=A4)
    draw(canvas)
    canvas.save()
    return made.getvalue()


def wrapped(text: str, width: float, font: str = "Times-Roman", size: float = 10) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if pdfmetrics.stringWidth(f"{line} {word}", font, size) > width and line:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def texts(found: Article) -> list[str]:
    return [one.text for one in found.paragraphs]


def columns(canvas: Canvas, parts: list[str], top: float, *, by_rows: bool, gutter: float = 20) -> None:
    width = (A4[0] - 100 - gutter * (len(parts) - 1)) / len(parts)
    canvas.setFont("Times-Roman", 10)
    placed = [
        (row, number, line) for number, text in enumerate(parts) for row, line in enumerate(wrapped(text, width))
    ]
    for row, number, line in sorted(placed) if by_rows else placed:
        canvas.drawString(50 + number * (width + gutter), top - 12 * row, line)


@pytest.mark.parametrize("by_rows", [True, False])
@pytest.mark.parametrize("gutter", [11, 20])
@pytest.mark.parametrize("parts", [[LEFT, RIGHT], [LEFT, RIGHT, THIRD]])
def test_columns_are_read_one_after_the_other(parts: list[str], by_rows: bool, gutter: float) -> None:
    found = read_pdf(drawn(lambda canvas: columns(canvas, parts, 700, by_rows=by_rows, gutter=gutter)), PATH)
    assert texts(found) == parts


def test_a_heading_over_both_columns_parts_them() -> None:
    def draw(canvas: Canvas) -> None:
        columns(canvas, [LEFT, RIGHT], 780, by_rows=True)
        canvas.setFont("Times-Bold", 14)
        canvas.drawString(50, 520, "What the council decided on the market and on all the other matters")
        columns(canvas, [THIRD, LEFT], 490, by_rows=True)

    found = read_pdf(drawn(draw), PATH)
    assert found.title == "What the council decided on the market and on all the other matters"
    assert texts(found) == [LEFT, RIGHT, THIRD, LEFT]


def table(rows: list[list[str]], places: list[float]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(50, 760, "The parish counts its people and its houses every year in the month of March:")
        for number, row in enumerate(rows):
            for place, cell in zip(places, row, strict=True):
                canvas.drawString(place, 730 - 16 * number, cell)
        for number, line in enumerate(wrapped(LEFT, 480, "Helvetica", 10)):
            canvas.drawString(50, 600 - 12 * number, line)

    return draw


def test_a_table_is_rows_that_name_their_columns() -> None:
    rows = [["", "2024", "2023", "2022"], ["People", "1,512", "1,498", "1,471"], ["Houses", "640", "633", "629"]]
    found = read_pdf(drawn(table(rows, [50, 200, 280, 360])), PATH)
    assert [one.text for one in found.paragraphs if one.table] == [
        "People · 2024: 1,512 · 2023: 1,498 · 2022: 1,471",
        "Houses · 2024: 640 · 2023: 633 · 2022: 629",
    ]
    assert LEFT in texts(found)


def test_a_cell_that_is_wrapped_stays_one() -> None:
    def draw(canvas: Canvas) -> None:
        flowing(canvas, [LEFT])
        canvas.setFont("Times-Roman", 11)
        rows = [("Device", "What to do", "Days"), ("Fire door of the", "Oil the hinges and close", "90"),
                ("paint shop", "it by hand", ""), ("Gate", "Grease the chain", "30")]  # fmt: skip
        for y, row in zip((500, 480, 467, 440), rows, strict=True):
            for x, cell in zip((50, 180, 350), row, strict=True):
                canvas.drawString(x, y, cell)

    found = read_pdf(drawn(draw), PATH)
    assert [one.text for one in found.paragraphs if one.table] == [
        "Device: Fire door of the paint shop · What to do: Oil the hinges and close it by hand · Days: 90",
        "Device: Gate · What to do: Grease the chain · Days: 30",
    ]


def test_a_numbered_heading_below_a_centred_title_is_one_of_its_own() -> None:
    def manual(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawCentredString(A4[0] / 2, 760, "Manual of the harbour crane")
        canvas.drawString(50, 736, "1. First use")
        flowing(canvas, [LEFT], 712)

    found = read_pdf(drawn(manual), PATH)
    assert (found.title, found.paragraphs[0].heading) == ("Manual of the harbour crane", "1. First use")


def test_no_word_of_a_timetable_or_an_invoice_is_lost() -> None:
    rows = [[f"Stop {n}", f"{6 + n}:10", f"{7 + n}:40", f"{9 + n}:05"] for n in range(6)]
    said = " ".join(texts(read_pdf(drawn(table(rows, [50, 200, 280, 360])), PATH)))
    assert all(cell in said for row in rows for cell in row)

    def invoice(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for number, line in enumerate(
            ("Invoice", "Number 2024-117", "Date 3 May 2024", "Quint Roofs Ltd", "12 Quay Road")
        ):
            canvas.drawString(50, 780 - 40 * number, line)

    said = " ".join(
        [*texts(found := read_pdf(drawn(invoice), PATH)), *(one.heading or "" for one in found.paragraphs)]
    )
    assert all(
        words in said for words in ("Number 2024-117", "Date 3 May 2024", "12 Quay Road", "Quint Roofs Ltd")
    )


def flowing(canvas: Canvas, paragraphs: list[str], top: float = 760, size: float = 11) -> float:
    canvas.setFont("Times-Roman", size)
    for text in paragraphs:
        for line in wrapped(text, 480, "Times-Roman", size):
            canvas.drawString(50, top, line)
            top -= size * 1.2
        top -= size
    return top


def test_running_heads_and_numbers_of_two_pages_are_left_out_and_figures_stay() -> None:
    def draw(canvas: Canvas) -> None:
        for page, text in enumerate((LEFT, RIGHT), start=1):
            canvas.setFont("Times-Italic", 9)
            canvas.drawString(50, 810, "Parish of Port Quint, report for the year")
            canvas.drawString(290, 30, str(page + 11))
            bottom = flowing(canvas, [text])
            canvas.drawString(50, bottom - 30, str(4711 * page))
            canvas.showPage()

    said = " ".join(texts(read_pdf(drawn(draw), PATH)))
    assert "Parish of Port Quint, report" not in said
    assert " 12" not in said
    assert "4711" in said
    assert "9422" in said


def test_a_page_drawn_on_its_side_is_read() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.rotate(90)
        canvas.translate(0, -A4[0])
        flowing(canvas, [LEFT, RIGHT], 500)

    assert texts(read_pdf(drawn(draw), PATH)) == [LEFT, RIGHT]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_read(turn: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(turn)
        flowing(canvas, [LEFT, RIGHT])

    assert texts(read_pdf(drawn(draw), PATH)) == [LEFT, RIGHT]


def test_a_stamp_on_the_margin_is_neither_title_nor_text() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFont("Times-Roman", 22)
        canvas.translate(30, 200)
        canvas.rotate(90)
        canvas.drawString(0, 0, "stored:2024.00123v1 [cs.XX] 3 May 2024")
        canvas.restoreState()
        canvas.setFont("Times-Roman", 18)
        canvas.drawString(120, 790, "On roofs of old schools")
        flowing(canvas, [LEFT, RIGHT])

    found = read_pdf(drawn(draw), PATH)
    assert found.title == "On roofs of old schools"
    assert texts(found) == [LEFT, RIGHT]


def test_a_note_at_the_foot_does_not_cut_a_sentence() -> None:
    def draw(canvas: Canvas) -> None:
        bottom = flowing(canvas, [LEFT, THIRD])
        canvas.drawString(
            50, bottom, "The harbour master, who knows the tides and every stone of the long wall, said"
        )
        canvas.setFont("Times-Roman", 8)
        canvas.drawString(50, 60, "2 See the minutes of the council, page 7.")
        canvas.showPage()
        flowing(canvas, ["that the wall would hold until the autumn at least.", RIGHT])

    found = texts(read_pdf(drawn(draw), PATH))
    assert any("said that the wall would hold until the autumn at least." in text for text in found)
    assert "2 See the minutes of the council, page 7." in found


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a long-", "term plan", "a long-term plan"),
        ("the coun-", "cil met", "the council met"),
        ("a well-", "known man", "a well-known man"),
        ("to under-", "stand it", "to understand it"),
        ("the price-", "fixing case, and price-fixing is bad", "the price-fixing case, and price-fixing is bad"),
    ],
)
def test_a_hyphen_at_the_end_of_a_line_stays_where_the_word_has_one(
    first: str, second: str, expected: str
) -> None:
    def draw(canvas: Canvas) -> None:
        flowing(canvas, [LEFT])
        canvas.drawString(50, 600, f"The parish made its plans with care and named {first}")
        canvas.drawString(50, 586.8, f"{second} in the spring.")

    assert any(expected in text for text in texts(read_pdf(drawn(draw), PATH)))


def test_accents_and_superscripts_join_their_words() -> None:
    def draw(canvas: Canvas) -> None:
        flowing(canvas, [LEFT])
        canvas.drawString(50, 600, "The caf")
        x = 50 + pdfmetrics.stringWidth("The caf", "Times-Roman", 11)
        canvas.drawString(x, 600, "e")
        canvas.drawString(x + 0.7, 600, "\u00b4")
        x += pdfmetrics.stringWidth("e ", "Times-Roman", 11)
        canvas.drawString(x, 600, "opens on the 5")
        x += pdfmetrics.stringWidth("opens on the 5", "Times-Roman", 11)
        canvas.setFont("Times-Roman", 6)
        canvas.drawString(x, 604, "th")
        canvas.setFont("Times-Roman", 11)
        canvas.drawString(x + 9, 600, "of May, the mayor said.")

    assert "The café opens on the 5th of May, the mayor said." in texts(read_pdf(drawn(draw), PATH))


def test_fields_of_a_form_are_read() -> None:
    def draw(canvas: Canvas) -> None:
        flowing(canvas, [LEFT])
        canvas.acroForm.textfield(name="tenant", tooltip="Name of tenant", value="Ann Lee", x=50, y=300, width=200)
        canvas.acroForm.textfield(name="empty", tooltip="Nothing", value="", x=50, y=200, width=200)

    said = texts(read_pdf(drawn(draw), PATH))
    assert "Name of tenant: Ann Lee" in said
    assert not any("Nothing" in text for text in said)


def test_printed_page_numbers_are_kept_for_citations() -> None:
    made = FPDF()
    made.set_font("Helvetica", "", 11)
    for style, text in (("r", LEFT), ("D", RIGHT)):
        made.add_page(label_style=style, label_start=1)
        made.multi_cell(0, 6, text)
    found = read_pdf(bytes(made.output()), PATH)
    assert [(one.page, one.label) for one in found.paragraphs] == [(1, "i"), (2, "1")]


def test_letters_in_cipher_are_refused_in_words() -> None:
    shifted = "".join(chr((ord(c) - 97 + 3) % 26 + 97) if c.islower() else c for c in f"{LEFT} {RIGHT} {THIRD}")
    with pytest.raises(SourceError, match="fonts don't say which letter"):
        read_pdf(drawn(lambda canvas: columns(canvas, [shifted], 700, by_rows=False)), PATH)


def test_a_scanned_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = FPDF()
    made.add_page()
    made.image(Image.new("RGB", (600, 800), "white"), 0, 0, 200)
    monkeypatch.setattr(pdf, "can_read_pictures", lambda: False)
    with pytest.raises(SourceError, match=r"scanned\. Install tesseract"):
        read_pdf(bytes(made.output()), PATH)


@pytest.mark.parametrize(
    ("language", "first", "second", "expected"),
    [
        ("de", "die Hafenver-", "waltung", "die Hafenverwaltung"),
        ("de", "die Presse-", "sprecherin", "die Pressesprecherin"),
        ("de", "die Hafen-", "und Stadtverwaltung", "die Hafen- und Stadtverwaltung"),
        ("de", "der Ost-", "West-Verkehr", "der Ost-West-Verkehr"),
        ("fr", "la direc-", "trice", "la directrice"),
        ("fr", "le vice-", "président", "le vice-président"),
        ("fr", "il a con-", "firmé", "il a confirmé"),
    ],
)
def test_a_hyphen_of_another_language_follows_that_language(
    language: str, first: str, second: str, expected: str
) -> None:
    around = {
        "de": "Der Rat hat am Montag in der Halle des Hafens mit den Leuten über die Kräne und das Geld gesprochen.",
        "fr": "Le conseil est venu lundi dans la salle du port avec les gens pour parler des grues et de la somme.",
    }[language]

    def draw(canvas: Canvas) -> None:
        flowing(canvas, [around])
        canvas.drawString(50, 600, f"{around[:60]} {first}")
        canvas.drawString(50, 586.8, f"{second} {around[:60]}.")

    assert any(expected in text for text in texts(read_pdf(drawn(draw), PATH)))


def test_the_last_column_of_a_long_table_stays_in_its_rows() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 10)
        for number in range(4, 24):
            top = 780 - 30 * (number - 4)
            canvas.drawString(50, top, str(number))
            canvas.drawString(80, top, f"Request {number} of the rowing club for a new shed at the")
            canvas.drawString(80, top - 12, "northern pier, with light and with water")
            canvas.drawString(350, top, f"agreed by {number} votes to three")

    found = texts(read_pdf(drawn(draw), PATH))
    assert any("30" not in text and "Request 12" in text and "agreed by 12 votes" in text for text in found)


def test_points_of_a_list_are_no_table_of_bullets() -> None:
    def draw(canvas: Canvas) -> None:
        flowing(canvas, [LEFT])
        for number, point in enumerate(("glass bottles", "large dogs", "radios")):
            canvas.drawString(50, 600 - 14 * number, "•")
            canvas.drawString(80, 600 - 14 * number, point)

    assert any("glass bottles" in text for text in texts(read_pdf(drawn(draw), PATH)))
    assert not any("•:" in text for text in texts(read_pdf(drawn(draw), PATH)))


def test_columns_that_almost_touch_stay_apart() -> None:
    rows = [("Name", "Born", "City", "Fee"), ("Anderson, Johanna", "1961", "Aalborg", "120")]
    rows += [("Christiansen, Erik", "1988", "Frederikshavn", "95"), ("Dahl, Bo", "1990", "Copenhagen", "60")]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Courier", 10)
        for number, row in enumerate(rows):
            for left, cell in zip((50, 164, 194, 278), row, strict=True):
                canvas.drawString(left, 700 - 14 * number, cell)

    found = texts(read_pdf(drawn(draw), PATH))
    for row in rows[1:]:
        assert any(all(cell in text for cell in row) for text in found)
    assert not any("Johanna1961" in text or "Frederikshavn95" in text for text in found)


@pytest.mark.slow
def test_five_hundred_pages_of_pictures_are_refused_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "can_read_pictures", lambda: False)
    picture = io.BytesIO()
    Image.new("L", (1200, 1700), 200).save(picture, "PNG")
    made = FPDF()
    for _ in range(500):
        made.add_page()
        made.image(picture, 0, 0, 210, 297)
    started = process_time()
    with pytest.raises(SourceError, match="only pictures of it: it was scanned"):
        read_pdf(bytes(made.output()), PATH)
    assert process_time() - started < 60


def justified(canvas: Canvas, paragraphs: list[str], *, indent: float) -> None:
    """Draw paragraphs without a gap between them, each word of a full line set apart so that it fills the line."""
    width, top, font = 300.0, 700.0, ("Times-Roman", 10)
    canvas.setFont(*font)
    for text in paragraphs:
        words, first = text.split(), True
        while words:
            room = width - (indent if first else 0)
            count = len(words)
            while pdfmetrics.stringWidth(" ".join(words[:count]), *font) > room:
                count -= 1
            line, words = words[:count], words[count:]
            letters = sum(pdfmetrics.stringWidth(word, *font) for word in line)
            gap = (room - letters) / max(1, len(line) - 1) if words else pdfmetrics.stringWidth(" ", *font)
            left = 60 + (indent if first else 0)
            for word in line:
                canvas.drawString(left, top, word)
                left += pdfmetrics.stringWidth(word, *font) + gap
            top, first = top - 12, False


@pytest.mark.parametrize("indent", [0.0, 14.0])
@pytest.mark.parametrize(
    "tail", ["It was late, and cold.", "It was so late that nobody wanted to hear any more of this."]
)
def test_paragraphs_without_a_gap_are_told_by_an_indent_or_a_last_line_that_ends_early(
    indent: float, tail: str
) -> None:
    parts = [f"{LEFT} {tail}", RIGHT, f"{THIRD} {tail}", f"{RIGHT} {tail}"]
    assert texts(read_pdf(drawn(lambda canvas: justified(canvas, parts, indent=indent)), PATH)) == parts


def test_a_page_that_is_drawn_inside_itself_is_read() -> None:
    """A form that draws itself, and a tree of pages that leads back to its root, end somewhere."""
    stream = b"BT /F1 12 Tf 72 700 Td (The council met on Monday and spoke about the roof of the old school.) Tj ET /X Do"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 5 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</X 6 0 R>>>>",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources 5 0 R/Length %d>>stream\n%s\nendstream"
        % (len(stream), stream),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(body))
    data = body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + table + tail
    assert "the roof of the old school" in " ".join(texts(read_pdf(data, PATH)))


def test_notes_on_a_page_are_read() -> None:
    made = FPDF()
    made.set_font("Helvetica", "", 11)
    made.add_page()
    made.multi_cell(0, 6, LEFT)
    made.text_annotation(100, 120, "The third firm has withdrawn its price.")
    assert any(
        "The third firm has withdrawn its price." in text for text in texts(read_pdf(bytes(made.output()), PATH))
    )


def test_words_that_are_set_apart_without_a_space_are_words() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 10)
        for row, line in enumerate(wrapped(LEFT, 300)):
            left = 60.0
            for word in line.split():
                canvas.drawString(left, 700 - 12 * row, word)
                left += pdfmetrics.stringWidth(f"{word} ", "Times-Roman", 10)

    assert texts(read_pdf(drawn(draw), PATH)) == [LEFT]
