"""Texts: Word (.docx, through mammoth), OpenDocument (.odt) and Rich Text (.rtf)."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from lxml import etree

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Item, Table, paragraphs_from
from embeddings.ingest.markup.tree import fragment_of
from embeddings.ingest.markup.walk import walk
from embeddings.ingest.office.archive import Facts, facts, opened, part, xml
from embeddings.ingest.plain import file_name, read_plain, title_from_name
from embeddings.ingest.tables import Row
from embeddings.types import Article

_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Caption'] => p:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
"""
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:%s:1.0"
_TEXT, _TABLE = "{" + _OFFICE % "text" + "}", "{" + _OFFICE % "table" + "}"
_MAX_REPEATED = 100


def read_docx(data: bytes, path: Path) -> Article:
    """Return the article in a Word file. Raises `SourceError` when it is none."""
    import mammoth

    with opened(data, path, ".docx") as archive:
        if not part(archive, "word/document.xml"):
            raise SourceError(str(path), "is no .docx file, whatever its name says. Save it anew as .docx.")
        stated = facts(part(archive, "docProps/core.xml"))
    ignored = mammoth.images.img_element(lambda _image: {"src": ""})
    html = mammoth.convert_to_html(BytesIO(data), style_map=_STYLES, convert_image=ignored).value
    root = fragment_of(html or "<p></p>")
    titled = next((" ".join("".join(one.itertext()).split()) for one in root.iter("h1") if one.get("class")), None)
    blocks = [one.block for one in walk(root)]
    return article(blocks, path, stated, titled)


def article(blocks: list[Block], path: Path, stated: Facts, titled: str | None = None) -> Article:
    """Return the article of these blocks. Its title is the one on the page, the stated one, or its
    first heading.
    """
    outermost = min((one.level for one in blocks if isinstance(one, Heading)), default=0)
    first = blocks[0] if blocks else None
    heading = first.text if isinstance(first, Heading) and first.level == outermost else None
    title = titled or stated.title or heading
    body = paragraphs_from(blocks, title)
    if not body:
        raise SourceError(str(path), "has no text. Put the article's text into it.")
    return Article(
        title=title or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        author=stated.author,
        published_at=stated.date,
    )


def read_odt(data: bytes, path: Path) -> Article:
    """Return the article in an OpenDocument text. Raises `SourceError` when it is none."""
    with opened(data, path, ".odt") as archive:
        root = xml(part(archive, "content.xml"))
        stated = facts(part(archive, "meta.xml"))
    body = root.find(".//{" + _OFFICE % "office" + "}text") if root is not None else None
    if body is None:
        raise SourceError(str(path), "is no .odt file, whatever its name says. Save it anew as .odt.")
    return article(list(_odt(body)), path, stated)


def _odt(parent: etree._Element, group: int = 0) -> Iterator[Block]:
    for element in parent:
        tag = element.tag
        if tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level") or "1"
            yield Heading(_odt_text(element), level=int(level) if level.isdigit() else 1)
        elif tag == f"{_TEXT}p":
            text = _odt_text(element)
            style = element.get(f"{_TEXT}style-name") or ""
            if style == "Title":
                yield Heading(text, level=0)
            else:
                yield Item(text, group=group) if group else Block(text)
        elif tag == f"{_TABLE}table":
            yield Table(
                "",
                rows=tuple(_odt_rows(element)),
                heads=1 if element.find(f"{_TABLE}table-header-rows") is not None else None,
            )
        elif tag == f"{_TEXT}list":
            yield from _odt(element, group or id(element))
        elif tag in (f"{_TEXT}section", f"{_TEXT}list-item", f"{_TEXT}list-header"):
            yield from _odt(element, group)


def _odt_rows(table: etree._Element) -> Iterator[Row]:
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            times = cell.get(f"{_TABLE}number-columns-repeated") or "1"
            text = " ".join(_odt_text(one) for one in cell.iter(f"{_TEXT}p"))
            cells += [text] * min(int(times) if times.isdigit() else 1, _MAX_REPEATED if text else 1)
        yield tuple(cells)


def _odt_text(element: etree._Element) -> str:
    parts = [element.text or ""]
    for one in element:
        if one.tag == f"{_TEXT}s":
            parts.append(" ")
        elif one.tag in (f"{_TEXT}line-break", f"{_TEXT}tab"):
            parts.append("\n" if one.tag.endswith("break") else " ")
        elif isinstance(one.tag, str) and not one.tag.endswith("}annotation"):
            parts.append(_odt_text(one))
        parts.append(one.tail or "")
    return "".join(parts)


def read_rtf(data: bytes, path: Path) -> Article:
    """Return the article in a Rich Text file."""
    from striprtf import striprtf

    if not data.lstrip().startswith(b"{\\rtf"):
        raise SourceError(str(path), "is no .rtf file, whatever its name says. Save it anew as .rtf.")
    text: str = striprtf.rtf_to_text(data.decode("cp1252", "replace"), errors="ignore")  # type: ignore[no-untyped-call]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    # A row of a table comes as a line of cells with bars between them.
    blocks: list[Block] = []
    rows: list[Row] = []
    for line in [*lines, ""]:
        if line.endswith("|") and line.count("|") > 1:
            rows.append(tuple(cell.strip() for cell in line.rstrip("|").split("|")))
            continue
        if rows:
            blocks.append(Table("", rows=tuple(rows)))
            rows = []
        if line:
            blocks.append(Block(line))
    if any(isinstance(one, Table) for one in blocks):
        first = blocks[0]
        titled = (
            not isinstance(first, Table) and len(first.text.split()) < _TITLE_WORDS and first.text[-1:] not in ".:"
        )
        return article(blocks[1:] if titled else blocks, path, Facts(first.text if titled else None))
    return read_plain("\n\n".join(lines), path)


_TITLE_WORDS = 20
