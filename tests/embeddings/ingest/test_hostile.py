# ruff: noqa: E501  # documents as their programs write them
"""Documents that are made to harm, or damaged: read within bounds, or refused with the file's name and a next step."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission
from openpyxl import Workbook

from embeddings.errors import SourceError
from embeddings.ingest.files import read, survey
from embeddings.ingest.office import sheets
from embeddings.types import Article
from tests.embeddings.ingest.outlook import compound
from tests.embeddings.ingest.test_office import OPEN_NAMES, W, docx, only, paragraph, refusal, written, zipped

_NEXT_STEP = re.compile(r"\. (?:Save|Split|Add|Put|Run|Install|Print|Use)\b[^.]*")
_TEXT = "The locker costs two euros, says the head of the pool."


def padded(data: bytes, name: str) -> bytes:
    """The archive with one more part, which is small only as long as it is packed."""
    made = io.BytesIO(data)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * 120_000_000)
    return made.getvalue()


@cache
def bomb() -> bytes:
    return padded(zipped({"a": "b"}), "part.xml")


def many_parts() -> bytes:
    return zipped({"word/document.xml": "<x/>", **{f"word/media/{n}": b"" for n in range(20_001)}})


def locked_zip() -> bytes:
    """An archive whose parts say that they are encrypted."""
    data = bytearray(docx(paragraph(_TEXT)))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def locked_by_office() -> bytes:
    """What Word writes for a password: a compound file with the encrypted archive inside."""
    return compound({"EncryptionInfo": b"\x04\x00\x04\x00" + bytes(400), "EncryptedPackage": bytes(9000)})


def locked_pdf() -> bytes:
    made = FPDF()
    made.set_encryption("owner", "user", permissions=AccessPermission.none())
    made.add_page()
    made.set_font("Helvetica")
    made.cell(text=_TEXT)
    return bytes(made.output())


HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    *((f"bomb{suffix}", bomb, "more than can be read")
      for suffix in (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub")),
    ("parts.docx", many_parts, "more than can be read"),
    ("locked.docx", locked_zip, "locked with a password"),
    *((f"locked{suffix}", locked_by_office, "locked with a password") for suffix in (".docx", ".xlsx", ".pptx")),
    ("locked.pdf", locked_pdf, "locked with a password"),
    ("letter.msg", locked_by_office, "is no .msg file"),
    ("liar.docx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), "is no .docx file"),
    ("liar.xlsx", lambda: docx(paragraph(_TEXT)), "is no .xlsx file"),
    ("liar.docx", lambda: zipped({"xl/workbook.xml": "<x/>"}), "is no .docx file"),
    ("macros.docm", lambda: docx(paragraph(_TEXT)), "Save it as .docx"),
    ("macros.xlsm", lambda: b"PK", "Save it as .xlsx"),
    ("macros.pptm", lambda: b"PK", "Save it as .pptx"),
    ("old.doc", locked_by_office, "Save it as .docx"),
    ("old.xls", locked_by_office, "Save it as .xlsx"),
]  # fmt: skip
"""Files by name, how each is made, and what is said of it."""


@pytest.mark.parametrize(("name", "made", "word"), HOSTILE)
def test_what_is_refused_is_named_with_a_next_step(
    tmp_path: Path, name: str, made: Callable[[], bytes], word: str
) -> None:
    said = refusal(written(tmp_path, name, made()))
    assert word in said
    assert name in said
    assert _NEXT_STEP.search(said), said


def test_files_with_macros_are_listed_with_what_to_save_them_as(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", b"Title\n\nA text is here.")
    written(tmp_path, "rates.xlsm", b"PK")
    _, (skipped,) = survey(tmp_path)
    assert (Path(skipped.source).name, "Save it as .xlsx" in skipped.reason) == ("rates.xlsm", True)


@pytest.mark.slow
def test_a_workbook_of_ten_thousand_sheets_is_read_in_part(tmp_path: Path) -> None:
    """Made by hand: openpyxl takes a minute to write one."""
    made = io.BytesIO()
    book = Workbook()
    assert book.active is not None
    book.active.append(("Floor", "Lockers"))
    book.active.append((1, 120))
    book.save(made)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet, relation, kind = (
        re.search(pattern, parts[name].decode())
        for pattern, name in (
            (r"<sheet [^>]*/>", "xl/workbook.xml"),
            (r'<Relationship [^>]*worksheets/sheet1\.xml"[^>]*/>', "xl/_rels/workbook.xml.rels"),
            (r'<Override PartName="/xl/worksheets/sheet1\.xml"[^>]*/>', "[Content_Types].xml"),
        )
    )
    assert sheet
    assert relation
    assert kind
    for name, one_sheet, one in (
        ("xl/workbook.xml", sheet[0], lambda n: f'<sheet name="S{n}" sheetId="{n}" r:id="rx{n}"/>'),
        ("xl/_rels/workbook.xml.rels", relation[0], lambda n: re.sub(r'\bId="\w+"', f'Id="rx{n}"', relation[0]).replace("sheet1.", f"sheet{n}.")),
        ("[Content_Types].xml", kind[0], lambda n: kind[0].replace("sheet1.", f"sheet{n}.")),
    ):  # fmt: skip
        parts[name] = parts[name].decode().replace(one_sheet, "".join(map(one, range(1, 10_001)))).encode()
    if "xmlns:r=" not in parts["xl/workbook.xml"].decode():
        space = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<workbook ", f"<workbook {space} ".encode())
    first = parts["xl/worksheets/sheet1.xml"]
    parts |= {f"xl/worksheets/sheet{n}.xml": first for n in range(1, 10_001)}
    found = only(written(tmp_path, "many.xlsx", zipped(dict(parts))))
    assert len(found.paragraphs) == 200
    assert any("more than 200 sheets" in note and "Split it up" in note for note in found.warnings)


def test_a_document_that_includes_itself_is_read_once(tmp_path: Path) -> None:
    include = "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='content.xml'/>"
    inside = f"<text:p>{_TEXT}</text:p>{include}<text:section><text:section-source xlink:href='self.odt'/></text:section>"
    content = (
        f"<office:document-content {OPEN_NAMES} xmlns:xlink='http://www.w3.org/1999/xlink'><office:body><office:text>"
        f"{inside}</office:text></office:body></office:document-content>"
    )
    found = only(written(tmp_path, "self.odt", zipped({"content.xml": content})))
    assert [one.text for one in found.paragraphs] == [_TEXT]
    chunk = f'{paragraph(_TEXT)}<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="r1"/>'
    assert [one.text for one in only(written(tmp_path, "self.docx", docx(chunk))).paragraphs] == [_TEXT]


def test_a_book_that_names_a_chapter_without_end_has_it_once(tmp_path: Path) -> None:
    chapter = (
        f"<html xmlns='http://www.w3.org/1999/xhtml'><body><h1>One</h1>{f'<p>{_TEXT}</p>' * 200}</body></html>"
    )
    spine = "<itemref idref='a'/>" * 30_000
    data = zipped(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="b.opf"/></rootfiles></container>',
            "b.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml" media-type='
            f'"application/xhtml+xml"/></manifest><spine>{spine}</spine></package>',
            "a.xhtml": chapter,
        }
    )
    found = only(written(tmp_path, "ring.epub", data))
    assert len(found.paragraphs) == 200


def test_a_folder_that_links_to_itself_is_read_once(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", b"Title\n\nA text is here.")
    (tmp_path / "ring").symlink_to(tmp_path)
    found, _ = survey(tmp_path)
    assert [one.name for one in found] == ["a.txt"]


def test_a_table_at_the_limit_is_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("Name,Town\n" + "".join(f"Person {n},Town {n % 97}\n" for n in range(400_000)))
    found = only(path)
    assert len(found.paragraphs) < 20_001
    assert any("more than 20,000 rows" in note and "Split it up" in note for note in found.warnings)


def test_a_long_sheet_is_read_to_its_last_row_and_a_wide_one_says_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("All")
    for number in range(6_000):
        sheet.append([f"Person {number}", "Town", number])
    book.save(tmp_path / "long.xlsx")
    found = only(tmp_path / "long.xlsx")
    assert "Person 5999" in found.paragraphs[-1].text
    assert found.warnings == ()
    monkeypatch.setattr(sheets, "MAX_CELLS", 2_000)
    wide = sheets.read_csv("\n".join(",".join(["a"] * 40) for _ in range(51)), tmp_path / "wide.csv")
    assert len(wide.paragraphs) == 50
    assert any("more than 2,000 cells" in note for note in wide.warnings)


def test_deep_groups_and_broken_parts_are_read_or_refused_in_words(tmp_path: Path) -> None:
    deep = b"{\\rtf1 " + b"{" * 200_000 + b"The lake opens." + b"}" * 200_001
    broken = docx(paragraph(_TEXT)).replace(b"PK\x01\x02", b"PK\x01\x03")
    nested = docx("<w:tbl><w:tr><w:tc>" * 3000 + paragraph(_TEXT) + "</w:tc></w:tr></w:tbl>" * 3000)
    for name, data in (("deep.rtf", deep), ("broken.docx", broken), ("nested.docx", nested)):
        (found,) = read(written(tmp_path, name, data))
        assert isinstance(found, Article) or (name in str(found) and _NEXT_STEP.search(str(found))), found


def headed(header: str, footer: str, core: str | None = None) -> bytes:
    with zipfile.ZipFile(
        io.BytesIO(docx(paragraph(_TEXT) + paragraph("It opens at nine in the morning.")))
    ) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    parts["word/header1.xml"] = f'<w:hdr xmlns:w="{W}">{header}</w:hdr>'
    parts["word/footer1.xml"] = f'<w:ftr xmlns:w="{W}">{footer}</w:ftr>'
    del parts["docProps/core.xml"]
    return zipped(parts | ({"docProps/core.xml": core} if core else {}))


def test_a_page_header_is_no_paragraph_but_may_give_title_and_day(tmp_path: Path) -> None:
    cells = "<w:p><w:r><w:t>Rules of the pool</w:t><w:tab/><w:t>3 May 2024</w:t></w:r></w:p>"
    found = only(written(tmp_path, "doc1.docx", headed(cells, paragraph("Page 1 of 1"))))
    assert (found.title, found.published_at) == ("Rules of the pool", "2024-05-03")
    assert [one.text for one in found.paragraphs] == [_TEXT, "It opens at nine in the morning."]
    found = only(written(tmp_path, "pool.docx", headed(paragraph("Page 2"), paragraph("As of 2023-04-02"))))
    assert (found.title, found.published_at) == ("pool", "2023-04-02")


def test_what_a_document_states_of_itself_comes_before_its_page_header(tmp_path: Path) -> None:
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Prices</dc:title>'
        "<dcterms:created>2022-01-02T10:00:00Z</dcterms:created></cp:coreProperties>"
    )
    found = only(written(tmp_path, "doc1.docx", headed(paragraph("Rules of the pool 3 May 2024"), "", core)))
    assert (found.title, (found.published_at or "")[:10]) == ("Prices", "2022-01-02")


def test_one_hostile_file_ends_no_other(tmp_path: Path) -> None:
    written(tmp_path, "a.docx", bomb())
    written(tmp_path, "b.txt", b"Title\n\nA text is here.")
    files, _ = survey(tmp_path)
    found = [one for path in files for one in read(path)]
    assert [type(one) for one in found] == [SourceError, Article]
