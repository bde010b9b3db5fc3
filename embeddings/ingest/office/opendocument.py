"""OpenDocument's texts (.odt), spreadsheets (.ods) and slides (.odp), read from their XML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Item, Table
from embeddings.ingest.office.archive import Facts, facts, opened, part, xml
from embeddings.ingest.office.sheets import MAX_COLUMNS, MAX_ROWS, sheets_article
from embeddings.ingest.office.slides import MAX_SLIDES
from embeddings.ingest.office.word import article
from embeddings.ingest.tables import Row
from embeddings.types import Article

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:%s:1.0"
_BODY, _TEXT, _TABLE, _DRAW, _SHOW = (
    "{" + _OFFICE % name + "}" for name in ("office", "text", "table", "drawing", "presentation")
)
_MAX_REPEATED = 100


def read_odt(data: bytes, path: Path) -> Article:
    """Return the article in an OpenDocument text. Raises `SourceError` when it is none."""
    body, stated = _body(data, path, ".odt", "text")
    return article(list(_blocks(body)), path, stated)


def read_ods(data: bytes, path: Path) -> Article:
    """Return the rows of every sheet of an OpenDocument spreadsheet. Raises `SourceError` when it is none."""
    body, stated = _body(data, path, ".ods", "spreadsheet")
    named = ((one.get(f"{_TABLE}name") or "", _rows(one)) for one in body.iterchildren(f"{_TABLE}table"))
    return sheets_article(named, path, stated)


def read_odp(data: bytes, path: Path) -> Article:
    """Return the slides of an OpenDocument presentation, each under its title. Raises `SourceError` when it is
    none.
    """
    body, stated = _body(data, path, ".odp", "presentation")
    blocks: list[Block] = []
    first: str | None = None
    for number, page in enumerate(body.iterchildren(f"{_DRAW}page"), start=1):
        if number > MAX_SLIDES:
            break
        label = f"slide {number}"
        frames = list(page.iterchildren(f"{_DRAW}frame"))
        title = next((one for one in frames if one.get(f"{_SHOW}class") == "title"), None)
        words = (
            " ".join(" ".join(_words(one) for one in title.iter(f"{_TEXT}p")).split()) if title is not None else ""
        )
        first = first or words or None
        blocks.append(Heading(words or label, number, label))
        shown = (block for frame in frames if frame is not title for block in _in_frame(frame))
        blocks += [_on_slide(block, number, label) for block in shown]
        notes = (block for holder in page.iterchildren(f"{_SHOW}notes") for block in _in_frame(holder))
        blocks += [Block(" ".join(block.text.split()), number, label) for block in notes]
    return article(blocks, path, stated, stated.title or first)


def _body(data: bytes, path: Path, kind: str, name: str) -> tuple[etree._Element, Facts]:
    with opened(data, path, kind) as archive:
        root = xml(part(archive, "content.xml"))
        stated = facts(part(archive, "meta.xml"))
    body = root.find(f".//{_BODY}{name}") if root is not None else None
    if body is None:
        raise SourceError(str(path), f"is no {kind} file, whatever its name says. Save it anew as {kind}.")
    return body, stated


def _in_frame(frame: etree._Element) -> Iterator[Block]:
    for one in frame.iter(f"{_DRAW}text-box", f"{_TABLE}table"):
        if one.tag == f"{_TABLE}table":
            yield Table("", rows=tuple(_rows(one)))
        else:
            yield from _blocks(one, id(one))


def _on_slide(block: Block, number: int, label: str) -> Block:
    if isinstance(block, Table):
        return Table("", number, label, rows=block.rows)
    group = block.group if isinstance(block, Item) else 0
    return Item(" ".join(block.text.split()), number, label, group=group)


def _blocks(parent: etree._Element, group: int = 0) -> Iterator[Block]:
    for element in parent:
        tag = element.tag
        if tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level") or "1"
            yield Heading(_words(element), level=int(level) if level.isdigit() else 1)
        elif tag == f"{_TEXT}p":
            text = _words(element)
            style = element.get(f"{_TEXT}style-name") or ""
            if style == "Title":
                yield Heading(text, level=0)
            else:
                yield Item(text, group=group) if group else Block(text)
        elif tag == f"{_TABLE}table":
            heads = 1 if element.find(f"{_TABLE}table-header-rows") is not None else None
            yield Table("", rows=tuple(_rows(element)), heads=heads)
        elif tag == f"{_TEXT}list":
            yield from _blocks(element, group or id(element))
        elif tag in (f"{_TEXT}section", f"{_TEXT}list-item", f"{_TEXT}list-header"):
            yield from _blocks(element, group)


def _rows(table: etree._Element) -> Iterator[Row]:
    """Yield the rows of a table; an empty one that is repeated, as below a sheet, is taken once."""
    count = 0
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell") or len(cells) >= MAX_COLUMNS:
                continue
            text = " ".join(" ".join(_words(one) for one in cell.iter(f"{_TEXT}p")).split())
            cells += [text] * min(_repeated(cell, "columns"), _MAX_REPEATED if text else 1)
        filled = any(cells)
        for _ in range(min(_repeated(row, "rows"), _MAX_REPEATED if filled else 1)):
            count += 1
            if count > MAX_ROWS + 1:
                return
            yield tuple(cells)


def _repeated(element: etree._Element, what: str) -> int:
    times = element.get(f"{_TABLE}number-{what}-repeated") or "1"
    return int(times) if times.isascii() and times.isdigit() and len(times) < len("10000000000") else 1


def _words(element: etree._Element) -> str:
    parts = [element.text or ""]
    for one in element:
        if one.tag == f"{_TEXT}s":
            parts.append(" ")
        elif one.tag in (f"{_TEXT}line-break", f"{_TEXT}tab"):
            parts.append("\n" if one.tag.endswith("break") else " ")
        elif isinstance(one.tag, str) and not one.tag.endswith("}annotation"):
            parts.append(_words(one))
        parts.append(one.tail or "")
    return "".join(parts)
