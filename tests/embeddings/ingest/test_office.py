# ruff: noqa: E501  # documents as their programs write them
"""Office papers and mail: titles, authors, dates, headings, tables, and what is refused in words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from openpyxl import Workbook
from pptx import Presentation

from embeddings.errors import SourceError
from embeddings.ingest.files import read, survey
from embeddings.types import Article, Skipped
from tests.embeddings.ingest.outlook import msg

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>Rules of the pool</dc:title><dc:creator>Ann Lee</dc:creator>"
    "<dcterms:created>2024-05-03T10:00:00Z</dcterms:created></cp:coreProperties>"
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def paragraph(text: str, style: str = "") -> str:
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t>{text}</w:t></w:r></w:p>"


def grid(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def docx(body: str) -> bytes:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in ("heading 1", "heading 2", "Title")
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType='
            '"application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument"'
            ' Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
            f' Type="{office}/styles" Target="styles.xml"/></Relationships>',
            "word/styles.xml": f'<w:styles xmlns:w="{W}">{styles}</w:styles>',
            "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": CORE,
        }
    )


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def only(path: Path) -> Article:
    (found,) = read(path)
    assert isinstance(found, Article), found
    return found


def refusal(path: Path) -> str:
    (found,) = read(path)
    assert isinstance(found, SourceError), found
    return str(found)


def shown(found: Article) -> list[tuple[str | None, str]]:
    return [(one.heading, one.text) for one in found.paragraphs]


def test_word(tmp_path: Path) -> None:
    body = (
        paragraph("Rules", "heading1") + paragraph("Phones", "heading2")
        + paragraph("They stay in the locker while you swim.")
        + paragraph("Fees", "heading2") + grid(("Who", "Day", "Year"), ("Adult", "4 €", "90 €"), ("Child", "2 €", "40 €"))
    )  # fmt: skip
    found = only(written(tmp_path, "pool.docx", docx(body)))
    assert (found.title, found.author, found.published_at) == (
        "Rules of the pool",
        "Ann Lee",
        "2024-05-03T10:00:00+00:00",
    )
    assert shown(found) == [
        ("Rules › Phones", "They stay in the locker while you swim."),
        ("Rules › Fees", "Who: Adult · Day: 4 € · Year: 90 €"),
        ("Rules › Fees", "Who: Child · Day: 2 € · Year: 40 €"),
    ]
    assert [one.table for one in found.paragraphs] == [False, True, True]


def test_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    book.properties.creator = "Ann Lee"
    book.properties.title = "Lockers"
    sheet = book.active
    assert sheet is not None
    sheet.title = "North hall"
    for row in (
        ("Lockers by floor",),
        (),
        ("Floor", "Lockers", "Free"),
        (1, 120, 0.5),
        (2, 80, datetime(2024, 5, 3)),
    ):
        sheet.append(row)
    sheet["C4"].number_format = "0%"
    made = io.BytesIO()
    book.save(made)
    found = only(written(tmp_path, "lockers.xlsx", made.getvalue()))
    assert (found.title, found.author) == ("Lockers", "Ann Lee")
    assert shown(found) == [
        ("North hall › Lockers by floor", "Floor: 1 · Lockers: 120 · Free: 50%"),
        ("North hall › Lockers by floor", "Floor: 2 · Lockers: 80 · Free: 2024-05-03"),
    ]
    assert {one.label for one in found.paragraphs} == {"North hall"}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_separated_values(tmp_path: Path, mark: str) -> None:
    text = "\n".join(
        mark.join(row) for row in (("Room", "Seats", "Key"), ("Blue", "12", "A7"), ("Green", "30", "B2"))
    )
    found = only(written(tmp_path, "rooms.csv", text.encode()))
    assert [one.text for one in found.paragraphs] == [
        "Room: Blue · Seats: 12 · Key: A7", "Room: Green · Seats: 30 · Key: B2",
    ]  # fmt: skip
    assert all(one.table for one in found.paragraphs)


def test_slides(tmp_path: Path) -> None:
    made = Presentation()
    for title, points in (
        ("The pool", ["Opens in May", "Closes in September"]),
        ("Prices", ["Adults pay four euros"]),
    ):
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(points)
    slide.notes_slide.notes_text_frame.text = "Say that children pay half of it."
    data = io.BytesIO()
    made.save(data)
    found = only(written(tmp_path, "pool.pptx", data.getvalue()))
    assert found.title == "The pool"
    assert shown(found) == [
        (None, "Opens in May\nCloses in September"),
        ("Prices", "Adults pay four euros"),
        ("Prices", "Say that children pay half of it."),
    ]
    assert [one.label for one in found.paragraphs] == ["slide 1", "slide 2", "slide 2"]


def odt() -> bytes:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "meta")
    )
    cells = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in ("Lane 1", "Ann"))
    heads = cells.replace("Lane 1", "Lane").replace("Ann", "Coach")
    return zipped(
        {
            "content.xml": f"<office:document-content {names}><office:body><office:text>"
            '<text:h text:outline-level="1">Lanes</text:h><text:p>Lane one is for<text:s/>the club on Monday.</text:p>'
            f"<table:table><table:table-header-rows><table:table-row>{heads}</table:table-row></table:table-header-rows>"
            f"<table:table-row>{cells}</table:table-row></table:table></office:text></office:body></office:document-content>",
            "meta.xml": f'<office:document-meta {names} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
            "<dc:title>Swimming</dc:title><meta:initial-creator>Bo Ek</meta:initial-creator></office:meta></office:document-meta>",
        }
    )


def test_open_document(tmp_path: Path) -> None:
    found = only(written(tmp_path, "lanes.odt", odt()))
    assert (found.title, found.author) == ("Swimming", "Bo Ek")
    assert shown(found) == [
        ("Lanes", "Lane one is for the club on Monday."),
        ("Lanes", "Lane: Lane 1 · Coach: Ann"),
    ]


def test_a_book(tmp_path: Path) -> None:
    chapter = "<html xmlns='http://www.w3.org/1999/xhtml'><body><h1>{0}</h1><p>The {0} chapter says that water is wet.</p></body></html>"
    data = zipped(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            "<dc:title>On water</dc:title><dc:creator>Ann Lee</dc:creator><dc:date>2020-02-03</dc:date></metadata><manifest>"
            '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
            '</manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
            "OPS/a.xhtml": chapter.format("first"),
            "OPS/b.xhtml": chapter.format("second"),
        }
    )
    found = only(written(tmp_path, "water.epub", data))
    assert (found.title, found.author, (found.published_at or "")[:10]) == ("On water", "Ann Lee", "2020-02-03")
    assert [one.heading for one in found.paragraphs] == ["first", "second"]


def test_rich_text(tmp_path: Path) -> None:
    data = rb"{\rtf1\ansi Rules of the lake\par\par Swimming is allowed from May until September, says the mayor.\par}"
    found = only(written(tmp_path, "lake.rtf", data))
    assert found.title == "Rules of the lake"
    assert shown(found)[-1][1] == "Swimming is allowed from May until September, says the mayor."


def mail(attached: dict[str, bytes] | None = None) -> bytes:
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = (
        "Key of the boathouse",
        "Ann Lee <ann@example.org>",
        "Fri, 3 May 2024 10:00:00 +0200",
    )
    made.set_content(
        "Hello all,\n\nthe new code of the boathouse is 4711, from Monday on.\n\n"
        "On Thu, 2 May 2024 at 09:00, Bo Ek <bo@example.org> wrote:\n> What is the old code?\n> It was 1234.\n"
    )
    for name, data in (attached or {}).items():
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def test_mail_without_its_quoted_tail_and_with_what_is_attached(tmp_path: Path) -> None:
    data = mail({"rooms.csv": b"Room,Seats\nBlue,12\nGreen,30\n", "photo.png": b"\x89PNG"})
    letter, table, passed = read(written(tmp_path, "key.eml", data))
    assert isinstance(letter, Article)
    assert (letter.title, letter.author, letter.published_at) == (
        "Key of the boathouse",
        "Ann Lee",
        "2024-05-03T10:00:00+02:00",
    )
    assert [one.text for one in letter.paragraphs] == [
        "Hello all,",
        "the new code of the boathouse is 4711, from Monday on.",
    ]
    assert isinstance(table, Article)
    assert table.paragraphs[0].text == "Room: Blue · Seats: 12"
    assert table.origin != letter.origin
    assert isinstance(passed, Skipped)
    assert "photo.png" in passed.source


_LETTER = (
    "Hello all,\n\nthe new code of the boathouse is 4711, from Monday on.\n\n"
    "On Thu, 2 May 2024 at 09:00, Bo Ek <bo@example.org> wrote:\n> What is the old code?\n> It was 1234.\n"
)


def test_a_mail_of_outlook(tmp_path: Path) -> None:
    attached = {"rooms.csv": b"Room,Seats\nBlue,12\nGreen,30\n", "photo.png": b"\x89PNG" * 3000}
    sent = datetime(2024, 5, 3, 8, tzinfo=UTC)
    data = msg("Key of the boathouse", ("Ann Lee", "ann@example.org"), sent, body=_LETTER, attached=attached)
    letter, table, passed = read(written(tmp_path, "key.msg", data))
    assert isinstance(letter, Article)
    assert (letter.title, letter.author) == ("Key of the boathouse", "Ann Lee")
    assert letter.published_at == "2024-05-03T08:00:00+00:00"
    assert [one.text for one in letter.paragraphs] == [
        "Hello all,",
        "the new code of the boathouse is 4711, from Monday on.",
    ]
    assert isinstance(table, Article)
    assert (table.paragraphs[0].text, table.author) == ("Room: Blue · Seats: 12", "Ann Lee")
    assert isinstance(passed, Skipped)
    assert "photo.png" in passed.source


def test_a_mail_of_outlook_in_html_without_its_quoted_tail(tmp_path: Path) -> None:
    html = (
        "<html><body><p>Der Schlüssel hängt neben der Tür zum Bootshaus.</p><p>Grüße, Ann</p>"
        "<div id=divRplyFwdMsg><b>Von:</b> Bo Ek</div><p>Wo hängt er?</p></body></html>"
    )
    sent = datetime(2024, 5, 3, 8, tzinfo=UTC)
    found = only(written(tmp_path, "key.msg", msg("Schlüssel", ("", "ann@example.org"), sent, html=html.encode())))
    assert [one.text for one in found.paragraphs] == [
        "Der Schlüssel hängt neben der Tür zum Bootshaus.",
        "Grüße, Ann",
    ]
    assert found.author == "ann@example.org"


def test_a_saved_page(tmp_path: Path) -> None:
    html = "<html><head><title>Lake opens</title></head><body><article><h1>Lake opens</h1>" + "".join(
        f"<p>Part {n}: swimming is allowed from May until September, said the mayor of the town on Monday.</p>"
        for n in range(4)
    )
    made = EmailMessage()
    made["Subject"] = "Lake opens"
    made.set_content(html, subtype="html")
    assert only(written(tmp_path, "lake.mhtml", made.as_bytes())).title == "Lake opens"


def bomb() -> bytes:
    return zipped({"word/document.xml": b"<w>" + b"A" * 150_000_000, "[Content_Types].xml": "<Types/>"})


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.docx", lambda: b"%PDF-1.4 not a Word file", "no .docx file"),
        ("a.docx", lambda: zipped({"readme.txt": "hello"}), "no .docx file"),
        (
            "a.docx",
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "locked with a password, or of an old format",
        ),
        ("a.docx", bomb, "more than can be read"),
        ("a.xlsx", lambda: zipped({"readme.txt": "hello"}), "no .xlsx file"),
        ("a.pptx", lambda: b"", "no .pptx file"),
        ("a.epub", lambda: zipped({"readme.txt": "hello"}), "no .epub file"),
        ("a.odt", lambda: zipped({"content.xml": "<x/>"}), "no .odt file"),
        ("a.rtf", lambda: b"plain text", "no .rtf file"),
        ("a.msg", lambda: b"plain text", "no .msg file"),
        ("a.eml", lambda: b"plain text\n\nmore of it", "no mail"),
        ("a.pdf", lambda: b"%PDF-1.7\n1 0 obj\n<<", "PDF that can't be read"),
    ],
)
def test_what_is_something_else_is_refused_in_words(
    tmp_path: Path, name: str, data: Callable[[], bytes], word: str
) -> None:
    said = refusal(written(tmp_path, name, data()))
    assert word in said
    assert name in said


def test_a_folder_lists_what_it_passes_over_and_follows_no_link_out_of_it(tmp_path: Path) -> None:
    outside = written(tmp_path, "secret.txt", b"Secret\n\nNobody may read this.")
    folder = tmp_path / "papers"
    folder.mkdir()
    inside = written(folder, "a.txt", b"Title\n\nA text is here.")
    written(folder, "photo.png", b"\x89PNG")
    (folder / "link.txt").symlink_to(outside)
    (folder / "again.txt").symlink_to(inside)
    found, skipped = survey(folder)
    assert [one.name for one in found] == ["a.txt", "again.txt"]
    assert sorted(Path(one.source).name for one in skipped) == ["link.txt", "photo.png"]
    assert all(one.reason for one in skipped)


OPEN_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("presentation", "presentation"),
    )
)  # fmt: skip


def open_document(kind: str, inside: str) -> bytes:
    content = (
        f"<office:document-content {OPEN_NAMES}><office:body><office:{kind}>{inside}</office:{kind}>"
        "</office:body></office:document-content>"
    )
    return zipped({"content.xml": content})


def letter(subject: str, text: str, kind: str = "plain") -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"], made["Date"] = (
        "Ann Lee <ann@example.org>",
        subject,
        "Fri, 3 May 2024 10:00:00 +0200",
    )
    made.set_content(text, subtype=kind)
    return made.as_bytes()


_PASSED_ON = (
    "Please read.\n-- \nAnn Lee\n\n-----Original Message-----\nFrom: Bo Ek <bo@example.org>\nSubject: Pumps\n\n"
    "The pump room stays locked until 9 May.\n\nOn Thu, 2 May 2024, Cy Oz wrote:\n> Is it open?\n"
)


@pytest.mark.parametrize("subject", ["FW: Pumps", "Fwd: Pumps", "WG: Pumps", "TR : Pumps"])
def test_a_mail_that_passes_another_on_holds_that_one(tmp_path: Path, subject: str) -> None:
    found = only(written(tmp_path, "pumps.eml", letter(subject, _PASSED_ON)))
    texts = [one.text for one in found.paragraphs]
    assert (texts[0], texts[-1]) == ("Please read.", "The pump room stays locked until 9 May.")
    assert "Cy Oz" not in " ".join(texts)


def test_a_mail_in_html_that_passes_another_on_holds_that_one(tmp_path: Path) -> None:
    html = (
        "<p>See below</p><div class=gmail_quote><div>---------- Forwarded message ---------<br>From: Bo Ek</div>"
        "<p>The pump room stays locked until 9 May.</p><div>On Thu, 2 May 2024, Cy Oz wrote:</div><p>Is it?</p></div>"
    )
    found = only(written(tmp_path, "pumps.eml", letter("Fwd: Pumps", html, "html")))
    texts = [one.text for one in found.paragraphs]
    assert (texts[0], texts[-1]) == ("See below", "The pump room stays locked until 9 May.")


def test_a_reply_leaves_out_what_it_quotes(tmp_path: Path) -> None:
    found = only(written(tmp_path, "pumps.eml", letter("Re: FW: Pumps", _PASSED_ON)))
    assert [one.text for one in found.paragraphs] == ["Please read."]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("View in browser", "Unsubscribe"),
        ("View this email in your browser", "Manage your preferences"),
        ("Im Browser ansehen", "Newsletter abbestellen"),
        ("Afficher dans le navigateur", "Se désabonner de cette liste"),
    ],
)
def test_what_newsletters_put_around_their_text_is_left_out(tmp_path: Path, above: str, below: str) -> None:
    html = f"<p><a href=#>{above}</a></p><h1>Pier news</h1><p>The browser game of the pier ends in May.</p><p>{below}</p>"
    found = only(written(tmp_path, "news.eml", letter("News", html, "html")))
    assert [one.text for one in found.paragraphs] == ["The browser game of the pier ends in May."]


def test_a_line_that_states_the_separator_is_no_row(tmp_path: Path) -> None:
    found = only(written(tmp_path, "rooms.csv", b"sep=;\r\nRoom;Seats, all;Key\r\nBlue;12;A7\r\nGreen;30;B2\r\n"))
    assert shown(found) == [
        (None, "Room: Blue · Seats, all: 12 · Key: A7"),
        (None, "Room: Green · Seats, all: 30 · Key: B2"),
    ]


def test_all_lines_above_the_first_table_of_a_sheet_are_its_caption(tmp_path: Path) -> None:
    lines = (
        "Lockers of the pool",
        "Counted in May",
        "",
        "Floor,Lockers",
        "1,120",
        "2,80",
        "",
        "The key is 4711",
        "",
    )
    found = only(written(tmp_path, "lockers.csv", "\n".join(lines).encode()))
    assert shown(found) == [
        ("Lockers of the pool · Counted in May", "Floor: 1 · Lockers: 120"),
        ("Lockers of the pool · Counted in May", "Floor: 2 · Lockers: 80"),
        (None, "The key is 4711"),
    ]


def test_commas_in_the_cells_of_a_file_with_semicolons_part_nothing(tmp_path: Path) -> None:
    lines = (
        "Account;NL11 2222",
        "",
        "Day;Payee;For;Amount",
        "03.03.2025;Water works, north;Water, March;-84,10",
        "05.03.2025;Oz, Cy;Rent, room 3, with heating;-950,00",
        "07.03.2025;Lee, Ann;Coffee;-4,00",
    )
    found = only(written(tmp_path, "bank.csv", "\n".join(lines).encode()))
    assert [one.text for one in found.paragraphs] == [
        "Account: NL11 2222",
        "Day: 03.03.2025 · Payee: Water works, north · For: Water, March · Amount: -84,10",
        "Day: 05.03.2025 · Payee: Oz, Cy · For: Rent, room 3, with heating · Amount: -950,00",
        "Day: 07.03.2025 · Payee: Lee, Ann · For: Coffee · Amount: -4,00",
    ]


def test_a_file_of_one_column_is_its_lines(tmp_path: Path) -> None:
    data = b'Wishes of the crew\nMore rope, please\n"A stove, and wood"\nNew oars\n'
    found = only(written(tmp_path, "wishes.csv", data))
    assert [one.text for one in found.paragraphs] == [
        "Wishes of the crew", "More rope, please", "A stove, and wood", "New oars",
    ]  # fmt: skip


def workbook(rows: list[tuple[object, ...]], forms: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, form in (forms or {}).items():
        sheet[place].number_format = form
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_form_in_a_sheet_has_no_row_of_heads(tmp_path: Path) -> None:
    data = workbook([("Tenant", "Rowan Ltd"), ("Contact", "Cy Oz"), ("Storey", "second")])
    found = only(written(tmp_path, "form.xlsx", data))
    assert [one.text for one in found.paragraphs] == ["Tenant: Rowan Ltd", "Contact: Cy Oz", "Storey: second"]


def test_two_rows_that_name_the_columns_are_joined(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("", "2023", None, "2024", None),
        ("Pier", "Spring", "Autumn", "Spring", "Autumn"),
        ("North", 10, 12, 14, 15),
        ("South", 7, 8, 9, 6),
    ]
    found = only(written(tmp_path, "piers.xlsx", workbook(rows)))
    assert [one.text for one in found.paragraphs] == [
        "Pier: North · 2023 Spring: 10 · 2023 Autumn: 12 · 2024 Spring: 14 · 2024 Autumn: 15",
        "Pier: South · 2023 Spring: 7 · 2023 Autumn: 8 · 2024 Spring: 9 · 2024 Autumn: 6",
    ]


def test_figures_keep_the_currency_that_their_cells_show(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("Thing", "Net", "Gross", "Pieces"),
        ("Oar", 48, 57.5, 3),
        ("Rope", 1200.25, 9, 1),
    ]
    forms = {"B2": '#,##0.00 "€"', "C2": "#,##0.00 [$€-407]", "B3": '"$"#,##0.00', "C3": "[$CHF] #,##0"}
    found = only(written(tmp_path, "things.xlsx", workbook(rows, forms)))
    assert [one.text for one in found.paragraphs] == [
        "Thing: Oar · Net: 48 € · Gross: 57.50 € · Pieces: 3",
        "Thing: Rope · Net: $1200.25 · Gross: 9 CHF · Pieces: 1",
    ]


def test_figures_lose_no_place_and_get_no_currency_of_a_language(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("Thing", "Rate", "Sum", "Time"),
        ("Power", 0.0035, 1500.5, 1500.5),
        ("Gas", -1500.5, 0.285, 7.5),
    ]
    forms = {
        "B2": '"$"0.0000', "C2": "[$-407]#,##0.00", "D2": '0 "MIN"',
        "B3": '"$"#,##0', "C3": '0.000 "€/kWh"', "D3": '_($* #,##0.00_)',
    }  # fmt: skip
    found = only(written(tmp_path, "things.xlsx", workbook(rows, forms)))
    assert [one.text for one in found.paragraphs] == [
        "Thing: Power · Rate: $0.0035 · Sum: 1500.5 · Time: 1500.5",
        "Thing: Gas · Rate: -$1500.50 · Sum: 0.285 € · Time: $7.50",
    ]


def test_a_line_right_above_a_table_is_its_heading(tmp_path: Path) -> None:
    table = grid(("Day", "Soup", "Price"), ("Monday", "Leek", "3 €"), ("Tuesday", "Beet", "4 €"))
    body = paragraph("All soups are made here.") + table + paragraph("Soups in May:") + table
    found = only(written(tmp_path, "soups.docx", docx(body)))
    assert shown(found) == [
        (None, "All soups are made here."),
        (None, "Day: Monday · Soup: Leek · Price: 3 €"),
        (None, "Day: Tuesday · Soup: Beet · Price: 4 €"),
        ("Soups in May", "Day: Monday · Soup: Leek · Price: 3 €"),
        ("Soups in May", "Day: Tuesday · Soup: Beet · Price: 4 €"),
    ]


def test_an_open_document_spreadsheet(tmp_path: Path) -> None:
    rows = (("Floor", "Lockers"), ("1", "120"), ("2", "80"))
    cells = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
        for row in rows
    )
    empty = '<table:table-row table:number-rows-repeated="1048573"><table:table-cell/></table:table-row>'
    data = open_document("spreadsheet", f'<table:table table:name="North hall">{cells}{empty}</table:table>')
    found = only(written(tmp_path, "lockers.ods", data))
    assert shown(found) == [("North hall", "Floor: 1 · Lockers: 120"), ("North hall", "Floor: 2 · Lockers: 80")]
    assert {one.label for one in found.paragraphs} == {"North hall"}


def test_open_document_slides(tmp_path: Path) -> None:
    def frame(text: str, kind: str = "outline") -> str:
        return f'<draw:frame presentation:class="{kind}"><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>'

    notes = f"<presentation:notes>{frame('Say that children pay half of it.', 'notes')}</presentation:notes>"
    pages = (
        f"<draw:page>{frame('The lake', 'title')}{frame('Opens in May')}</draw:page>"
        f"<draw:page>{frame('Adults pay four euros')}{frame('Prices', 'title')}{notes}</draw:page>"
    )
    found = only(written(tmp_path, "lake.odp", open_document("presentation", pages)))
    assert found.title == "The lake"
    assert shown(found) == [
        (None, "Opens in May"),
        ("Prices", "Adults pay four euros"),
        ("Prices", "Say that children pay half of it."),
    ]
    assert [one.label for one in found.paragraphs] == ["slide 1", "slide 2", "slide 2"]


def test_macros_are_passed_over_and_entities_stay_unread(tmp_path: Path) -> None:
    parts = zipfile.ZipFile(io.BytesIO(docx(paragraph("The locker costs two euros, says the head of the pool."))))
    inside: dict[str, str | bytes] = {name: parts.read(name) for name in parts.namelist()}
    inside["word/vbaProject.bin"] = b"\xd0\xcf\x11\xe0 macro"
    found = only(written(tmp_path, "macro.docx", zipped(inside)))
    assert [one.text for one in found.paragraphs] == ["The locker costs two euros, says the head of the pool."]
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    bomb = f"<!DOCTYPE x [{laughs}]><office:document-content {OPEN_NAMES}><office:body><office:text>"
    tail = "<text:p>&l11; The lake opens.</text:p></office:text></office:body></office:document-content>"
    (read_bomb,) = read(written(tmp_path, "bomb.odt", zipped({"content.xml": bomb + tail})))
    assert not isinstance(read_bomb, Article) or len(read_bomb.paragraphs[0].text) < 1000


def test_a_workbook_of_ten_thousand_sheets_is_read_in_part(tmp_path: Path) -> None:
    sheet = (
        f"<table:table table:name='S{{}}'><table:table-row>{'<table:table-cell><text:p>{0}</text:p></table:table-cell>' * 2}"
        "</table:table-row></table:table>"
    )
    many = "".join(sheet.replace("{}", str(n)).replace("{0}", f"cell {n}") for n in range(10_000))
    found = only(written(tmp_path, "many.ods", open_document("spreadsheet", many)))
    assert len(found.paragraphs) == 200
    assert any("more than 200 sheets" in note for note in found.warnings)


def test_a_table_of_a_hundred_megabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        file.truncate(100_000_000)
    said = refusal(path)
    assert "huge.csv" in said
    assert "Split it up" in said


def test_a_mail_in_a_mail_in_a_mail_ends_somewhere(tmp_path: Path) -> None:
    data = mail()
    for _ in range(8):
        data = mail({"inner.eml": data})
    found = list(read(written(tmp_path, "nested.eml", data)))
    assert sum(isinstance(one, Article) for one in found) <= 5
    assert any(isinstance(one, SourceError | Skipped) for one in found)
